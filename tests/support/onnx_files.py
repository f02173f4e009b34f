"""Small ONNX files for tests, and what two implementations that are not ours make of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

try:
    import onnxruntime
except ImportError:  # not for every version of Python
    onnxruntime = None

#: Version of the file format that all releases in question take, and of operators that onnxruntime knows.
IR, RUNTIME = 8, 22


def model(
    nodes: Sequence[onnx.NodeProto],
    shape: Sequence[Any] | None,
    constants: dict[str, Any] | None = None,
    *,
    opset: int = 17,
    kind: int = onnx.TensorProto.FLOAT,
    out_kind: int | None = None,
    **more: Any,
) -> onnx.ModelProto:
    """A model from the input x of some shape to the output y."""
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info("y", kind if out_kind is None else out_kind, None)],
        [
            v if isinstance(v, onnx.TensorProto) else numpy_helper.from_array(np.asarray(v), name)
            for name, v in (constants or {}).items()
        ],
    )
    for name, values in more.items():
        getattr(graph, name).extend(values)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=IR)


def saved(made: onnx.ModelProto, folder: Path, name: str = "net.onnx") -> Path:
    """Write a model."""
    path = folder / name
    path.write_bytes(made.SerializeToString())
    return path


def by_reference(made: onnx.ModelProto, x: Any) -> np.ndarray[Any, Any]:
    """The output y by the reference implementation as it is."""
    return np.asarray(ReferenceEvaluator(made).run(["y"], {"x": x})[0])


def by_runtime(made: onnx.ModelProto, x: Any, name: str = "x") -> np.ndarray[Any, Any] | None:
    """The output y by onnxruntime, or None where it is not installed or does not know the version."""
    if onnxruntime is None or made.opset_import[0].version > RUNTIME:
        return None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(made.SerializeToString(), options, ["CPUExecutionProvider"])
    return np.asarray(session.run(None, {name: x})[0])

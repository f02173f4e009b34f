"""ONNX files, by running their graph once on arrays of affine forms.

What a file computes of constants is evaluated by the standard's own reference implementation, in the file's
own precision (``evaluation``); what only moves entries is run by it on numbers of entries
(``moves``). What computes is looked up by the operator's name (``handlers``, ``convolutions``).
The network that was read is then compared with the graph, run by the reference implementation in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ....errors import InvalidNetworkError, PolyregionsError
from ...source import Reading
from ..lowering.forms import Forms
from ..lowering.reading import finish
from .evaluation import forward_pass
from .files import read_model
from .graphs import Graph, input_shape_of
from .interpreter import Run


def read(
    path: Path,
    input_shape: Sequence[int] | int | None = None,
    input: str | None = None,
    output: str | None = None,
    strip_last: bool = False,
) -> Reading:
    """Read the network between an input and an output of an ONNX file.

    Parameters
    ----------
    path : Path
    input_shape : whole numbers, optional
        Of one input, with or without the first axis, where the file does not say it all. An unknown first
        axis, the number of points, is 1.
    input, output : str, optional
        Which ones, if there are several.
    strip_last : bool
        Leave out a last Softmax, LogSoftmax or Sigmoid.
    """
    try:
        return _read(path, input_shape, (input, output), strip_last)
    except PolyregionsError as error:
        raise type(error)(f"{path}: {error}") from error


def _read(path: Path, input_shape: Any, names: tuple[Any, Any], strip_last: bool) -> Reading:
    graph = Graph.of(read_model(path), *names)
    shape = input_shape_of(graph.input, input_shape)
    run = Run(graph, shape, path.parent, strip_last)
    forms = run.output.data
    if not isinstance(forms, Forms):
        raise InvalidNetworkError("the output does not depend on the input")
    evaluate = forward_pass(
        run.computed, graph.opset, (graph.input.name, graph.output), run.constants(), shape
    )
    has_batch = len(shape) > 1 and shape[0] == 1
    if has_batch and len(forms.shape) > 1 and forms.shape[0] == 1:
        forms = forms.reshape(forms.shape[1:])
    return finish("onnx", shape[1:] if has_batch else shape, forms, evaluate, run.unit_roundoff)

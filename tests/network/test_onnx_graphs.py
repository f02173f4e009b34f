"""Random graphs of operators that are read, against the reference implementation and onnxruntime."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.profiles import examples

from polyregions import Network

onnx = pytest.importorskip("onnx")
node = onnx.helper.make_node
files = pytest.importorskip("support.onnx_files")

#: Shapes of an array on the way grow to this many entries at most.
MOST = 60


class Growing:
    """A graph that is being made: its nodes, constants, and the shapes of its arrays."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.opset = draw(st.sampled_from([8, 10, 11, 13, 17, 18, 21]))
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        first = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
        self.shapes = {"x": first}

    def number(self) -> float:
        """A small number of few digits, often 0, 1 or a power of two."""
        return float(self.draw(st.sampled_from([0.0, 1.0, -1.0, 0.5, -2.0, 0.3, -0.7, 1.25, -3.0])))

    def constant(self, shape: tuple[int, ...]) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.array([self.number() for _ in range(math.prod(shape))], np.float32).reshape(
            shape
        )
        return name

    def whole(self, *numbers: int) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.array(numbers, np.int64)
        return name

    def add(self, operator: str, inputs: list[str], shape: tuple[int, ...], **attributes: Any) -> None:
        name = f"v{len(self.nodes)}"
        self.nodes.append(node(operator, inputs, [name], **attributes))
        self.shapes[name] = shape

    def array(self, rank: int | None = None) -> str | None:
        """One of the arrays, of some rank."""
        names = [name for name, shape in self.shapes.items() if rank is None or len(shape) == rank]
        # The latest ones more often, so that graphs become deep.
        return self.draw(st.sampled_from(names[-3:] + names)) if names else None


def bend(g: Growing) -> None:
    x = g.array()
    operator = g.draw(st.sampled_from(["Relu", "Abs", "LeakyRelu", "HardSigmoid", "Neg", "Identity"]))
    more = {"alpha": abs(g.number()) + 0.1} if operator in ("LeakyRelu", "HardSigmoid") else {}
    g.add(operator, [x], g.shapes[x], **more)


def clip(g: Growing) -> None:
    x = g.array()
    low, high = sorted([g.number(), g.number() + 0.01])
    if g.opset < 11:
        g.add("Clip", [x], g.shapes[x], min=low, max=high)
    else:
        g.constants[f"c{len(g.constants)}"] = np.float32(low)
        g.constants[f"c{len(g.constants)}"] = np.float32(high)
        g.add("Clip", [x, *list(g.constants)[-2:]], g.shapes[x])


def two(g: Growing) -> None:
    """Of two arrays of one shape, or of one and a constant that is broadcast."""
    x = g.array()
    shape = g.shapes[x]
    operator = g.draw(st.sampled_from(["Add", "Sub", "Max", "Min", "Sum", "Mul", "Div"]))
    same = [name for name, other in g.shapes.items() if other == shape]
    if operator in ("Mul", "Div") or g.draw(st.booleans()):
        other = g.constant(tuple(n if g.draw(st.booleans()) else 1 for n in shape))
        if operator == "Div":
            g.constants[other] = np.where(g.constants[other] == 0, np.float32(3), g.constants[other])
            g.add(operator, [x, other], shape)
            return
    else:
        other = g.draw(st.sampled_from(same))
    g.add(operator, g.draw(st.permutations([x, other])), shape)


def matmul(g: Growing) -> None:
    x = g.array()
    shape, m = g.shapes[x], g.draw(st.integers(1, 4))
    if len(shape) > 1 and g.draw(st.booleans()):
        g.add("MatMul", [g.constant((m, shape[-2])), x], (*shape[:-2], m, shape[-1]))
    else:
        g.add("MatMul", [x, g.constant((shape[-1], m))], (*shape[:-1], m))


def gemm(g: Growing) -> None:
    x = g.array(2)
    if x is None:
        return
    n, k = g.shapes[x]
    m, flip = g.draw(st.integers(1, 4)), g.draw(st.booleans())
    weight = g.constant((m, k) if flip else (k, m))
    g.add("Gemm", [x, weight, g.constant((m,))], (n, m), transB=int(flip), alpha=g.number(), beta=g.number())


def conv(g: Growing) -> None:
    x = g.array(4)
    if x is None:
        return
    n, c, h, w = g.shapes[x]
    m, k, j, s = (g.draw(st.integers(1, most)) for most in (3, 3, 2, 2))
    weight = g.constant((m, c, k, j))
    shape = (n, m, (h + 2 - k) // s + 1, (w + 2 - j) // s + 1)
    if math.prod(shape) <= MOST:
        g.add("Conv", [x, weight, g.constant((m,))], shape, pads=[1, 1, 1, 1], strides=[s, s])


def pool(g: Growing) -> None:
    x = g.array(4)
    if x is None:
        return
    n, c, h, w = g.shapes[x]
    k, j = g.draw(st.integers(1, h)), g.draw(st.integers(1, w))
    operator = g.draw(st.sampled_from(["MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"]))
    if operator.startswith("Global"):
        g.add(operator, [x], (n, c, 1, 1))
    else:
        g.add(operator, [x], (n, c, h - k + 1, w - j + 1), kernel_shape=[k, j])


def reduce(g: Growing) -> None:
    x = g.array()
    shape, how = g.shapes[x], g.draw(st.sampled_from(["Sum", "Mean", "Max", "Min"]))
    axis, keep = g.draw(st.integers(0, len(shape) - 1)), g.draw(st.booleans())
    left = tuple(1 if i == axis else n for i, n in enumerate(shape) if keep or i != axis)
    if not left:
        return
    if g.opset >= 18 or (how == "Sum" and g.opset >= 13):
        g.add(f"Reduce{how}", [x, g.whole(axis)], left, keepdims=int(keep))
    else:
        g.add(f"Reduce{how}", [x], left, keepdims=int(keep), axes=[axis])


def move(g: Growing) -> None:
    x = g.array()
    shape = g.shapes[x]
    perm = g.draw(st.permutations(range(len(shape))))
    g.add("Transpose", [x], tuple(shape[i] for i in perm), perm=perm)


def reshape(g: Growing) -> None:
    x = g.array()
    shape = g.draw(st.permutations(g.shapes[x]))
    g.add("Reshape", [x, g.whole(*shape)], tuple(shape))


def gather(g: Growing) -> None:
    x = g.array()
    shape = g.shapes[x]
    axis = g.draw(st.integers(0, len(shape) - 1))
    picked = g.draw(st.lists(st.integers(0, shape[axis] - 1), min_size=1, max_size=4))
    g.add("Gather", [x, g.whole(*picked)], (*shape[:axis], len(picked), *shape[axis + 1 :]), axis=axis)


def concat(g: Growing) -> None:
    x = g.array()
    shape = g.shapes[x]
    axis = g.draw(st.integers(0, len(shape) - 1))
    if 2 * math.prod(shape) > MOST:
        return
    other = g.constant(shape) if g.draw(st.booleans()) else x
    g.add("Concat", [x, other], tuple(2 * n if i == axis else n for i, n in enumerate(shape)), axis=axis)


STEPS: list[Callable[[Growing], None]] = [
    bend, bend, clip, two, two, matmul, gemm, conv, pool, reduce, move, reshape, gather, concat,
]  # fmt: skip


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Any, tuple[int, ...]]:
    """A model, and the shape of its input."""
    g = Growing(draw)
    for step in draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=8)):
        step(g)
    last = list(g.shapes)[-1]
    g.nodes.append(node("Add", [last, g.constant((1,))], ["y"]))
    nodes = draw(st.permutations(g.nodes))
    return files.model(nodes, g.shapes["x"], g.constants, opset=g.opset), g.shapes["x"]


def in_order(made: Any) -> Any:
    """The same model with each node after what it reads, as others want it."""
    found = onnx.ModelProto()
    found.CopyFrom(made)
    known = {"x", *(t.name for t in made.graph.initializer)}
    waiting = list(made.graph.node)
    del found.graph.node[:]
    while waiting:
        ready = next(n for n in waiting if known.issuperset(n.input))
        waiting.remove(ready)
        known.update(ready.output)
        found.graph.node.append(ready)
    return found


@settings(max_examples=examples(150))
@given(graphs())
def test_random_graphs(made: tuple[Any, tuple[int, ...]]) -> None:
    model, shape = made
    with TemporaryDirectory() as folder:
        path = files.saved(model, Path(folder))
        try:
            net = Network.load(path, input_shape=shape)
        except ValueError as error:
            # A weight of zeros may cut off the input.
            assert "does not depend on the input" in str(error)  # noqa: PT017
            return
    assert net.source is not None
    assert net.source.largest_difference <= 1e-9
    rng = np.random.default_rng(0)
    others = in_order(model)
    for _ in range(3):
        x = (rng.integers(-32, 32, shape) / np.float32(16)).astype(np.float32)
        own = net(x.ravel().astype(np.float64))
        scale = 1e-3 * (1.0 + np.abs(own).max())
        found = files.by_runtime(others, x)
        if found is not None:
            assert (np.abs(found.ravel() - own) < scale).all()
        if not any(n.op_type in ("GlobalMaxPool", "MaxPool", "AveragePool") for n in model.graph.node):
            assert (np.abs(files.by_reference(others, x).ravel() - own) < scale).all()

"""Running operators by the standard's own reference implementation, whose size and cost is known before.

Constants of a file are computed so, node by node and in the file's own precision; so is what only moves
entries about, on numbers of entries; and the whole network, to compare it with what was read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto
from onnx.reference import ReferenceEvaluator

from ....base.arrays import FloatArray
from ....base.memory import within_memory
from ....errors import InvalidNetworkError, TooLargeError, UnsupportedLayerError, counted
from .corrections import CORRECTED
from .files import one_line, widened

#: The most numbers that all constants of a file together may be computed to, and the most steps that takes.
MOST_NUMBERS, MOST_STEPS = 2**26, 2**30
#: Operators that are evaluated on constants: those that numpy does at once, and those with a step of Python
#: for each number. No others, for nothing is known of how long they take.
QUICK_NAMES = """
    Abs Add And ArgMax ArgMin BatchNormalization Cast CastLike Ceil Clip Concat ConstantOfShape Cos CumSum
    DepthToSpace DequantizeLinear Div Dropout Elu Equal Exp Expand EyeLike Flatten Floor Gather GatherElements
    Greater GreaterOrEqual HardSigmoid Identity IsInf IsNaN LeakyRelu Less LessOrEqual Log LogSoftmax Max Mean
    Min Mod Mul Neg NonZero Not Or PRelu Pad Pow Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum
    ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize
    Round Shape Shrink Sigmoid Sign Sin Size Slice Softmax Softplus SpaceToDepth Split Sqrt Squeeze Sub Sum
    Tan Tanh ThresholdedRelu Tile Transpose Trilu Unsqueeze Upsample Where Xor
"""
QUICK = frozenset(QUICK_NAMES.split())
SLOW = frozenset(("Compress", "Erf", "GatherND", "OneHot", "ReverseSequence", "ScatterElements", "ScatterND"))
#: Operators whose results are no larger than so many times what they are given, and not known before.
BOUNDED = {"NonZero": 32, "Compress": 1, "Dropout": 2}


class Evaluator:
    """Runs single operators of one version, and counts what they make."""

    def __init__(self, opset: int) -> None:
        self.opset = opset
        self._numbers = self._steps = 0

    def run(
        self, node: NodeProto, given: Mapping[str, NDArray[Any]], shapes: Iterable[tuple[int, ...] | None]
    ) -> list[Any]:
        """Return the results of a node whose shapes are those, as far as they are known.

        Raises
        ------
        TooLargeError
            If they would be too many numbers, or take too long.
        UnsupportedLayerError
            If the operator is not run on constants.
        InvalidNetworkError
            If it fails.
        """
        self._spend(node.op_type, [array.shape for array in given.values()], list(shapes))
        names = [name for name in node.output if name]
        return run_graph(graph_of([node]), self.opset)(names, given)

    def _spend(
        self, operator: str, given: Sequence[tuple[int, ...]], made: Sequence[tuple[int, ...] | None]
    ) -> None:
        """Count what an operator costs, before it is run."""
        read = sum(math.prod(shape) for shape in given)
        if all(shape is not None for shape in made):
            numbers = sum(math.prod(shape or ()) for shape in made)
        elif operator in BOUNDED:
            numbers = BOUNDED[operator] * read
        else:
            raise UnsupportedLayerError("the size of its result depends on more than shapes")
        if operator in ("MatMul", "Gemm"):
            steps = numbers * max((max(shape, default=1) for shape in given), default=1)
        elif operator in QUICK:
            steps = numbers + read
        elif operator in SLOW:
            steps = 256 * (numbers + read)
        else:
            raise UnsupportedLayerError("it is not supported on constants")
        self._numbers, self._steps = self._numbers + numbers, self._steps + steps
        if self._numbers > MOST_NUMBERS or self._steps > MOST_STEPS:
            raise TooLargeError(
                f"it makes {counted(numbers, 'number')} in {counted(steps, 'step')}; what a file computes of "
                f"constants and moves is limited to {MOST_NUMBERS:,} numbers and {MOST_STEPS:,} steps"
            )


def graph_of(nodes: Iterable[NodeProto]) -> onnx.GraphProto:
    """Some nodes as a graph; all that they read is given when it is run."""
    graph = onnx.GraphProto()
    graph.node.extend(nodes)
    return graph


def run_graph(
    graph: onnx.GraphProto, opset: int
) -> Callable[[Sequence[str], Mapping[str, Any]], list[NDArray[Any]]]:
    """Return the function of names of results and of values that runs a graph.

    Raises
    ------
    InvalidNetworkError
        If the reference implementation lacks an operator, or fails.
    """

    def failed(error: Exception) -> InvalidNetworkError:
        return InvalidNetworkError(f"the reference implementation of ONNX cannot run it: {one_line(error)}")

    try:
        evaluator = ReferenceEvaluator(graph, opsets={"": opset}, new_ops=list(CORRECTED))
    except Exception as error:  # anything, of what it lacks
        raise failed(error) from error

    def run(names: Sequence[str], given: Mapping[str, Any]) -> list[NDArray[Any]]:
        with within_memory("what the reference implementation of ONNX makes"), np.errstate(all="ignore"):
            try:
                return [np.asarray(array) for array in evaluator.run(list(names), dict(given))]
            except MemoryError:
                raise
            except Exception as error:  # anything: it does not check what it is given
                raise failed(error) from error

    return run


def forward_pass(
    nodes: Sequence[NodeProto],
    opset: int,
    names: tuple[str, str],
    constants: Mapping[str, NDArray[Any]],
    shape: Sequence[int],
) -> Callable[[FloatArray], FloatArray]:
    """Return the function of points (n, inputs) to outputs (n, outputs) that some nodes are.

    Every number is widened to float64, and so the nodes compute in it: what narrower numbers would lose on
    the way is no part of the network.

    Parameters
    ----------
    nodes : sequence of NodeProto
        Each after what it reads.
    opset : int
    names : (str, str)
        Of input and output.
    constants : mapping str -> array
        All else that the nodes read.
    shape : of the input
    """
    run = run_graph(graph_of(nodes), opset)
    given = {name: widened(array) for name, array in constants.items()}
    source, target = names

    def evaluate(points: FloatArray) -> FloatArray:
        rows = [run([target], {**given, source: point.reshape(shape)})[0] for point in points]
        return np.stack([np.asarray(row, dtype=np.float64).ravel() for row in rows])

    return evaluate

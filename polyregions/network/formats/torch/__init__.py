"""PyTorch modules, by running their own forward pass on tensors of affine forms.

No tracing, and no list of module classes: whatever Python the forward pass contains runs as it is, and every
ATen operator that a computed tensor takes part in comes by (``tensors``). Its counterpart on arrays of forms
is looked up by the operator's name (``handlers``); one that is not known is refused by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ....base.arrays import FloatArray
from ....errors import InvalidInputError, InvalidNetworkError, UnsupportedLayerError, printable, short_repr
from ...source import Reading
from ..lowering.forms import Forms
from ..lowering.program import Program
from ..lowering.reading import finish
from . import handlers  # noqa: F401  (it fills the table of operators)
from .tensors import LAST, Symbolic, numbers


def read(
    module: Any, input_shape: Sequence[int], strip_last: bool = False, output: int | str | None = None
) -> Reading:
    """Read a module in eval mode; ``input_shape`` is that of one input, without the axis of the batch."""
    if not isinstance(module, torch.nn.Module):
        raise InvalidInputError(f"from_torch: expected a torch.nn.Module, got {type(module).__name__}")
    training = [name or "the module" for name, part in module.named_modules() if part.training]
    if training:
        raise InvalidInputError(f"{printable(training[0])} is in training mode; call module.eval() first")
    tensors = [t for t in (*module.parameters(), *module.buffers()) if t.is_floating_point()]
    dtype = tensors[0].dtype if tensors else torch.get_default_dtype()
    return read_forward("torch", module, _shape(input_shape), dtype, strip_last, output)


def read_forward(
    name: str,
    forward: Callable[[Any], Any],
    shape: tuple[int, ...],
    dtype: torch.dtype,
    strip_last: bool,
    output: int | str | None,
) -> Reading:
    """Read a forward pass, a function of tensors (1, *shape) that computes in some precision."""
    program = Program(math.prod(shape))
    with torch.no_grad():
        given = Symbolic.of(Forms.inputs(program, (1, *shape)), dtype)
        result = _chosen(_run(forward, given), output)
    if not isinstance(result, Symbolic):
        raise InvalidNetworkError("the output does not depend on the input")
    forms, last = result.forms, result.store.stripped
    if last and not strip_last:
        raise UnsupportedLayerError(
            f"the last operator is {last}, which is not piecewise linear; "
            "strip_last=True leaves it out: the regions are those of what it is given"
        )
    program.stripped += [last] * bool(last)
    if not forms.shape or forms.shape[0] != 1:
        raise InvalidNetworkError(
            f"the output has the shape {forms.shape}; its first axis must be that of the batch"
        )

    def evaluate(points: FloatArray) -> FloatArray:
        rows = []
        for point in points:
            x = torch.from_numpy(point.reshape(1, *shape)).to(dtype)
            with torch.no_grad(), _Unstripped(bool(last)):
                rows.append(numbers(_chosen(forward(x), output)).ravel())
        return np.stack(rows)

    return finish(name, shape, forms.reshape(forms.shape[1:]), evaluate, float(torch.finfo(dtype).eps) / 2)


class _Unstripped(TorchDispatchMode):
    """Leaves out last operators in a forward pass with numbers, too."""

    def __init__(self, active: bool) -> None:
        super().__init__()
        self.active = active

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """The argument itself in place of a softmax of it."""
        if self.active and func._schema.name.removeprefix("aten::") in LAST:
            return (args[0], args[0]) if len(func._schema.returns) > 1 else args[0]
        return func(*args, **(kwargs or {}))


def _run(forward: Callable[[Any], Any], given: Symbolic) -> Any:
    try:
        return forward(given)
    except (UnsupportedLayerError, InvalidNetworkError):
        raise
    except RuntimeError as error:
        raise InvalidNetworkError(f"the forward pass failed: {' '.join(str(error).split())}") from error


def _shape(input_shape: Any) -> tuple[int, ...]:
    given = (input_shape,) if isinstance(input_shape, int) else input_shape
    try:
        shape = tuple(int(n) for n in given)
    except (TypeError, ValueError):
        shape = ()
    if not shape or any(n < 1 for n in shape):
        raise InvalidInputError(
            f"input_shape must be the whole numbers of one input, without the batch, like (1, 28, 28); "
            f"got {short_repr(input_shape)}"
        )
    return shape


def _chosen(result: Any, output: int | str | None) -> Any:
    """One of several outputs."""
    if isinstance(result, torch.Tensor):
        return result
    named = (
        dict(result)
        if isinstance(result, dict)
        else dict(enumerate(result))
        if isinstance(result, list | tuple)
        else {}
    )
    if len(named) == 1 and output is None:
        return next(iter(named.values()))
    if output not in named:
        raise InvalidInputError(
            f"the forward pass returns a {type(result).__name__} of {', '.join(map(repr, named))}; "
            "choose one with output="
        )
    return named[output]

"""Tensors of affine forms: what ``__torch_dispatch__`` does with ATen's operators.

A computed tensor is an index tensor into a store of forms. What only moves data is the operator itself, run
on the index tensor: a view of it is a view of the same store, in PyTorch's own judgement, so that writing in
place through any view is seen by all of them. Everything else makes a new store.

Scalars of a float32 model (the slope of a leaky ReLU, a factor 0.1) are float32 numbers to PyTorch's kernels,
and so they are here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils._pytree import tree_leaves, tree_map

from ....errors import UnsupportedLayerError
from ..lowering.forms import Forms, joined
from ..lowering.program import check_entries

#: Operators that only move data, in the names of ATen.
MOVES = frozenset(
    """
    _reshape_alias _unsafe_view alias as_strided channel_shuffle chunk clone constant_pad_nd contiguous
    detach diagonal expand flip gather im2col index index_select lift_fresh movedim narrow narrow_copy
    permute pixel_shuffle pixel_unshuffle reflection_pad1d reflection_pad2d reflection_pad3d repeat
    replication_pad1d replication_pad2d replication_pad3d reshape roll rot90 select slice split
    split_with_sizes squeeze t take transpose unbind unfold unsafe_chunk unsafe_split
    unsafe_split_with_sizes unsqueeze upsample_nearest1d upsample_nearest2d upsample_nearest3d view
    view_copy
    """.split()  # noqa: SIM905  (a list of so many words would be a page)
)
#: Operators whose results are no piecewise-linear functions, and steer what comes next.
COMPARISONS = frozenset(
    """
    _local_scalar_dense argmax argmin eq ge gt is_nonzero item le lt ne nonzero sort topk
    """.split()  # noqa: SIM905  (a list of so many words would be a page)
)

#: Last operators that leave the regions of what they are given as they are.
LAST = frozenset(("_softmax", "_log_softmax", "sigmoid", "log_sigmoid_forward"))

Handler = Callable[["Call"], Any]
HANDLERS: dict[str, Handler] = {}


class FormStore:
    """The forms that a tensor and all its views look at."""

    def __init__(self, forms: Forms) -> None:
        self.forms = forms.reshape((forms.size,))
        #: The last operator that was left out on the way here, "" if there was none.
        self.stripped = ""


class Symbolic(torch.Tensor):
    """A tensor whose entries are affine forms: numbers of entries of a store."""

    store: FormStore
    places: torch.Tensor

    @staticmethod
    def __new__(cls, store: FormStore, places: torch.Tensor, dtype: torch.dtype) -> Symbolic:
        """A tensor of the sizes and strides of its index tensor."""
        own: Symbolic = torch.Tensor._make_wrapper_subclass(
            cls, places.size(), strides=places.stride(), storage_offset=places.storage_offset(), dtype=dtype
        )
        own.store, own.places = store, places
        return own

    def __init__(self, store: FormStore, places: torch.Tensor, dtype: torch.dtype) -> None:
        """Everything is done when it is made."""

    # The operators themselves are what is wanted, whatever functions they are called through.
    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def of(cls, forms: Forms, dtype: torch.dtype) -> Symbolic:
        """A tensor with a store of its own."""
        return cls(FormStore(forms), torch.arange(forms.size).reshape(forms.shape), dtype)

    @property
    def forms(self) -> Forms:
        """The entries in their places."""
        return self.store.forms.take(self.places.numpy())

    @classmethod
    def __torch_dispatch__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Do with forms what an operator does with numbers."""
        return _dispatch(func, args, kwargs or {})


class Positions(torch.Tensor):
    """Where the largest entries are: that may be handed on, but nothing may be made of it."""

    @staticmethod
    def __new__(cls, shape: Sequence[int]) -> Positions:
        """A tensor of whole numbers that are not known."""
        own: Positions = torch.Tensor._make_wrapper_subclass(cls, tuple(shape), dtype=torch.int64)
        return own

    def __init__(self, shape: Sequence[int]) -> None:
        """Everything is done when it is made."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Move them, or refuse."""
        name = func._schema.name
        if name.removeprefix("aten::") not in MOVES:
            raise UnsupportedLayerError(f"operator {name}: it needs to know which entries are the largest")
        blank = tree_map(lambda v: torch.empty(v.shape, device="meta") if isinstance(v, cls) else v, args)
        return tree_map(lambda v: cls(v.shape), func(*blank, **(kwargs or {})))


class Call:
    """One operator on its way: its arguments by name, computed ones as forms, the others as numbers."""

    def __init__(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.func, self.schema = func, func._schema
        self.full_name: str = self.schema.name
        given = dict(zip((argument.name for argument in self.schema.arguments), args, strict=False)) | kwargs
        self.given = {a.name: given.get(a.name, a.default_value) for a in self.schema.arguments}
        first = next(leaf for leaf in tree_leaves(list(given.values())) if isinstance(leaf, Symbolic))
        self.dtype, self.program = first.dtype, first.store.forms.program

    def __getitem__(self, name: str) -> Any:
        """An argument: forms, an array of numbers, or what it is."""
        return tree_map(self.value, self.given[name])

    def value(self, argument: Any) -> Any:
        """A tensor as forms or numbers; a scalar as the kernels of the model's precision read it."""
        if isinstance(argument, Symbolic):
            return argument.forms
        if isinstance(argument, torch.Tensor):
            return numbers(argument)
        if isinstance(argument, float) and math.isfinite(argument):
            return float(torch.tensor(argument, dtype=self.dtype).double())
        return argument

    def refuse(self, why: str) -> UnsupportedLayerError:
        """The error that names the operator."""
        return UnsupportedLayerError(f"operator {self.full_name}: {why}")


def numbers(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    """A tensor as an array; float64, which holds all narrower floats, or what integers it has."""
    tensor = tensor.detach().cpu()
    return np.asarray(tensor.double().numpy() if tensor.is_floating_point() else tensor.numpy())


def _dispatch(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    call = Call(func, args, kwargs)
    name = call.full_name.removeprefix("aten::")
    written = [a for a in call.schema.arguments if a.alias_info is not None and a.alias_info.is_write]
    base = name.rstrip("_") if written and not name.startswith("_") else name
    call.program.operators[call.full_name] += 1
    if base in MOVES and not written:
        return _move(call, args, kwargs)
    for tensor in tree_leaves(list(call.given.values())):
        if isinstance(tensor, Symbolic) and tensor.store.stripped:
            raise UnsupportedLayerError(
                f"operator {tensor.store.stripped}: it is not piecewise linear; only as the last one can it "
                f"be left out, but {call.full_name} follows"
            )
    if written:
        return _write(call, base, written)
    if base in LAST:
        return _leave_out(call)
    result = _compute(call, base)
    return tree_map(lambda v: Symbolic.of(v, call.dtype) if isinstance(v, Forms) else v, result)


def _leave_out(call: Call) -> Any:
    """What a softmax is given, marked so that nothing more may be computed from it."""
    left = Symbolic.of(call["self"], call.dtype)
    left.store.stripped = call.full_name
    return (left, left) if len(call.schema.returns) > 1 else left


def _compute(call: Call, base: str) -> Any:
    handler = HANDLERS.get(base)
    if handler is not None:
        return handler(call)
    if base in COMPARISONS:
        raise call.refuse(
            "what follows depends on computed values; only fixed piecewise-linear networks can be read"
        )
    raise call.refuse("it is not supported, or not piecewise linear")


def _move(call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run an operator that only moves data on numbers of entries."""
    tensors = [leaf for leaf in tree_leaves(args) if isinstance(leaf, Symbolic)]
    if len(tensors) > 1:
        raise call.refuse("an index that was computed")
    own = tensors[0]
    views = any(r.alias_info is not None and not r.alias_info.is_write for r in call.schema.returns)
    if views:
        moved = call.func(*tree_map(lambda v: v.places if isinstance(v, Symbolic) else v, args), **kwargs)
        return tree_map(lambda places: Symbolic(own.store, places, own.dtype), moved)
    if call.full_name == "aten::constant_pad_nd" and call["value"]:
        around = call.func(torch.zeros(own.shape, dtype=own.dtype), *args[1:], **kwargs).double().numpy()
        return Symbolic.of(_fresh(call, own, args, {})[0].add(around), own.dtype)
    made = _fresh(call, own, args, kwargs)
    tensors = [Symbolic.of(forms, own.dtype) for forms in made]
    for tensor in tensors:
        tensor.store.stripped = own.store.stripped
    return tensors if isinstance(call.schema.returns[0].type, torch.ListType) else tensors[0]


def _fresh(call: Call, own: Symbolic, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Forms]:
    """What an operator makes of a tensor whose entries it moves."""
    tensors = [leaf for leaf in tree_leaves(args) if isinstance(leaf, torch.Tensor)]
    if len(tensors) == 1:  # its size, before there is anything of that size
        blank = torch.empty(own.shape, device="meta")
        shapes = call.func(*tree_map(lambda v: blank if isinstance(v, Symbolic) else v, args), **kwargs)
        check_entries(sum(made.numel() for made in tree_leaves(shapes)))
    forms = own.forms
    # float64 holds all numbers of entries, and every operator takes it; from 1 on, for padding writes 0.
    places = torch.from_numpy(forms.index + 1.0)
    if call.full_name == "aten::constant_pad_nd":
        args = (places, args[1])
    else:
        args = tree_map(lambda v: places if isinstance(v, Symbolic) else v, args)
    moved = call.func(*args, **kwargs)
    every = moved if isinstance(moved, list | tuple) else [moved]
    return [forms.take(there.numpy().astype(np.int64) - 1) for there in every]


def _write(call: Call, base: str, written: Sequence[Any]) -> Any:
    """An operator that changes its first argument in place: the store of all its views changes."""
    target = call.given[written[0].name]
    if len(written) > 1 or written[0].name != "self":
        raise call.refuse("it writes into an argument that is given for it (out=)")
    if not isinstance(target, Symbolic):
        raise call.refuse(
            "it writes computed values into an ordinary tensor; put parts together with torch.cat or stack"
        )
    if base == "copy":
        result = Forms.of(call.program, call["src"])
    elif base in ("zero", "fill"):
        value = 0.0 if base == "zero" else call["value"]
        result = Forms.constants(call.program, value)
    else:
        result = _compute(call, base)
    result = result.take(np.broadcast_to(result.index, tuple(target.shape)))
    places = target.places.numpy().ravel()
    if np.unique(places).size < places.size:
        raise call.refuse("it writes into a tensor some entries of which are the same place")
    old, new = target.store.forms, result.reshape((result.size,))
    order = np.arange(old.size)
    order[places] = old.size + np.arange(new.size)
    target.store.forms = joined([old, new], None).take(order)
    return target


def handles(*names: str) -> Callable[[Handler], Handler]:
    """Register what is done for operators of these names."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(names, handler))
        return handler

    return register

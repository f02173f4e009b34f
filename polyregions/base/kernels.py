"""How kernels are compiled: for the types in their annotations, once, and kept on disk.

Without a signature numba compiles a function again for every mixture of argument types it meets,
constants included, and the first enumeration would take twice as long. Kernels release the interpreter's
lock, divide by zero as IEEE 754 says, and are never compiled with ``fastmath``: error bounds rely on the
order of operations as written.

A kernel says its types as any function does. An array is annotated by a name from below, which is a numpy
array to a type checker and one exact layout to numba; what belongs together is a ``NamedTuple`` of such
arrays, groups in groups included, and is handed on as one argument::

    class Line(NamedTuple):
        slope: float
        places: Vector

    @kernel
    def heights(line: Line, out: Vector) -> None: ...

What is kept on disk is a convenience. Where nothing can be written (a container, a file system that is
read-only) each run compiles anew, and says so once; what is damaged is thrown away and compiled again.
numba's own cache does the keeping, through its public methods: ``Dispatcher.enable_caching`` and ``compile``,
which are what its decorator calls, and ``FunctionCache.flush``. It sees that a file has changed, but not that
another has whose kernels, groups or constants this one takes: then ``make clean``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin, get_type_hints, overload

import numpy as np
from numba import config, njit, types
from numba.core.caching import FunctionCache
from numba.core.errors import NumbaError
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])

Vector = Annotated[NDArray[np.float64], types.float64[::1]]
Matrix = Annotated[NDArray[np.float64], types.float64[:, ::1]]
Blocks = Annotated[NDArray[np.float64], types.float64[:, :, ::1]]
#: A vector with steps: the column of a matrix.
Column = Annotated[NDArray[np.float64], types.float64[:]]
Int64Vector = Annotated[NDArray[np.int64], types.int64[::1]]
Int64Matrix = Annotated[NDArray[np.int64], types.int64[:, ::1]]
Int32Vector = Annotated[NDArray[np.int32], types.int32[::1]]
Int32Matrix = Annotated[NDArray[np.int32], types.int32[:, ::1]]
UInt32Vector = Annotated[NDArray[np.uint32], types.uint32[::1]]
UInt32Matrix = Annotated[NDArray[np.uint32], types.uint32[:, ::1]]
Int32Blocks = Annotated[NDArray[np.int32], types.int32[:, :, ::1]]
Int8Vector = Annotated[NDArray[np.int8], types.int8[::1]]
UInt8Vector = Annotated[NDArray[np.uint8], types.uint8[::1]]
UInt8Matrix = Annotated[NDArray[np.uint8], types.uint8[:, ::1]]
UInt64Vector = Annotated[NDArray[np.uint64], types.uint64[::1]]
BoolVector = Annotated[NDArray[np.bool_], types.boolean[::1]]
UInt64 = Annotated[np.uint64, types.uint64]

#: ``numpy.int64``, by which a kernel widens what it reads from a narrower array. To a type checker it makes
#: an int, which is what numba's int64 is to Python.
int64: Callable[[Any], int] = cast(Any, np.int64)

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
SCALARS: dict[Any, Any] = {
    type(None): types.void,
    bool: types.boolean,
    int: types.int64,
    float: types.float64,
}


def numba_type(hint: Any) -> Any:
    """The numba type that an annotation stands for.

    Raises
    ------
    TypeError
        If it stands for none.

    Examples
    --------
    >>> numba_type(int), numba_type(Vector)
    (int64, Array(float64, 1, 'C', False, aligned=True))
    """
    if hint in SCALARS:
        return SCALARS[hint]
    if get_origin(hint) is Annotated:
        return hint.__metadata__[0]
    if get_origin(hint) is tuple:
        return types.BaseTuple.from_types([numba_type(part) for part in get_args(hint)])
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        members = get_type_hints(hint, include_extras=True)
        return types.BaseTuple.from_types([numba_type(members[name]) for name in hint._fields], hint)
    raise TypeError(f"{hint!r} says no type of a kernel; annotate arrays by the names of {__name__}")


@overload
def kernel(function: Function, /) -> Function: ...
@overload
def kernel(
    *, inline: bool = False, part: bool = False, bare: bool = False, inner: bool = False
) -> Callable[[Function], Function]: ...


def kernel(
    function: Any = None,
    /,
    *,
    inline: bool = False,
    part: bool = False,
    bare: bool = False,
    inner: bool = False,
) -> Any:
    """Compile a function of arrays, numbers and groups of them for the types in its annotations.

    Parameters
    ----------
    inline : bool
        Into each kernel that calls it.
    part : bool
        Written apart to be read: a part of the one kernel that calls it, and compiled with that alone.
    bare : bool
        Without counting references: for kernels that allocate nothing, and are called often.
    inner : bool
        For other kernels only: what Python would call it by is left out, which is most of a small kernel that
        takes many arrays; and it is compiled, or loaded, when the first of them is compiled. What is kept of
        that one on disk has this one in it.
    """

    def decorate(function: Any) -> Any:
        if part and not config.DISABLE_JIT:
            return njit(**OPTIONS, inline="always", _nrt=not bare)(function)
        options = {"forceinline": inline, "no_cpython_wrapper": inner, "_nrt": not bare}
        if inner and not config.DISABLE_JIT:
            return deferred(function, options)
        return compiled(function, signature_of(function), **options)

    return decorate if function is None else decorate(function)


def signature_of(function: Callable[..., Any]) -> Any:
    """The numba signature that a function's annotations say."""
    hints = get_type_hints(function, include_extras=True)
    result = numba_type(hints.pop("return"))
    return result(*(numba_type(hint) for hint in hints.values()))


def deferred(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    """Stand in for a kernel that is compiled when another one that calls it is."""
    front = njit(**OPTIONS)(function)
    load = cache(lambda: compiled(function, signature_of(function), **options))
    front.get_call_template = lambda args, kws: load().get_call_template(args, kws)
    front.get_overload = lambda signature: load().get_overload(signature)
    return front


@cache
def warn_that_nothing_is_kept() -> None:
    """Tell the user why every run is slow to start; once, not for each kernel."""
    warnings.warn(
        "compiled kernels cannot be kept: no directory can be written, so each run compiles them anew, which "
        "takes about half a minute; set NUMBA_CACHE_DIR to a directory that can be written",
        RuntimeWarning,
        stacklevel=2,
    )


def compiled(function: Callable[..., Any], signature: Any, **options: Any) -> Any:
    """Compile a function for one signature, or load what is kept of it on disk."""
    if config.DISABLE_JIT:
        return function

    def fresh() -> Any:
        return njit(**OPTIONS, **options)(function)

    dispatcher = fresh()
    try:
        dispatcher.enable_caching()
    except RuntimeError:
        warn_that_nothing_is_kept()  # numba's word for: there is no directory to write to
    try:
        dispatcher.compile(signature)
    except NumbaError:
        raise  # the kernel is at fault, not what is kept of it
    except Exception:  # noqa: BLE001  (reading what is damaged, or names what is gone, may raise anything)
        dispatcher = fresh()
        with suppress(OSError):  # nor can it be replaced, as on a full disk: go on without
            FunctionCache(function).flush()
            dispatcher.enable_caching()
        dispatcher.compile(signature)
    dispatcher.disable_compile()
    return dispatcher

"""How kernels are compiled: for one signature each, once, and kept on disk.

Without a signature numba compiles a function again for every mixture of argument types it meets,
constants included, and the first enumeration would take twice as long. Kernels release the interpreter's
lock, divide by zero as IEEE 754 says, and are never compiled with ``fastmath``: error bounds rely on the
order of operations as written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit, types

VOID, BOOL, INT, FLOAT, KEY = types.void, types.boolean, types.int64, types.float64, types.uint64
BYTES, INDICES, KEYS, VECTOR = types.uint8[::1], types.int64[::1], types.uint64[::1], types.float64[::1]
PATTERNS, TABLE, MATRIX = types.uint8[:, ::1], types.int64[:, ::1], types.float64[:, ::1]
SMALL, SMALL_TABLE, BASES = types.int32[::1], types.int32[:, ::1], types.int32[:, :, ::1]
FLAGS, COLUMN, PLACE = types.boolean[::1], types.float64[:], types.UniTuple(types.int64, 3)
NARROW, NARROW_TABLE, BYTES_SIGNED = types.int32[::1], types.int32[:, ::1], types.int8[::1]
BYTE_TABLE, BLOCKS = types.uint8[:, ::1], types.float64[:, :, ::1]
#: The arrays of :class:`polyregions.engines.traverse.rows.RecentredNetwork`, which many kernels take first.
NETWORK = (TABLE, VECTOR, INDICES, VECTOR, VECTOR, VECTOR)


def kernel(result: Any, *arguments: Any, inline: bool = False, bare: bool = False) -> Callable[[Any], Any]:
    """Compile a function of arrays and numbers for these types; ``inline`` into each place that calls it."""
    decorate: Callable[[Any], Any] = njit(
        result(*arguments), cache=True, nogil=True, error_model="numpy", forceinline=inline, _nrt=not bare
    )
    return decorate


def group(names: Any, *members: Any) -> Any:
    """The type of a named tuple of arrays, which kernels take as one argument."""
    return types.BaseTuple.from_types(members, names)

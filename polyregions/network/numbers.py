"""Numbers that are handed in: float64 copies of arrays, or a clear word why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import FloatArray
from ..errors import InvalidInputError, InvalidNetworkError, short_repr

#: A weight: float64 (rows, in), or a sparse array of scipy in compressed rows.
Weight = Any

BEYOND = "an integer beyond 2**53 has no float64; round it first"


def real_array(name: str, values: Any, refuse: type[InvalidInputError] = InvalidNetworkError) -> FloatArray:
    """Return a float64 copy of an array of any shape, or raise ``refuse``.

    Integers must be the same in float64; booleans, complex numbers, objects, wider floats and masked arrays
    are no real numbers.
    """
    if _is_masked(values):
        raise refuse(f"{name}: a masked array; fill in what is masked, with .filled(...)")
    if is_sparse(values):
        raise refuse(f"{name}: a sparse matrix cannot be used here; give .toarray()")
    try:
        raw = np.asarray(values)
    except ValueError as error:
        raise refuse(f"{name}: rows have different lengths") from error
    except (RuntimeError, TypeError) as error:  # what tensors raise that need a gradient, or lie elsewhere
        raise refuse(f"{name}: cannot be read as an array: {' '.join(str(error).split())}") from error
    if raw.dtype.kind not in "fiu":
        what = "got None" if values is None else f"got dtype {raw.dtype}"
        raise refuse(f"{name}: expected real numbers in a rectangular array, {what}")
    if raw.dtype.itemsize > 8 and raw.dtype.kind == "f":
        raise refuse(f"{name}: {raw.dtype} is wider than float64; round it first")
    with np.errstate(all="ignore"):
        array = np.array(raw, dtype=np.float64, order="C")
    if not keeps_integers(raw, array):
        raise refuse(f"{name}: {BEYOND}")
    if not isinstance(values, np.ndarray):
        _check_items(name, values, array, refuse)
    return array


def _is_masked(values: Any) -> bool:
    """Whether something is a masked array, or lists hold one: numpy reads what is below the mask."""
    if type(values) is np.ndarray:
        return False
    nested = (list, tuple, np.ma.MaskedArray)
    open_, seen = [values], set()  # no recursion: lists may be nested deeply, or hold themselves
    while open_:
        value = open_.pop()
        if isinstance(value, np.ma.MaskedArray):
            return True
        if isinstance(value, list | tuple) and id(value) not in seen:
            seen.add(id(value))
            open_.extend(item for item in value if isinstance(item, nested))
    return False


def _check_items(name: str, values: Any, array: FloatArray, refuse: type[InvalidInputError]) -> None:
    """Look at what numpy turns into floats without a word: booleans, and integers among floats."""
    large = bool((np.abs(array) >= 2.0**53).any())
    # A boolean among numbers is 0 or 1.
    if not large and not ((array == 0.0) | (array == 1.0)).any():
        return
    for value in np.asarray(values, dtype=object).ravel().tolist():
        if isinstance(value, bool | np.bool_):
            raise refuse(f"{name}: expected real numbers, got {short_repr(bool(value))}")
        if large and isinstance(value, int) and int(float(value)) != value:
            raise refuse(f"{name}: {BEYOND}")


def float_array(
    name: str, values: Any, ndim: int, refuse: type[InvalidInputError] = InvalidNetworkError
) -> FloatArray:
    """Return a read-only float64 copy of ``values``, finite, of so many dimensions, or raise ``refuse``."""
    array = real_array(name, values, refuse)
    if array.ndim != ndim:
        raise refuse(f"{name}: expected {ndim} dimension(s), got shape {array.shape}")
    finite = np.isfinite(array)
    if not finite.all():
        bad = np.argwhere(~finite)[0]
        where = ", ".join(str(i) for i in bad)
        raise refuse(f"{name}[{where}] is {array[tuple(bad)]}; all numbers must be finite")
    array.flags.writeable = False
    return array


def keeps_integers(raw: NDArray[Any], array: FloatArray) -> bool:
    """Whether the integers of an array are the same in float64, which holds all up to 2^53."""
    if raw.dtype.kind not in "iu" or not (np.abs(array) >= 2.0**53).any():
        return True
    return bool((array.astype(object) == raw.astype(object)).all())


def is_sparse(values: Any) -> bool:
    """Whether something is a sparse matrix or array of scipy; scipy is not loaded to find out."""
    return type(values).__module__.startswith("scipy.sparse")


def sparse_array(name: str, values: Any) -> Any:
    """Return a read-only float64 ``csr_array`` without zeros, rows in order."""
    from scipy.sparse import csr_array

    if values.ndim != 2:
        raise InvalidNetworkError(f"{name}: expected 2 dimension(s), got shape {values.shape}")
    entries = values.tocoo()
    if len(np.unique(entries.row.astype(np.int64) * values.shape[1] + entries.col)) < entries.nnz:
        raise InvalidNetworkError(f"{name}: an entry stands twice, and their sum may round; sum them first")
    data = float_array(name, entries.data, 1).copy()
    array = csr_array((data, (entries.row, entries.col)), shape=values.shape)
    array.eliminate_zeros()
    array.sort_indices()
    for part in (array.data, array.indices, array.indptr):
        part.flags.writeable = False
    return array


def weight_array(name: str, values: Any) -> Weight:
    """Return a read-only weight (rows, in): sparse if it is given so, else an array."""
    return sparse_array(name, values) if is_sparse(values) else float_array(name, values, 2)


def dense(weight: Weight) -> FloatArray:
    """A weight as an array, whether it is sparse or not."""
    return np.asarray(weight.toarray()) if is_sparse(weight) else np.asarray(weight)


def most_entries(weight: Weight) -> int:
    """The largest number of entries other than zero in a row."""
    counts = np.diff(weight.indptr) if is_sparse(weight) else np.count_nonzero(weight, axis=1)
    return int(counts.max(initial=0))


def times(y: FloatArray, weight: Weight) -> FloatArray:
    """``y @ weight.T`` for y (..., in); (..., rows)."""
    if not is_sparse(weight):
        return np.asarray(y @ weight.T)
    flat = y.reshape(-1, y.shape[-1])
    return np.ascontiguousarray((weight @ flat.T).T).reshape(*y.shape[:-1], weight.shape[0])


def arrays_of(weight: Weight) -> list[NDArray[Any]]:
    """The arrays that a weight is made of."""
    if not is_sparse(weight):
        return [weight]
    return [weight.data, *(places.astype(np.int64) for places in (weight.indices, weight.indptr))]


def stacked(weights: Sequence[Weight]) -> Weight:
    """The rows of several weights below each other; sparse if one of them is."""
    if any(is_sparse(weight) for weight in weights):
        from scipy.sparse import csr_array, vstack

        return sparse_array("weight", vstack([csr_array(weight) for weight in weights], format="csr"))
    weight = np.concatenate(weights)
    weight.flags.writeable = False
    return weight

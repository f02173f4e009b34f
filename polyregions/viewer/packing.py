"""Arrays as text that a page can hold, and back: bytes by significance, deflated, base64.

All first bytes of an array's numbers come before all second ones, and so on: numbers of similar size then
have long runs of equal bytes, which deflate well. A browser undoes it by ``DecompressionStream('deflate')``.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FileFormatError

#: Kinds of numbers, by the names that the page knows them by.
KINDS: dict[str, np.dtype[Any]] = {
    "f8": np.dtype("<f8"),
    "f4": np.dtype("<f4"),
    "u4": np.dtype("<u4"),
    "u1": np.dtype("u1"),
}
NAMES = {dtype: name for name, dtype in KINDS.items()}
#: Where deflate is nearly as small as it gets, and takes a fraction of the time.
LEVEL = 6

Table = list[list[Any]]


def pack(arrays: Mapping[str, NDArray[Any]]) -> tuple[Table, str]:
    """Pack named arrays of the kinds f8, f4, u4 and u1.

    Returns
    -------
    table : list
        ``[name, kind, shape]`` of each, in order: plain JSON.
    text : str
        Base64.

    Examples
    --------
    >>> table, text = pack({"sizes": np.array([3, 4], dtype=np.uint32)})
    >>> table, unpack(table, text)["sizes"].tolist()
    ([['sizes', 'u4', [2]]], [3, 4])
    """
    table: Table = []
    deflate = zlib.compressobj(LEVEL)
    parts = []
    for name, array in arrays.items():
        kind = NAMES[array.dtype.newbyteorder("<")]
        table.append([name, kind, list(array.shape)])
        whole = np.ascontiguousarray(array, dtype=KINDS[kind]).reshape(-1)
        columns = whole.view(np.uint8).reshape(-1, whole.itemsize)
        parts.append(deflate.compress(np.ascontiguousarray(columns.T).tobytes()))
    parts.append(deflate.flush())
    return table, base64.b64encode(b"".join(parts)).decode("ascii")


def unpack(table: Table, text: str) -> dict[str, NDArray[Any]]:
    """Read what :func:`pack` wrote.

    Raises
    ------
    FileFormatError
        If text and table do not belong together.
    """
    try:
        data = zlib.decompress(base64.b64decode(text, validate=True))
    except (ValueError, zlib.error) as error:
        raise FileFormatError(f"page: its data cannot be read: {error}") from error
    arrays: dict[str, NDArray[Any]] = {}
    at = 0
    for name, kind, shape in table:
        dtype = KINDS[kind]
        count = int(np.prod(shape, dtype=np.int64))
        end = at + count * dtype.itemsize
        if end > len(data):
            raise FileFormatError(f"page: its data end within {name!r}")
        columns = np.frombuffer(data[at:end], dtype=np.uint8).reshape(dtype.itemsize, count)
        arrays[name] = np.ascontiguousarray(columns.T).reshape(-1).view(dtype).reshape(shape)
        at = end
    if at != len(data):
        raise FileFormatError(f"page: {len(data) - at} bytes of its data belong to no array")
    return arrays

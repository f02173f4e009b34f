"""Results as files: a ``.npz`` archive of plain arrays, nothing pickled.

Keys: ``format``, ``version``, ``network`` (the text of a network JSON file, as UTF-8 bytes), ``lower`` and
``upper`` of the box, ``engine``, ``complete``, ``stopped``, and ``states``, ``witnesses``, ``facet_offsets``,
``facet_neighbors`` as in :class:`polyregions.RegionComplex`. Faces are not kept: ``enumerate_regions`` makes
them again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..base.archives import read_archive
from ..base.files import check_target, known_ending, replacing
from ..complex.consistency import contradiction
from ..complex.region_complex import RegionComplex
from ..errors import FileFormatError, InvalidInputError, short_repr
from ..network.box import Box
from ..network.formats.json import from_document, parse, to_document
from ..network.network import Network

FORMAT = "polyregions-result"
VERSION = 1
#: Endings of the result files.
RESULT_FORMATS = (".npz",)

#: The arrays of a result: their dtype, and the number of their dimensions.
ARRAYS = {
    "states": (np.uint8, 2),
    "witnesses": (np.float64, 2),
    "facet_offsets": (np.int64, 1),
    "facet_neighbors": (np.int64, 1),
}
ENTRIES = ("format", "version", "network", "lower", "upper", "engine", "complete", "stopped", *ARRAYS)


def save_result(cx: RegionComplex, path: str | Path) -> None:
    """Write a result to a file, whole or not at all.

    Parameters
    ----------
    cx : RegionComplex
    path : str or Path
        ``.npz``. An existing file is replaced.

    Raises
    ------
    FileFormatError
        If the name has another ending.
    InvalidInputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from polyregions import enumerate_regions
    >>> net = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_result(enumerate_regions(net, Box([-1], [2])), f"{folder}/tent.npz")
    ...     load_result(f"{folder}/tent.npz")
    RegionComplex(3 regions, 2 adjacencies, d=1, engine=subdivide)
    """
    check_result_target(path)
    text = json.dumps(to_document(cx.network.layers))
    arrays: dict[str, Any] = {
        "format": np.array(FORMAT),
        "version": np.array(VERSION),
        "network": np.frombuffer(text.encode(), dtype=np.uint8),
        "lower": cx.box.lower,
        "upper": cx.box.upper,
        "engine": np.array(cx.engine),
        "complete": np.array(cx.complete),
        "stopped": np.array(cx.stopped),
    }
    with replacing(path) as file:
        np.savez_compressed(file, **arrays, **{name: getattr(cx, name) for name in ARRAYS})


def check_result_target(path: str | Path) -> None:
    """Refuse, before any work, a path to which no result can be written."""
    known_ending(path, "result", RESULT_FORMATS)
    check_target(path)


def load_result(path: str | Path) -> RegionComplex:
    """Read a result from a file; :func:`polyregions.certify` proves what it claims.

    Read, it has been looked at as far as that is quick (:mod:`polyregions.complex.consistency`): it cannot
    name a region twice, or be complete with regions that were not explored.

    Raises
    ------
    FileFormatError
        If the file is missing, truncated, not what it says, or contradicts itself.
    InvalidInputError
        If its network or its box cannot be one.
    """
    known_ending(path, "result", RESULT_FORMATS)
    path = Path(path)
    try:
        found = read_archive(path, ENTRIES)
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        return _from_arrays(found)
    except (FileFormatError, InvalidInputError) as error:
        raise type(error)(f"{path}: {error}") from error


def _from_arrays(found: dict[str, Any]) -> RegionComplex:
    if str(found.get("format")) != FORMAT:
        raise FileFormatError(f'not a result: it needs an entry "format" with the text "{FORMAT}"')
    if str(found.get("version")) != str(VERSION):
        raise FileFormatError(
            f"version {short_repr(str(found.get('version')))} of the result format is unknown; "
            f"this release reads {VERSION}"
        )
    missing = [name for name in ENTRIES if name not in found]
    if missing:
        raise FileFormatError(f"there is no entry {', '.join(missing)}")
    for name, (dtype, dimensions) in ARRAYS.items():
        if found[name].dtype != dtype or found[name].ndim != dimensions:
            raise FileFormatError(f"{name} must be {dtype.__name__} with {dimensions} dimension(s)")
    if found["complete"].shape != () or found["complete"].dtype != np.bool_:
        raise FileFormatError("complete must be true or false")
    for name in ("engine", "stopped"):
        if found[name].shape != () or found[name].dtype.kind != "U":
            raise FileFormatError(f"{name} must be a text")
    offsets, across, n = found["facet_offsets"], found["facet_neighbors"], len(found["states"])
    starts = offsets.size > 0 and offsets[0] == 0 and offsets[-1] == across.size
    # Compared, not subtracted: differences of hostile numbers may overflow.
    if not starts or (offsets[1:] < offsets[:-1]).any() or offsets.size > n + 1:
        raise FileFormatError("facet_offsets do not cut facet_neighbors into parts")
    network = Network(from_document(_document(found["network"])))
    box = Box(found["lower"], found["upper"])
    if box.dim != network.input_dim:
        raise FileFormatError(f"the box has {box.dim} dimension(s), the network {network.input_dim} input(s)")
    if found["states"].shape[1] != network.n_units or found["witnesses"].shape != (n, box.dim):
        raise FileFormatError("states and witnesses do not fit the network and each other")
    cx = RegionComplex(
        network=network,
        box=box,
        engine=str(found["engine"]),
        complete=bool(found["complete"]),
        stopped=str(found["stopped"]),
        **{name: found[name] for name in ARRAYS},
    )
    if why := contradiction(cx):
        raise FileFormatError(f"the result contradicts itself: {why}")
    return cx


def _document(text: Any) -> Any:
    if text.dtype != np.uint8 or text.ndim != 1:
        raise FileFormatError("network must be the bytes of a text")
    try:
        return parse(text.tobytes().decode())
    except UnicodeDecodeError as error:
        raise FileFormatError(f"network is not UTF-8: {error}") from error

"""Results as files: a ``.npz`` archive of plain arrays, nothing pickled.

Keys: ``format``, ``version`` (2, or 3 with a polytope), ``network`` (the text of a network JSON file, as
UTF-8 bytes), ``lower`` and ``upper`` of the box, ``engine``, ``complete``, ``stopped``, ``undecided`` (-1 if
not counted), ``witnesses``, ``facet_offsets``, ``facet_neighbors`` as in
:class:`polyregions.RegionComplex`, and ``states`` packed as in
:class:`polyregions.complex.packed_states.PackedStates`. Where the faces of all dimensions are known they are
kept, under the keys of :mod:`polyregions.complex.face_arrays`. In version 3, ``polytope_A`` and
``polytope_b`` are the rows that cut the domain out of the box.

Version 1, which is read for ever, has ``states`` as bytes, and no faces.
"""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..base.archives import read_archive
from ..base.arrays import StateArray
from ..base.files import check_target, known_ending, replacing
from ..errors import FileFormatError, InvalidInputError, short_repr
from ..geometry.domain import Domain
from ..geometry.polytope_domain import Polytope
from ..network.box import Box
from ..network.formats.json import from_document, parse, to_document
from ..network.network import Network
from .bulk import packed_patterns
from .consistency import contradiction
from .face_arrays import ENTRIES as FACE_ENTRIES
from .face_arrays import from_arrays, to_arrays
from .faces import Faces
from .packed_states import PackedStates
from .regions import Regions
from .topology import Cells, find_neighbors

Found = TypeVar("Found", bound=Regions)

FORMAT = "polyregions-result"
#: The version that is written, and that of results in a polytope: older releases read what they can.
VERSION, WITH_POLYTOPE, VERSIONS = 2, 3, ("1", "2", "3")
#: Endings of the result files.
RESULT_FORMATS = (".npz",)

#: The arrays of a result: their dtype, and the number of their dimensions.
ARRAYS = {
    "states": (np.uint8, 2),
    "witnesses": (np.float64, 2),
    "facet_offsets": (np.int64, 1),
    "facet_neighbors": (np.int64, 1),
}
POLYTOPE = ("polytope_A", "polytope_b")
ENTRIES = ("format", "version", "network", "lower", "upper", "engine", "complete", "stopped", *ARRAYS)


def write_result(cx: Regions, path: str | Path) -> None:
    """Write a result to a file, whole or not at all; an existing file is replaced.

    Raises
    ------
    FileFormatError
        If the name has another ending than ``.npz``.
    InvalidInputError
        If the file cannot be written.
    """
    check_result_target(path)
    text = json.dumps(to_document(cx.network.layers))
    arrays: dict[str, Any] = {
        "format": np.array(FORMAT),
        "version": np.array(VERSION if cx.polytope is None else WITH_POLYTOPE),
        "network": np.frombuffer(text.encode(), dtype=np.uint8),
        "lower": cx.box.lower,
        "upper": cx.box.upper,
        "engine": np.array(cx.engine),
        "complete": np.array(cx.complete),
        "stopped": np.array(cx.stopped),
        "undecided": np.array(-1 if cx.undecided is None else cx.undecided),
        "states": packed_patterns(cx).packed,
        **{name: getattr(cx, name) for name in ARRAYS if name != "states"},
    }
    if cx.polytope is not None:
        arrays |= {"polytope_A": cx.polytope.A, "polytope_b": cx.polytope.b}
    if cx.known_faces is not None:
        arrays |= to_arrays(cx.known_faces)
    with replacing(path) as file:
        np.savez_compressed(file, **arrays)


def check_result_target(path: str | Path) -> None:
    """Refuse, before any work, a path to which no result can be written."""
    known_ending(path, "result", RESULT_FORMATS)
    check_target(path)


def read_result(path: str | Path, kind: type[Found]) -> Found:
    """Read a result of some kind from a file, and look at it as far as that is quick.

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
        found = read_archive(path, (*ENTRIES, "undecided", *POLYTOPE, *FACE_ENTRIES))
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        return _from_arrays(found, kind)
    except (FileFormatError, InvalidInputError) as error:
        raise type(error)(f"{path}: {error}") from error


def _from_arrays(found: dict[str, Any], kind: type[Found]) -> Found:
    if str(found.get("format")) != FORMAT:
        raise FileFormatError(f'not a result: it needs an entry "format" with the text "{FORMAT}"')
    version = str(found.get("version"))
    if version not in VERSIONS:
        raise FileFormatError(
            f"version {short_repr(version)} of the result format is unknown; "
            f"this release reads {', '.join(VERSIONS)}"
        )
    needed = ENTRIES + POLYTOPE * (version == str(WITH_POLYTOPE))
    missing = [name for name in needed if name not in found]
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
    polytope = (
        Polytope(found["polytope_A"], found["polytope_b"], box) if version == str(WITH_POLYTOPE) else None
    )
    if version != "1":
        found["states"] = _unpacked(found["states"], network)
    if found["states"].shape[1] != network.n_units or found["witnesses"].shape != (n, box.dim):
        raise FileFormatError("states and witnesses do not fit the network and each other")
    undecided = int(found["undecided"]) if found.get("undecided", np.array("")).dtype == np.int64 else -1
    cx = kind(
        network=network,
        box=box,
        polytope=polytope,
        engine=str(found["engine"]),
        complete=bool(found["complete"]),
        stopped=str(found["stopped"]),
        undecided=undecided if undecided >= 0 else None,
        **{name: found[name] for name in ARRAYS},
    )
    if why := contradiction(cx):
        raise FileFormatError(f"the result contradicts itself: {why}")
    faces = _faces(found, network, cx.domain)
    return cx if faces is None else replace(cx, known_faces=faces, further=extend_result)


def _unpacked(packed: Any, network: Network) -> StateArray:
    """The states of patterns (regions, bytes)."""
    none = np.empty(0, dtype=np.int64)
    states = PackedStates(len(packed), np.concatenate([none, *(layer.n_states for layer in network.hidden)]))
    if packed.shape != states.packed.shape:
        raise FileFormatError("states and witnesses do not fit the network and each other")
    states.packed[:] = packed
    return states.rows(slice(0, len(packed)))


def _faces(found: dict[str, Any], network: Network, domain: Domain) -> Faces | None:
    """The faces, if there are any, which have the regions and facets that are listed."""
    if not any(name in found for name in FACE_ENTRIES):
        return None
    for name, (dtype, dimensions) in FACE_ENTRIES.items():
        if name not in found or found[name].dtype != dtype or found[name].ndim != dimensions:
            raise FileFormatError(f"{name} must be there, {dtype.__name__} with {dimensions} dimension(s)")
    faces = from_arrays(found, network, domain)
    cells, offsets, across = faces.cells, found["facet_offsets"], found["facet_neighbors"]
    same = np.array_equal(np.diff(offsets), cells.size[cells.top])
    if same:
        again, met = np.empty(across.size, dtype=np.int64), np.full(cells.dim.size, -1, dtype=np.int32)
        _check_twice(cells)
        find_neighbors(cells.top, cells.lists, cells.planes, offsets.copy(), met, again)
        same = np.array_equal(again, across)
    if not same or not np.array_equal(faces.patterns.array(), found["states"]):
        raise FileFormatError("the faces are those of another result")
    return faces


def _check_twice(cells: Cells) -> None:
    """No facet may bound more than two cells, or one of them twice."""
    facets = cells.boundaries(cells.top)
    owner = np.repeat(np.arange(cells.top.size), cells.size[cells.top])
    pairs = facets.astype(np.int64) * cells.top.size + owner
    if (np.bincount(facets) > 2).any() or np.unique(pairs).size != pairs.size:
        raise FileFormatError("the faces are damaged: a facet bounds more than two regions")


def extend_result(cx: Regions, network: Network) -> Any:
    """Cut a result further: the function of the engine, which stands above and is called by its name."""
    engine = import_module("polyregions.engines.subdivide.engine")
    return engine.extend(cx, network)


def _document(text: Any) -> Any:
    if text.dtype != np.uint8 or text.ndim != 1:
        raise FileFormatError("network must be the bytes of a text")
    try:
        return parse(text.tobytes().decode())
    except UnicodeDecodeError as error:
        raise FileFormatError(f"network is not UTF-8: {error}") from error

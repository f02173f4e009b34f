"""Write results to files: the region graph in four formats, and a summary for programs.

A file appears whole or not at all: it is written under another name beside its place and then
renamed. What can be refused is refused before the work: :func:`graph_format` and
:func:`check_target` look at a path alone.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .errors import FileFormatError, InvalidInputError

if TYPE_CHECKING:
    import networkx

    from .complex import RegionComplex


def write_graph(cx: RegionComplex, path: str | Path, *, geometry: bool = False) -> None:
    """Write the adjacency graph of the regions; the format is told by the name's ending.

    Parameters
    ----------
    cx : RegionComplex
    path : str or Path
        ``.graphml``, ``.gexf``, ``.json`` (node-link, as ``networkx.node_link_graph(data,
        edges="edges")`` reads it) or ``.dot``. An existing file is replaced.
    geometry : bool
        Whether to include volumes and hyperplanes; see
        :func:`polyregions.graph.region_graph`, which lists all attributes.

    Raises
    ------
    FileFormatError
        If no graph format has this ending.
    InvalidInputError
        If the file cannot be written.

    Notes
    -----
    GEXF, as networkx writes it, has no attributes of the graph itself: that a result is partial
    shows there only in the nodes' ``explored``. The other formats hold everything.
    """
    from .graph import region_graph

    path = Path(path)
    write = _GRAPH_WRITERS[graph_format(path)]
    check_target(path)
    graph = region_graph(cx, geometry=geometry)
    with replacing(path) as file:
        write(graph, file)


def graph_format(path: str | Path) -> str:
    """Return the graph format that a file's name asks for, or refuse it.

    Examples
    --------
    >>> graph_format("regions.GraphML")
    '.graphml'
    """
    return known_ending(path, "graph", GRAPH_FORMATS)


def known_ending(path: str | Path, what: str, endings: tuple[str, ...]) -> str:
    """Return the ending of a file's name in lower case if it is one of those known."""
    ending = Path(path).suffix.lower()
    if ending not in endings:
        raise FileFormatError(
            f"{path}: no {what} format ends in {ending or 'nothing'!r}; known: {', '.join(endings)}"
        )
    return ending


def check_target(path: str | Path) -> None:
    """Refuse a path at which no file can be written."""
    path = Path(path)
    folder = _place(path).parent
    if path.is_dir():
        raise InvalidInputError(f"{path}: cannot be written: it is a directory")
    if not folder.is_dir():
        raise InvalidInputError(f"{path}: cannot be written: there is no directory {folder}")
    # A file that is not a regular one (/dev/null, a pipe) is written in place.
    place = path if path.exists() and not path.is_file() else folder
    if not os.access(place, os.W_OK):
        raise InvalidInputError(f"{path}: cannot be written: no permission to write to {place}")


@contextmanager
def replacing(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of ``path`` when the block ends, and vanishes if it fails."""
    path = Path(path)
    target = _place(path)
    in_place = path.exists() and not path.is_file()
    # Beside the target: a rename within one file system cannot be seen half done.
    part = target if in_place else target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        try:
            with open(part, "wb" if in_place else "xb") as file:
                yield file
            if not in_place:
                os.replace(part, target)
        except BaseException:
            if not in_place:
                part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _place(path: Path) -> Path:
    """Where the file really lies: a symbolic link stays, what it points to is replaced."""
    return Path(os.path.realpath(path))


def _write_graphml(graph: networkx.Graph[int], file: IO[bytes]) -> None:
    import networkx

    networkx.write_graphml(graph, file)


def _write_gexf(graph: networkx.Graph[int], file: IO[bytes]) -> None:
    import networkx

    networkx.write_gexf(graph, file)


def _write_node_link(graph: networkx.Graph[int], file: IO[bytes]) -> None:
    import networkx

    document = networkx.node_link_data(graph, edges="edges")
    file.write(json.dumps(document, allow_nan=False).encode() + b"\n")


def _write_dot(graph: networkx.Graph[int], file: IO[bytes]) -> None:
    """Write Graphviz DOT. All values are quoted: then only the quote itself needs an escape."""

    def attributes(values: dict[str, Any]) -> str:
        return ", ".join(f"{name}={_dot_text(value)}" for name, value in values.items())

    file.write(b"graph regions {\n")
    file.write(f"  graph [{attributes(graph.graph)}];\n".encode())
    for node, values in graph.nodes(data=True):
        file.write(f"  {node} [{attributes(values)}];\n".encode())
    for i, j, values in graph.edges(data=True):
        file.write(f"  {i} -- {j} [{attributes(values)}];\n".encode())
    file.write(b"}\n")


def _dot_text(value: str | float | bool) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    # Graphviz reads a backslash as itself unless a quote follows; no value holds one.
    escaped = text.replace('"', '\\"')
    return f'"{escaped}"'


_GRAPH_WRITERS: dict[str, Callable[[Any, IO[bytes]], None]] = {
    ".graphml": _write_graphml,
    ".gexf": _write_gexf,
    ".json": _write_node_link,
    ".dot": _write_dot,
}

#: Endings of the graph formats.
GRAPH_FORMATS = tuple(_GRAPH_WRITERS)


def summary(cx: RegionComplex, seconds: float) -> dict[str, Any]:
    """Return the numbers of an enumeration, ready for ``json.dumps``.

    Parameters
    ----------
    cx : RegionComplex
    seconds : float
        How long the enumeration took.

    Returns
    -------
    dict
        ``regions``, ``adjacencies``, ``explored`` (regions whose facets are known), ``degrees``
        (``min``, ``mean``, ``max`` number of neighbours over the explored regions), ``f_vector``
        (see :attr:`.RegionComplex.f_vector`), ``dimension``, ``units``, ``widths`` (units of each layer),
        ``box`` (``lower``, ``upper``), ``engine``, ``complete``, ``stopped`` (None if complete),
        ``exact`` (always true: no number here depends on rounding), ``undecided`` (signs that float64 left
        to integers, None if not counted) and ``seconds``.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])   # a tent
    >>> numbers = summary(enumerate_regions(net, Box([-1], [2])), seconds=0.1)
    >>> numbers["regions"], numbers["adjacencies"], numbers["f_vector"], numbers["degrees"]
    (3, 2, [2, 3], {'min': 1, 'mean': 1.3333333333333333, 'max': 2})
    """
    degrees = cx.degrees[: cx.n_explored]
    return {
        "regions": cx.n_regions,
        "adjacencies": cx.n_adjacencies,
        "explored": cx.n_explored,
        "degrees": {
            "min": int(degrees.min()),
            "mean": float(degrees.mean()),
            "max": int(degrees.max()),
        }
        if degrees.size
        else None,
        "f_vector": cx.f_vector,
        "dimension": cx.box.dim,
        "units": cx.network.n_units,
        "widths": list(cx.network.widths),
        "box": {"lower": cx.box.lower.tolist(), "upper": cx.box.upper.tolist()},
        "engine": cx.engine,
        "complete": cx.complete,
        "stopped": None if cx.complete else cx.stopped,
        "exact": True,
        "undecided": cx.undecided,
        "seconds": float(seconds),
    }

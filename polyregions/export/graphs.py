"""Write the region graph in four formats."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..base.files import check_target, known_ending, replacing

if TYPE_CHECKING:
    import networkx

    from ..complex.region_complex import RegionComplex


def write_graph(cx: RegionComplex, path: str | Path, *, geometry: bool = False) -> None:
    """Write the adjacency graph of the regions; the format is told by the name's ending.

    Parameters
    ----------
    cx : RegionComplex
    path : str or Path
        ``.graphml``, ``.gexf``, ``.json`` (node-link, as ``networkx.node_link_graph(data,
        edges="edges")`` reads it) or ``.dot``. An existing file is replaced.
    geometry : bool
        Whether to include all volumes, decisions and maps, and hyperplanes; see
        :func:`polyregions.complex.graph.region_graph`, which lists all attributes.

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
    from ..complex.graph import region_graph

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


def _write_graphml(graph: networkx.Graph[int], file: IO[bytes]) -> None:
    from networkx.readwrite.graphml import GraphMLWriter

    class Writer(GraphMLWriter):  # type: ignore[misc]  # networkx does not say its type
        """One that writes booleans as XML Schema, and so GraphML, has them: ``true`` and ``false``."""

        def add_data(self, name: str, element_type: type, value: Any, *args: Any, **options: Any) -> Any:
            element = super().add_data(name, element_type, value, *args, **options)
            if element_type is bool:
                element.text = str(value).lower()
            return element

    writer = Writer(encoding="utf-8", prettyprint=True)
    writer.add_graph_element(graph)
    writer.dump(file)


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

"""Write the region graph as GraphML, GEXF, node-link JSON or Graphviz DOT.

Nodes and edges are written from the arrays of the result, some at a time: the graph is never in memory as
objects or as text. The four formats differ in a head, a template for a node, one for an edge, and an end.
Values need no escapes: they are numbers, digits, and the signs ``. , [ ]``; those of the graph itself, which
may come from a file, are escaped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

from ..base.files import check_target, known_ending, replacing
from ..complex.attributes import AdjacencyColumns, Column, RegionColumns, runs
from ..complex.graph import graph_attributes
from ..errors import printable
from .rows import PLACES, filled

if TYPE_CHECKING:
    from ..complex.region_complex import RegionComplex

Attributes = dict[str, str | int | bool]


class Style(NamedTuple):
    """How a format writes a graph.

    Attributes
    ----------
    head : callable
        What comes first, given the attributes of the graph, and the columns of nodes and of edges.
    node, edge : callable
        The template for a row that has these columns; its heads are the number of the node, or the number
        and both ends of the edge.
    between_rows, between, end : str
        What stands between two nodes or two edges, between nodes and edges, and at the end.
    """

    head: Callable[[Attributes, Sequence[Column], Sequence[Column]], str]
    node: Callable[[Sequence[Column]], str]
    edge: Callable[[Sequence[Column]], str]
    between_rows: str
    between: str
    end: str


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
    GEXF has no attributes of the graph itself: they are JSON text in its description.
    """
    path = Path(path)
    style = STYLES[known_ending(path, "graph", GRAPH_FORMATS)]
    check_target(path)
    with replacing(path) as file:
        stream(cx, file, style, geometry=geometry)


def stream(
    cx: RegionComplex,
    file: IO[bytes],
    style: Style,
    *,
    geometry: bool = False,
    without: Collection[str] = (),
) -> None:
    """Write the graph to an open file."""
    nodes = RegionColumns(cx, geometry=geometry, without=without)
    edges = AdjacencyColumns(cx, geometry=geometry)
    file.write(style.head(graph_attributes(cx), nodes.part(0, 0), edges.part(0, 0)).encode())
    for first, last in runs(cx, cx.n_regions):
        columns = nodes.part(first, last)
        _write(file, style, filled(style.node, [range(first, last)], columns), first)
    file.write(style.between.encode())
    for first, last in runs(cx, cx.n_adjacencies):
        ends = cx.adjacencies[first:last].T.tolist()
        _write(file, style, filled(style.edge, [range(first, last), *ends], edges.part(first, last)), first)
    file.write(style.end.encode())


def _write(file: IO[bytes], style: Style, rows: Iterator[str], first: int) -> None:
    """Write some rows after those before ``first``."""
    file.write(((style.between_rows if first else "") + style.between_rows.join(rows)).encode())


def _graphml_head(attributes: Attributes, nodes: Sequence[Column], edges: Sequence[Column]) -> str:
    names = {bool: "boolean", int: "long", float: "double", str: "string"}
    keys = [("graph", name, type(value)) for name, value in attributes.items()]
    keys += [("node", column.name, column.kind) for column in nodes]
    keys += [("edge", column.name, column.kind) for column in edges]
    declared = "".join(
        f'  <key id="{of}_{name}" for="{of}" attr.name="{name}" attr.type="{names[kind]}"/>\n'
        for of, name, kind in keys
    )
    values = "".join(
        f'    <data key="graph_{name}">{escape(printable(_word(value)))}</data>\n'
        for name, value in attributes.items()
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns '
        'http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
        f'{declared}  <graph id="regions" edgedefault="undirected">\n{values}'
    )


def _graphml_data(of: str, columns: Sequence[Column]) -> str:
    return "".join(f'<data key="{of}_{c.name}">{PLACES[c.kind]}</data>' for c in columns)


def _gexf_head(attributes: Attributes, nodes: Sequence[Column], edges: Sequence[Column]) -> str:
    names = {bool: "boolean", int: "long", float: "double", str: "string"}
    declared = "".join(
        f'    <attributes class="{of}" mode="static">\n'
        + "".join(
            f'      <attribute id="{c.name}" title="{c.name}" type="{names[c.kind]}"/>\n' for c in columns
        )
        + "    </attributes>\n"
        for of, columns in (("node", nodes), ("edge", edges))
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2">\n'
        f"  <meta>\n    <creator>polyregions</creator>\n"
        f"    <description>{escape(json.dumps(attributes))}</description>\n  </meta>\n"
        f'  <graph defaultedgetype="undirected" mode="static">\n{declared}    <nodes>\n'
    )


def _gexf_values(columns: Sequence[Column]) -> str:
    values = "".join(f'<attvalue for="{c.name}" value="{PLACES[c.kind]}"/>' for c in columns)
    return f"<attvalues>{values}</attvalues>"


def _json_head(attributes: Attributes, nodes: Sequence[Column], edges: Sequence[Column]) -> str:
    graph = json.dumps(attributes)
    return f'{{"directed": false, "multigraph": false, "graph": {graph}, "nodes": [\n'


def _json_values(columns: Sequence[Column]) -> str:
    return "".join(
        f', "{c.name}": ' + (f'"{PLACES[str]}"' if c.kind is str else PLACES[c.kind]) for c in columns
    )


def _dot_head(attributes: Attributes, nodes: Sequence[Column], edges: Sequence[Column]) -> str:
    values = ", ".join(f"{name}={_dot_text(value)}" for name, value in attributes.items())
    return f"graph regions {{\n  graph [{values}];\n"


def _dot_text(value: str | int | bool) -> str:
    """A value in quotes: then only the quote itself needs an escape."""
    # Graphviz reads a backslash as itself unless a quote follows; no value holds one.
    escaped = _word(value).replace('"', '\\"')
    return f'"{escaped}"'


def _dot_values(columns: Sequence[Column]) -> str:
    return ", ".join(f'{c.name}="{PLACES[c.kind]}"' for c in columns)


def _word(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


#: How each graph format is written, by its ending. ``%.0s`` takes the number of an edge and writes nothing.
STYLES = {
    ".graphml": Style(
        head=_graphml_head,
        node=lambda columns: f'<node id="%d">{_graphml_data("node", columns)}</node>\n',
        edge=lambda columns: (
            f'<edge id="%d" source="%d" target="%d">{_graphml_data("edge", columns)}</edge>\n'
        ),
        between_rows="",
        between="",
        end="  </graph>\n</graphml>\n",
    ),
    ".gexf": Style(
        head=_gexf_head,
        node=lambda columns: f'<node id="%d">{_gexf_values(columns)}</node>\n',
        edge=lambda columns: f'<edge id="%d" source="%d" target="%d">{_gexf_values(columns)}</edge>\n',
        between_rows="",
        between="    </nodes>\n    <edges>\n",
        end="    </edges>\n  </graph>\n</gexf>\n",
    ),
    ".json": Style(
        head=_json_head,
        node=lambda columns: f'{{"id": %d{_json_values(columns)}}}',
        edge=lambda columns: f'{{%.0s"source": %d, "target": %d{_json_values(columns)}}}',
        between_rows=",\n",
        between='\n], "edges": [\n',
        end="\n]}\n",
    ),
    ".dot": Style(
        head=_dot_head,
        node=lambda columns: f"  %d [{_dot_values(columns)}];\n",
        edge=lambda columns: f"  %.0s%d -- %d [{_dot_values(columns)}];\n",
        between_rows="",
        between="",
        end="}\n",
    ),
}

#: Endings of the graph formats.
GRAPH_FORMATS = tuple(STYLES)

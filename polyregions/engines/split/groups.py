"""The arrays that the kernels of the splitting engine work in; :mod:`polyregions.engines.split.search` reads.

A *cell* is the list of its vertices. Each vertex belongs to one cell on the stack alone, so a cut changes it
in place: what lies on one side stays as it is, and the new vertices are made twice, once for each side.

*Planes* are hyperplanes of the cells on the path from the root to the cell at hand, box sides first, then
those that cut the path's cell of the first layer, and so on. The facets of a cell are planes of its path.
"""

from __future__ import annotations

from typing import NamedTuple

from ...base.kernels import (
    Int8Vector,
    Int32Matrix,
    Int32Vector,
    Int64Matrix,
    Int64Vector,
    Matrix,
    UInt8Vector,
    Vector,
)

#: Columns of ``Layers.sizes``: numbers of inputs, rows, outputs and planes, the most terms of a row, whether each
#: row has one plane and no more, in their order; then where a layer's part of each array begins.
COLUMNS = 12
INPUTS, ROWS, OUTPUTS, PLANES, TERMS, PLAIN, WEIGHT, ROW, OUTPUT, FIRST, ENTRY, PLANE = range(COLUMNS)

#: Columns of ``Layers.planes``: the row, of a pair of maxout pieces the other row, else -1, the output, and the
#: first plane that is the same one; -1 if the two pieces are.
LINE, OTHER, OF, SAME = range(4)

#: Columns of ``Layers.bounds``: largest magnitudes of slopes, of constants, and of the rows' norms.
STEEPEST, FARTHEST, NORM = range(3)

#: Columns of ``Planes.source``: layer, number in it, and the next plane on the path that is the same one.
OF_LAYER, NUMBER, NEXT_SAME = range(3)

#: Columns of ``Stack.nodes``: where its vertices begin and how many, the layer that cuts it, whether it is
#: simple; the plane that has made it, with wall and side, or -1; the maxout unit, its piece and the next one, that
#: it is being clipped by, or -1.
NODE = 10
BEGIN, SIZE, DEPTH, SIMPLE, CUT, WALL, SIDE, UNIT, PIECE, NEXT = range(NODE)

#: Places in ``Work.at``: nodes; vertices in no cell, and ever taken; what to do next; walls so far; open signs;
#: a number for what is marked; regions that may still be found in this slice; regions, facets and those between
#: regions, found; whether to keep them; planes that may cut; sizes of the parts of a cut; walls out of order.
PLACES = 15
(
    TOP,
    FREE,
    USED,
    PHASE,
    WALLS,
    OPEN,
    STAMP,
    BUDGET,
    REGIONS,
    FACETS,
    INNER,
    KEEP,
    CANDIDATES,
    UPPER,
    LOWER,
) = range(PLACES)
#: Values of ``at[PHASE]``: to cut, to open a layer, to begin it.
CUTTING, OPENING, BEGINNING = range(3)

#: The end of an edge is a number: its vertex, in the bits from END on, and which edge of it this is, in those of
#: SLOT.
END, SLOT = 5, 31

#: What the search returns with: done, a slice is full, signs are open, or an array is.
(
    DONE,
    FULL,
    DECIDE,
    MORE_NODES,
    MORE_ITEMS,
    MORE_VERTICES,
    MORE_PLANES,
    MORE_WORDS,
    MORE_FACETS,
    MORE_SIGNS,
    MORE_GENERAL,
    BROKEN,
) = range(12)


class Layers(NamedTuple):
    """The network recentred at the box, all layers in one array each; nothing here changes.

    Attributes
    ----------
    sizes : int64 (layers, COLUMNS)
    bounds : float64 (layers, 3)
    weight : float64
        Of each layer (inputs, rows).
    norms : float64 (rows,)
        Sums of the magnitudes of each row.
    first, piece, slopes, constants
        The tables of states, see :class:`polyregions.network.layer_arrays.LayerArrays`.
    planes : int64 (planes, 4)
    thresholds : float64 (planes, 2)
        And the sum of the magnitudes of what each is the sum of.
    pair : int64 (outputs,)
        The first plane of a maxout unit, else -1.
    whole : bool
    """

    sizes: Int64Matrix
    bounds: Matrix
    weight: Vector
    norms: Vector
    first: Int64Vector
    piece: Int64Vector
    slopes: Vector
    constants: Vector
    planes: Int64Matrix
    thresholds: Matrix
    pair: Int64Vector
    whole: bool


class Path(NamedTuple):
    """The cells of each layer that the cell at hand is a part of.

    Attributes
    ----------
    maps : float64
        Of each layer (d + 1, rows): its rows on the path's cell of the layer below.
    errors, magnitudes : float64 (layers,)
        Bounds, on the box, of the errors of all rows of a layer, and of their magnitudes.
    updates : int64 (layers,)
        How often ``maps`` was changed since it was made, or -1 if it must be made.
    under : uint8 (outputs,)
        The states of a layer's outputs under which the maps of the next one are made.
    states, settled : uint8 (outputs,)
        The states on the path's cell, and those that its whole cell of the layer below has.
    serial : int64 (layers,)
        Number of the cell that a layer has begun to cut.
    begin : int64 (layers + 1,)
        Where the layer's planes begin.
    words : int64 (layers,)
        Words of masks in use.
    leaves : int64 (layers,)
        Cells that a layer has made so far.
    """

    maps: Vector
    errors: Vector
    magnitudes: Vector
    updates: Int64Vector
    under: UInt8Vector
    states: UInt8Vector
    settled: UInt8Vector
    serial: Int64Vector
    begin: Int64Vector
    words: Int64Vector
    leaves: Int64Vector


class Planes(NamedTuple):
    """The planes of the path.

    Attributes
    ----------
    forms : float64 (n, d + 1); errors, steep, sizes : float64 (n,)
        Rows ``a . t + c`` and bounds of their errors on the box; the sum of |a|, and bounds of what is summed up.
    source : int32 (n, 3)
    wall : int64 (n,)
        The wall that a facet of the cell at hand on this plane is a part of; -1 - side for a side.
    side : int64 (n,)
        On which side of the wall the cell is: 0 that which is listed first.
    place : int32 (planes of all layers,)
        Where each plane of a layer is among those of the path's cell, or -1.
    beyond : int64 (n, 3)
        Of a pair of maxout pieces, which piece lies beyond the facet, seen from the lower piece, and from the
        higher one; and the wall between the two.
    """

    forms: Matrix
    errors: Vector
    steep: Vector
    sizes: Vector
    source: Int32Matrix
    wall: Int64Vector
    side: Int64Vector
    place: Int32Vector
    beyond: Int64Matrix


class Pool(NamedTuple):
    """The vertices of the cells on the stack.

    Attributes
    ----------
    points : float64 (n, d + 1); radii : float64 (n,)
        As in :mod:`polyregions.geometry.signs`.
    rests : float64 (n,)
        The forms of its facets are zero at the point up to this times the forms' sizes.
    fresh : uint8 (n,)
        Whether the point is the solution of its forms, and not one between others.
    facets : int32 (n, most); degree : int32 (n,)
        The planes through it that its cell has facets on.
    across : int32 (n, d)
        In a simple cell, the other end of the edge that leaves each facet: see END.
    above, below : int64 (n, words)
        Masks of the layer's planes that it is strictly above, and below.
    free : int32 (n,)
        Vertices that are in no cell.
    twin : int32 (n,)
        The same vertex in another cell that is made at the same time.
    """

    points: Matrix
    radii: Vector
    rests: Vector
    fresh: UInt8Vector
    facets: Int32Matrix
    degree: Int32Vector
    across: Int32Matrix
    above: Int64Matrix
    below: Int64Matrix
    free: Int32Vector
    twin: Int32Vector


class Stack(NamedTuple):
    """The cells to split, the next one on top: vertices ``items[BEGIN : BEGIN + SIZE]`` of each node.

    ``share`` is the part of the whole work that each stands for; its cut, wall and side are those of the cut
    that has made it.
    """

    nodes: Int64Matrix
    share: Vector
    items: Int32Vector


class Scratch(NamedTuple):
    """Memory to work in, nothing that lasts."""

    rows: Matrix
    errors: Vector
    work: Matrix
    point: Vector
    gap: Vector
    forms: Matrix
    bounds: Matrix
    candidates: Int64Vector
    signs: Int8Vector
    flags: UInt8Vector
    upper: Int32Vector
    lower: Int32Vector
    seen: Int64Vector
    number: Int32Vector
    either: Int64Matrix
    incident: Int64Matrix
    corners: Int64Matrix
    edges: Int32Matrix
    ids: Int32Vector
    chosen: Int32Vector


class Listed(NamedTuple):
    """What a slice of the search has found; memory of length 0 where nothing is to be kept.

    Attributes
    ----------
    states : list of states of each layer's cells, uint8 (rows * outputs,)
    parents : int64 (layers, rows)
        Number of the cell of the layer below.
    count : int64 (layers,)
    points : float64 (rows, d + 1)
        A point of each region, and whether it is clear of all facets.
    ends : int64 (rows,)
        Where each region's facets end.
    facets : int64
        Wall times 2 plus side, or -1 - side of the box.
    loose : int64 (n,)
        First how many, then walls whose facets may come in another order from the other side.
    """

    states: UInt8Vector
    parents: Int64Matrix
    count: Int64Vector
    points: Matrix
    ends: Int64Vector
    facets: Int64Vector
    loose: Int64Vector


class Work(NamedTuple):
    """All that the search works with.

    Attributes
    ----------
    at : int64 (PLACES,)
    done : float64 (2,)
        Share of the work that is done, and how far a witness may be from its centre.
    open : int64 (n, 3)
        The signs to decide: vertex, where in ``scratch.signs`` or -1 if in the vertex' masks, plane.
    """

    at: Int64Vector
    done: Vector
    layers: Layers
    path: Path
    planes: Planes
    pool: Pool
    stack: Stack
    scratch: Scratch
    listed: Listed
    open: Int64Matrix

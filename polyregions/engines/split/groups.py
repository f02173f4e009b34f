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
    Int64Matrix,
    Int64Vector,
    Matrix,
    UInt8Matrix,
    UInt8Vector,
    UInt32Matrix,
    UInt32Vector,
    Vector,
)

#: Columns of ``Layers.sizes``: numbers of inputs, rows, outputs and planes, the most terms of a row, whether
#: each row has one plane and no more, in their order; then where a layer's part of each array begins.
COLUMNS = 12
INPUTS, ROWS, OUTPUTS, PLANES, TERMS, PLAIN, WEIGHT, ROW, OUTPUT, FIRST, ENTRY, PLANE = range(COLUMNS)

#: Columns of ``Layers.planes``: the row, of a pair of maxout pieces the other row, else -1, the output, and
#: the first plane that is the same one; -1 if the two pieces are.
LINE, OTHER, OF, SAME = range(4)

#: Columns of ``Layers.bounds``: largest magnitudes of slopes, of constants, and of the rows' norms.
STEEPEST, FARTHEST, NORM = range(3)

#: Columns of ``Layers.outputs``: the first state, and the first plane of a maxout unit, else -1.
STATE, PAIR = range(2)

#: Columns of ``Path.bounds``: bounds, on the box, of the errors of all rows of a layer, and of their
#: magnitudes.
ROW_ERROR, MAGNITUDE = range(2)

#: Rows of ``Path.states``: on the path's cell, those that its whole cell of the layer below has, and those
#: under which the maps of the next layer are made.
NOW, SETTLED, UNDER = range(3)

#: Columns of ``Planes.layers``, of each layer: where its planes begin; words of masks in use; how often its
#: maps were changed since they were made, or -1 if they must be made; number of the cell that it has begun to
#: cut; cells that it has made so far.
START, WORDS, UPDATES, SERIAL, LEAVES = range(5)

#: Columns of ``Planes.forms`` after the form: a bound of its error on the box, the sum of \|a\|, and a bound
#: of what is summed up.
ERROR, STEEP, SPAN = -3, -2, -1

#: Columns of ``Planes.marks``: layer, number in it, and the next plane on the path that is the same one; the
#: wall that a facet of the cell at hand on this plane is a part of, or -1 - side for a side; on which side of
#: the wall the cell is, 0 that which is listed first. Of a pair of maxout pieces, which piece lies beyond the
#: facet, seen from the lower piece, and from the higher one, and the wall between the two. And, of row p
#: alone, where the p-th plane of all layers is among those of the path's cell of its layer, or -1.
MARKS = 9
OF_LAYER, NUMBER, NEXT_SAME, ON_WALL, ON_SIDE, BEYOND, _, BETWEEN, PLACE = range(MARKS)

#: Columns of ``Pool.points`` after the coordinates: the common denominator; the radius; and the rest.
BESIDES = 3
HEIGHT, RADIUS, REST = -3, -2, -1
#: Columns of ``Pool.links`` after the edges: how many facets there are; whether the point is the solution of
#: its forms, and not one between others; the same vertex in another cell that is made at the same time, and
#: of one that is in no cell the next such vertex.
DEGREE, FRESH, TWIN = -3, -2, -1
#: In place of the end of an edge that is not known yet.
NO_END = 2**32 - 1

#: The end of an edge is a number: its vertex, in the bits from END on, and which edge of it this is, in those
#: of SLOT.
END, SLOT = 5, 31

#: Columns of ``CellStack.nodes``: where its vertices begin and how many, the layer that cuts it, whether it
#: is simple; the plane that has made it, with wall and side, or -1; the maxout unit, its piece and the next
#: one, that it is being clipped by, or -1.
NODE = 10
BEGIN, SIZE, DEPTH, SIMPLE, CUT, WALL, SIDE, UNIT, PIECE, NEXT = range(NODE)

#: Places in ``Carving.at``: nodes; the first vertex that is in no cell, how many there are, and how many were
#: ever taken; what to do next; walls so far; open signs; a number for what is marked; regions that may still
#: be found in this slice; regions, facets and those between regions, found; whether to keep them; planes that
#: may cut; sizes of the parts of a cut; whether all is in whole numbers.
PLACES = 17
(
    TOP,
    FREE,
    SPARE,
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
    WHOLES,
) = range(PLACES)
#: Values of ``at[PHASE]``: to cut, to open a layer, to begin it.
CUTTING, OPENING, BEGINNING = range(3)

#: Rows of ``Solving.vectors``.
POINT, GAP, ERRORS = range(3)
#: Columns of ``Solving.lists``: planes that may cut; facets by their numbers, the numbers of planes, and when
#: these were given; what is known of a plane; of a maxout piece; chosen facets.
LISTS = 7
CANDIDATE, ID, INDEX, SEEN, FLAG, OF_PIECE, CHOSEN = range(LISTS)
#: Rows of ``Opening.forms`` after the forms: errors on the box, magnitudes, values, and how far these may be
#: off.
FORM_ERROR, FORM_SIZE, VALUE, REACH = -4, -3, -2, -1

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
        Of each layer (inputs + 1, rows), the last row of which is the sum of the magnitudes of each row.
    outputs : int64 (outputs, 2), and one row more for each layer, after its outputs
    pieces : int64 (states,)
        The row that an output is in a state, see :class:`polyregions.network.layer_arrays.LayerArrays`.
    affine : float64 (states, 2)
        And the slope and the constant.
    planes : int64 (planes, 4)
    thresholds : float64 (planes, 2)
        And the sum of the magnitudes of what each is the sum of.
    """

    sizes: Int64Matrix
    bounds: Matrix
    weight: Vector
    outputs: Int64Matrix
    pieces: Int64Vector
    affine: Matrix
    planes: Int64Matrix
    thresholds: Matrix


class Path(NamedTuple):
    """The cells of each layer that the cell at hand is a part of.

    Attributes
    ----------
    maps : float64
        Of each layer (d + 1, rows): its rows on the path's cell of the layer below.
    bounds : float64 (layers, 2)
    states : uint8 (3, outputs)
    """

    maps: Vector
    bounds: Matrix
    states: UInt8Matrix


class Planes(NamedTuple):
    """The planes of the path.

    Attributes
    ----------
    forms : float64 (n, d + 4)
        Rows ``a . t + c``, and three columns more.
    marks : int64 (n, MARKS)
    layers : int64 (layers + 1, 5)
    """

    forms: Matrix
    marks: Int64Matrix
    layers: Int64Matrix


class Pool(NamedTuple):
    """The vertices of the cells on the stack.

    Attributes
    ----------
    points : float64 (n, d + 3)
        Points and radii as in :mod:`polyregions.geometry.signs`. The forms of a vertex' facets are zero at
        the point up to its rest times the forms' sizes.
    links : uint32 (n, d + 3)
        In a simple cell, the other end of the edge that leaves each facet: see END. Then three columns more.
    facets : uint32 (n, most)
        The planes through it that its cell has facets on.
    masks : int64 (n, 2 * words)
        Of the layer's planes: those that it is strictly above, and below, word after word.
    """

    points: Matrix
    links: UInt32Matrix
    facets: UInt32Matrix
    masks: Int64Matrix


class Solving(NamedTuple):
    """Memory to work in with cells and vertices; nothing that lasts.

    Attributes
    ----------
    rows : float64 (d, d + 1); work : float64; vectors : float64 (3, d + 1)
    lists : int64 (n, LISTS)
    parts : uint32 (2, n)
        The vertices of the upper part of a cut, and of the lower one.
    """

    rows: Matrix
    work: Matrix
    vectors: Matrix
    lists: Int64Matrix
    parts: UInt32Matrix


class Carving(NamedTuple):
    """What it takes to cut cells.

    Attributes
    ----------
    at : int64 (PLACES,)
    open : int64 (n, 3)
        The signs to decide: vertex, where in ``opening.signs`` or -1 if in the vertex' masks, plane.
    planes : Planes; pool : Pool
    items : uint32
        The vertices of each cell on the stack.
    scratch : Solving
    """

    at: Int64Vector
    open: Int64Matrix
    planes: Planes
    pool: Pool
    items: UInt32Vector
    scratch: Solving


class General(NamedTuple):
    """Memory to cut cells that are not simple in.

    Attributes
    ----------
    incident, corners : int64
        Masks of the facets of vertices, and of the vertices of facets.
    edges : int32 (n, 2)
    """

    incident: Int64Matrix
    corners: Int64Matrix
    edges: Int32Matrix


class Opening(NamedTuple):
    """Memory to begin to cut with a layer in.

    Attributes
    ----------
    forms : float64 (d + 5, most planes)
        Of all planes of the layer, and four rows more.
    signs : int8
        (vertices, candidates)
    """

    forms: Matrix
    signs: Int8Vector


class CellStack(NamedTuple):
    """The cells to split, the next one on top: vertices ``items[BEGIN : BEGIN + SIZE]`` of each node.

    ``share`` is the part of the whole work that each stands for; its cut, wall and side are those of the cut
    that has made it.
    """

    nodes: Int64Matrix
    share: Vector


class Listed(NamedTuple):
    """What a slice of the search has found; memory of length 0 where nothing is to be kept.

    Attributes
    ----------
    states : list of states of each layer's cells, uint8 (rows * outputs,)
    parents : int64 (layers, rows)
        Number of the cell of the layer below.
    counts : int64 (layers,)
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
    counts: Int64Vector
    points: Matrix
    ends: Int64Vector
    facets: Int64Vector
    loose: Int64Vector


class Search(NamedTuple):
    """All that the search works with.

    Attributes
    ----------
    done : float64 (2,)
        Share of the work that is done, and how far a witness may be from its centre.
    either : int64 (2, words)
        Masks of the cell at hand: planes that any of its vertices is above, and below.
    """

    done: Vector
    layers: Layers
    path: Path
    cells: Carving
    stack: CellStack
    either: Int64Matrix
    general: General
    opening: Opening
    listed: Listed

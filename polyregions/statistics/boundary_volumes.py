r"""How much boundary there is in the box: its length, area, ..., and that of its edges and corners.

B. Hanin, D. Rolnick, *Complexity of linear regions in deep networks* (ICML 2019), write B for the points
where the gradient of the network is not continuous, and cut it into strata: B_k are the points of B, in none
of B_1, ..., B_{k-1}, near which B without those is a flat of dimension d - k. In 2-D, B_1 are the open
segments of the boundary and B_2 the points where they bend, end or meet. Here the (d - k)-dimensional volume
of B_k is measured, for three sets B, each a union of facets between two regions (*walls*):

==========  ==============================================================================================
boundary    walls
==========  ==============================================================================================
activation  all: the pattern changes there
good        those where a *good* unit bends, one that is heard at the output: a path of non-zero weights
            leads from it to an output through units that are active on both sides. The indicator of the
            co-area formula. A scalar unit is active in a state of non-zero slope; a maxout unit always is,
            and its weights are those of its largest piece. The nodes of linear layers are no units
linear      those where the affine map of the network changes, decided exactly: the true B
==========  ==============================================================================================

Each is contained in the one above it. *Linear in good:* let the map change across a wall. Change the
layers' maps on one side for those on the other, one layer after the other: some step changes the product, so
from a unit that bends there a path of non-zero weights and slopes leads to an output, all units on the path
in their states on one of the sides. The last unit on it that bends is good, since those after it have the
same states on both sides.

Which faces are in which stratum
--------------------------------
B looks the same at all points of the relative interior of a face, so a stratum is a union of those. Let h be
a face of codimension j >= 2 that meets the open box, and let all be known about the faces around it, which
are of lower codimension. If none of them is in B, h is not. Else let B_m be the last stratum that comes
close to h. B without B_1, ..., B_{m-1} is, near h, the faces of B_m around h, and h. If that is a flat, h is
in B_m too; else h is all that is left later on, and in B_j. It is a flat iff

* m = j - 1, and two faces of B_m are around h, and they lie in one flat of dimension d - m; or
* m < j - 1, and all faces around h of codimension j - 1 that are in B_m lie in one such flat, as they do for
  m < j/2.

Seen along h, the first says that two rays are a line. In the second case all points near h, but for h, of
the set in question are in B_m: seen along h, it is a cone over great spheres of dimension j - m - 1 >= 1
that do not meet. If there is one, they lie in one flat; if there are two, they do not. And there is no
room for two in the (j - 1)-sphere around h unless 2 (j - m) <= j.

Whether faces lie in one flat is decided exactly: by the rank of their corners over the integers, if not
before. They do if they were made by the same hyperplanes. And two walls do if the affine map changes across
them and no others around h: two affine maps that are equal on both are equal on all that they span.

For "activation" every face of codimension k that meets the open box is in B_k: seen along it, the regions
around are cones with an apex that fill R^k, which takes at least k + 1 rays, more than two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray

from ..base.arrays import FloatArray, IntArray, StateArray
from ..base.memory import needs_memory
from ..base.rationals import homogeneous
from ..base.rounding import bounded_sum
from ..complex.region_complex import RegionComplex
from ..complex.vertex_values import Places, places
from ..errors import InvalidInputError, short_repr
from ..geometry.domain import Domain
from ..network.network import Network

if TYPE_CHECKING:
    from ..complex.faces import Faces

#: The boundaries, the largest first.
BOUNDARIES = ("activation", "good", "linear")
#: States that are compared at once.
TOGETHER = 2**24


@dataclass(frozen=True, eq=False)
class BoundaryVolume:
    """The volume of one stratum of a boundary within the open box; see :func:`boundary_volume`.

    Attributes
    ----------
    k : int
        Codimension of the stratum.
    boundary : str
    domain : Box or Polytope
        What the boundary was measured in.
    total : float
        Its (d - k)-dimensional volume.
    per_unit : float64 (units,)
        Volume of the part where each unit bends: its states differ among the regions around. For "good",
        where it also is good on a wall, around there, at which it bends.
    per_layer : float64 (hidden layers,)
        Volume of the part where units of each hidden layer bend (and are good).
    faces : int64 (n,)
        The faces of the complex that make it up, ascending.
    volumes : float64 (n,)
        Volume of each.
    errors : float64 (n,)
        How far each may be from the true one, proven. By default that is at most 2^-10 times the volume, and
        mostly less by far; :meth:`polyregions.complex.faces.Faces.measured` says when it is 2^-30.

    Notes
    -----
    ``total``, ``per_unit`` and ``per_layer`` are sums of ``volumes``, which are not negative: each is as
    close, relatively, as the worst of its terms, but for rounding; ``error`` bounds that of ``total``.

    In general position k units bend on a face of codimension k, so ``per_unit`` adds up to ``k * total``.
    Where units share a boundary each of them gets it, while ``total``, and the layer, count it once.
    """

    k: int
    boundary: str
    domain: Domain
    total: float
    per_unit: FloatArray
    per_layer: FloatArray
    faces: IntArray
    volumes: FloatArray
    errors: FloatArray

    def __post_init__(self) -> None:
        for array in (self.per_unit, self.per_layer, self.faces, self.volumes, self.errors):
            array.flags.writeable = False

    @property
    def dimension(self) -> int:
        """Dimension of the stratum, d - k."""
        return self.domain.dim - self.k

    @property
    def error(self) -> float:
        """How far ``total`` may be from the true one, proven."""
        return bounded_sum(self.volumes, self.errors)[1]

    @property
    def density(self) -> float:
        """``total`` over the volume of the domain; infinite or NaN beyond the range of float64."""
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            return float(np.float64(self.total) / self.domain.volume)

    def __repr__(self) -> str:
        return (
            f"BoundaryVolume({self.boundary}, k={self.k}: {self.total:.6g} of dimension {self.dimension}, "
            f"{len(self.faces)} faces)"
        )


@needs_memory("the measures of all faces: take a smaller box")
def boundary_volume(
    cx: RegionComplex, k: int = 1, boundary: str = "activation", accuracy: float | None = None
) -> BoundaryVolume:
    """Measure the stratum of dimension d - k of the boundary in the open box: B_{N,k} of Hanin and Rolnick.

    For k = 1 that is the length of the boundary in 2-D and its area in 3-D; for k = d the number of its
    corners. Which faces count is decided exactly, the module says how; volumes are in float64, with a
    proven bound.

    Parameters
    ----------
    cx : RegionComplex
        Complete, and with its faces, from the engine "subdivide".
    k : int
        1, ..., d.
    boundary : {"activation", "good", "linear"}
        Where the pattern changes; where a unit bends that is heard at the output; where the affine map does.
    accuracy : float, optional
        How close the volume of each face must be, as :meth:`polyregions.complex.faces.Faces.measured` takes
        it; with 0 all are exact ones rounded once.

    Raises
    ------
    InvalidInputError
        If the boundary is unknown, k is out of range, the result is partial, or its faces are not known.

    References
    ----------
    B. Hanin, D. Rolnick, *Complexity of linear regions in deep networks*, ICML 2019, section 3.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 0]], [0])])   # relu(x), relu(y) unused
    >>> cx = enumerate_regions(net, Box([-1, -1], [1, 2]), engine="subdivide")
    >>> cross = boundary_volume(cx)
    >>> cross.total, cross.per_unit.tolist(), cross.density
    (5.0, [3.0, 2.0], 0.8333333333333334)
    >>> boundary_volume(cx, 1, "good").total, boundary_volume(cx, 1, "linear").total
    (3.0, 3.0)
    >>> boundary_volume(cx, 2).total, boundary_volume(cx, 2, "linear").total
    (1.0, 0.0)
    """
    faces = _checked(cx, k, boundary)
    # The regions on both sides of each wall, and its number among the faces.
    sides, walls = cx.walls.sides, cx.walls.among(faces)
    bends = _bends(cx.network, cx.states, sides, good=boundary == "good")
    chosen, kinks = walls, walls[:0]
    if boundary == "linear" or (boundary == "good" and k > 1):
        maps = cx.map_labels
        chosen = kinks = walls[maps[sides[:, 0]] != maps[sides[:, 1]]]
    if boundary == "good":
        chosen = walls[np.unique(bends[:, 0])]
    stratum = _stratum(faces, chosen, kinks, k)
    volumes, errors = faces.measured_faces(stratum, accuracy)

    # The units that bend on each face of the stratum, and their layers: pairs (place in the stratum, unit).
    bends[:, 0] = walls[bends[:, 0]]
    face, unit = _handed_down(faces, bends, k, cx.network.n_units).T
    here = np.isin(face, stratum)
    place, unit = np.searchsorted(stratum, face[here]), unit[here]
    layer, within = np.divmod(np.unique(cx.network.unit_layers[unit] * len(faces) + place), len(faces))
    return BoundaryVolume(
        int(k),
        boundary,
        cx.domain,
        bounded_sum(volumes, errors)[0],
        _sums(unit, volumes[place], cx.network.n_units),
        _sums(layer, volumes[within], len(cx.network.widths)),
        stratum,
        volumes,
        errors,
    )


def _checked(cx: RegionComplex, k: int, boundary: str) -> Faces:
    """The faces; refuse what cannot be measured."""
    if boundary not in BOUNDARIES:
        raise InvalidInputError(f"boundary {short_repr(boundary)} is unknown; known: {', '.join(BOUNDARIES)}")
    if not isinstance(k, int | np.integer) or not 1 <= k <= cx.box.dim:
        raise InvalidInputError(f"k must be a whole number from 1 to d = {cx.box.dim}, got {short_repr(k)}")
    if not cx.complete:
        raise InvalidInputError(
            f"boundary volume: the result is partial ({cx.stopped}), so parts of the boundary are missing; "
            "go on with enumerate_regions(..., resume=...) until it is complete"
        )
    return cx.need_faces("boundary volume")


def _sums(where: IntArray, values: FloatArray, n: int) -> FloatArray:
    """The sum of the values at each of n places."""
    return np.bincount(where, values, n).astype(np.float64)


def _bends(network: Network, states: StateArray, sides: IntArray, *, good: bool) -> IntArray:
    """Pairs (wall, unit): the unit bends at the wall, and is good there if asked for; int64 (pairs, 2)."""
    together = max(1, TOGETHER // max(1, network.n_units))
    parts: list[IntArray] = [np.empty((0, 2), dtype=np.int64)]
    for begin in range(0, len(sides), together):
        one, other = states[sides[begin : begin + together].T]
        bent = one != other
        if good:
            bent &= _heard(network, one, other)
        wall, unit = np.nonzero(bent)
        parts.append(np.stack([begin + wall, unit], axis=1))
    return np.concatenate(parts)


def _heard(network: Network, one: StateArray, other: StateArray) -> NDArray[np.bool_]:
    """Whether each unit is good between two regions with these patterns (n, units); bool (n, units)."""
    heard = np.empty(one.shape, dtype=np.bool_)
    unit = network.n_units
    # From which outputs of a layer the outputs of the network are reached.
    reaching: NDArray[np.bool_] = np.ones((len(one), network.output_dim), dtype=np.bool_)
    for layer in reversed(network.layers):
        weighs, table = layer.dense != 0, layer.pieces
        own = slice(unit - layer.n_units, unit)
        unit -= layer.n_units
        heard[:, own] = reaching[:, table.units]
        a, b = table.entries(one[:, own]), table.entries(other[:, own])
        row, across = table.row[a], table.row[b]
        passes = reaching & (row == across) & (table.slope[a] != 0) & (table.slope[b] != 0)
        open_ = np.zeros((len(one), layer.n_rows), dtype=np.bool_)
        np.put_along_axis(open_, row, passes, axis=1)
        wall, bent = np.nonzero(reaching & (row != across))
        reaching = _any(open_, weighs)
        np.logical_or.at(reaching, wall, weighs[row[wall, bent]] & weighs[across[wall, bent]])
    return heard


def _any(open_: NDArray[np.bool_], weighs: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The product of two matrices of booleans; in float32, in which sums of ones are never 0 and quick."""
    return np.asarray(open_.astype(np.float32) @ weighs.astype(np.float32) > 0)


def _stratum(faces: Faces, walls: IntArray, kinks: IntArray, k: int) -> IntArray:
    """The faces of codimension k in stratum k of a union of walls, ascending; see the module.

    ``kinks`` are walls across which a map changes that changes nowhere outside the union.
    """
    d, flats = faces.box.dim, _Flats(faces)
    number = np.zeros(len(faces), dtype=np.int64)  # of the stratum of each face; 0 outside the boundary
    number[walls] = 1
    kink = np.zeros(len(faces), dtype=np.bool_)
    kink[kinks] = True
    around = walls
    for j in range(2, k + 1):
        below, which = _boundaries(faces, around)
        order = np.argsort(below, kind="stable")
        over = around[which[order]]
        around, first = np.unique(below[order], return_index=True)
        if around.size == 0:
            break
        highest = np.maximum.reduceat(number[over], first)
        # Of the faces around each, those that are in that stratum.
        top = number[over] == np.repeat(highest, np.diff(first, append=over.size))
        counts = np.add.reduceat(top, first, dtype=np.int64)
        over, ends = over[top], np.cumsum(counts)
        flat = 2 * highest < j
        if j == 2:
            flat |= (counts == 2) & kink[over[ends - 1]]
        number[around] = np.where(flat, highest, j)
        open_ = ~flat & ((highest < j - 1) | (counts == 2))
        for i in np.flatnonzero(open_).tolist():
            if flats.hold(over[ends[i] - counts[i] : ends[i]], d - int(highest[i])):
                number[around[i]] = highest[i]
    own = faces.of_dimension(d - k)
    return np.asarray(own[number[own] == k])


def _boundaries(faces: Faces, own: IntArray) -> tuple[IntArray, IntArray]:
    """What bounds some faces and meets the open box, and which of them it bounds, as places in ``own``."""
    below = faces.cells.boundaries(own).astype(np.int64)
    inside = faces.inside[below]
    return below[inside], np.repeat(np.arange(own.size), faces.cells.size[own])[inside]


def _handed_down(faces: Faces, pairs: IntArray, k: int, units: int) -> IntArray:
    """From pairs (wall, unit) the pairs (face of codimension k in the wall, unit), each once."""
    for _ in range(1, k):
        below, which = _boundaries(faces, pairs[:, 0])
        keys = np.unique(below * units + pairs[which, 1])
        pairs = np.stack(np.divmod(keys, max(units, 1)), axis=1)
    return pairs


class _Flats:
    """Whether faces lie in one flat, decided exactly."""

    def __init__(self, faces: Faces) -> None:
        self.faces = faces

    @cached_property
    def _places(self) -> Places:
        return places(self.faces)

    def hold(self, some: IntArray, dimension: int) -> bool:
        """Whether faces of one dimension lie in one flat of the given dimension, which is not lower."""
        cells = self.faces.cells
        if cells.dim[some[0]] == dimension:
            planes = np.sort(cells.planes[some, : self.faces.box.dim - dimension], axis=1)
            if (planes == planes[0]).all():
                return True
        corners = set().union(*(cells.corners(f) for f in some.tolist()))
        return bool(fmpz_mat([self._corner(v) for v in sorted(corners)]).rank() == dimension + 1)

    def _corner(self, vertex: int) -> list[int]:
        """A vertex in whole homogeneous coordinates."""
        place = int(self.faces.places[vertex])
        if self._places.whole[place]:
            return [int(v) for v in self._places.points[place].tolist()]
        return homogeneous(self.faces.exact_point(vertex))

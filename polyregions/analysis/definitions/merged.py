"""Activation regions, merged into linear regions; counts by each of the definitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import Bounded, FloatArray, IntArray
from ...base.indices import numbers
from ...base.memory import needs_memory
from ...base.rationals import round_fraction
from ...base.rounding import INFLATE, U
from ...complex.region_complex import RegionComplex
from ...complex.regions import Region
from ...errors import InvalidInputError, short_repr
from ...network.equal_maps import in_order, join
from ...theory.predictions import DEFINITIONS, FROM_FACES
from .bends import cells_of_hyperplanes

if TYPE_CHECKING:
    from ...complex.faces import Faces
    from .convex_regions import ConvexRegions

#: The definitions by which activation regions are merged into linear ones.
MERGED = ("proper_activation", "open_connected", "closed_connected", "affine")
#: Up to this dimension faces that are not known yet are made to count by.
FACES_DIM = 4


@overload
def count_linear_regions(cx: RegionComplex, definition: Literal["convex"]) -> tuple[int, int]: ...


@overload
def count_linear_regions(
    cx: RegionComplex,
    definition: Literal[
        "activation", "proper_activation", "open_connected", "closed_connected", "affine"
    ] = "open_connected",
) -> int: ...


@overload
def count_linear_regions(cx: RegionComplex, definition: str) -> int | tuple[int, int]: ...


@needs_memory("the linear regions: take a smaller box")
def count_linear_regions(cx: RegionComplex, definition: str = "open_connected") -> int | tuple[int, int]:
    """Return the number of linear regions by one of the definitions; see the module.

    Parameters
    ----------
    cx : RegionComplex
        Complete. "activation" and "closed_connected" need its faces, from the engine "subdivide"; with them
        "convex" has better bounds.
    definition : str
        "activation", "proper_activation", "convex", "open_connected", "closed_connected" or "affine".

    Returns
    -------
    int, or (int, int) for "convex"
        For "convex" two proven bounds ``low <= number <= high``.

    Raises
    ------
    InvalidInputError
        If the definition is unknown, the result is partial, or faces are needed and not known.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> hat = Network.from_arrays([([[1], [-1]], [0, 0]), ([[-1, -1]], [1]), ([[1]], [0])])   # relu(1 - |x|)
    >>> cx = enumerate_regions(hat, Box([-2], [2]))
    >>> count_linear_regions(cx), count_linear_regions(cx, "affine"), count_linear_regions(cx, "convex")
    (4, 3, (4, 4))
    """
    _check(cx, [definition])
    return _Merged(cx).count(definition)


@needs_memory("the linear regions: take a smaller box")
def all_counts(cx: RegionComplex, definitions: Sequence[str] | None = None) -> dict[str, int | list[int]]:
    """Return the numbers by several definitions, ready for JSON: "convex" has ``[low, high]``.

    Parameters
    ----------
    cx : RegionComplex
        Complete.
    definitions : sequence of str, optional
        If not given, all that the result allows: without faces neither "activation" nor "closed_connected".

    Raises
    ------
    InvalidInputError
        As for :func:`count_linear_regions`.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[-1, -1], [1, 1]], [0, 0]), ([[1, -1]], [0])])   # -(x + y), in disguise
    >>> all_counts(enumerate_regions(net, Box.cube(2, -1, 1)), ["activation", "proper_activation", "convex"])
    {'activation': 3, 'proper_activation': 2, 'convex': [1, 1]}
    """
    if definitions is None:
        has_faces = cx.known_faces is not None or _makes_faces(cx)
        definitions = [name for name in DEFINITIONS if has_faces or name not in FROM_FACES]
    _check(cx, definitions)
    merged = _Merged(cx)
    counts = {name: merged.count(name) for name in definitions}
    return {name: list(count) if isinstance(count, tuple) else count for name, count in counts.items()}


@needs_memory("the linear regions: take a smaller box")
def linear_regions(cx: RegionComplex, definition: str = "open_connected") -> LinearRegions:
    """Merge activation regions into linear regions.

    Parameters
    ----------
    cx : RegionComplex
        Complete; with faces for "closed_connected".
    definition : {"proper_activation", "open_connected", "closed_connected", "affine"}

    Raises
    ------
    InvalidInputError
        As for :func:`count_linear_regions`.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 0]], [0])])   # relu(x), relu(y) unused
    >>> cx = enumerate_regions(net, Box.cube(2, -1, 1))
    >>> half, other = linear_regions(cx)
    >>> half.members.tolist(), half.affine_map, half.volume, half.neighbors, half.is_convex
    ([0, 1], (array([[1., 0.]]), array([0.])), 2.0, [1], True)
    """
    _check(cx, [definition])
    if definition not in MERGED:
        raise InvalidInputError(
            f"definition {definition!r} does not merge activation regions; {', '.join(MERGED)} do"
        )
    return LinearRegions(cx, definition, _Merged(cx).labels(definition))


@dataclass(frozen=True, eq=False)
class LinearRegions:
    """Linear regions, each a set of activation regions; number i is ``regions[i]``.

    Attributes
    ----------
    complex : RegionComplex
    definition : str
    labels : int64 (activation regions,)
        The linear region of each activation region. They are numbered by their first members.
    """

    complex: RegionComplex
    definition: str
    labels: IntArray

    def __post_init__(self) -> None:
        self.labels.flags.writeable = False

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @overload
    def __getitem__(self, i: int) -> LinearRegion: ...

    @overload
    def __getitem__(self, i: slice) -> list[LinearRegion]: ...

    def __getitem__(self, i: int | slice) -> LinearRegion | list[LinearRegion]:
        found = numbers("linear region", i, len(self))
        if isinstance(found, range):
            return [LinearRegion(self, k) for k in found]
        return LinearRegion(self, found)

    def __iter__(self) -> Iterator[LinearRegion]:
        return (LinearRegion(self, i) for i in range(len(self)))

    @cached_property
    def _order(self) -> IntArray:
        return np.argsort(self.labels, kind="stable")

    @cached_property
    def _offsets(self) -> IntArray:
        return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.bincount(self.labels))])

    @cached_property
    def sizes(self) -> IntArray:
        """Number of activation regions in each linear region; int64."""
        return np.diff(self._offsets)

    @cached_property
    def adjacencies(self) -> IntArray:
        """Pairs (i, j), i < j, of linear regions that share a facet of activation regions, sorted; int64."""
        pairs = np.sort(self.labels[self.complex.walls.sides], axis=1)
        keys = np.unique((pairs[:, 0] * len(self) + pairs[:, 1])[pairs[:, 0] != pairs[:, 1]])
        return np.stack([keys // len(self), keys % len(self)], axis=1)

    def volumes(self, accuracy: float | None = None) -> FloatArray:
        """Volume (length, area, ...) of each linear region; float64. See :meth:`measured_volumes`."""
        return self.measured_volumes(accuracy).values

    def measured_volumes(self, accuracy: float | None = None) -> Bounded:
        """Volume of each linear region, and how far it may be off.

        Parameters
        ----------
        accuracy : float, optional
            How close the volume of each member must be, as :meth:`polyregions.complex.faces.Faces.measured`
            takes it; so close, relatively, are the sums, but for their rounding. With 0 each member's is the
            exact one rounded once, as it is in :attr:`LinearRegion.volume`, and if the faces are not known.

        Returns
        -------
        Bounded
            ``values`` and ``errors``, float64 (linear regions,) each: ``|values - true values| <= errors``.
        """
        cx = self.complex
        with np.errstate(under="ignore", over="ignore"):  # the bounds hold 5e-324 for what vanishes
            if cx.known_faces is not None:
                own, errors = cx.faces.measured_volumes(accuracy)
            else:
                own = np.array([region.volume for region in cx])
                errors = U * own + 5e-324
            values = np.bincount(self.labels, weights=own)
            # Adding up n numbers that are not negative.
            errors = np.bincount(self.labels, weights=errors) * INFLATE + self.sizes * U * values
        return Bounded(values.astype(np.float64), errors)

    @cached_property
    def convex(self) -> NDArray[np.bool_] | None:
        """Whether each linear region is convex; None if that is not known.

        It is for activation regions and, if d = 1 or all faces are known, for open connected ones.
        """
        cx = self.complex
        if self.definition == "proper_activation" or (
            self.definition == "open_connected" and cx.box.dim == 1
        ):
            return np.ones(len(self), dtype=np.bool_)
        if self.definition != "open_connected" or cx.known_faces is None:
            return None
        from .convex_regions import convex_regions

        # Regions on two sides of a facet have one map iff they are in one open connected region.
        return convex_regions(cx, cx.faces, self.labels, self.labels).convex

    def __repr__(self) -> str:
        return f"LinearRegions({len(self)} of {len(self.labels)} activation regions, {self.definition})"


@dataclass(frozen=True, eq=False)
class LinearRegion:
    """One linear region: activation regions with the same affine map.

    By the definition "affine" they need not hang together.

    Attributes
    ----------
    regions : LinearRegions
    id : int
    """

    regions: LinearRegions
    id: int

    @property
    def members(self) -> IntArray:
        """Ids of its activation regions, ascending; int64."""
        offsets = self.regions._offsets
        return self.regions._order[offsets[self.id] : offsets[self.id + 1]]

    @property
    def affine_map(self) -> tuple[FloatArray, FloatArray]:
        """(A, c) with ``f(x) = A x + c`` on the region, float64, each number rounded once."""
        return self._first.affine_map

    @property
    def exact_affine_map(self) -> tuple[list[list[Fraction]], list[Fraction]]:
        """(A, c) as rational numbers."""
        return self.regions.complex.network.exact.affine_map(self._first.pattern)

    @property
    def volume(self) -> float:
        """Volume (length, area, ...): the sum of its members', exact and rounded once."""
        regions = (self.regions.complex[int(i)] for i in self.members)
        exact = sum((r.exact_volume for r in regions), Fraction(0))
        return round_fraction(exact.numerator, exact.denominator)

    @property
    def neighbors(self) -> list[int]:
        """Linear regions that share a facet of activation regions with this one, ascending."""
        cx, labels = self.regions.complex, self.regions.labels
        across = {int(labels[j]) for i in self.members for j in cx[int(i)].neighbors}
        return sorted(across - {self.id})

    @property
    def is_convex(self) -> bool | None:
        """Whether it is convex; None if that is not known. See :attr:`LinearRegions.convex`."""
        return None if self.regions.convex is None else bool(self.regions.convex[self.id])

    @property
    def _first(self) -> Region:
        return self.regions.complex[int(self.members[0])]

    def __repr__(self) -> str:
        return f"LinearRegion(id={self.id}, {len(self.members)} members, {self.regions.definition})"


def _check(cx: RegionComplex, definitions: Sequence[str]) -> None:
    """Refuse unknown definitions, partial results, and what needs faces that are not known."""
    for name in definitions:
        if name not in DEFINITIONS:
            raise InvalidInputError(
                f"definition {short_repr(name)} is unknown; known: {', '.join(DEFINITIONS)}"
            )
        if not cx.complete:
            raise InvalidInputError(
                f"linear regions: the result is partial ({cx.stopped}), so regions are missing; "
                "go on with enumerate_regions(..., resume=...) until it is complete"
            )
        if name in FROM_FACES:
            cx.need_faces(f"definition {name!r}")


def _makes_faces(cx: RegionComplex) -> bool:
    """Whether the faces of a result are made when they are asked for, and are few enough for it."""
    return cx.engine == "split" and cx.further is not None and cx.box.dim <= FACES_DIM


class _Merged:
    """Labels by each definition, made when asked for. Those of the maps are kept with the result."""

    def __init__(self, cx: RegionComplex) -> None:
        self.cx = cx

    @property
    def affine(self) -> IntArray:
        """The affine map of each region."""
        return self.cx.map_labels

    @cached_property
    def opened(self) -> IntArray:
        """Regions joined across facets with the same map on both sides."""
        sides = self.cx.walls.sides
        same = self.affine[sides[:, 0]] == self.affine[sides[:, 1]]
        return join(self.cx.n_regions, sides[same])

    def closed(self, faces: Faces) -> IntArray:
        """Open connected regions joined where the network is equal to their map in between."""
        from .closed_regions import closed_labels

        return in_order(closed_labels(self.cx, faces, self.affine, self.opened))

    def convex(self, faces: Faces) -> ConvexRegions:
        """The convex regions, as far as they are known."""
        from .convex_regions import convex_regions

        return convex_regions(self.cx, faces, self.affine, self.opened)

    def labels(self, definition: str) -> IntArray:
        """Linear region of each activation region."""
        if definition == "proper_activation":
            return np.arange(self.cx.n_regions)
        if definition == "open_connected":
            return self.opened
        if definition == "closed_connected" and self.cx.known_faces is not None:
            return self.closed(self.cx.faces)
        return self.affine

    def count(self, definition: str) -> int | tuple[int, int]:
        """Number of regions; bounds for "convex"."""
        faces = self.cx.known_faces
        if definition == "activation" and faces is not None:
            from .strict_patterns import count_patterns

            return count_patterns(self.cx, faces)
        if definition != "convex":
            return int(self.labels(definition).max()) + 1
        opened = int(self.opened.max()) + 1
        if self.cx.box.dim == 1:
            return opened, opened  # intervals are convex
        if faces is None:
            return opened, cells_of_hyperplanes(self.cx, self.affine)
        found = self.convex(faces)
        return found.low, found.high

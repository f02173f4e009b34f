"""By what regions are coloured: a pattern, the states of a layer, a number of each, or the largest output."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..analysis.definitions import LinearRegions
from ..base.arrays import BoolArray, FloatArray, IntArray
from ..complex.bulk import affine_maps
from ..complex.centroids import region_centroids
from ..complex.decision import DecisionBoundary
from ..complex.region_complex import RegionComplex
from ..complex.regions import Regions
from ..errors import InvalidInputError, short_repr
from ..network.network import Network
from .colours import decision_colours, pattern_colours, state_colours, value_colours
from .figures import count
from .mesh import output_values, region_intervals, region_mesh

#: What ``color`` may be, beside an array.
COLORS = ("pattern", "layer", "output", "gradient", "class", "area")
#: Those of which a number may be asked for, and which is meant without.
NUMBERED = {"layer": 1, "output": 0, "gradient": 0}
#: What the volume of a region is called.
SIZES = {1: "length", 2: "area"}

Shown = RegionComplex | LinearRegions | DecisionBoundary[RegionComplex]


class Color(NamedTuple):
    """By what to colour: one of :data:`COLORS`, and which layer (1, 2, ...) or output (0, 1, ...)."""

    kind: str
    number: int = 0


@dataclass(frozen=True)
class Coloured:
    """What is drawn: regions, what each belongs to, and the colour of each.

    Attributes
    ----------
    regions : Regions
    groups : int64 (regions,)
        Between regions of one group no boundary is drawn.
    colours : float64 (regions, 3 or 4)
    title : str
    boundary : DecisionBoundary or None
        Of which these are the regions, if they are coloured by decisions.
    decisions : dict of int to str
        What each decision is called.
    scale : matplotlib.cm.ScalarMappable or None
        Which colour a number has, if regions are coloured by numbers.
    label : str
        What these numbers are.
    below : bool
        Whether some are below the scale.
    output : int or None
        The output whose values are shown within each region, which then has no colour of its own.
    """

    regions: Regions
    groups: IntArray
    colours: FloatArray
    title: str
    boundary: DecisionBoundary[RegionComplex] | None = None
    decisions: dict[int, str] = field(default_factory=dict)
    scale: Any = None
    label: str = ""
    below: bool = False
    output: int | None = None

    @property
    def drawn(self) -> BoolArray:
        """Which of the walls are drawn: those between two groups; bool (walls,)."""
        i, j = self.regions.walls.sides.T
        return np.asarray(self.groups[i] != self.groups[j])


def regions_of(shown: Shown) -> Regions:
    """The regions of what is shown.

    Raises
    ------
    InvalidInputError
        If it is nothing that is drawn.
    """
    if isinstance(shown, LinearRegions | DecisionBoundary):
        return shown.complex
    if isinstance(shown, Regions):
        return shown
    raise InvalidInputError(
        f"plot: expected regions, linear regions or a decision boundary, got {type(shown).__name__}"
    )


def parse_color(color: str, network: Network | None = None) -> Color:
    """Read ``"layer"``, ``"layer:2"``, ``"output:1"``, ...; with a network, see whether it has them.

    Raises
    ------
    InvalidInputError
        If it is none of :data:`COLORS`, or a number does not fit.

    Examples
    --------
    >>> parse_color("layer:2"), parse_color("gradient")
    (Color(kind='layer', number=2), Color(kind='gradient', number=0))
    """
    kind, colon, text = color.partition(":")
    if kind not in COLORS:
        known = ", ".join(f"{name}[:N]" if name in NUMBERED else name for name in COLORS)
        raise InvalidInputError(f"color {short_repr(color)} is unknown; known: {known}")
    if colon and (kind not in NUMBERED or not (text.isascii() and text.isdigit())):
        raise InvalidInputError(
            f"color {short_repr(color)}: a whole number may follow {', '.join(NUMBERED)} only: layer:2"
        )
    found = Color(kind, int(text) if colon else NUMBERED.get(kind, 0))
    if network is not None and kind in NUMBERED:
        first, last = (1, len(network.hidden)) if kind == "layer" else (0, network.output_dim - 1)
        if not first <= found.number <= last:
            what = "hidden layer" if kind == "layer" else "output"
            has = f"they are {first} to {last}" if last >= first else "there is none"
            raise InvalidInputError(f"color {short_repr(color)}: no such {what}; {has}")
    return found


def colour_regions(shown: Shown, color: str | ArrayLike | None = None) -> Coloured:
    """Colour what is shown: by itself if ``color`` is None or "pattern", else as it says.

    Raises
    ------
    InvalidInputError
        If it is nothing that is drawn, or the colour does not fit.
    """
    plain = _plain(shown)
    if color is None:
        return plain
    if not isinstance(color, str):
        return _by_array(plain, color)
    wanted = parse_color(color, plain.regions.network)
    if wanted.kind == "pattern":
        return plain
    if wanted.kind == "class":
        return plain if plain.boundary is not None else _by_class(plain.regions)
    if wanted.kind == "layer":
        return _by_layer(plain, wanted.number)
    if wanted.kind == "output" and plain.regions.box.dim == 2:
        values = output_values(plain.regions, region_mesh(plain.regions).points, wanted.number)
        shaded = _scaled(plain, None, _range(values), f"output {wanted.number}")
        return replace(shaded, output=wanted.number)
    if wanted.kind == "output" and plain.regions.box.dim == 1:
        return replace(plain, output=wanted.number)  # drawn as a function, above the bands
    return _by_value(plain, wanted)


def decide(cx: Regions) -> DecisionBoundary[RegionComplex]:
    """Cut regions where the decision changes: the largest output, or the sign of a single one.

    Raises
    ------
    InvalidInputError
        If the faces of the regions are not known.
    """
    if not isinstance(cx, RegionComplex):
        raise InvalidInputError(f"plot: decisions need a RegionComplex, got {type(cx).__name__}")
    return cx.level_set(0, 0.0) if cx.network.output_dim == 1 else cx.decision_boundary()


def region_sizes(cx: Regions) -> FloatArray:
    """Length, area or volume of each region, float64 (regions,); NaN if its facets are not known."""
    if cx.known_faces is not None:
        return cx.faces.volumes()
    return np.array([cx[i].volume if i < cx.n_explored else np.nan for i in range(cx.n_regions)])


def region_gradients(cx: Regions, output: int) -> FloatArray:
    """Euclidean norm of the gradient of an output on each region, float64 (regions,)."""
    return np.asarray(np.linalg.norm(affine_maps(cx).A[:, output], axis=1))


def _plain(shown: Shown) -> Coloured:
    """What is shown, coloured by itself."""
    cx = regions_of(shown)
    if isinstance(shown, LinearRegions):
        groups = shown.labels
        colours = pattern_colours(cx)[[int(region.members[0]) for region in shown]][groups]
        return Coloured(cx, groups, colours, f"{count(len(shown), 'linear region')} ({shown.definition})")
    if isinstance(shown, DecisionBoundary):
        groups = shown.decisions
        found = np.unique(groups).tolist()
        title = f"{count(len(found), 'decision')}, {count(len(shown.pairs), 'facet')} between them"
        names = {label: str(label) for label in found}
        return Coloured(cx, groups, decision_colours(groups), title, shown, names)
    title = f"{count(cx.n_regions, 'region')}, {count(cx.n_adjacencies, 'adjacency')}"
    return Coloured(cx, np.arange(cx.n_regions), pattern_colours(cx), title)


def _by_class(cx: Regions) -> Coloured:
    """The largest output; the sign of a single one."""
    found = _plain(decide(cx))
    if cx.network.output_dim > 1:
        return found
    signs = {0: "output 0 <= 0", 1: "output 0 > 0"}
    return replace(found, decisions={label: signs[label] for label in found.decisions})


def _by_layer(plain: Coloured, layer: int) -> Coloured:
    """One colour for equal states of a layer (1, 2, ...), whatever those of the others."""
    cx = plain.regions
    states = cx.states[:, cx.network.unit_layers == layer - 1]
    found = count(len({row.tobytes() for row in states}), "pattern")
    return replace(
        plain, colours=state_colours(states), title=f"{plain.title}\n{found} of layer {layer} alone"
    )


def _by_value(plain: Coloured, color: Color) -> Coloured:
    from matplotlib.colors import LogNorm, Normalize

    cx, number = plain.regions, color.number
    if color.kind == "area":
        values = region_sizes(cx)
        positive = np.sort(values[np.isfinite(values) & (values > 0)])
        norm = LogNorm(_smallest_seen(positive), positive[-1]) if positive.size else Normalize(0, 1)
        label = f"{SIZES.get(cx.box.dim, 'volume')} of the region"
        return replace(_scaled(plain, values, norm, label, dark_first=True), below=True)
    if color.kind == "gradient":
        values, label = region_gradients(cx, number), f"norm of the gradient of output {number}"
        if cx.box.dim == 1:  # the function above the bands is that output
            plain = replace(plain, output=number)
    else:
        values, label = _means(cx, number), f"output {number} at the centre of mass"
    return _scaled(plain, values, _range(values), label)


def _smallest_seen(sizes: FloatArray) -> float:
    """The size below which regions, from the smallest on, fill a thousandth of the box together."""
    filled = np.cumsum(sizes)
    return float(sizes[np.searchsorted(filled, filled[-1] / 1000)])


def _means(cx: Regions, output: int) -> FloatArray:
    """Mean of an output over each region: an affine function has it at the centre of mass."""
    A, c, _ = affine_maps(cx)
    centres = region_centroids(cx.need_faces("plot: centres of mass")).values
    return np.asarray((A[:, output] * centres).sum(axis=1) + c[:, output])


def _by_array(plain: Coloured, color: ArrayLike) -> Coloured:
    n = plain.regions.n_regions
    try:
        values = np.asarray(color, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"color: expected a name or numbers, got {short_repr(color)}") from error
    if values.shape in ((n, 3), (n, 4)):
        if not ((values >= 0) & (values <= 1)).all():
            raise InvalidInputError("color: red, green, blue and opacity are numbers from 0 to 1")
        return replace(plain, colours=values)
    if values.shape != (n,):
        raise InvalidInputError(
            f"color: expected one number for each of {n:,} regions, ({n},), or ({n}, 3) for rgb; "
            f"got the shape {values.shape}"
        )
    return _scaled(plain, values, _range(values), "value")


def _range(values: FloatArray) -> Any:
    from matplotlib.colors import Normalize

    finite = values[np.isfinite(values)]
    return Normalize(finite.min(), finite.max()) if finite.size else Normalize(0, 1)


def _scaled(
    plain: Coloured, values: FloatArray | None, norm: Any, label: str, dark_first: bool = False
) -> Coloured:
    """Colour by numbers; without any, only say what the colours are."""
    from matplotlib.cm import ScalarMappable

    scale = ScalarMappable(norm, value_colours().reversed() if dark_first else value_colours())
    colours = plain.colours
    if values is not None:
        colours = np.asarray(scale.to_rgba(np.ma.masked_invalid(values)))[:, :3]
    return replace(plain, colours=colours, scale=scale, label=label)


def function_ends(cx: Regions, output: int) -> FloatArray:
    """The ends of each piece of an output over one input, float64 (regions, 2 ends, 2)."""
    ends = region_intervals(cx)
    values = output_values(cx, ends.reshape(-1, 1), output).reshape(-1, 2)
    return np.stack([ends, values], axis=2)

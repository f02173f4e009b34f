"""Where to look: a box of the inputs, or of the coordinates of a slice through them; or a polytope in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from ..base.archives import read_archive
from ..base.arrays import FloatArray
from ..errors import FileFormatError, InvalidBoxError, InvalidInputError, InvalidPolytopeError, counted
from ..network.box import Box
from ..network.formats.points import POINT_FORMATS, read_points
from ..network.network import Network
from ..network.slices import fix_inputs, rows_on_free
from .common import Sides, box_option, input_file
from .completion import files
from .output import Styled
from .points import slice_points

if TYPE_CHECKING:
    from ..geometry.polytope_domain import Polytope

#: The bounds of no rows.
NO_ROWS = np.empty(0)
#: No slice, and no file of bounds, for JSON.
NOTHING: dict[str, Any] = dict.fromkeys(("through", "plane", "slice", "vnnlib", "inside"))
#: The range of each coordinate of a plane for which no --box is given.
UNIT: Sides = ((0.0, 1.0),)


@dataclass(frozen=True)
class Domain:
    """A network in a box, and how it came there from the network of the file.

    Attributes
    ----------
    network : Network
        Of the free inputs, or of the coordinates of a slice.
    box : Box
    fixed : dict
        The inputs that are fixed, by their number, and their values: they are no inputs of ``network``.
    chosen : dict
        The slice or the file that was asked for, for JSON.
    polytope : Polytope, optional
        What is looked at of the box.
    """

    network: Network
    box: Box
    fixed: dict[int, float] = field(default_factory=dict)
    chosen: dict[str, Any] = field(default_factory=dict)
    polytope: Polytope | None = None

    @property
    def place(self) -> Box | Polytope:
        """Where regions are enumerated."""
        return self.box if self.polytope is None else self.polytope

    def numbers(self) -> dict[str, Any]:
        """For JSON: the inputs that are fixed, numbered from 0, and the slice; None for what there is not."""
        return {"fixed": {str(j): value for j, value in self.fixed.items()}, **NOTHING, **self.chosen}


def domain_rows(numbers: dict[str, Any]) -> list[tuple[str, str | Styled]]:
    """What a table says of the slice and of the inputs that are fixed, if any."""
    rows: list[tuple[str, str | Styled]] = []
    if (case := numbers["vnnlib"]) is not None:
        of = f", case {case['case']} of {case['cases']}, numbered from 0" if case["cases"] > 1 else ""
        rows.append(("box", f"the bounds of {case['file']}{of}"))
    if (inside := numbers["inside"]) is not None:
        rows.append(("inside", f"A x <= b, {counted(inside['rows'], 'row')} of {inside['file']}"))
    if (fixed := numbers["fixed"]) and len(fixed) > 9:
        rows.append(("fixed inputs", f"{len(fixed):,}"))
    elif fixed:
        values = ", ".join(f"{j} at {value!r}" for j, value in fixed.items())
        rows.append(("fixed input" if len(fixed) == 1 else "fixed inputs", f"{values}; numbered from 0"))
    if (points := numbers["through"]) is not None:
        rows.append(("slice", _through(points)))
    if (plane := numbers["plane"]) is not None:
        rows.append(("slice", f"{_through(plane['points'])}, exactly"))
        if plane["default_box"]:
            rows.append(("box", "0 to 1 for each of its coordinates, since no --box was given"))
    if (chosen := numbers["slice"]) is not None:
        directions = counted(len(chosen["directions"]), "direction")
        inputs = counted(len(chosen["origin"]), "input")
        rows.append(("slice", f"{directions} in {inputs}; each number of the first layer was rounded once"))
    return rows


def _through(points: list[list[float]]) -> str:
    return f"through {len(points)} points of {counted(len(points[0]), 'input')}"


inside_option = click.option(
    "--inside",
    metavar="FILE",
    type=input_file,
    help=f"Look at a polytope A x <= b only: a file ({', '.join(POINT_FORMATS)}) with rows a1, ..., ad, b. "
    "Without --box its box is the least one around.",
)


def where_options(through: bool, inside: bool = False) -> Callable[[Any], Any]:
    """The options of :class:`Where`; ``--through`` may have another meaning for a command.

    ``inside`` is for commands that can look at a polytope.
    """
    points = click.option(
        "--through",
        metavar="POINTS",
        shell_complete=files,
        help="Look at the line, plane, ... through points p0, p1, ...: a file "
        f"({', '.join(POINT_FORMATS)}), or written out, such as '0,0,0; 1,0,0; 0,1,0'. --box is then the "
        "range of each t in x = p0 + t1 (p1 - p0) + ...",
    )
    options = [
        box_option(required=False),
        *([points] if through else []),
        click.option(
            "--plane",
            metavar="FILE",
            type=input_file,
            help=f"The same through the rows of a file ({', '.join(POINT_FORMATS)}), three for a plane; each "
            "may have any shape, such as that of an image. --box is 0 1 if it is not given.",
        ),
        click.option(
            "--slice",
            "slice_path",
            metavar="FILE",
            type=input_file,
            help="Look at origin + t @ directions, two arrays of an .npz file, (d,) and (k, d). Each number "
            "of the first layer is rounded once. --box is the range of each t.",
        ),
        click.option(
            "--vnnlib",
            metavar="FILE",
            type=input_file,
            help="Look at the bounds of the inputs in a VNN-LIB file, decimal numbers being the nearest "
            "float64. Inputs with equal bounds are fixed.",
        ),
        click.option(
            "--vnnlib-case",
            "case",
            type=click.IntRange(min=0),
            metavar="I",
            help="Which bounds, if the file has several; numbered from 0.",
        ),
        *([inside_option] if inside else []),
    ]

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@dataclass(frozen=True)
class Where:
    """What :func:`where_options` say."""

    sides: Sides = ()
    through: str | None = None
    plane: Path | None = None
    slice_path: Path | None = None
    vnnlib: Path | None = None
    case: int | None = None
    inside: Path | None = None
    takes_rows: bool = field(default=False, compare=False)

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> Where:
        """Take them out of the options of a command.

        Raises
        ------
        InvalidInputError
            If two of them contradict each other.
        """
        names = ("sides", "through", "plane", "slice_path", "vnnlib", "case", "inside")
        takes_rows = "inside" in options
        where = cls(**{name: options.pop(name) for name in names if name in options}, takes_rows=takes_rows)
        places = {
            "--through": where.through,
            "--plane": where.plane,
            "--slice": where.slice_path,
            "--vnnlib": where.vnnlib,
        }
        given = [name for name, value in places.items() if value is not None]
        if len(given) > 1:
            raise InvalidInputError(f"give one of: {', '.join(given)}")
        if where.case is not None and where.vnnlib is None:
            raise InvalidInputError("--vnnlib-case is for --vnnlib only: leave it out")
        if where.vnnlib is not None and where.sides:
            raise InvalidInputError("--vnnlib has the box in its file: leave out --box")
        if where.vnnlib is not None and where.inside is not None:
            raise InvalidInputError("--vnnlib has its constraints in its file: leave out --inside")
        return where

    @property
    def any_box(self) -> bool:
        """Whether a box is given, or known without."""
        return bool(self.sides or self.plane or self.vnnlib or self.inside)

    @property
    def files(self) -> tuple[Path | None, ...]:
        """The files that are read, and must not be overwritten."""
        return (self.plane, self.slice_path, self.vnnlib, self.inside)

    def domain(self, what: str | Path, network: Network, usual: Sides = ()) -> Domain:
        """The network in the box; ``usual`` is that of the whole network if none is given.

        Raises
        ------
        UsageError
            If no box is given where one is needed.
        InvalidInputError
            If what is given does not fit the network.
        """
        if self.vnnlib is not None:
            return _bounded(self.vnnlib, self.case, network, self.takes_rows)
        on_slice, what, chosen = self.sliced(what, network)
        usual = UNIT if self.plane is not None else usual
        if self.inside is not None:
            return self._inside(what, on_slice, chosen)
        if not self.sides and not usual:
            raise click.UsageError(f"Missing option '--box': the range of every input of {what}")
        domain = make_domain(what, on_slice, self.sides or usual)
        return Domain(domain.network, domain.box, domain.fixed, chosen)

    def _inside(self, what: str | Path, network: Network, chosen: dict[str, Any]) -> Domain:
        """The network in the polytope of ``--inside``, and of the box if there is one."""
        from ..geometry.polytope_domain import Polytope

        assert self.inside is not None
        rows = _read_rows(self.inside, network.input_dim)
        A, b = rows[:, :-1], rows[:, -1]
        chosen = {**chosen, "inside": {"file": str(self.inside), "rows": len(b)}}
        try:
            if not self.sides:
                polytope = Polytope(A, b)
                return Domain(network, polytope.box, {}, chosen, polytope)
            lower, upper = _bounds(what, network.input_dim, self.sides)
            return _with_rows(_fixed(network, lower, upper, **chosen), A, b, np.array(lower))
        except InvalidPolytopeError as error:
            raise type(error)(f"{self.inside}: {error}") from error

    def sliced(self, what: str | Path, network: Network) -> tuple[Network, str | Path, dict[str, Any]]:
        """The network on the slice, if there is one; what it is called, and what it is, for JSON."""
        if self.through is not None:
            points = slice_points(self.through, network.input_dim)
            return network.through(points), "the slice of --through", {"through": points.tolist()}
        if self.plane is not None:
            points = read_points(self.plane, network.input_dim)
            if len(points) < 2:
                raise InvalidInputError(f"{self.plane}: two points or more make a slice, got {len(points)}")
            plane = {"points": points.tolist(), "default_box": not self.sides}
            return network.through(points), "the slice of --plane", {"plane": plane}
        if self.slice_path is not None:
            arrays = _read_slice(self.slice_path)
            try:
                on_slice = network.restrict(arrays["origin"], arrays["directions"])
            except InvalidInputError as error:
                raise type(error)(f"{self.slice_path}: {error}") from error
            chosen = {name: array.tolist() for name, array in arrays.items()}
            return on_slice, "the slice of --slice", {"slice": chosen}
        return network, what, {}


def make_domain(what: str | Path, network: Network, sides: Sides) -> Domain:
    """The network in the box of the ``--box`` options; inputs of which both ends are the same are fixed."""
    return _fixed(network, *_bounds(what, network.input_dim, sides))


def make_box(what: str | Path, d: int, sides: Sides) -> Box:
    """The box of the ``--box`` options, for d inputs."""
    return Box(*_bounds(what, d, sides))


def sides_of(box: Box | None) -> dict[str, list[float]] | None:
    """A box for JSON."""
    return None if box is None else {"lower": box.lower.tolist(), "upper": box.upper.tolist()}


def _bounds(what: str | Path, d: int, sides: Sides) -> tuple[list[float], list[float]]:
    if len(sides) not in (1, d):
        times = "once" if d == 1 else f"once, for all of them, or {d} times"
        raise InvalidInputError(f"{what} has {d} input(s): give --box {times}, not {len(sides)} times")
    lower, upper = zip(*(sides * d if len(sides) == 1 else sides), strict=True)
    return list(lower), list(upper)


def _fixed(network: Network, lower: list[float], upper: list[float], **chosen: Any) -> Domain:
    """The network on the inputs that bounds leave free."""
    free = fix_inputs(network, lower, upper)
    fixed = {j: a for j, (a, b) in enumerate(zip(lower, upper, strict=True)) if a == b}
    return Domain(free.network, free.box, fixed, chosen)


def _with_rows(domain: Domain, A: FloatArray, b: FloatArray, values: FloatArray) -> Domain:
    """The part ``A x <= b`` of a domain; ``values`` are those of the inputs that are fixed."""
    from ..geometry.polytope_domain import Polytope

    free = np.array([j for j in range(values.size) if j not in domain.fixed], dtype=np.int64)
    return replace(domain, polytope=Polytope(*rows_on_free(A, b, values, free), domain.box))


def _bounded(path: Path, case: int | None, network: Network, takes_rows: bool) -> Domain:
    """The network in the bounds of a VNN-LIB file, and in its rows, where these are taken."""
    from ..network.vnnlib import read_bounds, read_cases

    # Who takes no rows is told in which line of the file one is.
    cases = read_cases(path) if takes_rows else [(*box, NO_ROWS, NO_ROWS) for box in read_bounds(path)]
    if case is None and len(cases) > 1:
        raise InvalidInputError(
            f"{path}: it has {len(cases)} cases; give --vnnlib-case I, one of 0 to {len(cases) - 1}"
        )
    if case is not None and case >= len(cases):
        last = f"0 to {len(cases) - 1}" if len(cases) > 1 else "0 alone"
        raise InvalidInputError(f"{path}: it has no case {case}; there is {last}")
    low, high, A, b = cases[case or 0]
    lower, upper = low.tolist(), high.tolist()
    if len(lower) != network.input_dim:
        inputs = counted(network.input_dim, "input")
        raise InvalidInputError(f"{path}: it bounds {counted(len(lower), 'input')}, the network has {inputs}")
    chosen = {"file": str(path), "case": case or 0, "cases": len(cases)}
    try:
        domain = _fixed(network, lower, upper, vnnlib=chosen)
        return _with_rows(domain, A, b, low) if len(b) else domain
    except (InvalidBoxError, InvalidPolytopeError) as error:
        raise type(error)(f"{path}: {error}") from error


def _read_rows(path: Path, inputs: int) -> FloatArray:
    """The rows a1, ..., ad, b of a file."""
    try:
        return read_points(path, inputs + 1)
    except InvalidInputError as error:
        raise type(error)(f"{error}; a row of A x <= b has {inputs + 1} numbers, a1, ..., ad, b") from error


def _read_slice(path: Path) -> dict[str, Any]:
    """The arrays of a slice."""
    if path.suffix.lower() != ".npz":
        raise FileFormatError(f"{path}: a slice is an .npz file with origin (d,) and directions (k, d)")
    arrays = read_archive(path, ("origin", "directions"))
    missing = [name for name in ("origin", "directions") if name not in arrays]
    if missing:
        raise FileFormatError(f"{path}: it has no array {missing[0]!r}; a slice has origin and directions")
    return arrays

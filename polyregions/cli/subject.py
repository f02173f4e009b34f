"""What a command works on: a network file, or a construction or an arrangement by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InvalidInputError
from ..network.box import Box
from ..network.network import Network
from .common import Sides
from .loading import taken_loading
from .where import Domain, Where, make_box

if TYPE_CHECKING:
    from ..theory.predictions import Prediction

COUNTS = ("n", "m", "inputs", "depth", "rank", "dimension", "families")
LISTS = ("widths", "ranks", "folds")
#: Options that may be followed by several numbers.
LISTED = (*LISTS, "outputs")
FLAGS = ("oriented", "relu_pairs")
NUMBER = re.compile(r"-?\d[\d,]*")


@dataclass(frozen=True)
class Subject:
    """A network in a box, with what is known of it."""

    title: str
    source: str
    domain: Domain
    predictions: tuple[Prediction, ...]

    @property
    def network(self) -> Network:
        """The network, without the inputs that are fixed."""
        return self.domain.network

    @property
    def box(self) -> Box:
        """The box of the inputs that are free."""
        return self.domain.box


class ListCommand(click.Command):
    """A command whose options may be followed by several numbers: ``--widths 4 4 3``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Join the numbers after such an option to one value."""
        lists = {o for p in self.params if isinstance(p, click.Option) and p.name in LISTED for o in p.opts}
        joined: list[str] = []
        rest = list(args)
        while rest:
            joined.append(rest.pop(0))
            if joined[-1] in lists:
                numbers = list(takewhile(NUMBER.fullmatch, rest))
                del rest[: len(numbers)]
                joined += [",".join(numbers)] if numbers else []
        return super().parse_args(ctx, joined)


def whole_numbers(ctx: click.Context, param: click.Parameter, value: str | None) -> list[int] | None:
    """Turn whole numbers, with commas or spaces between, into a list."""
    if value is None:
        return None
    try:
        return [int(part) for part in re.split(r",|\s+", value.strip())]
    except ValueError:
        message = f"{value!r} is no list of whole numbers, such as 4 4 3"
        raise click.BadParameter(message, ctx=ctx, param=param) from None


def parameter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name and describe constructions and arrangements."""
    options = [
        click.option(
            "--construction", metavar="NAME", help="A construction with known counts, such as montufar."
        ),
        click.option(
            "--arrangement", metavar="NAME", help="A hyperplane arrangement by its name, such as shi."
        ),
    ]
    options += [
        click.option(f"--{name}", type=int, metavar="N", help=f"Parameter {name} of the family.")
        for name in COUNTS
    ]
    options += [
        click.option(
            f"--{name}", callback=whole_numbers, metavar="N N ...", help=f"Parameter {name}: a list."
        )
        for name in LISTS
    ]
    options += [
        click.option(
            f"--{name.replace('_', '-')}", name, is_flag=True, default=None, help=f"Parameter {name}."
        )
        for name in FLAGS
    ]
    for option in reversed(options):
        command = option(command)
    return command


def choose(
    net: Path | None,
    construction: str | None,
    arrangement: str | None,
    where: Where,
    options: dict[str, Any],
) -> Subject:
    """Read or make what the arguments name.

    ``options`` are the parameters of a construction or an arrangement, and how a file is read.

    Raises
    ------
    InvalidInputError
        If they name nothing, or more than one thing, or parameters that it does not have.
    """
    loading = taken_loading(options)
    given = {name: value for name, value in options.items() if value is not None}
    named = [name for name in (net, construction, arrangement) if name is not None]
    if len(named) != 1:
        raise InvalidInputError("give one of: a network file NET, --construction NAME, --arrangement NAME")
    if net is not None:
        if given:
            raise InvalidInputError(f"{net}: a network file has no parameter --{next(iter(given))}")
        return Subject(str(net), "", where.domain(net, Network.load(net, **loading)), ())
    if loading:
        option = next(iter(loading)).replace("_", "-")
        raise InvalidInputError(f"--{option} is for a network file: leave it out")
    if where != Where(where.sides):
        raise InvalidInputError("slices and --vnnlib are for a network file: leave them out")
    if construction is not None:
        return _construction(construction, where.sides, given)
    assert arrangement is not None
    return _arrangement(arrangement, where.sides, given)


def _construction(name: str, sides: Sides, given: dict[str, Any]) -> Subject:
    from ..theory.constructions import make_construction

    made = make_construction(name, **given)
    if sides:
        made = make_construction(name, **given, box=make_box(name, made.network.input_dim, sides))
    return Subject(made.name, made.source, Domain(made.network, made.box), made.predictions)


def _arrangement(name: str, sides: Sides, given: dict[str, Any]) -> Subject:
    from ..theory.arrangements import make_arrangement

    arrangement = make_arrangement(name, **given)
    network, box, predictions = arrangement.network(), arrangement.box(), arrangement.predictions
    if sides and (own := make_box(name, network.input_dim, sides)) != box:
        reason = f"it counts in all of space, or in {box}; this is another box"
        box, predictions = own, tuple(replace(p, value=None, reason=reason) for p in predictions)
    title = f"{arrangement.name}: {arrangement.definition}"
    return Subject(title, arrangement.source, Domain(network, box), predictions)

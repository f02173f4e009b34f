"""What a command works on: a network file, or a construction or an arrangement by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InvalidInputError
from ..network.box import Box
from ..network.network import Network
from .common import Sides, inputs_option, rank_option, widths_option
from .completion import names_of
from .lists import whole_numbers
from .loading import taken_loading
from .where import Domain, Where, make_box

if TYPE_CHECKING:
    from ..theory.predictions import Prediction

COUNTS = ("n", "m", "depth", "dimension", "families")
LISTS = ("ranks", "folds")
FLAGS = ("oriented", "relu_pairs")


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


def parameter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name and describe constructions and arrangements."""
    options = [
        click.option(
            "--construction",
            metavar="NAME",
            shell_complete=names_of("theory.constructions.registry", "CONSTRUCTIONS"),
            help="A construction with known counts, such as montufar.",
        ),
        click.option(
            "--arrangement",
            metavar="NAME",
            shell_complete=names_of("theory.arrangements", "FAMILIES"),
            help="A hyperplane arrangement by its name, such as shi.",
        ),
    ]
    options += [inputs_option(required=False), widths_option(required=False), rank_option]
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

"""How a network file is read: options that some formats take, handed on only if they are given."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..network.network import Network


def shape(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """Turn whole numbers, with commas between, into the shape of one input."""
    if value is None:
        return None
    if not re.fullmatch(r"\s*[1-9]\d*\s*(,\s*[1-9]\d*\s*)*", value, re.ASCII):
        message = f"{value!r} is no shape of one input, such as 1,28,28"
        raise click.BadParameter(message, ctx=ctx, param=param)
    return tuple(int(part) for part in value.split(","))


OPTIONS = [
    click.option(
        "--input-shape",
        metavar="N,N,..",
        callback=shape,
        help="Shape of one input, without the axis of the batch, where the file does not say it.",
    ),
    click.option("--input", metavar="NAME", help="Which input of the model, if it has several."),
    click.option("--output", metavar="NAME", help="Which output of the model, if it has several."),
    click.option(
        "--strip-last",
        is_flag=True,
        default=None,
        help="Leave out a last softmax or sigmoid: the regions are those of what it is given.",
    ),
    click.option(
        "--normalise",
        is_flag=True,
        default=None,
        help="Take inputs, and give outputs, before the normalisation that the file states.",
    ),
    click.option("--as-float32", is_flag=True, default=None, help="Round the file's numbers to float32."),
    click.option("--activation", metavar="NAME", help="Activation of files that hold weights only."),
    click.option("--slope", type=float, metavar="S", help="Of the activation leaky_relu."),
]
#: Their names as arguments, which are those of :meth:`polyregions.Network.load`.
NAMES = ("input_shape", "input", "output", "strip_last", "normalise", "as_float32", "activation", "slope")


def loading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how NET is read; each format takes some of them, and refuses the others."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def taken_loading(options: dict[str, Any]) -> dict[str, Any]:
    """Take the options of :func:`loading_options` out of those of a command; only what is given stays."""
    taken = {name: options.pop(name, None) for name in NAMES}
    return {name: value for name, value in taken.items() if value is not None}


def load_network(net: Path, options: dict[str, Any]) -> Network:
    """Read NET as the options of a command say, which are taken out of them."""
    return Network.load(net, **taken_loading(options))

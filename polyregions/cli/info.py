"""``polyregions info``: what a model is, how it was read, and what an enumeration is likely to take."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import TooLargeError, counted
from ..network.network import Network
from ..network.numbers import is_sparse
from ..network.source import Source
from .common import Sides, check_targets, input_file, json_option, quiet_option
from .forecast import find_forecast, forecast_rows
from .loading import load_network, loading_options
from .output import Styled, print_columns, print_table, say, write_json
from .progress import status
from .where import Domain, Where, domain_rows, sides_of, where_options

if TYPE_CHECKING:
    from ..statistics.forecast import Forecast

#: The range of each input if no box is given.
USUAL: Sides = ((-1.0, 1.0),)
#: Layers that the table shows.
SCREENFUL = 40


@click.command("info")
@click.argument("net", type=input_file)
@where_options(through=True)
@loading_options
@json_option
@quiet_option
def info_command(net: Path, json_path: str | None, quiet: bool, **options: Any) -> None:
    """Tell what the model NET is, how it was read, and how many regions are to be expected.

    \b
    NET is .json, .npz, or a model of another library. Examples:
      polyregions info net.json
      polyregions info net.json --box 0 1
      polyregions info images.npz --plane three_images.npy

    The box is [-1, 1] for every input unless one is given. Nothing is enumerated: the number of regions is
    bounded by the shape of the network, counted along a few lines, and in few dimensions estimated by random
    descents with a standard error, all of it within seconds.
    """  # noqa: D301  click needs the character that the escape stands for
    where = Where.taken_from(options)
    check_targets([("--json", json_path)], net, *where.files)
    with status(not quiet, f"reading {net}"):
        network = load_network(net, options)
    domain = where.domain(net, network, USUAL)
    numbers = _numbers(network, domain, find_forecast(domain, "auto", not quiet))
    try:
        if json_path != "-" and not quiet:
            _print(net, numbers, where.any_box)
    finally:  # a stdout that is lost loses no file
        if json_path is not None:
            write_json(numbers, json_path)


def _numbers(network: Network, domain: Domain, found: Forecast) -> dict[str, Any]:
    """All of it for JSON."""
    return {
        "inputs": network.input_dim,
        "outputs": network.output_dim,
        "units": network.n_units,
        "widths": list(network.widths),
        "parameters": sum(layer["parameters"] for layer in _layers(network)),
        "layers": _layers(network),
        "source": None if network.source is None else _source(network.source),
        "dimension": domain.box.dim,
        "box": sides_of(domain.box),
        **domain.numbers(),
        "bounds": _bounds(domain.network),
        "forecast": found.numbers(),
    }


def _layers(network: Network) -> list[dict[str, Any]]:
    """Each layer: its kind, its rows, its units, and how many numbers it has that are not zero."""
    layers = []
    for layer in network.layers:
        weight = layer.weight.data if is_sparse(layer.weight) else layer.weight
        layers.append(
            {
                "kind": " + ".join(dict.fromkeys(part.kind for part in layer.parts)),
                "inputs": layer.n_inputs,
                "rows": layer.n_rows,
                "units": layer.n_units,
                "passed_through": 0 if layer.is_linear else layer.n_outputs - layer.n_units,
                "parameters": int((weight != 0.0).sum() + (layer.bias != 0.0).sum()),
                "sparse": is_sparse(layer.weight),
            }
        )
    return layers


def _source(source: Source) -> dict[str, Any]:
    """What was read, and how."""
    return {
        "format": source.format,
        "input_shape": list(source.input_shape),
        "output_shape": list(source.output_shape),
        "operators": dict(source.operators),
        "rounded": dict(source.rounded),
        "stripped": list(source.stripped),
        "points": source.points,
        "largest_difference": source.largest_difference,
    }


def _bounds(network: Network) -> list[dict[str, Any]]:
    """The upper bounds for the shape of a network that apply, the least first."""
    from ..theory.bounds import bounds_of

    try:
        table = bounds_of(network)
    except TooLargeError:
        states = sum(float(math.log10(k)) for layer in network.layers for k in layer.n_states.tolist())
        return [{"name": "patterns", "value": None, "log10": states}]
    upper = [bound for bound in table if bound.kind in ("upper", "exact") and bound.value is not None]
    return [
        {
            "name": bound.name,
            # JSON has no numbers of thousands of digits that others could read.
            "value": bound.value if bound.value < 2**53 else None,
            "log10": math.log10(bound.value),
        }
        for bound in sorted(upper, key=lambda bound: bound.value or 0)
        if bound.value is not None
    ]


def _print(net: Path, numbers: dict[str, Any], has_box: bool) -> None:
    source = numbers["source"]
    rows: list[tuple[str, str | Styled]] = [("model", str(net))]
    rows += [("format", net.suffix.lower()[1:])] if source is None else _source_rows(source)
    rows += [
        ("inputs", _shape(numbers["inputs"], source and source["input_shape"])),
        ("outputs", _shape(numbers["outputs"], source and source["output_shape"])),
        ("units", f"{numbers['units']:,} in {counted(len(numbers['widths']), 'layer')}"),
        ("parameters", f"{numbers['parameters']:,} that are not zero"),
        ("exact", "for the float64 network that was read"),
    ]
    print_table(rows)
    say()
    columns: list[tuple[str, ...]] = [
        ("layer", "kind", "inputs", "rows", "units", "passed through", "parameters")
    ]
    for number, layer in enumerate(numbers["layers"][:SCREENFUL], start=1):
        names = ("inputs", "rows", "units", "passed_through", "parameters")
        sparse = ", sparse" if layer["sparse"] else ""
        columns.append((str(number), f"{layer['kind']}{sparse}", *(f"{layer[name]:,}" for name in names)))
    print_columns(columns)
    if (more := len(numbers["layers"]) - SCREENFUL) > 0:
        say(f"and {more:,} more; --json - shows all")
    say()
    where = domain_rows(numbers)
    if not has_box:
        where.append(("box", "-1 to 1 for every input, since no --box was given"))
    print_table([*where, *_bound_rows(numbers["bounds"]), *forecast_rows(numbers["forecast"])])


def _shape(count: int, shape: list[int] | None) -> str:
    return f"{count:,}" if not shape or len(shape) == 1 else f"{count:,}, of shape {tuple(shape)}"


def _source_rows(source: dict[str, Any]) -> list[tuple[str, str | Styled]]:
    """How a model of another library was read."""
    operators = ", ".join(f"{name} {count:,}" for name, count in source["operators"].items())
    rounded = ", ".join(f"{count:,} {name}" for name, count in source["rounded"].items())
    rows: list[tuple[str, str | Styled]] = [("format", source["format"])]
    if operators:
        rows.append(("operators", operators))
    rows.append(("rounded once", rounded or "nothing"))
    if source["stripped"]:
        rows.append(("left out", ", ".join(source["stripped"])))
    if source["points"]:
        compared = f"the model's own forward pass, at {counted(source['points'], 'point')}"
        rows.append(("compared with", f"{compared}: largest difference {source['largest_difference']:.3g}"))
    return rows


def _bound_rows(bounds: list[dict[str, Any]]) -> list[tuple[str, str | Styled]]:
    """The least upper bound by the shape."""
    from ..theory.bounds import format_number

    if not bounds:
        return []
    least = bounds[0]
    if least["value"] is not None:
        number = format_number(least["value"])
    else:
        exponent = math.floor(least["log10"])
        number = f"~{10 ** (least['log10'] - exponent):.2f}e+{exponent}"
    return [("regions at most", f"{number}, for every network of this shape ({least['name']})")]

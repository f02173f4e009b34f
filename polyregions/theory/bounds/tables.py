"""All bounds of one shape as a list, and a list of bounds as a table."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

from ...base.checks import check_whole
from ...errors import InvalidInputError
from ...network.network import Network
from .bound import Bound, check_ranks, check_widths
from .maxout import maxout_bounds, maxout_patterns, network_upper_bound
from .relu import relu_bounds


def bounds_table(
    inputs: int, widths: Sequence[int], ranks: int | Sequence[Sequence[int]] | None = None
) -> list[Bound]:
    """Return all bounds for networks of one shape: lower, exact, upper, and in each always the same order.

    Parameters
    ----------
    inputs : int
        Number of inputs n0.
    widths : sequence of int
        Numbers of units of the hidden layers.
    ranks : int or sequence of sequence of int, optional
        For maxout: one rank for all units, or those of each layer's units. ReLU if not given.

    Raises
    ------
    InvalidInputError
        If a number is not whole or below 1, or the ranks do not fit the widths.
    TooLargeError
        If the numbers are too large to be worked out.

    Examples
    --------
    >>> [bound.value for bound in bounds_table(2, [6, 6]) if bound.applies]
    [66, 198, 352, 18, 484, 484, 484, 484, 4096]
    >>> [bound.value for bound in bounds_table(2, [3], ranks=3) if bound.applies]
    [9, 9, 9, 19, 19, 46, 27, 27]
    """
    inputs, widths = check_widths(inputs, widths)
    if ranks is None:
        return relu_bounds(inputs, widths)
    if not isinstance(ranks, Sequence):
        k = check_whole("ranks", ranks)
        return maxout_bounds(inputs, [[k] * n for n in widths])
    _, layers = check_ranks(inputs, ranks)
    if tuple(map(len, layers)) != widths:
        raise InvalidInputError(
            f"ranks: they are given for layers of {', '.join(str(len(layer)) for layer in layers)} units, "
            f"but the widths are {', '.join(map(str, widths))}"
        )
    return maxout_bounds(inputs, layers)


def bounds_of(network: Network) -> list[Bound]:
    """Return all bounds for networks of the shape of one; none if it has no units.

    Lower and exact bounds are about the best network of this shape. Layers of units of several kinds, and
    what is passed through beside them, have the upper bounds alone that hold for all.

    Raises
    ------
    TooLargeError
        If the numbers are too large to be worked out.

    Examples
    --------
    >>> net = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> [bound.value for bound in bounds_of(net) if bound.kind == "exact" and bound.applies]
    [7]
    """
    if not network.hidden:
        return []
    # What is passed through has one state: it takes part in dimensions, and cuts nothing.
    ranks = [layer.pieces.n_states.tolist() for layer in network.hidden]
    kinds = {layer.kind if layer.n_units == layer.n_outputs else "mixed" for layer in network.hidden}
    if kinds == {"relu"}:
        return bounds_table(network.input_dim, network.widths)
    if kinds == {"maxout"}:
        return bounds_table(network.input_dim, network.widths, ranks)
    return [bound(network.input_dim, ranks) for bound in (network_upper_bound, maxout_patterns)]


def format_table(bounds: Sequence[Bound]) -> str:
    """Return the bounds as a Markdown table, its columns aligned, so that it reads well as it is.

    Values of 16 digits and more are rounded down to three, and marked by "~". A bound whose hypothesis fails
    has no value; what of the hypothesis fails stands behind it.

    Examples
    --------
    >>> print(format_table(bounds_table(2, [6, 6])[1:3]))
    | bound                | kind  | regions | of     | hypothesis                       |
    | :------------------- | :---- | ------: | :----- | :------------------------------- |
    | Montufar et al. 2014 | lower |     198 | linear | every width >= n0                |
    | Serra et al. 2018    | lower |     352 | linear | every width but the last >= 3 n0 |
    """
    rows = [["bound", "kind", "regions", "of", "hypothesis"]]
    for bound in bounds:
        failed = f" (fails: {bound.reason})" if bound.reason else ""
        value = "-" if bound.value is None else format_number(bound.value)
        rows.append([bound.name, bound.kind, value, bound.counts.split()[0], bound.hypothesis + failed])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if k == 2 else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(f"| {' | '.join(cells)} |")
    rule = [f"{'-' * (width - 1)}:" if k == 2 else f":{'-' * (width - 1)}" for k, width in enumerate(widths)]
    lines.insert(1, f"| {' | '.join(rule)} |")
    return "\n".join(lines)


def format_number(number: int) -> str:
    """Return a whole number below 10^15 with its commas, and a larger one as its first three digits.

    Examples
    --------
    >>> format_number(1234567), format_number(2**100), format_number(10**5000)
    ('1,234,567', '~1.26e+30', '~1.00e+5000')
    """
    if number < 10**15:
        return f"{number:,}"
    exponent = int(log10(number))
    # The logarithm is rounded: next to a power of ten it may be off by one.
    exponent += (number >= 10 ** (exponent + 1)) - (number < 10**exponent)
    leading = number // 10 ** (exponent - 2)
    return f"~{leading // 100}.{leading % 100:02d}e+{exponent}"

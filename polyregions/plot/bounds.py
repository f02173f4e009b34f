"""A picture of what depth buys: how many regions deep and shallow ReLU networks of the same size can have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import InvalidInputError, TooLargeError, counted
from ..theory.bounds import montufar_2014, parameter_count, regions_in_general_position, serra_lower
from .figures import check_figure, new_axes, save
from .styles import layer_colour

#: What a network of these widths takes of the budget.
Size = Callable[[Sequence[int]], int]


def plot_shallow_and_deep(
    inputs: int = 2,
    units: int = 96,
    depths: Sequence[int] = (2, 3, 4),
    path: str | Path | None = None,
) -> tuple[Any, Any]:
    """Draw lower bounds of deep networks beside the maximum of a shallow one, over units and over parameters.

    All hidden layers of a network have the same width n, here a multiple of n0. The line of one hidden layer
    is the largest number ``S(N, n0)`` of regions that it can have. Those of deeper networks are lower bounds:
    some network has so many, by Montufar et al. 2014 (solid), or by Serra et al. 2018, for n >= 3 n0
    (dashed). All axes are logarithmic.

    Parameters
    ----------
    inputs : int
        Number of inputs n0.
    units : int
        Where the left panel ends. The right one ends with as many parameters as the least of the depths takes
        for so many units.
    depths : sequence of int
        Numbers L >= 2 of hidden layers, increasing; ``units`` are to be at least ``4 L n0``.
    path : str or Path, optional
        File to write: ``.png``, ``.svg`` or ``.pdf``.

    Returns
    -------
    (matplotlib.axes.Axes, matplotlib.axes.Axes)
        Over units, and over parameters.

    Raises
    ------
    InvalidInputError
        If a number is not whole or too small, or the file cannot be written.
    TooLargeError
        If the numbers are too large to be worked out, or to be drawn in float64.
    FileFormatError
        If no picture format has the file's ending.
    MissingDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> left, right = plot_shallow_and_deep(inputs=2, units=48)
    >>> left.get_xlabel(), right.get_xlabel()
    ('hidden units', 'weights and biases')
    """
    check_figure(path)
    _check(inputs, units, depths)
    axes = new_axes((9.6, 4.2), interactive=path is None, columns=2)
    most_parameters = parameter_count(inputs, [units // depths[0]] * depths[0])
    _draw(axes[0], inputs, depths, sum, units)
    _draw(axes[1], inputs, depths, lambda widths: parameter_count(inputs, widths), most_parameters)
    axes[1].sharey(axes[0])
    axes[0].set_ylim(1, 2 * max(ax.dataLim.y1 for ax in axes))
    axes[0].set_title("the same number of units", fontsize="medium")
    axes[1].set_title("the same number of parameters", fontsize="medium")
    axes[0].set_xlabel("hidden units")
    axes[1].set_xlabel("weights and biases")
    axes[0].set_ylabel(f"activation regions, {inputs} input{'s' if inputs > 1 else ''}")
    _legend(axes[1], depths)
    if path is not None:
        save(axes[0].figure, Path(path))
    return axes[0], axes[1]


def _check(inputs: int, units: int, depths: Sequence[int]) -> None:
    numbers = (inputs, units, *depths)
    if not all(isinstance(value, int) and value >= 1 for value in numbers) or not depths:
        raise InvalidInputError("plot: inputs, units and depths must be whole numbers, at least 1")
    if min(depths) < 2 or list(depths) != sorted(set(depths)):
        raise InvalidInputError("plot: depths must be at least 2, and increase")
    if units < 4 * depths[-1] * inputs:
        needed = 4 * depths[-1] * inputs
        raise InvalidInputError(
            f"plot: {depths[-1]} layers and {counted(inputs, 'input')} need at least {needed} units, "
            f"not {units}"
        )


def _check_height(value: int) -> None:
    """Refuse what float64 could not hold with its ticks."""
    if value > 10**200:
        raise TooLargeError("plot: a bound is above 1e200, the limit; ask for fewer units or layers")


def _draw(ax: Any, inputs: int, depths: Sequence[int], size: Size, largest: int) -> None:
    """Draw all lines over one measure of size, up to the largest."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    shallow = _line(1, inputs, size, largest)
    most = [regions_in_general_position(n, inputs) for _, (n,) in shallow]
    ax.plot([x for x, _ in shallow], most, color=layer_colour(0), linewidth=2.6)
    for depth in depths:
        points = _line(depth, inputs, size, largest)
        for bound, style in ((montufar_2014, "-"), (serra_lower, "--")):
            found = [(x, bound(inputs, widths).value) for x, widths in points]
            _check_height(max(value or 1 for _, value in found))
            x, y = zip(*[(x, value) for x, value in found if value is not None], strict=True)
            ax.plot(x, y, style, color=layer_colour(depth - 1), linewidth=1.5)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(shallow[0][0], largest)
    # A label at every power of ten, and between them where there is room.
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if largest < 1000 * shallow[0][0] else (1,)))
    ax.yaxis.set_major_locator(LogLocator(numticks=30))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.tick_params(axis="x", labelsize="small")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.grid(which="major", color="0.9", linewidth=0.7)
    ax.spines[["top", "right"]].set_visible(False)


def _line(depth: int, inputs: int, size: Size, largest: int) -> list[tuple[int, list[int]]]:
    """Sizes and widths of all networks of this depth that are not too large, width after width."""
    points = []
    n = inputs
    while (x := size([n] * depth)) <= largest:
        points.append((x, [n] * depth))
        # Steps of a width that would not show are left out.
        n += inputs * max(1, n // (50 * inputs))
    return points


def _legend(ax: Any, depths: Sequence[int]) -> None:
    """Say what the lines are, beside the picture so that nothing is covered."""
    from matplotlib.lines import Line2D

    def handle(label: str, colour: str, **style: Any) -> Any:
        return Line2D([], [], color=colour, label=label, **style)

    ax.legend(
        handles=[
            *(
                handle(f"{L} hidden layers, at least", layer_colour(L - 1), linewidth=2)
                for L in reversed(depths)
            ),
            handle("1 hidden layer, at most", layer_colour(0), linewidth=2.6),
            handle("", "none"),
            handle("by Serra et al. 2018", "0.35", linewidth=1.5, linestyle="--"),
            handle("by Montúfar et al. 2014", "0.35", linewidth=1.5),
        ],
        loc="upper left",
        bbox_to_anchor=(1.02, 1.0),
        borderaxespad=0.0,
        frameon=False,
        fontsize="small",
    )

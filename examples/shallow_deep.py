"""Compare deep ReLU networks with shallow ones of the same size, as a table and a picture.

    python examples/shallow_deep.py [PICTURE] [--inputs N] [--units N]

The shallow network is given the largest number of regions that it can have, the deep ones a lower bound.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from polyregions.plot import plot_shallow_and_deep
from polyregions.plot.figures import use_palette
from polyregions.theory.bounds import Comparison, at_equal_parameters, at_equal_units, format_number

COLUMNS = ("layers", "width", "units", "parameters", "regions, at least", "times the shallow maximum")
ROW = "{:>8}{:>8}{:>8}{:>12}{:>20}{:>28}"


def show(title: str, rows: list[Comparison]) -> None:
    shallow = rows[0]
    print(
        f"\n{title}; one layer of {shallow.shallow_units}: {format_number(shallow.shallow)} regions at most"
    )
    print(ROW.format(*COLUMNS))
    for row in rows:
        whole = row.deep // row.shallow
        times = format_number(whole) if whole >= 100 else f"{row.deep / row.shallow:.3g}"
        print(ROW.format(row.depth, row.width, row.units, row.parameters, format_number(row.deep), times))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=Path("shallow_deep.png"))
    parser.add_argument("--inputs", type=int, default=2, help="default: %(default)s")
    parser.add_argument("--units", type=int, default=96, help="default: %(default)s")
    arguments = parser.parse_args()

    units = at_equal_units(arguments.inputs, arguments.units)
    show("the same number of units", units)
    parameters = units[0].parameters
    show(f"at most {parameters} parameters", at_equal_parameters(arguments.inputs, parameters))
    plot_shallow_and_deep(arguments.inputs, arguments.units, path=arguments.picture)
    if arguments.picture.suffix.lower() == ".png":
        use_palette(arguments.picture, width=1100)
    print(f"\npicture: {arguments.picture}")


if __name__ == "__main__":
    main()

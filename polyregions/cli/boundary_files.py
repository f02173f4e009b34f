"""The files that ``polyregions boundary`` writes, checked before the work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..export.boundaries import BOUNDARY_FORMATS, check_boundary_target, write_boundary
from ..plot.figures import PLOT_FORMATS
from .common import check_targets, json_option, output_file, plot_option
from .output import write_json
from .progress import status

if TYPE_CHECKING:
    from ..complex.decision import DecisionBoundary
    from ..complex.region_complex import RegionComplex
    from ..network.box import Box


@dataclass(frozen=True)
class BoundaryFiles:
    """Where a boundary goes."""

    json_path: str | None
    paths: tuple[Path, ...]

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> BoundaryFiles:
        """Take the paths out of the options of a command."""
        paths, plot_path = options.pop("paths"), options.pop("plot_path")
        return cls(options.pop("json_path"), (*paths, *([] if plot_path is None else [plot_path])))

    def check(self, box: Box, *read: Path | None) -> None:
        """Refuse, before any work, what cannot be made or written."""
        for path in self.paths:
            if path.suffix.lower() in PLOT_FORMATS:
                from ..plot import check_plot

                check_plot(box, path)
            else:
                check_boundary_target(path, box.dim)
        check_targets([("--json", self.json_path), *(("-o", path) for path in self.paths)], *read)

    def write(self, found: DecisionBoundary[RegionComplex], numbers: dict[str, Any], shown: bool) -> None:
        """Write them."""
        for path in self.paths:
            with status(shown, f"writing {path}"):
                if path.suffix.lower() in PLOT_FORMATS:
                    from ..plot import plot_regions

                    plot_regions(found, path)
                else:
                    write_boundary(found, path)
        if self.json_path is not None:
            write_json(numbers, self.json_path)


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name the files."""
    options = [
        click.option(
            "-o",
            "paths",
            metavar="FILE",
            type=output_file,
            multiple=True,
            help=f"Write the result: {', '.join(BOUNDARY_FORMATS)}, or a picture, {', '.join(PLOT_FORMATS)}; "
            "may be given several times.",
        ),
        plot_option,
        json_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command

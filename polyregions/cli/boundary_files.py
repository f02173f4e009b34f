"""The files that ``polyregions boundary`` writes, checked before the work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..export.boundaries import check_boundary_target, write_boundary
from .common import check_targets, json_option, out_option, plot_option
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
    plot_path: Path | None

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> BoundaryFiles:
        """Take the paths out of the options of a command."""
        return cls(**{field.name: options.pop(field.name) for field in fields(cls)})

    @property
    def pictures(self) -> list[Path]:
        """Those that are drawn, by whichever option."""
        from ..plot.figures import PLOT_FORMATS

        drawn = [] if self.plot_path is None else [self.plot_path]
        return [*drawn, *(path for path in self.paths if path.suffix.lower() in PLOT_FORMATS)]

    def check(self, box: Box, *read: Path | None) -> None:
        """Refuse, before any work, what cannot be made or written."""
        pictures = self.pictures
        for path in pictures:
            from ..plot import check_plot

            check_plot(box, path, most=2)
        for path in self.paths:
            if path not in pictures:
                check_boundary_target(path, box.dim)
        named = [("--json", self.json_path), ("--plot", self.plot_path)]
        check_targets([*named, *(("--out", path) for path in self.paths)], *read)

    def write(self, found: DecisionBoundary[RegionComplex], numbers: dict[str, Any], shown: bool) -> None:
        """Write them."""
        pictures = self.pictures
        for path in self.paths:
            if path not in pictures:
                with status(shown, f"writing {path}"):
                    write_boundary(found, path)
        for path in pictures:
            from ..plot import plot_regions

            with status(shown, f"drawing {path}"):
                plot_regions(found, path)
        if self.json_path is not None:
            write_json(numbers, self.json_path)


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name the files."""
    options = [
        out_option("paths", multiple=True),
        plot_option,
        json_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command

"""The files that ``polyregions enumerate`` writes, checked before the work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..export.formats import GRAPHS, find_format, write_file
from .common import check_targets, file_option, json_option, plot_option
from .output import write_json
from .progress import status

if TYPE_CHECKING:
    from ..complex.region_complex import RegionComplex
    from ..network.box import Box


@dataclass(frozen=True)
class Outputs:
    """Where the results go; None for what is not wanted."""

    json_path: str | None
    result_path: Path | None
    graph_path: Path | None
    plot_path: Path | None

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> Outputs:
        """Take the paths out of the options of a command."""
        return cls(**{field.name: options.pop(field.name) for field in fields(cls)})

    def check(self, box: Box, resumed: Path | None, *read: Path | None) -> None:
        """Refuse, before any work, what cannot be made or written. A resumed result may be replaced."""
        if self.result_path is not None:
            from ..complex.result_files import check_result_target

            check_result_target(self.result_path)
        if self.graph_path is not None:
            find_format(self.graph_path, among=GRAPHS, what="graph")
        if self.plot_path is not None:
            from ..plot import check_plot

            # Three dimensions need faces, and few regions; `polyregions plot` draws them.
            check_plot(box, self.plot_path, most=2)
        others = [("--json", self.json_path), ("--graph", self.graph_path), ("--plot", self.plot_path)]
        check_targets([("--save", self.result_path), *others], *read)
        check_targets(others, *read, resumed)

    def save(self, cx: RegionComplex, shown: bool) -> None:
        """Write the whole result, before anything else may fail."""
        if self.result_path is not None:
            from ..complex.region_complex import save_result

            with status(shown, f"writing {self.result_path}"):
                save_result(cx, self.result_path)

    def write(self, cx: RegionComplex, numbers: dict[str, Any], shown: bool) -> None:
        """Write everything else that is wanted."""
        if self.graph_path is not None:
            with status(shown, f"writing {self.graph_path}"):
                write_file(cx, self.graph_path)
        if self.plot_path is not None:
            from ..plot import plot_regions

            with status(shown, f"drawing {self.plot_path}"):
                plot_regions(cx, self.plot_path)
        if self.json_path is not None:
            write_json(numbers, self.json_path)


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name the files."""
    options = [
        json_option,
        file_option("--save", "result_path", "Write the whole result: .npz, for certify and --resume."),
        file_option(
            "--graph", "graph_path", "Write the adjacency graph: .graphml, .gexf, .json (node-link) or .dot."
        ),
        plot_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command

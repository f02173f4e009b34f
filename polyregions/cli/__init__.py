"""The command line. It reads arguments, calls the library, and prints; it decides nothing else.

Results go to stdout; errors and progress go to stderr. Exit codes: 0 done, 1 a check failed, 2 bad input or
usage, or no room (a full disk or stdout, too little memory), 3 stopped early (the result is partial, says so,
and was written), 130 interrupted with nothing to show, 141 nobody reads stdout any more.
"""

from __future__ import annotations

import atexit
import gc

import click

from .certify import certify_command
from .distance import distance_command
from .enumerate import enumerate_command
from .info import info_command
from .line import line_command
from .program import Commands
from .stats import stats_command
from .theory import bounds_command, construct_command
from .verify import verify_command
from .view import view_command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="polyregions", message="polyregions %(version)s")
def main() -> None:
    """Enumerate the linear regions of ReLU and maxout networks, exactly.

    \b
    Examples:
      polyregions construct fold.json --construction montufar --inputs 2 --widths 4 4 3
      polyregions enumerate fold.json --box 0 1 --plot fold.png
      polyregions enumerate --help

    Exit codes: 0 done, 1 a check failed, 2 bad input or usage, or no room, 3 stopped early: what was
    written is a part, and says so.
    """  # noqa: D301  click needs the character that the escape stands for
    # The end of the process is near, and all is written. Python would look for garbage in everything that was
    # loaded, which takes a third of a second, and seconds where kernels that were left behind keep the cores
    # busy.
    atexit.register(gc.freeze)


for command in (
    enumerate_command,
    certify_command,
    verify_command,
    info_command,
    bounds_command,
    construct_command,
    line_command,
    distance_command,
    stats_command,
    view_command,
):
    main.add_command(command)

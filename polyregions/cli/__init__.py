"""The command line. It reads arguments, calls the library, and prints; it decides nothing else.

Results go to stdout; errors and progress go to stderr. Exit codes: 0 done, 1 a check failed, 2 bad input or
usage, or no room (a full disk or stdout, too little memory), 3 stopped early (the result is partial, says so,
and was written), 130 interrupted with nothing to show, 141 nobody reads stdout any more.
"""

from __future__ import annotations

import atexit
import gc

import click

from .epilog import examples
from .program import Commands, LazyCommand

#: Each command: the module that has it, and what it does, so that the list of commands loads none of them.
COMMANDS = {
    "info": ("info", "Tell what the model NET is, how it was read, and how many regions are to be expected."),
    "enumerate": (
        "enumerate",
        "Enumerate the activation regions of the network file NET in a box or polytope.",
    ),
    "count": (
        "count",
        "Count the activation regions of the network file NET in a box, and their adjacencies.",
    ),
    "boundary": (
        "boundary",
        "Find where the largest output changes, the decision boundary, or where one output crosses a level.",
    ),
    "fold": (
        "fold",
        "Find out which layers of the network file NET fold the box, onto what, and how many to one.",
    ),
    "plot": ("plot", "Draw a network or a result: its regions, boundaries, decisions, graph or growth."),
    "view": ("view", "Write a page on which one can walk through the regions."),
    "export": ("export", "Write a result to a file that other programs open."),
    "certify": ("certify", "Prove that the result in FILE is right, independently of what made it."),
    "verify": ("verify", "Hold the enumeration of a network against theory."),
    "line": ("line", "Find all regions of the network file NET along lines."),
    "distance": (
        "distance",
        "Measure how far points are from the nearest activation boundary of the network file NET.",
    ),
    "stats": (
        "stats",
        "Measure what Hanin and Rolnick measure, of the network file NET or of random networks.",
    ),
    "bounds": ("theory", "Tell how many regions networks of a shape can have, by every theorem."),
    "construct": (
        "theory",
        "Write a construction or an arrangement as the network file FILE, and tell what theory predicts.",
    ),
}


@click.group(
    cls=Commands,
    epilog=examples(
        "polyregions construct fold.json --construction montufar --inputs 2 --widths 4 4 3",
        "polyregions enumerate fold.json --box 0 1 --plot fold.png",
        "polyregions enumerate --help",
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="polyregions", message="polyregions %(version)s")
def main() -> None:
    """Enumerate the linear regions of ReLU and maxout networks, exactly.

    Exit codes: 0 done, 1 a check failed, 2 bad input or usage, or no room, 3 stopped early: what was
    written is a part, and says so.
    """
    # The end of the process is near, and all is written. Python would look for garbage in everything that was
    # loaded, which takes a third of a second, and seconds where kernels that were left behind keep the cores
    # busy.
    atexit.register(gc.freeze)


for name, (module, text) in COMMANDS.items():
    main.add_command(LazyCommand(name, module, text))

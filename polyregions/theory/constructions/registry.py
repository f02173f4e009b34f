"""Constructions by name, for a command line: every one that whole numbers describe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...base.named import make
from .cones import maxout_cones
from .construction import Construction
from .folds import absolute_value_fold, montufar_folds
from .maxouts import maxout_tents, parallel_maxout
from .montufar_nets import montufar
from .saws import serra_fold, telgarsky_tent
from .zonotopes import arora_zonotope

#: Name to function. Each takes some of the parameters ``inputs``, ``depth``, ``rank`` (whole numbers),
#: ``widths``, ``folds``, ``ranks`` (lists of them), ``oriented``, ``relu_pairs`` (True or False); all take
#: ``box``.
CONSTRUCTIONS: dict[str, Callable[..., Construction]] = {
    function.__name__: function
    for function in (
        montufar,
        montufar_folds,
        absolute_value_fold,
        telgarsky_tent,
        serra_fold,
        arora_zonotope,
        maxout_tents,
        maxout_cones,
        parallel_maxout,
    )
}


def make_construction(name: str, **parameters: Any) -> Construction:
    """Make a construction by its name.

    Raises
    ------
    InvalidInputError
        If there is none of this name, it does not take one of the parameters, or one is missing.

    Examples
    --------
    >>> make_construction("telgarsky_tent", depth=3).network
    Network(1 -> relu 2 -> relu 2 -> relu 2 -> linear 1)
    """
    return make("construction", CONSTRUCTIONS, name, parameters)

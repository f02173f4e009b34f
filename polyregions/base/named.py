"""Make something by its name, from parameters that are checked against what it takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..errors import InvalidInputError, short_repr

T = TypeVar("T")


def make(kind: str, functions: Mapping[str, Callable[..., T]], name: str, parameters: Mapping[str, Any]) -> T:
    """Call one of some functions by name.

    Raises
    ------
    InvalidInputError
        If there is none of this name, it does not take one of the parameters, or one is missing.

    Examples
    --------
    >>> make("power", {"square": lambda n: n * n}, "square", {"n": 3})
    9
    """
    if not isinstance(name, str) or name not in functions:
        raise InvalidInputError(f"{kind} {short_repr(name)} is unknown; known: {', '.join(functions)}")
    known = inspect.signature(functions[name]).parameters
    takes = f"it takes {', '.join(known)}"
    extra = [parameter for parameter in parameters if parameter not in known]
    if extra:
        raise InvalidInputError(f"{name} has no parameter {', '.join(extra)}; {takes}")
    missing = [p.name for p in known.values() if p.default is p.empty and p.name not in parameters]
    if missing:
        raise InvalidInputError(f"{name} needs {', '.join(missing)}; {takes}")
    return functions[name](**parameters)

"""``--random``: what is refused of it, and from where it took its points."""

from __future__ import annotations

from typing import Any

from ..errors import InvalidInputError
from .where import NOTHING, Domain, Where, sides_of


def check_sampling(n_random: int | None, where: Where, seed: int | None) -> None:
    """Refuse --random without a box, and what is for --random only."""
    if n_random is not None and not where.any_box:
        raise InvalidInputError("--random: give --box LO HI too, the range of every input")
    given = {"--box": bool(where.sides), "--vnnlib": where.vnnlib is not None, "--seed": seed is not None}
    if n_random is None and any(given.values()):
        option = next(name for name, is_given in given.items() if is_given)
        raise InvalidInputError(f"{option} is for --random only: leave it out")


def sampled_from(domain: Domain | None, seed: int | None) -> dict[str, Any]:
    """For JSON, from where --random took its points; None if it did not."""
    if domain is None:
        return {"box": None, "seed": None, "fixed": {}, **NOTHING}
    return {"box": sides_of(domain.box), "seed": seed or 0, **domain.numbers()}

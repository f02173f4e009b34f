"""The report of the checker: which statements were proven, of how many things, and what failed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..errors import counted, printable

Verdict = Literal["yes", "no", "not checked"]


@dataclass(frozen=True)
class Statement:
    """One thing that was to be proven.

    Attributes
    ----------
    claim : str
        What, in words.
    verdict : "yes", "no" or "not checked"
        "yes" is a proof in exact arithmetic, for every single item.
    count : int
        Of how many items.
    note : str
        Where the proof failed, or why there is none.
    """

    claim: str
    verdict: Verdict
    count: int
    note: str = ""


@dataclass(frozen=True)
class Certificate:
    """What :func:`polyregions.certify` has proven of a result.

    Attributes
    ----------
    statements : tuple of Statement
    regions : int
    complete : bool
        Whether the list is proven to hold every region of the domain. False if the result does not claim it.
    """

    statements: tuple[Statement, ...]
    regions: int
    complete: bool

    @property
    def valid(self) -> bool:
        """Whether nothing failed: every statement that was checked is proven."""
        return all(statement.verdict != "no" for statement in self.statements)

    @property
    def failures(self) -> tuple[str, ...]:
        """What failed, and where."""
        return tuple(f"{s.claim}: {s.note}" for s in self.statements if s.verdict == "no")

    @property
    def verdict(self) -> str:
        """One line: whether the result is valid, and whether it is complete."""
        word = "VALID" if self.valid else "REJECTED"
        extent = (
            "all regions of the domain" if self.complete else "not proven to be all regions of the domain"
        )
        return f"{word}: {counted(self.regions, 'region')}, {extent}"

    def summary(self) -> dict[str, Any]:
        """Return the report as a dictionary that ``json.dumps`` can write."""
        return {
            "valid": self.valid,
            "complete": self.complete,
            "regions": self.regions,
            "statements": [asdict(statement) for statement in self.statements],
        }

    def __str__(self) -> str:
        width = max(len(s.claim) for s in self.statements)
        lines = [
            f"{s.claim:<{width}}  {s.verdict:<11}  {s.count:>9,}{'  ' + printable(s.note) if s.note else ''}"
            for s in self.statements
        ]
        return "\n".join([*lines, self.verdict])

"""What a verification found: counts, claims with their verdicts, the certificate; as text and as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..analysis.folding import Folding
from ..certification import Certificate
from ..complex.region_complex import RegionComplex
from ..errors import printable
from .claims import Claim, Counted, failed, show, show_range


@dataclass(frozen=True, eq=False)
class Report:
    """The result of :func:`polyregions.verify`.

    Attributes
    ----------
    title, source : str
        What was verified, and where it comes from.
    complex : RegionComplex
    counts : Counted
    claims : tuple of Claim
    certificate : Certificate or None
        None if it was not asked for.
    folding : Folding or None
        How the layers fold the box, where they do.
    seconds : float
        How long the enumeration took.
    """

    title: str
    source: str
    complex: RegionComplex
    counts: Counted
    claims: tuple[Claim, ...]
    certificate: Certificate | None
    folding: Folding | None
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not failed(self.claims) and (self.certificate is None or self.certificate.valid)

    @property
    def tally(self) -> dict[str, int]:
        """How many claims have each verdict."""
        verdicts = [claim.verdict for claim in self.claims]
        return {verdict: verdicts.count(verdict) for verdict in ("PASS", "FAIL", "not applicable")}

    def facts(self) -> list[tuple[str, str]]:
        """What was enumerated, as names and values."""
        cx = self.complex
        rows = [("network", repr(cx.network)), ("box", _box_text(cx))]
        if self.source:
            rows.append(("source", self.source))
        complete = "yes" if cx.complete else f"NO: stopped ({cx.stopped})"
        rows += [("engine", f"{cx.engine}, {self.seconds:.3g} s"), ("complete", complete)]
        for name, value in self.counts.regions.items():
            rows.append((f"{name.replace('_', ' ')} regions", _count_text(value)))
        rows.append(("adjacencies", f"{self.counts.adjacencies:,}"))
        if self.counts.f_vector is not None:
            rows.append(("inner faces", ", ".join(f"{n:,}" for n in self.counts.f_vector)))
        return rows

    @property
    def verdict(self) -> str:
        """One line: how many claims passed and failed, and whether the result is proven."""
        tally = self.tally
        line = f"{tally['PASS']} passed, {tally['FAIL']} failed, {tally['not applicable']} not applicable"
        if self.certificate is None:
            return f"{line}; not certified"
        return f"{line}; {'certified' if self.certificate.valid else 'REJECTED by the certificate'}"

    def summary(self) -> dict[str, Any]:
        """Return the report as a dictionary that ``json.dumps`` can write."""
        cx = self.complex
        return {
            "title": self.title,
            "source": self.source,
            "passed": self.passed,
            "regions": cx.n_regions,
            "adjacencies": cx.n_adjacencies,
            "f_vector": None if self.counts.f_vector is None else list(self.counts.f_vector),
            "linear_regions": {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in self.counts.regions.items()
            },
            "dimension": cx.box.dim,
            "widths": list(cx.network.widths),
            "box": {"lower": cx.box.lower.tolist(), "upper": cx.box.upper.tolist()},
            "engine": cx.engine,
            "complete": cx.complete,
            "exact": True,
            "seconds": float(self.seconds),
            "claims": [asdict(claim) for claim in self.claims],
            "tally": self.tally,
            "certificate": None if self.certificate is None else self.certificate.summary(),
            "folding": None if self.folding is None else self.folding.summary(),
        }

    def __str__(self) -> str:
        lines = [printable(self.title), ""]
        rows = self.facts()
        width = max(len(name) for name, _ in rows)
        lines += [f"{name:<{width}}  {printable(value)}" for name, value in rows]
        lines.append("")
        for claim in self.claims:
            measured = f" (found {claim.measured})" if claim.measured else ""
            reason = f": {claim.reason}" if claim.reason else ""
            text = printable(f"{claim.statement}{measured}; {claim.source}{reason}")
            lines.append(f"{claim.verdict:<14}  {text}")
        for part in (self.folding, self.certificate):
            if part is not None:
                lines += ["", str(part)]
        return "\n".join([*lines, "", self.verdict])


def exact_text(number: float) -> str:
    """A float64 in the shortest text that reads back as the same number."""
    return f"{number:g}" if float(f"{number:g}") == number else repr(number)


def _box_text(cx: RegionComplex) -> str:
    ends = zip(cx.box.lower.tolist(), cx.box.upper.tolist(), strict=True)
    sides = [f"[{exact_text(a)}, {exact_text(b)}]" for a, b in ends]
    if len(set(sides)) == 1 and len(sides) > 1:
        return f"{sides[0]}^{len(sides)}"
    return " x ".join(sides)


def _count_text(value: int | tuple[int, ...] | None) -> str:
    if isinstance(value, tuple):
        return show_range(value[0], value[1])
    return show(value) or "not counted"

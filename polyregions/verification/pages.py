"""A report as a page: Markdown with pictures beside it, or one HTML file that holds everything."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any

from ..base.files import check_target, known_ending, replacing
from ..errors import InvalidInputError, MissingDependencyError, TooLargeError, printable
from .report import Report

#: Endings of the pages.
PAGE_FORMATS = (".md", ".html")
#: Names of the pictures.
PICTURES = ("regions", "folding")
#: With more regions than this, a picture shows nothing but lines.
DRAWN_REGIONS = 50_000

Table = list[list[str]]


def check_page(path: str | Path) -> None:
    """Refuse a page that cannot be written, before any work.

    Raises
    ------
    FileFormatError
        If no page format has the file's ending.
    InvalidInputError
        If the file cannot be written.
    """
    path = Path(path)
    ending = known_ending(path, "report", PAGE_FORMATS)
    for target in (path, *(_picture(path, name) for name in PICTURES if ending == ".md")):
        check_target(target)


def _picture(page: Path, name: str) -> Path:
    """Where a picture of a Markdown page goes."""
    return page.with_name(f"{page.stem}_{name}.png")


def write_page(report: Report, path: str | Path) -> list[Path]:
    """Write a report as ``.md`` (pictures are files beside it) or ``.html`` (pictures are inside).

    Parameters
    ----------
    report : Report
    path : str or Path

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    FileFormatError
        If no page format has the file's ending.
    InvalidInputError
        If a file cannot be written.
    """
    path = Path(path)
    check_page(path)
    pictures = draw_pictures(report)
    written = []
    if path.suffix.lower() == ".html":
        text = _html(report, pictures)
    else:
        for name, (_, data) in pictures.items():
            place = _picture(path, name)
            with replacing(place) as file:
                file.write(data)
            written.append(place)
        text = _markdown(
            report, {name: (title, _picture(path, name).name) for name, (title, _) in pictures.items()}
        )
    with replacing(path) as file:
        file.write(text.encode())
    return [path, *written]


def draw_pictures(report: Report) -> dict[str, tuple[str, bytes]]:
    """Pictures of a report, by name: a caption and a PNG.

    None without matplotlib, for more than two inputs, or of what is too large or too wide to be drawn.
    """
    from ..plot import plot_folding, plot_regions

    cx, folding = report.complex, report.folding
    pictures: dict[str, tuple[str, bytes]] = {}
    if cx.box.dim > 2:
        return pictures
    with suppress(InvalidInputError, MissingDependencyError):
        if cx.n_regions <= DRAWN_REGIONS:
            pictures["regions"] = ("The regions.", _png(plot_regions(cx).figure))
    with suppress(InvalidInputError, MissingDependencyError, TooLargeError):
        if folding is not None:
            pictures["folding"] = ("The sheet, folded layer by layer.", _png(plot_folding(folding)[0].figure))
    return pictures


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150, bbox_inches="tight", metadata={})
    return buffer.getvalue()


def _tables(report: Report) -> list[tuple[str, Table]]:
    """The tables of a report with their headings; the first row of each is its header."""
    claims = [["verdict", "statement", "found", "source, or why not"]]
    for c in report.claims:
        claims.append([c.verdict, c.statement, c.measured, c.reason or c.source])
    tables = [
        ("Counts", [["", ""], *([name, value] for name, value in report.facts())]),
        ("Theorems", claims),
    ]
    if report.certificate is not None:
        rows = [["proven", "statement", "items", ""]]
        for s in report.certificate.statements:
            rows.append([s.verdict, s.claim, f"{s.count:,}" if s.count else "", s.note])
        tables.append(("Certificate", rows))
    return tables


def _markdown(report: Report, pictures: dict[str, tuple[str, str]]) -> str:
    parts = [f"# {_plain(report.title)}", f"**{report.verdict}**"]
    for heading, table in _tables(report):
        lines = [_markdown_row(table[0]), "|" + " --- |" * len(table[0])]
        parts.append("\n".join([f"## {heading}\n", *lines, *map(_markdown_row, table[1:])]))
    if report.folding is not None:
        parts.append(f"## Folding\n\n```\n{report.folding}\n```")
    parts += [f"![{title}]({name})\n\n*{title}*" for title, name in pictures.values()]
    return "\n\n".join(parts) + "\n"


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_plain, cells)) + " |"


def _plain(text: str) -> str:
    """Text that Markdown takes as it is, on one line."""
    return re.sub(r"([\\`*_<|\[\]])", r"\\\1", printable(" ".join(text.split())))


_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #16213a; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
td, th { text-align: left; vertical-align: top; padding: 0.3rem 0.8rem 0.3rem 0; }
td, th { border-bottom: 1px solid #dfe3ea; }
td:first-child { white-space: nowrap; }
.PASS, .yes { color: #1d7a46; font-weight: 600; } .FAIL, .no { color: #b3203a; font-weight: 700; }
.not { color: #707a8a; }
.verdict { padding: 0.6rem 1rem; border-radius: 0.4rem; font-weight: 600; }
.verdict.passed { background: #e3f3e9; } .verdict.failed { background: #fbe4e7; }
figure { margin: 1.5rem 0; } img { max-width: 100%; } figcaption { color: #5a6475; font-size: 0.9rem; }
pre { background: #f4f6f9; padding: 0.8rem 1rem; overflow-x: auto; font-size: 0.85rem; }
"""


def _escaped(text: str) -> str:
    return escape(printable(text))


def _html(report: Report, pictures: dict[str, tuple[str, bytes]]) -> str:
    outcome = "passed" if report.passed else "failed"
    parts = [
        f"<h1>{_escaped(report.title)}</h1>",
        f'<p class="verdict {outcome}">{_escaped(report.verdict)}</p>',
    ]
    for title, data in pictures.values():
        image = f'<img src="data:image/png;base64,{base64.b64encode(data).decode()}" alt="{_escaped(title)}">'
        parts.append(f"<figure>{image}<figcaption>{_escaped(title)}</figcaption></figure>")
    for heading, table in _tables(report):
        header = "".join(f"<th>{_escaped(cell)}</th>" for cell in table[0])
        rows = [f"<tr>{header}</tr>"] if any(table[0]) else []
        for first, *rest in table[1:]:
            label = first.split()[0] if table[0][0] else ""
            cells = "".join(f"<td>{_escaped(cell)}</td>" for cell in rest)
            rows.append(f'<tr><td class="{_escaped(label)}">{_escaped(first)}</td>{cells}</tr>')
        parts.append(f"<h2>{heading}</h2>\n<table>\n" + "\n".join(rows) + "\n</table>")
    if report.folding is not None:
        parts.append(f"<h2>Folding</h2>\n<pre>{escape(str(report.folding))}</pre>")
    head = f'<meta charset="utf-8"><title>{_escaped(report.title)}</title>\n<style>{_STYLE}</style>'
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{body}\n</body>\n</html>\n'

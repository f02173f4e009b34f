"""What the README shows is what a user gets. (Its Python runs as a doctest.)"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from polyregions.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def rows(table: str) -> list[str]:
    lines = [" ".join(line.split()) for line in table.splitlines() if not line.startswith("time")]
    return [line for line in lines if line]


def test_the_command_prints_what_is_shown(monkeypatch):
    monkeypatch.chdir(ROOT)
    commands = re.findall(r"^\$ polyregions (.*)\n((?:.+\n)*)```", README, re.MULTILINE)
    assert len(commands) == 2
    for command, shown in commands:
        result = CliRunner().invoke(main, shlex.split(command))
        assert result.exit_code == 0, result.output
        # A line of dots stands for any others.
        pattern = "\n".join(re.escape(row) if row != "..." else r"(?:.*\n)*?.*" for row in rows(shown))
        assert re.fullmatch(pattern, "\n".join(rows(result.stdout))), result.stdout


def test_links_lead_somewhere():
    for page in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("examples/**/*.md"),
    ]:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert link.startswith("https://") or (page.parent / link).exists(), (page.name, link)


def test_files_named_in_the_pages_exist() -> None:
    named = [
        (page.name, name)
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
        for name in re.findall(r"`([\w/]+\.py)`", page.read_text(encoding="utf-8"))
    ]
    assert len(named) > 10
    known = {str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if ".venv" not in path.parts}
    for page, name in named:
        assert any(path == name or path.endswith(f"/{name}") for path in known), (page, name)

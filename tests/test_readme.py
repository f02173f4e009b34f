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
    return [" ".join(line.split()) for line in table.strip().splitlines() if not line.startswith("time")]


def test_the_command_prints_what_is_shown(monkeypatch):
    monkeypatch.chdir(ROOT)
    command, shown = re.search(r"^\$ polyregions (.*)\n((?:.+\n)*)```", README, re.MULTILINE).groups()
    result = CliRunner().invoke(main, shlex.split(command))
    assert result.exit_code == 0, result.output
    assert rows(result.stdout) == rows(shown)


def test_links_lead_somewhere():
    for page in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("examples/**/*.md"),
    ]:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert link.startswith("https://") or (page.parent / link).exists(), (page.name, link)

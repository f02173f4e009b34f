"""What the README shows is what a user gets. (Its Python runs as a doctest.)"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
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


SHOWING = [page for page in ROOT.glob("docs/*.md") if "\n$ polyregions " in page.read_text(encoding="utf-8")]


def told(text: str) -> list[str]:
    """Rows without what differs between machines: times, bounds of errors, the last digits of lengths."""
    text = re.sub(r"off by at most \S+", "off by at most some", text)
    return rows(re.sub(r"\d+\.\d{6,}", lambda number: f"{float(number[0]):.7g}", text))


@pytest.mark.slow
@pytest.mark.parametrize("page", SHOWING, ids=lambda page: page.stem)
def test_the_commands_of_the_pages_print_what_is_shown(page, tmp_path, monkeypatch):
    """In a folder of their own, one after the other: some write files that others read."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    blocks = [block for _, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]
    one = re.compile(r"^\$ polyregions (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
    shown = [part for block in blocks for part in one.findall(block)]
    assert len(shown) == text.count("\n$ polyregions ") > 0
    for command, output in shown:
        result = CliRunner().invoke(main, shlex.split(command))
        assert result.exit_code == 0, result.output
        if output.strip() != "...":
            assert told(result.stdout) == told(output)


def test_links_lead_somewhere():
    for page in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("examples/**/*.md"),
    ]:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert link.startswith("https://") or (page.parent / link).exists(), (page.name, link)


def test_the_list_of_pages_has_them_all() -> None:
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", (ROOT / "docs" / "README.md").read_text(encoding="utf-8")))
    assert listed == {path.name for path in ROOT.glob("docs/*.md")} - {"README.md"}


def test_changes_are_one_list_each() -> None:
    """No heading twice, no list in pieces, no entry twice."""
    page = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (unreleased,) = re.findall(r"^## \[Unreleased\]\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    titles, lists = (
        re.findall(r"^### (.*)$", unreleased, re.MULTILINE),
        re.split(r"^### .*$", unreleased, flags=re.M),
    )
    assert titles == [title for title in ("Added", "Changed", "Fixed") if title in titles]
    entries = [
        " ".join(entry.split()) for part in lists[1:] for entry in re.split(r"^- ", part, flags=re.M)[1:]
    ]
    assert len(entries) == len(set(entries)) > 0
    assert not any("\n\n" in part.strip() for part in lists[1:])


PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "benchmarks" / "README.md"]


def named(pattern: str) -> list[tuple[str, str]]:
    """Names in backticks, with their pages."""
    return [
        (str(page.relative_to(ROOT)), name)
        for page in PAGES
        for name in re.findall(rf"`({pattern})`", page.read_text(encoding="utf-8"))
    ]


def test_files_named_in_the_pages_exist() -> None:
    files = named(r"[\w/]+\.(?:py|md|cfg|toml|yaml)")
    assert len(files) > 30
    known = {str(path.relative_to(ROOT)) for path in ROOT.rglob("*.*") if ".venv" not in path.parts}
    for page, name in files:
        assert any(path == name or path.endswith(f"/{name}") for path in known), (page, name)


def test_folders_named_in_the_pages_exist() -> None:
    folders = named(r"[\w/]+/")
    assert len(folders) > 20
    for page, name in folders:
        places = [ROOT / name, *(ROOT / "polyregions").glob(f"**/{name}")]
        # demo/ and the like are made by the commands that the page tells.
        assert any(place.is_dir() for place in places) or name in ("demo/", "experiments/"), (page, name)


def test_tests_and_tables_named_for_contributors_exist() -> None:
    """A recipe that names what is gone misleads."""
    sources = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("polyregions", "tests")
        for path in (ROOT / folder).rglob("*.py")
    )
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`([A-Z]+_?[A-Z]+|\w+_\w+)`", page))
    assert len(names) > 8
    for name in names:
        assert re.search(rf"^(def {name}\(|{name}\b.* = )", sources, re.MULTILINE), name


def test_targets_named_in_the_pages_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    pages = (README, (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    targets = [name for text in pages for name in re.findall(r"^ *make (\w+)", text, re.MULTILINE)]
    assert len(targets) > 5
    for name in targets:
        assert re.search(rf"^{name}:", makefile, re.MULTILINE), name

"""What a docstring refers to is there: a name that moved takes its references along."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import polyregions

PACKAGE = Path(polyregions.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
REFERENCE = re.compile(r":(\w+):`([^`]*)`")

#: What each role may refer to.
ROLES: dict[str, Callable[[object], bool]] = {
    "mod": lambda found: isinstance(found, ModuleType),
    "class": inspect.isclass,
    "func": lambda found: callable(found) and not inspect.isclass(found),
    "meth": lambda found: callable(found) and not inspect.isclass(found),
    "attr": lambda found: True,
    "data": lambda found: not callable(found) and not isinstance(found, ModuleType),
}


def module_name(path: Path) -> str:
    parts = ("polyregions", *path.relative_to(PACKAGE).parts)
    return ".".join(parts).removesuffix(".py").removesuffix(".__init__")


def docstrings(source: str) -> Iterator[tuple[str, str]]:
    """Each docstring, after the dotted name of the class that it stands in, or ""."""

    def below(node: ast.AST, owner: str) -> Iterator[tuple[str, str]]:
        if isinstance(node, ast.ClassDef):
            owner = f"{owner}.{node.name}".lstrip(".")
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield owner, ast.get_docstring(node) or ""
        for child in ast.iter_child_nodes(node):
            yield from below(child, owner)

    return below(ast.parse(source), "")


def find(target: str, module: str, owner: str) -> object:
    """What a reference means: a full name, or one of the class or the module that it stands in."""
    parts = target.removeprefix("~").split(".")
    if parts[0] == "polyregions":
        return walk(polyregions, parts[1:])
    inside = import_module(module)
    if owner:
        try:
            return walk(walk(inside, owner.split(".")), parts)
        except AttributeError:
            pass
    return walk(inside, parts)


def walk(found: object, parts: list[str]) -> object:
    for part in parts:
        fields = getattr(found, "__dataclass_fields__", {})
        if part in fields:
            found = fields[part]
        elif hasattr(found, part):
            found = getattr(found, part)
        elif isinstance(found, ModuleType) and hasattr(found, "__path__"):
            try:
                found = import_module(f"{found.__name__}.{part}")
            except ImportError as error:
                raise AttributeError(part) from error
        else:
            raise AttributeError(part)
    return found


def broken(source: str, module: str) -> list[str]:
    """References of a module's docstrings that lead nowhere, or to something else than they say."""
    wrong = []
    for owner, text in docstrings(source):
        for role, target in REFERENCE.findall(text):
            try:
                right = ROLES[role](find(target, module, owner))
            except (AttributeError, KeyError):
                right = False
            if not right:
                wrong.append(f":{role}:`{target}`")
    return wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_references_lead_somewhere(path: Path) -> None:
    assert not broken(path.read_text(encoding="utf-8"), module_name(path))


PAGES = [PACKAGE.parent / name for name in ("README.md", "CONTRIBUTING.md")]
PAGES += sorted((PACKAGE.parent / "docs").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_names_in_the_pages_lead_somewhere(page: Path) -> None:
    for name in re.findall(r"`polyregions\.([\w.]*\w)", page.read_text(encoding="utf-8")):
        walk(polyregions, name.split("."))


def test_there_are_references() -> None:
    """Else the test above would pass for nothing."""
    assert sum(len(REFERENCE.findall(path.read_text(encoding="utf-8"))) for path in FILES) > 150


def test_a_broken_reference_would_be_seen() -> None:
    source = (
        '"""See :mod:`polyregions.network.layers`, :mod:`polyregions.gone`, :mod:`polyregions.certify`."""\n'
        'class Layer:\n    """:meth:`split`, :meth:`gone`, :func:`relu`, :class:`relu`, :data:`MAX_STATES`"""'
        '\ndef f():\n    """:meth:`Layer.split`, :meth:`split`, :func:`~polyregions.certify`, :word:`relu`"""'
    )
    assert broken(source, "polyregions.network.layers") == [
        ":mod:`polyregions.gone`",
        ":mod:`polyregions.certify`",
        ":meth:`gone`",
        ":class:`relu`",
        ":meth:`split`",
        ":word:`relu`",
    ]

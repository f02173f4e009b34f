"""The measured house: who imports whom, what is long, what stands where it should not.

    python tests/support/house.py [ROOT ...]

prints a table, a column for each source tree (default: this one). It reads text alone, so it measures old
trees too; the order of the packages is that of the tree's own ``tests/test_architecture.py``.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NAME = "polyregions"
#: Classes of layers, whose kinds only ``network`` may tell apart.
LAYERS = {"Layer", "ScalarLayer", "MaxoutLayer"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Import:
    """One name that a file imports."""

    target: str  # dotted, the name at its end
    line: int
    types_only: bool


def nodes(tree: ast.AST, types_only: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """All nodes, and whether they are in the body of an ``if TYPE_CHECKING:``."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for part, hidden in ((child.body, True), (child.orelse, types_only)):
                for node in part:
                    yield node, hidden
                    yield from nodes(node, hidden)
            continue
        yield child, types_only
        yield from nodes(child, types_only)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, package: Path) -> Iterator[Import]:
    """What a file imports, anywhere in it, as absolute dotted names."""
    home = (NAME, *path.relative_to(package).parts[:-1])
    for node, types_only in nodes(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, types_only) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = home[: len(home) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (Import(f"{module}.{alias.name}", node.lineno, types_only) for alias in node.names)


def top(path: Path, package: Path) -> str:
    """The first part below the package: "network", "engines"; "" for the package itself."""
    return path.relative_to(package).parts[0].removesuffix(".py").replace("__init__", "")


def place(path: Path, package: Path) -> str:
    return str(path.relative_to(package))


def sources(package: Path) -> list[Path]:
    return sorted(package.rglob("*.py"))


Arrows = Mapping[str, set[str]]


def arrows_of_packages(package: Path, types: bool) -> Arrows:
    """For each package or module at the top, those that it imports (``types``: those for type hints too)."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sources(package):
        parts = [i.target.split(".") for i in imports(path, package) if types or not i.types_only]
        own = top(path, package)
        found[own] |= {p[1] for p in parts if p[0] == NAME and len(p) > 1} - {own}
    known = {top(path, package) for path in sources(package)}
    # The package's own __init__ stands above all; names that it re-exports are no modules.
    return {name: targets & known for name, targets in found.items() if name}


def arrows_of_files(package: Path, types: bool) -> Arrows:
    """The same for files; a package that is imported is its ``__init__``."""
    files = {dotted(path, package): place(path, package) for path in sources(package)}
    found: dict[str, set[str]] = {}
    for path in sources(package):
        targets = [i.target for i in imports(path, package) if types or not i.types_only]
        modules = (files.get(t) or files.get(t.rpartition(".")[0]) for t in targets)
        found[place(path, package)] = {m for m in modules if m} - {place(path, package)}
    return found


def dotted(path: Path, package: Path) -> str:
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join([NAME, *(part for part in parts if part != "__init__")])


def circles(arrows: Arrows) -> list[set[str]]:
    """Strongly connected parts of more than one node."""
    reached = {name: reachable(name, arrows) for name in arrows}
    parts = {frozenset({a for a in reached[b] if b in reached.get(a, ())} | {b}) for b in arrows}
    return [set(part) for part in sorted(parts, key=sorted) if len(part) > 1]


def reachable(start: str, arrows: Arrows) -> set[str]:
    seen: set[str] = set()
    left = [start]
    while left:
        for target in arrows.get(left.pop(), ()):
            if target not in seen:
                seen.add(target)
                left.append(target)
    return seen


def levels(arrows: Arrows) -> int:
    """Nodes on the longest way down, a circle being one of them."""
    home = {name: min(part) for part in circles(arrows) for name in part}

    @cache
    def height(name: str) -> int:
        members = [m for m in arrows if home.get(m, m) == name] or [name]
        below = {home.get(t, t) for m in members for t in arrows.get(m, ())} - {name}
        return 1 + max(map(height, below), default=0)

    return max(height(home.get(name, name)) for name in arrows)


def order(root: Path) -> list[str]:
    """``ORDER`` of the tree's own test."""
    for node in parsed(root / "tests" / "test_architecture.py").body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ORDER":
            return [str(name) for name in ast.literal_eval(node.value)]
    return []


def against(arrows: Arrows, names: list[str]) -> list[tuple[str, str]]:
    """Arrows to what stands above, in the order ``names``."""
    rank = {name: i for i, name in enumerate(names)}
    pairs = ((a, b) for a, targets in arrows.items() for b in targets if a in rank and b in rank)
    return sorted((a, b) for a, b in pairs if rank[a] < rank[b])


def functions(package: Path) -> Iterator[tuple[str, Function]]:
    for path in sources(package):
        for node, _ in nodes(parsed(path)):
            if isinstance(node, Function):
                yield f"{place(path, package)}:{node.lineno} {node.name}", node


def code_lines(function: Function, text: list[str]) -> int:
    """Lines from ``def`` to the end without the docstring, blank lines and comments."""
    first = function.body[0]
    documented = ast.get_docstring(function) is not None and first.end_lineno is not None
    skipped = range(first.lineno, (first.end_lineno or 0) + 1) if documented else range(0)
    span = range(function.lineno, (function.end_lineno or 0) + 1)
    lines = (text[n - 1].strip() for n in span if n not in skipped)
    return sum(bool(line) and not line.startswith("#") for line in lines)


def arguments(function: Function) -> int:
    """Arguments, without ``self`` and ``cls``; ``*args`` and ``**options`` are one each."""
    a = function.args
    names = [x.arg for x in (*a.posonlyargs, *a.args, *a.kwonlyargs) if x.arg not in ("self", "cls")]
    return len(names) + (a.vararg is not None) + (a.kwarg is not None)


def lengths(package: Path) -> dict[str, int]:
    texts = {place(path, package): path.read_text(encoding="utf-8").splitlines() for path in sources(package)}
    return {name: code_lines(node, texts[name.rpartition(":")[0]]) for name, node in functions(package)}


def argument_counts(package: Path) -> dict[str, int]:
    return {name: arguments(node) for name, node in functions(package)}


def kinds_asked(package: Path) -> list[str]:
    """``isinstance(..., MaxoutLayer)`` and the like outside ``network``, as file:line."""
    found = []
    for path in sources(package):
        in_network = top(path, package) in ("network", "layers", "formats")
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance" and not in_network:
                names = {n.id for n in ast.walk(node.args[1]) if isinstance(n, ast.Name)}
                names |= {n.attr for n in ast.walk(node.args[1]) if isinstance(n, ast.Attribute)}
                if names & LAYERS:
                    found.append(f"{place(path, package)}:{node.lineno}")
    return found


def twins(package: Path) -> dict[str, list[str]]:
    """Names of classes that are defined in more than one file."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path in sources(package):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(place(path, package))
    return {name: places for name, places in sorted(homes.items()) if len(places) > 1}


def private_imports(package: Path) -> list[str]:
    """Names with a leading underscore that a file takes from another package."""
    found = []
    for path in sources(package):
        for i in imports(path, package):
            parts = i.target.split(".")
            foreign = parts[0] == NAME and len(parts) > 1 and parts[1] != top(path, package)
            if foreign and any(p[0] == "_" and not p.startswith("__") for p in parts[1:]):
                found.append(f"{place(path, package)}:{i.line} {i.target}")
    return found


def most(counts: Mapping[str, int]) -> str:
    name = max(counts, key=lambda key: counts[key])
    return f"{counts[name]} ({name})"


#: What is measured, in the order of the table.
MEASURES: dict[str, Callable[[Path, Path], object]] = {
    "files": lambda root, p: len(sources(p)),
    "lines": lambda root, p: sum(len(f.read_text(encoding="utf-8").splitlines()) for f in sources(p)),
    "modules at the top": lambda root, p: len(list(p.glob("*.py"))),
    "packages at the top": lambda root, p: len({f.parent for f in p.glob("*/__init__.py")}),
    "arrows between these": lambda root, p: sum(map(len, arrows_of_packages(p, types=False).values())),
    "levels": lambda root, p: levels(arrows_of_packages(p, types=False)),
    "arrows against the order": lambda root, p: len(against(arrows_of_packages(p, types=False), order(root))),
    "arrows against it, with types": lambda root, p: len(against(arrows_of_packages(p, True), order(root))),
    "circles (members)": lambda root, p: [len(c) for c in circles(arrows_of_packages(p, types=False))],
    "circles with types": lambda root, p: [len(c) for c in circles(arrows_of_packages(p, types=True))],
    "arrows between files": lambda root, p: sum(map(len, arrows_of_files(p, types=False).values())),
    "levels of files": lambda root, p: levels(arrows_of_files(p, types=False)),
    "circles of files": lambda root, p: [len(c) for c in circles(arrows_of_files(p, types=False))],
    "circles of files with types": lambda root, p: [len(c) for c in circles(arrows_of_files(p, types=True))],
    "longest function": lambda root, p: most(lengths(p)),
    "functions above 60 lines": lambda root, p: sum(n > 60 for n in lengths(p).values()),
    "most arguments": lambda root, p: most(argument_counts(p)),
    "functions above 8 arguments": lambda root, p: sum(n > 8 for n in argument_counts(p).values()),
    "isinstance of a layer outside network": lambda root, p: len(kinds_asked(p)),
    "... in files": lambda root, p: len({where.partition(":")[0] for where in kinds_asked(p)}),
    "classes of one name": lambda root, p: ", ".join(twins(p)) or 0,
    "private names across packages": lambda root, p: len(private_imports(p)),
}


def table(roots: list[Path]) -> str:
    """A Markdown table, a column for each tree."""
    rows = [["", *map(str, roots)], ["---"] * (len(roots) + 1)]
    rows += [[name, *(str(f(root, root / NAME)) for root in roots)] for name, f in MEASURES.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table([Path(a) for a in sys.argv[1:]] or [Path(__file__).parents[2]]))

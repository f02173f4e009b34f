"""The shape of the package: who may import whom, what may print, what stays unloaded."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import polyregions

PACKAGE = Path(polyregions.__file__).parent
ROOT = PACKAGE.parent

#: Packages from the bottom to the top: a package imports only what stands before it.
ORDER = [
    "errors",
    "base",
    "network",
    "geometry",
    "complex",
    "theory",
    "certification",
    "engines",
    "analysis",
    "statistics",
    "export",
    "plot",
    "verification",
    "cli",
    "__main__",
]
#: Where a file reads better whole, with the reason. None so far.
LONG: dict[str, str] = {}
DISTRIBUTIONS = {"python-flint": "flint", "scikit-learn": "sklearn"}
HEAVY = ("numba", "cvxpy", "matplotlib", "networkx", "shapely", "scipy.optimize")

FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = [path for path in FILES if path != PACKAGE / "__init__.py"]


def name(path: Path) -> str:
    """The first part below the package: "network", "engines"."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def label(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def nodes_at_run_time(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes, without the bodies of ``if TYPE_CHECKING:``."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for other in child.orelse:
                yield other
                yield from nodes_at_run_time(other)
            continue
        yield child
        yield from nodes_at_run_time(child)


def imports(path: Path) -> Iterator[str]:
    """Absolute dotted names of what a file imports at run time."""
    package = ("polyregions", *path.relative_to(PACKAGE).parts[:-1])
    for node in nodes_at_run_time(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def own_imports(path: Path) -> set[str]:
    parts = (target.split(".") for target in imports(path))
    return {target[1] for target in parts if target[0] == "polyregions" and len(target) > 1}


def test_the_parser_sees_imports_of_every_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the tests below would pass for nothing."""
    path = PACKAGE / "engines" / "made_up.py"
    source = (
        "from ..box import Box\nfrom .. import plot as p\nfrom . import brute\nimport polyregions.cli\n"
        "if TYPE_CHECKING:\n    from ..graph import x\nelse:\n    import numpy\n"
        "def f():\n    from polyregions.lp import y\n"
    )
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: source)
    assert own_imports(path) == {"box", "plot", "engines", "cli", "lp"}
    assert "numpy" in set(imports(path))


def test_every_module_has_its_place() -> None:
    assert {name(path) for path in MODULES} == set(ORDER)
    assert len(set(ORDER)) == len(ORDER)


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_imports_point_downwards(path: Path) -> None:
    place = ORDER.index(name(path))
    for target in own_imports(path):
        if target == name(path) and len(path.relative_to(PACKAGE).parts) > 1:
            continue  # within one folder
        assert target in ORDER, f"{label(path)} imports {target}"
        assert ORDER.index(target) < place, f"{label(path)} imports {target}, which stands above it"


#: What each engine may know of the others; "enumerate" chooses among them.
KNOWN_ENGINES = {
    "brute": set(),
    "subdivide": set(),
    "traverse": set(),
    "lines": {"subdivide"},
    "enumerate": {"brute", "subdivide", "traverse"},
}


def test_the_engines_do_not_know_each_other() -> None:
    folder = PACKAGE / "engines"
    assert {name_below(path, folder) for path in folder.rglob("*.py")} == {*KNOWN_ENGINES, "__init__"}
    for path in folder.rglob("*.py"):
        used = {target.split(".")[2] for target in imports(path) if target.startswith("polyregions.engines.")}
        own = name_below(path, folder)
        assert used - {own} <= KNOWN_ENGINES.get(own, set()), label(path)


def name_below(path: Path, folder: Path) -> str:
    return path.relative_to(folder).parts[0].removesuffix(".py")


def test_the_top_of_the_package_is_small() -> None:
    """Three modules, and packages named after ideas: the way in for a newcomer."""
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py", "errors.py"}
    assert not {path.stem for path in FILES} & {"utils", "util", "helpers", "misc"}


def declared() -> set[str]:
    """Import names of the declared dependencies: the core's and those of the extras that users install."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = config["options"]["install_requires"].splitlines()
    lines += config["options.extras_require"].get("plot", "").splitlines()
    found = {re.split(r"[<>=!;\[ ]", line.strip())[0] for line in lines if line.strip()}
    return {DISTRIBUTIONS.get(distribution, distribution) for distribution in found}


def test_third_party_imports_are_declared() -> None:
    used = {target.split(".")[0] for path in FILES for target in imports(path)}
    foreign = used - set(sys.stdlib_module_names) - {"polyregions"}
    # mpl_toolkits is a part of matplotlib.
    assert foreign - {"mpl_toolkits"} <= declared()
    assert declared() <= foreign  # and nothing is declared that nobody uses


@pytest.mark.parametrize("path", FILES, ids=label)
def test_only_the_command_line_prints(path: Path) -> None:
    if name(path) in ("cli", "__main__"):
        return
    assert not {target.split(".")[0] for target in imports(path)} & {"click", "rich"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("print", "input", "breakpoint"), f"{label(path)}:{node.lineno}"
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in ("sys.stdout", "sys.stderr"), f"{label(path)}:{node.lineno}"


def test_a_file_is_one_idea() -> None:
    lengths = {label(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {file for file, length in lengths.items() if length > 400} <= set(LONG), lengths


#: A function does one thing, and what belongs together is handed on together.
MOST_LINES, MOST_ARGUMENTS = 60, 8
OPTIONS = "the command line hands over each option as an argument"
#: Functions that have more, each with its reason.
LARGE = {
    "cli/enumerate.py: enumerate_command": OPTIONS,
    "cli/line.py: line_command": OPTIONS,
    "cli/stats.py: stats_command": OPTIONS,
    "cli/verify.py: verify_command": OPTIONS,
    "verification/__init__.py: verify": "options of one public function, all but two by keyword",
    "engines/lines/crossings.py: write_place": "still to be rewritten with named groups",
    "engines/lines/segments.py: insert": "still to be rewritten with named groups",
    "engines/subdivide/cell_forms.py: unit_maps": "still to be rewritten with named groups",
    "engines/subdivide/cell_forms.py: mark_signs": "still to be rewritten with named groups",
    "engines/traverse/rows.py: cell_rows": "still to be rewritten with named groups",
}


def lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> int:
    """Lines of the body, without the docstring, comments and blank lines."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body:
        return 0
    own = (line.strip() for line in lines[body[0].lineno - 1 : function.end_lineno])
    return sum(bool(line) and not line.startswith("#") for line in own)


def n_arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Number of arguments, without the object or the class itself."""
    names = [a.arg for a in function.args.posonlyargs + function.args.args]
    more = [a for a in (function.args.vararg, function.args.kwarg) if a is not None]
    return len(names) + len(function.args.kwonlyargs) + len(more) - (names[:1] in (["self"], ["cls"]))


def large_functions(source: str) -> list[str]:
    """Names of the functions, methods and inner functions that are too long or take too much."""
    lines = source.splitlines()
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines_of_code(node, lines) > MOST_LINES or n_arguments(node) > MOST_ARGUMENTS)
    ]


def test_large_functions_have_a_reason() -> None:
    large = {
        f"{label(path)}: {f}" for path in FILES for f in large_functions(path.read_text(encoding="utf-8"))
    }
    assert large == set(LARGE)


def test_large_functions_would_be_seen() -> None:
    body = '    """A docstring."""\n' + "    # why\n\n    x = 1\n" * MOST_LINES
    assert large_functions(f"def f():\n{body}") == []
    assert large_functions(f"def f():\n{body}    x = 2\n") == ["f"]
    assert large_functions("class A:\n    def f(self, a, b, c, d, e, f, g, h): ...") == []
    assert large_functions("class A:\n    def f(self, a, b, c, d, e, f, g, *h, i): ...") == ["f"]
    assert large_functions("def f(a, b, c, d, e, f, g, /, h, **i): ...") == ["f"]


def loaded_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import polyregions",
        "import polyregions.cli",
        "from polyregions import *; Network.from_arrays([([[1]], [0]), ([[1]], [0])]).states([[1.0], [0.0]])",
    ],
)
def test_heavy_packages_stay_unloaded(statement: str) -> None:
    loaded = loaded_after(statement)
    assert "polyregions" in loaded
    assert not loaded & set(HEAVY)


def test_heavy_packages_would_be_seen() -> None:
    assert "networkx" in loaded_after("import networkx")


NUMERIC_TOLERANCE = re.compile(
    r"(^|_)(r?tol|atol|tolerance|tolerances|eps|epsilon|slack|threshold|precision|digits)($|_)"
)


def public_functions(path: Path) -> Iterator[ast.FunctionDef]:
    """Functions and methods without a leading underscore, but not the compiled kernels."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    scopes: list[list[ast.stmt]] = [tree.body]
    scopes += [node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_"]
    for body in scopes:
        for node in body:
            if not isinstance(node, ast.FunctionDef) or (node.name[0] == "_" and node.name != "__init__"):
                continue
            if not any(
                re.match(r"njit|kernel\b", ast.unparse(decorator)) for decorator in node.decorator_list
            ):
                yield node


def test_there_is_no_tolerance() -> None:
    seen = 0
    for path in FILES:
        for function in public_functions(path):
            arguments = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
            for argument in arguments:
                seen += 1
                assert not NUMERIC_TOLERANCE.search(argument.arg), (
                    f"{label(path)}: {function.name}({argument.arg})"
                )
    assert seen > 100


def test_the_tolerance_pattern() -> None:
    for bad in ("tol", "atol", "rtol", "eps", "tolerance", "abs_tol", "feasibility_tol", "eps_abs"):
        assert NUMERIC_TOLERANCE.search(bad)
    for good in ("steps", "total", "tolist", "box", "protocol"):
        assert not NUMERIC_TOLERANCE.search(good)

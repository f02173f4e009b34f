"""The shape of the package: who may import whom, what may print, what stays unloaded."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import ModuleType

import pytest
from support import house

import polyregions
from polyregions.network import formats

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
    "viewer",
    "verification",
    "cli",
    "__main__",
]
#: Where a file reads better whole, with the reason. None so far.
LONG: dict[str, str] = {}
DISTRIBUTIONS = {"python-flint": "flint", "scikit-learn": "sklearn", "pillow": "PIL"}
HEAVY = ("numba", "cvxpy", "matplotlib", "networkx", "shapely", "pyarrow", "scipy.optimize")

FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = [path for path in FILES if path != PACKAGE / "__init__.py"]


def name(path: Path) -> str:
    """The first part below the package: "network", "engines"."""
    return house.top(path, PACKAGE)


def label(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def imports(path: Path, *, types: bool = False) -> Iterator[str]:
    """Absolute dotted names of what a file imports at run time; with types, for the type checker too."""
    return (found.target for found in house.imports(path, PACKAGE) if types or not found.types_only)


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


def test_contributors_are_told_the_same_order() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    firsts = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
    assert [found for first in firsts for found in re.findall(r"\w+", first)] == ORDER[:-1]


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_imports_point_downwards(path: Path) -> None:
    place = ORDER.index(name(path))
    for target in own_imports(path):
        if target == name(path) and len(path.relative_to(PACKAGE).parts) > 1:
            continue  # within one folder
        assert target in ORDER, f"{label(path)} imports {target}"
        assert ORDER.index(target) < place, f"{label(path)} imports {target}, which stands above it"


def module_name(path: Path) -> str:
    parts = ("polyregions", *path.relative_to(PACKAGE).parts)
    return ".".join(parts).removesuffix(".py").removesuffix(".__init__")


def import_graph() -> dict[str, set[str]]:
    """Which files import which, for the type checker or anywhere in a function too."""
    known = {module_name(path) for path in MODULES}
    graph = {}
    for path in MODULES:
        targets = (t if t in known else t.rpartition(".")[0] for t in imports(path, types=True))
        graph[module_name(path)] = {target for target in targets if target in known}
    return graph


def test_no_imports_go_round_in_a_circle() -> None:
    """Not even those that only the type checker sees: of two ideas, one stands below the other."""
    graph = import_graph()
    assert "polyregions.complex.regions" in graph["polyregions.complex.region_complex"]
    assert "polyregions.complex.faces" in graph["polyregions.complex.walls"]  # under TYPE_CHECKING
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_a_circle_would_be_seen() -> None:
    graph = import_graph()
    graph["polyregions.complex.walls"].add("polyregions.complex.region_complex")
    with pytest.raises(CycleError):
        TopologicalSorter(graph).prepare()


#: What each engine may know of the others; "enumerate" chooses among them.
KNOWN_ENGINES = {
    "brute": set(),
    "subdivide": set(),
    "split": set(),
    "traverse": set(),
    "lines": {"subdivide"},
    "sizes": {"lines", "subdivide", "traverse"},
    "faces_again": {"subdivide", "sizes"},
    "enumerate": {"brute", "subdivide", "split", "traverse", "sizes", "faces_again"},
    "count": {"enumerate", "subdivide", "split", "sizes"},
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


def names_with_two_meanings(folder: Path) -> set[str]:
    """Names in a package that are a module of it and something else: which one, depends on the imports."""
    bound = set()
    for node in ast.parse((folder / "__init__.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            bound |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
    return bound & {path.stem if path.is_file() else path.name for path in folder.iterdir()}


def test_no_name_has_two_meanings(tmp_path: Path) -> None:
    folders = [path.parent for path in FILES if path.name == "__init__.py"]
    assert len(folders) > 12
    for folder in folders:
        assert not names_with_two_meanings(folder), folder
    (tmp_path / "prove.py").touch()
    (tmp_path / "__init__.py").write_text("from .checker import prove\ndef other(): ...\n", encoding="utf-8")
    assert names_with_two_meanings(tmp_path) == {"prove"}


def declared() -> set[str]:
    """Import names of the declared dependencies: the core's and those of the extras that users install."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = config["options"]["install_requires"].splitlines()
    for extra in ("plot", "pandas", "parquet", *{extra for _, extra in formats.EXTRAS.values()} - {"keras"}):
        lines += config["options.extras_require"][extra].splitlines()
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
    "cli/distance.py: distance_command": OPTIONS,
    "cli/line.py: line_command": OPTIONS,
    "cli/stats.py: stats_command": OPTIONS,
    "cli/verify.py: verify_command": OPTIONS,
    "engines/enumerate.py: enumerate_regions": "options of one public function, all but two by keyword",
    "verification/__init__.py: verify": "options of one public function, all but two by keyword",
}


def test_large_functions_have_a_reason() -> None:
    found = {where for where, n in house.lengths(PACKAGE).items() if n > MOST_LINES}
    found |= {where for where, n in house.argument_counts(PACKAGE).items() if n > MOST_ARGUMENTS}
    assert {re.sub(r":\d+ ", ": ", where) for where in found} == set(LARGE)


def test_no_two_classes_have_one_name() -> None:
    assert not set(house.twins(PACKAGE))


def test_private_names_stay_in_their_package() -> None:
    assert not house.private_imports(PACKAGE)


def test_only_the_network_tells_kinds_of_layers_apart() -> None:
    """Else a new kind is a change of twenty files; the others read the table of a layer's pieces."""
    assert not house.kinds_asked(PACKAGE)


def test_the_measures_see_what_they_count(tmp_path: Path) -> None:
    """Else the tests above would pass for nothing."""
    package = tmp_path / "polyregions"
    for folder in ("low", "high"):
        (package / folder).mkdir(parents=True)
    arguments = ", ".join(f"a{i}" for i in range(9))
    (package / "low" / "a.py").write_text(
        f"from ..high.b import _hidden, Same\ndef f({arguments}):\n    '''Say.'''\n"
        + "    # why\n\n"
        + "    x = 1\n" * 60
    )
    (package / "high" / "b.py").write_text(
        "from typing import TYPE_CHECKING\nfrom ..low import a\n"
        "if TYPE_CHECKING:\n    from ..low.a import Same\n"
        "class Same: ...\nclass K:\n    class Same: ...\nisinstance(x, (int, layers.MaxoutLayer))\n"
    )
    assert house.lengths(package) == {"low/a.py:2 f": 61}
    assert house.argument_counts(package) == {"low/a.py:2 f": 9}
    assert list(house.twins(package)) == ["Same"]
    assert house.private_imports(package) == ["low/a.py:1 polyregions.high.b._hidden"]
    assert house.kinds_asked(package) == ["high/b.py:8"]
    arrows = house.arrows_of_packages(package, types=False)
    assert arrows == {"low": {"high"}, "high": {"low"}}
    assert house.circles(arrows) == [{"low", "high"}]
    assert house.against(arrows, ["low", "high"]) == [("low", "high")]
    assert house.levels(arrows) == 1
    assert house.levels({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}) == 3
    files = house.arrows_of_files(package, types=False)
    assert files == {"low/a.py": {"high/b.py"}, "high/b.py": {"low/a.py"}}


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


def test_public_names_are_loaded_when_asked_for() -> None:
    """The import alone loads nothing; then every name is one thing, and ``dir`` shows no more."""
    own = {name for name in loaded_after("import polyregions") if name.startswith("polyregions")}
    assert own == {"polyregions"}
    names = polyregions._HOMES.keys() | set(polyregions._PACKAGES)
    assert set(polyregions.__all__) == polyregions._HOMES.keys()
    assert set(dir(polyregions)) == {*names, "__version__"}
    for package in polyregions._PACKAGES:
        assert isinstance(getattr(polyregions, package), ModuleType)
    for public in polyregions.__all__:
        assert callable(getattr(polyregions, public))
        # A module of that name would take the function's place as soon as it is imported.
        assert not (PACKAGE / public).exists()
        assert not (PACKAGE / f"{public}.py").exists()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        polyregions.nothing  # noqa: B018


def test_the_type_checker_sees_the_same_public_names() -> None:
    (block,) = (
        node
        for node in ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.If)
    )
    found = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        found |= {alias.name: node.module for alias in node.names}
    assert found == {**polyregions._HOMES, **dict.fromkeys(polyregions._PACKAGES)}


def test_names_from_one_import() -> None:
    """The function, whatever was imported before."""
    loaded_after(
        "import polyregions.verification, polyregions.certification, polyregions.analysis.definitions\n"
        "from polyregions import certify, linear_regions, verify\n"
        "assert all(type(f).__name__ == 'function' for f in (certify, linear_regions, verify))"
    )


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

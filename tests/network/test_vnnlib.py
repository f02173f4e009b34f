"""VNN-LIB files: the boxes of the inputs, whatever else is said of the outputs."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.profiles import examples

from polyregions import Box, Network, Polytope, enumerate_regions
from polyregions.errors import (
    FileFormatError,
    InvalidBoxError,
    InvalidInputError,
    InvalidPolytopeError,
    PolyregionsError,
    TooLargeError,
)
from polyregions.geometry.domain import exact_volume
from polyregions.network import vnnlib
from polyregions.network.slices import fix_inputs

HEAD = """\
; the inputs
(declare-const X_0 Real)
(declare-const X_1 Real)

; the outputs
(declare-const Y_0 Real)
(declare-const Y_1 Real)
"""
BOUNDS = """
(assert (<= X_0 0.5)) ; upper
(assert (>= X_0 -1e-3))
(assert (<= -2 X_1))
(assert
  (>= 3.25E0
      X_1))
"""


def read(tmp_path: Path, text: str) -> list[tuple[list[float], list[float]]]:
    path = tmp_path / "p.vnnlib"
    path.write_text(text)
    return [(low.tolist(), high.tolist()) for low, high in vnnlib.read_bounds(path)]


def test_bounds_in_every_order(tmp_path: Path) -> None:
    assert read(tmp_path, HEAD + BOUNDS) == [([-1e-3, -2], [0.5, 3.25])]
    assert Box.from_vnnlib(tmp_path / "p.vnnlib") == Box([-1e-3, -2], [0.5, 3.25])
    assert Box.from_vnnlib(str(tmp_path / "p.vnnlib"), index=0) == Box([-1e-3, -2], [0.5, 3.25])


def test_the_nearest_floats(tmp_path: Path) -> None:
    text = HEAD + "(assert (and (<= X_0 0.1) (>= X_0 (- 0.3)) (<= X_1 1E-5) (>= X_1 (- 1.0000000000000001))))"
    assert read(tmp_path, text) == [([-0.3, -1], [0.1, 1e-5])]
    assert read(tmp_path, text.replace("0.1)", "+.1)").replace("(- 0.3)", "-3e-1")) == [
        ([-0.3, -1], [0.1, 1e-5])
    ]


@pytest.mark.parametrize(
    "outputs",
    [
        "(assert (<= Y_0 Y_1))",
        "(assert (or (and (<= Y_0 Y_1)) (and (>= Y_0 3.5) (<= Y_1 (- 2)))))",
        "(assert (or (<= Y_0 Y_1) (or (<= 1 Y_0)) (and (>= Y_1 Y_0) (>= Y_1 0))))" * 9,
        "(assert (>= (+ (* 2.0 Y_0) (- Y_1) 1) (* Y_0 Y_1)))",
        "(assert (<= Y_0 X_0))",
        "(assert (<= (- Y_0 X_0) 0.5))",
    ],
)
def test_outputs_do_not_count(outputs: str, tmp_path: Path) -> None:
    assert read(tmp_path, HEAD + outputs + BOUNDS) == [([-1e-3, -2], [0.5, 3.25])]


def test_the_tightest_bounds_hold(tmp_path: Path) -> None:
    more = "(assert (<= X_0 0.25)) (assert (<= X_0 0.75)) (assert (>= X_1 0))"
    assert read(tmp_path, HEAD + BOUNDS + more) == [([-1e-3, 0], [0.25, 3.25])]


def test_several_boxes(tmp_path: Path) -> None:
    """Each with outputs of its own; the same box once."""
    text = HEAD + """
    (assert (>= X_1 0)) (assert (<= X_1 1))
    (assert (or
      (and (>= X_0 0) (<= X_0 1) (<= Y_0 0))
      (and (>= X_0 2) (<= X_0 3) (<= X_1 0.5) (<= Y_1 0))
      (and (>= X_0 0) (<= X_0 1) (>= Y_0 7))
    ))"""  # fmt: skip
    assert read(tmp_path, text) == [([0, 0], [1, 1]), ([2, 0], [3, 0.5])]
    path = tmp_path / "p.vnnlib"
    assert Box.from_vnnlib(path, index=1) == Box([2, 0], [3, 0.5])
    with pytest.raises(InvalidInputError, match=r"2 boxes; choose one with index=0, \.\.\., 1"):
        Box.from_vnnlib(path)
    for index in (2, -1, True, 0.5):
        with pytest.raises(InvalidInputError, match="index must be a whole number, 0 to 1"):
            Box.from_vnnlib(path, index=index)  # type: ignore[arg-type]


def test_fixed_inputs_restrict_the_network(tmp_path: Path) -> None:
    read(tmp_path, HEAD + BOUNDS + "(assert (>= X_1 3.25))")
    path = tmp_path / "p.vnnlib"
    with pytest.raises(InvalidBoxError, match=r"p\.vnnlib: box: dimension 1 is empty.*fix_inputs"):
        Box.from_vnnlib(path)
    ((lower, upper),) = vnnlib.read_bounds(path)
    net = Network.from_arrays([([[4, 0], [1, 1]], [-1, -3.5]), ([[1, 1]], [0])])
    network, box, free = fix_inputs(net, lower, upper)
    assert (box, free.tolist()) == (Box([-1e-3], [0.5]), [0])
    assert enumerate_regions(network, box).n_regions == 2  # 1/4 is the breakpoint of both


# Any formula, and a second opinion by points. ---------------------------------------------------------------

Tree = Any


@st.composite
def formulas(draw: st.DrawFn, depth: int = 3) -> Tree:
    """Nested tuples: ("<=", input, number), (">=", ...), ("Y",), ("and", ...), ("or", ...)."""
    kind = draw(
        st.sampled_from(("<=", ">=", "<=", ">=", "Y") if depth == 0 else ("<=", ">=", "Y", "and", "or", "or"))
    )
    if kind in ("and", "or"):
        return (kind, *draw(st.lists(formulas(depth=depth - 1), min_size=1, max_size=3)))
    if kind == "Y":
        return ("Y",)
    # Lower bounds below all upper ones: no box is inverted.
    value = draw(st.sampled_from((0.5, 1.5, 2.5)))
    return (kind, draw(st.integers(0, 1)), value if kind == "<=" else -value)


def written(tree: Tree) -> str:
    if tree[0] in ("and", "or"):
        return f"({tree[0]}\n {' '.join(map(written, tree[1:]))})"
    if tree[0] == "Y":
        return "(<= Y_0 (+ Y_1 1))"
    return f"({tree[0]} X_{tree[1]} {tree[2]!r})"


def holds(tree: Tree, x: Any) -> bool:
    """Whether it can hold at inputs x, for some outputs."""
    if tree[0] in ("and", "or"):
        return (all if tree[0] == "and" else any)(holds(part, x) for part in tree[1:])
    if tree[0] == "Y":
        return True
    return bool(x[tree[1]] <= tree[2] if tree[0] == "<=" else x[tree[1]] >= tree[2])


GRID = [(i, j) for i in range(-3, 4) for j in range(-3, 4)]


@settings(max_examples=examples(300), deadline=None)
@given(trees=st.lists(formulas(), max_size=3))
def test_the_boxes_cover_what_the_formula_says(
    trees: list[Tree], tmp_path_factory: pytest.TempPathFactory
) -> None:
    outer = "".join(f"(assert (>= X_{j} -3)) (assert (<= X_{j} 3))" for j in range(2))
    text = HEAD + outer + "".join(f"(assert {written(tree)})\n" for tree in trees)
    found = read(tmp_path_factory.mktemp("v"), text)
    for x in GRID:
        inside = any(all(low[j] <= x[j] <= high[j] for j in range(2)) for low, high in found)
        assert inside == all(holds(tree, x) for tree in trees)
    assert len({(*low, *high) for low, high in found}) == len(found)


def test_deep_nesting_and_long_files(tmp_path: Path) -> None:
    depth = 100_000
    deep = "(assert " + "(and " * depth + "(or " * depth + "(<= X_0 0.25)" + ")" * (2 * depth) + ")"
    assert read(tmp_path, HEAD + BOUNDS + deep) == [([-1e-3, -2], [0.25, 3.25])]
    n = 5000
    text = "".join(f"(declare-const X_{i} Real)\n" for i in range(n))
    text += "".join(f"(assert (>= X_{i} {i}))\n(assert (<= X_{i} {i + 1}))\n" for i in range(n))
    assert read(tmp_path, text) == [([*range(n)], [*range(1, n + 1)])]
    chain = "(assert " + "".join(f"(or (and (<= X_0 {k}) (>= X_0 0)) " for k in range(500, 0, -1))
    chain += "(<= Y_0 0)" + ")" * 501
    assert len(read(tmp_path, HEAD + BOUNDS.replace("0.5", "3000") + chain)) == 501


def test_too_many_boxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """2^40 of them by 40 lines."""
    text = HEAD + BOUNDS + "(assert (or (<= X_0 1) (<= X_1 1)))" * 40
    with pytest.raises(TooLargeError, match=r"its ors make .* boxes; at most 65,536"):
        read(tmp_path, text)
    # Few boxes of many bounds each.
    n = 3000
    many = "".join(f"(declare-const X_{i} Real)" for i in range(n))
    bounds = "".join(f"(<= X_{i} 1)" for i in range(n))
    cases = "".join(f"(<= X_0 {k})" for k in range(3000))
    with pytest.raises(TooLargeError, match="its ors make"):
        read(tmp_path, f"{many}(assert (or (and {bounds}(or {cases}))(<= X_1 0)))")
    with pytest.raises(TooLargeError, match="3,000 boxes of 3,000 inputs are too many"):
        read(tmp_path, f"{many}(assert (and {bounds}(or {cases})))")
    monkeypatch.setattr(vnnlib, "MOST_BYTES", len(HEAD + BOUNDS) - 1)
    with pytest.raises(TooLargeError, match="more than"):
        read(tmp_path, HEAD + BOUNDS)


WRONG = [
    ("(assert (<= X_0 X_1))", "<= between 'X_0' and 'X_1' is no bound"),
    ("(assert (<= (+ X_0 X_1) 1))", r"<= between '\+' and '1' is no bound"),
    ("(assert (>= 0 (* X_0 X_0)))", r">= between '\*' and '0' is no bound"),
    ("(assert (<= (- X_0) 1))", "<= between '-' and '1' is no bound"),
    ("(assert (<= 1 2))", "<= between '2' and '1' is no bound"),
    ("(assert (<= X_0 (* 2 3)))", r"<= between 'X_0' and '\*' is no bound"),
    ("(assert (< X_0 1))", "'<' is not read as an operator of VNN-LIB 1; known: <=, >=, and, or"),
    ("(assert (= X_0 1))", "'=' is not read as an operator"),
    ("(assert (not (<= X_0 1)))", "'not' is not read as an operator"),
    ("(assert (<= X_0 (/ 1 3)))", "'/' is not read as an operator"),
    ("(assert (<= X_0 1 2))", "<= takes two terms, got 3"),
    ("(assert (<= X_0))", "<= takes two terms, got 1"),
    ("(assert (<= X_0 (<= X_1 1)))", "a constraint stands where a number"),
    ("(assert (<= X_2 1))", "'X_2' is neither a number nor declared"),
    ("(assert (<= Y_2 1))", "'Y_2' is neither a number nor declared"),
    ("(assert (<= X_0 nan))", "'nan' is neither a number"),
    ("(assert (<= X_0 1_0))", "'1_0' is neither a number"),
    ("(assert (<= X_0 1e999))", "'1e999' is beyond the range of float64"),
    ("(assert (and))", "and takes constraints, at least one"),
    ("(assert (or 1))", "or takes constraints"),
    ("(assert (and (+ Y_0 1)))", "and takes constraints"),
    ("(assert (+))", r"\+ of nothing"),
    ("(assert true)", "assert takes one constraint"),
    ("(assert)", "assert takes one constraint"),
    ("(assert (<= X_0 1) (<= X_1 1))", "assert takes one constraint"),
    ("(assert (assert (<= X_0 1)))", "'assert' is not read as an operator"),
    ("(<= X_0 1)", "'<=' is not read as a command of VNN-LIB 1; known: declare-const, assert"),
    ("(vnnlib-version <2.0>)", "'vnnlib-version' is not read as a command of VNN-LIB 1"),
    ("(check-sat)", "'check-sat' is not read as a command"),
    ("((<= X_0 1))", "'<=' is not read as an operator|an expression is not read"),
    ("()", "'' is not read as a command"),
    ("X_0", "'X_0' stands outside of all parentheses"),
    (")", r"'\)' stands outside"),
    ("(assert (<= X_0 1)", "a parenthesis is never closed; truncated perhaps"),
    ("(declare-const X_0 Real)", "X_0 is declared twice"),
    ("(declare-const X_2 Int)", "a declaration is"),
    ("(declare-const X_02 Real)", "a declaration is"),
    ("(declare-const Z_2 Real)", "a declaration is"),
    ("(declare-const X_2)", "a declaration is"),
    ("(declare-const (+ 1) Real)", "a declaration is"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_wrong_line_is_named(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=message) as caught:
        read(tmp_path, HEAD + BOUNDS + "\n; a comment\n" + text)
    assert len(str(caught.value).splitlines()) == 1
    assert f"p.vnnlib: line {(HEAD + BOUNDS).count(chr(10)) + 3}: " in str(caught.value)


def test_bounds_that_are_missing_or_inverted(tmp_path: Path) -> None:
    cases = [
        ("(assert (>= X_0 0)) (assert (<= X_0 1)) (assert (>= X_1 0))", "X_1 has no upper bound"),
        ("(assert (<= X_1 0))", "X_0 has no lower bound"),
        (BOUNDS + "(assert (>= X_0 0.75))", r"X_0 is inverted: at least 0\.75 and at most 0\.5"),
        (BOUNDS + "(assert (or (<= X_0 0.25) (>= X_0 2)))", r"box 1 of 2: X_0 is inverted"),
        ("(assert (or (<= X_0 0.25) (>= X_0 2)))", r"box 0 of 2: X_0 has no lower bound"),
    ]
    for text, message in cases:
        with pytest.raises(FileFormatError, match=message):
            read(tmp_path, HEAD + text)


def test_inputs_are_numbered_from_0(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="X_0 is not declared"):
        read(tmp_path, "(declare-const Y_0 Real)")
    with pytest.raises(FileFormatError, match="X_0 is not declared"):
        read(tmp_path, "")
    with pytest.raises(FileFormatError, match="X_1 is not declared"):
        read(tmp_path, "(declare-const X_0 Real)(declare-const X_999999999 Real)")


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="No such file"):
        vnnlib.read_bounds(tmp_path / "p.vnnlib")
    with pytest.raises(InvalidInputError, match="a file is named by"):
        Box.from_vnnlib(3)  # type: ignore[arg-type]
    (tmp_path / "p.vnnlib").write_bytes(b"\xff\xfe")
    with pytest.raises(FileFormatError, match="UTF-8"):
        vnnlib.read_bounds(tmp_path / "p.vnnlib")


def test_every_truncation_and_fuzzed_texts(tmp_path: Path) -> None:
    """Either a clear error, or bounds of the right form."""
    text = HEAD + BOUNDS + "(assert (or (and (<= X_0 0.25) (<= Y_0 Y_1)) (>= X_1 (- 1))))"
    rng = random.Random(0)
    for k in range(0, len(text), 2):
        changed = [text[:k], text[:k] + rng.choice("()X_ 1;-\0") + text[k + 1 :], text[:k] + text[k + 1 :]]
        for candidate in changed:
            try:
                found = read(tmp_path, candidate)
            except PolyregionsError as error:
                assert len(str(error).splitlines()) == 1  # noqa: PT017
            else:
                assert all(np.less_equal(low, high).all() and len(low) == 2 for low, high in found)


# Linear constraints between inputs. -------------------------------------------------------------------------


def cases(tmp_path: Path, text: str) -> list[tuple[Any, ...]]:
    path = tmp_path / "p.vnnlib"
    path.write_text(text)
    return [tuple(array.tolist() for array in case) for case in vnnlib.read_cases(path)]


ROWS = [
    ("(<= (+ X_0 X_1) 1.5)", [[1, 1]], [1.5]),
    ("(>= X_0 X_1)", [[-1, 1]], [0]),
    ("(<= X_0 (+ X_1 0.25))", [[1, -1]], [0.25]),
    ("(<= (- X_0 X_1 0.5) (* 2 (+ X_1 1)))", [[1, -3]], [2.5]),
    ("(>= (+ (* 0.5 X_0) (* X_1 4 0.25)) -1)", [[-0.5, -1]], [1]),
    ("(<= (+ X_0 X_1 X_0) (- 3))", [[2, 1]], [-3]),
    ("(and (<= (+ X_0 X_1) 2) (<= (+ X_1 X_0) 1))", [[1, 1]], [1]),
    # One input alone is a bound, where its number is a float64.
    ("(<= (- X_0) -0.125)", [], []),
    ("(<= (+ X_0 X_1 (- X_1)) 0.25)", [], []),
    ("(<= (* 3 X_0) 1)", [[3, 0]], [1]),
]


@pytest.mark.parametrize(("text", "A", "b"), ROWS)
def test_rows_are_read(text: str, A: list[Any], b: list[Any], tmp_path: Path) -> None:
    ((_, _, found, bounds),) = cases(tmp_path, HEAD + BOUNDS + f"(assert {text})")
    assert (found, bounds) == (A, b)


def test_rows_of_one_input_are_bounds(tmp_path: Path) -> None:
    text = HEAD + BOUNDS + "(assert (<= (- X_0) -0.125)) (assert (>= 0.75 (* 3 X_1)))"
    assert cases(tmp_path, text) == [([0.125, -2], [0.5, 0.25], [], [])]


def test_rows_in_ors_make_cases(tmp_path: Path) -> None:
    text = HEAD + BOUNDS + "(assert (or (<= X_0 X_1) (and (>= X_0 X_1) (<= X_1 0)) (<= Y_0 0)))"
    found = cases(tmp_path, text)
    assert [(case[2], case[3]) for case in found] == [([[1, -1]], [0]), ([[-1, 1]], [0]), ([], [])]
    assert found[1][1] == [0.5, 0]


@pytest.mark.parametrize(
    "text", ["(<= (* X_0 X_1) 1)", "(<= (* X_0 X_0) 1)", "(<= 1 2)", "(<= (- X_0 X_0) 1)"]
)
def test_what_is_not_linear_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"line \d+: <= between .* is no bound"):
        cases(tmp_path, HEAD + BOUNDS + f"(assert {text})")


def test_numbers_that_are_no_float64_are_refused(tmp_path: Path) -> None:
    for text in ("(<= (+ X_0 (* 0.1 0.1 X_1)) 1)", "(<= (+ X_0 X_1) (* 0.1 0.1))"):
        with pytest.raises(FileFormatError, match="no float64 once it is worked out"):
            cases(tmp_path, HEAD + BOUNDS + f"(assert {text})")
    deep = "(* 1e300 " * 10_000 + "X_0" + ")" * 10_000
    with pytest.raises(FileFormatError, match="is no bound"):
        cases(tmp_path, HEAD + BOUNDS + f"(assert (<= {deep} 1))")


def test_the_polytope_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "p.vnnlib"
    path.write_text(HEAD + BOUNDS + "(assert (or (<= X_0 X_1) (>= X_0 X_1)))")
    found = [Polytope.from_vnnlib(path, index=i) for i in range(2)]
    box = Box([-1e-3, -2], [0.5, 3.25])
    assert found == [Polytope([[1, -1]], [0], box), Polytope([[-1, 1]], [0], box)]
    assert sum(p.exact_volume for p in found) == exact_volume(box)
    with pytest.raises(InvalidInputError, match="choose one with index"):
        Polytope.from_vnnlib(path)
    path.write_text(HEAD + BOUNDS + "(assert (>= (+ X_0 X_1) 4))")
    with pytest.raises(InvalidPolytopeError, match=r"p\.vnnlib: polytope: it is empty"):
        Polytope.from_vnnlib(path)
    with pytest.raises(FileFormatError, match="is no bound"):
        Box.from_vnnlib(path)


def test_every_truncation_of_rows(tmp_path: Path) -> None:
    text = HEAD + BOUNDS + "(assert (or (<= (+ X_0 (* 2 X_1)) 1) (>= (- X_1 X_0) (- 1))))"
    rng = random.Random(1)
    for k in range(0, len(text), 2):
        for candidate in (text[:k], text[:k] + rng.choice("()X_ 1;-*+") + text[k + 1 :]):
            try:
                found = cases(tmp_path, candidate)
            except PolyregionsError as error:
                assert len(str(error).splitlines()) == 1  # noqa: PT017
            else:
                assert all(len(A) == len(b) for _, _, A, b in found)

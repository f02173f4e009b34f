"""The profiles of hypothesis do what they say, in every test."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

#: Two tests, one that names its examples and one that does not; prints how many each was given.
COUNTED = """
from hypothesis import given, settings, strategies as st
from support.profiles import examples, load

load()
counts = [0, 0]

@settings(max_examples=examples(200))
@given(st.integers())
def named(n):
    counts[0] += 1

@given(st.integers())
def usual(n):
    counts[1] += 1

named()
usual()
print(*counts)
"""


@pytest.mark.parametrize(
    ("profile", "named", "usual"),
    [
        (None, 200, 100),
        ("ci", 200, 100),
        ("quick", 20, 10),
        pytest.param("explore", 4000, 2000, marks=pytest.mark.slow),
    ],
)
def test_a_profile_decides_how_many_examples_are_tried(profile: str | None, named: int, usual: int) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "HYPOTHESIS_PROFILE"}
    if profile is not None:
        environment["HYPOTHESIS_PROFILE"] = profile
    command = [sys.executable, "-c", COUNTED]
    run = subprocess.run(command, cwd=TESTS, env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.split() == [str(named), str(usual)]


def bare_numbers(tree: ast.AST) -> list[int]:
    """Lines that give ``max_examples`` anything but ``examples(n)``."""
    return [
        node.value.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword)
        and node.arg == "max_examples"
        and not (isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "examples")
    ]


def test_no_test_overrides_the_profile() -> None:
    """``@settings(max_examples=120)`` would win over the profile, and make it void."""
    assert bare_numbers(ast.parse("@settings(max_examples=120)\ndef f(): pass")) == [1]
    files = [path for path in TESTS.rglob("test_*.py") if "max_examples=" in path.read_text(encoding="utf-8")]
    assert len(files) > 10
    for path in files:
        assert not bare_numbers(ast.parse(path.read_text(encoding="utf-8"))), path.name

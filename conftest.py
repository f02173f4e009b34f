"""What holds for tests and doctests alike."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

#: Readers of frameworks that are not installed cannot be imported, and hold no doctests to run.
collect_ignore: list[str] = []
if find_spec("torch") is None:
    collect_ignore += ["polyregions/network/formats/torch", "polyregions/network/formats/keras.py"]


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """Close what a test has drawn: pyplot keeps every figure, and warns of the twenty-first."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")

"""The models of examples/models.py: trained, read, enumerated by both engines, proven where small."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from polyregions import RegionComplex, certify, enumerate_regions

PATH = Path(__file__).parent.parent / "examples" / "models.py"
NEEDS = {"torch": "torch", "keras": "keras", "onnx": "onnx", "safetensors": "safetensors"}


@cache
def models() -> Any:
    spec = importlib.util.spec_from_file_location("models", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def result(name: str) -> RegionComplex:
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    if name == "keras":
        pytest.importorskip("torch")
    network, box = models().READERS[name]()
    return enumerate_regions(network, box)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sklearn", "onnx", "nnet", "safetensors", "keras", "torch"])
def test_a_trained_model_is_read_and_enumerated(name: str) -> None:
    cx = result(name)
    source = cx.network.source
    assert source is not None
    assert source.format == name
    assert source.points > 0 or name == "safetensors"  # weights alone have no forward pass
    assert cx.complete
    assert cx.n_regions > 100
    if cx.n_regions < 1000:
        other = enumerate_regions(cx.network, cx.box, engine="traverse")
        assert (other.n_regions, other.n_adjacencies) == (cx.n_regions, cx.n_adjacencies)
        assert certify(cx).valid


@pytest.mark.slow
def test_one_model_by_two_ways() -> None:
    """The Pipeline's own arrays, and the text file with means and ranges."""
    a, b = result("sklearn"), result("nnet")
    assert (a.n_regions, a.n_adjacencies) == (b.n_regions, b.n_adjacencies)
    assert {row.tobytes() for row in a.states} == {row.tobytes() for row in b.states}

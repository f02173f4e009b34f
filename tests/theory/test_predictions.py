"""Predictions are checked when they are made, so that none passes for the wrong reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from polyregions.errors import InvalidInputError
from polyregions.theory.predictions import Prediction


@pytest.mark.parametrize(
    ("quantity", "relation", "value", "reason"),
    [
        ("regions", "=", 4, ""),
        ("proper_activation", "==", 4, ""),
        ("proper_activation", ">", 4, ""),
        ("proper_activation", "", 4, ""),
        ("proper_activation", "=", None, ""),
        ("proper_activation", "=", 4, "because"),
        ("proper_activation", "=", 4.0, ""),
        ("proper_activation", "=", "4", ""),
        ("proper_activation", "=", (4,), ""),
        ("convex", "=", (3, 4), ""),
        ("f_vector", "=", 4, ""),
        ("f_vector", "=", (1, 4.0), ""),
        ("f_vector", ">=", (1, 4, 4), ""),
    ],
)
def test_refused(quantity: str, relation: Any, value: Any, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=quantity):
        Prediction(quantity, relation, value, "source", reason)


def test_whole_numbers_of_any_kind_are_taken() -> None:
    numpy = Prediction("proper_activation", "=", np.int64(4), "source")  # type: ignore[arg-type]
    assert type(numpy.value) is int
    assert Prediction("f_vector", "=", [1, 4, 4], "source").value == (1, 4, 4)  # type: ignore[arg-type]


@pytest.mark.parametrize(("relation", "holds"), [("=", [4]), (">=", [4, 5]), ("<=", [3, 4])])
def test_relations(relation: Any, holds: list[int]) -> None:
    prediction = Prediction("affine", relation, 4, "source")
    assert [n for n in (3, 4, 5) if prediction.holds(n)] == holds


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="cannot be held against"):
        Prediction("affine", "=", 4, "source").holds((4, 4))
    with pytest.raises(InvalidInputError, match="predicts nothing here: one input"):
        Prediction("affine", "=", None, "source", "one input").holds(4)

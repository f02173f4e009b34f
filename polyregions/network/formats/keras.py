"""Keras 3 models on the backend of PyTorch: their own forward pass, read as that of a module is."""

from __future__ import annotations

import sys
from typing import Any

import torch

from ...errors import InvalidInputError, UnsupportedLayerError
from ..source import Reading
from .torch import read_forward


def read(model: Any, strip_last: bool = False, output: int | str | None = None) -> Reading:
    """Read a built Keras model with one input, on the backend of PyTorch."""
    keras = sys.modules.get("keras")  # a model of Keras comes with it
    if keras is None or not isinstance(model, keras.Model):
        raise InvalidInputError(f"from_keras: expected a keras.Model, got {type(model).__name__}")
    backend = keras.backend.backend()
    if backend != "torch":
        raise UnsupportedLayerError(
            f"from_keras: Keras runs on {backend}; set the environment variable KERAS_BACKEND=torch before "
            "it is imported, and load the model again"
        )
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or not shape or None in shape[1:]:
        raise InvalidInputError(
            f"from_keras: the model must be built, with one input of a known shape; it has {shape!r}"
        )
    dtype = getattr(torch, str(model.compute_dtype))
    filtering = keras.config.is_traceback_filtering_enabled()
    keras.config.disable_traceback_filtering()  # which writes its own words around those of a refusal
    try:
        return read_forward(
            "keras", lambda x: model(x, training=False), tuple(shape[1:]), dtype, strip_last, output
        )
    finally:
        if filtering:
            keras.config.enable_traceback_filtering()

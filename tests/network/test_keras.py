"""Keras models on PyTorch, against Keras itself."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from support.zoo import cube

from polyregions import Network, enumerate_regions
from polyregions.errors import InvalidInputError, UnsupportedLayerError

pytest.importorskip("torch")
os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")
layers: Any = keras.layers

if keras.backend.backend() != "torch":
    pytest.skip("Keras runs on another backend", allow_module_level=True)


def convolutional() -> Any:
    return keras.Sequential(
        [
            layers.Input((8, 7, 2)),
            layers.Conv2D(3, 3, padding="same", strides=2),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(5),
            layers.LeakyReLU(0.2),
            layers.Dense(3),
        ]
    )


def functional() -> Any:
    x = layers.Input((4,))
    h = layers.Dense(6, activation="relu")(x)
    h = layers.Add()([h, layers.PReLU()(layers.Dense(6)(h))])
    h = layers.Reshape((5, 2))(layers.Concatenate()([h, x]))
    h = layers.ZeroPadding1D(1)(layers.AveragePooling1D(2)(h))
    h = layers.Activation("hard_tanh")(layers.Conv1D(3, 2)(h))
    return keras.Model(x, layers.Maximum()([layers.GlobalMaxPooling1D()(h), layers.Dense(3)(x)]))


def settled(model: Any) -> Any:
    rng = np.random.default_rng(0)
    for weight in model.weights:
        own = rng.normal(size=weight.shape)
        weight.assign(np.abs(own) + 0.1 if "variance" in weight.path else own)
    return model


@pytest.mark.parametrize("make", [convolutional, functional])
def test_models(make: Any) -> None:
    model = settled(make())
    network = Network.from_keras(model)
    points = np.random.default_rng(1).normal(size=(20, *model.input_shape[1:])).astype(np.float32)
    expected = np.concatenate([np.asarray(model(p[None], training=False).detach()) for p in points])
    found = network(points.reshape(20, -1).astype(float))
    np.testing.assert_allclose(found, expected.reshape(20, -1), rtol=1e-4, atol=1e-4)
    assert network.source is not None
    assert network.source.format == "keras"


def test_a_dense_model_is_the_network_of_its_arrays() -> None:
    model = keras.Sequential([layers.Input((2,)), layers.Dense(5, activation="relu"), layers.Dense(2)])
    network = Network.from_keras(settled(model))
    kernels = [np.asarray(weight.numpy(), dtype=float) for weight in model.weights]
    arrays = Network.from_arrays([(kernels[0].T, kernels[1]), (kernels[2].T, kernels[3])])
    assert network == arrays
    assert enumerate_regions(network, cube(2)).n_regions == enumerate_regions(arrays, cube(2)).n_regions


def test_refusals() -> None:
    def dense(activation: str) -> Any:
        return keras.Sequential([layers.Input((3,)), layers.Dense(2, activation=activation)])

    with pytest.raises(UnsupportedLayerError, match=r"^operator aten::gelu: it is not supported"):
        Network.from_keras(dense("gelu"))
    assert keras.config.is_traceback_filtering_enabled()
    with pytest.raises(UnsupportedLayerError, match="strip_last=True"):
        Network.from_keras(dense("softmax"))
    assert Network.from_keras(dense("softmax"), strip_last=True).output_dim == 2
    with pytest.raises(InvalidInputError, match=r"expected a keras\.Model, got str"):
        Network.from_keras("model.keras")
    with pytest.raises(InvalidInputError, match="must be built"):
        Network.from_keras(keras.Sequential([layers.Dense(2)]))

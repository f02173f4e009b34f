"""Multilayer perceptrons of scikit-learn, alone or behind scalers in a Pipeline, from their own arrays.

What is compared at the sample points: the sums before the last activation, every output of them, as they come
out of ``predict`` or ``predict_proba`` of a shallow copy whose ``out_activation_`` is the identity. A softmax
would hide a constant that all its inputs share, and a logistic function what it rounds to 0 or 1. The
estimator itself is only read.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from ...base.arrays import FloatArray
from ...base.rounding import U
from ...errors import InvalidInputError, InvalidNetworkError, UnsupportedLayerError, counted, short_repr
from ..kinds import make_layers
from ..layers import Layer
from ..numbers import is_sparse
from ..source import Reading
from .lowering import operators as op
from .lowering.embedding import embed
from .lowering.forms import Forms
from .lowering.program import Program
from .lowering.reading import finish

#: Activations by their names there, and their names here.
ACTIVATIONS = {"relu": "relu", "identity": "linear"}


def read(estimator: Any, strip_last: bool = False) -> Reading:
    """Read a fitted ``MLPClassifier`` or ``MLPRegressor``, or a Pipeline of scalers that ends in one."""
    *scalers, mlp = _checked_steps(estimator)
    n = int(mlp.coefs_[0].shape[0])
    program = Program(n)
    forms = Forms.inputs(program, (n,))
    for scaler in scalers:
        forms = _scaled(scaler, forms)
    layers = _layers(mlp)
    forms = embed(layers, forms)
    program.operators["matmul"] += len(layers)
    if len(layers) > 1:
        program.operators[mlp.activation] += len(layers) - 1
    if mlp.out_activation_ != "identity":
        if not strip_last:
            raise UnsupportedLayerError(
                f"{type(mlp).__name__}: the last operator is {mlp.out_activation_}, which is not piecewise "
                "linear; strip_last=True leaves it out: the regions are those of what it is given"
            )
        program.stripped.append(mlp.out_activation_)
    # Points are float64, and so is all that numpy makes of them, even with float32 weights.
    return finish("sklearn", (n,), forms, lambda x: _evaluate(estimator, mlp, x), U, every_unit=True)


def _checked_steps(estimator: Any) -> list[Any]:
    """The scalers of a Pipeline, and the perceptron behind them: known classes, fitted."""
    last = estimator
    while isinstance(last, Pipeline) and last.steps:
        last = last.steps[-1][1]
    if not isinstance(last, MLPClassifier | MLPRegressor):
        what = short_repr(last) if isinstance(last, str) else type(last).__name__
        hint = "; give its best_estimator_" if hasattr(estimator, "best_estimator_") else ""
        raise InvalidInputError(
            f"from_sklearn: expected an MLPClassifier, an MLPRegressor or a Pipeline that ends in one, "
            f"got {what}{hint}"
        )
    steps = list(_steps(estimator))
    for step in steps[:-1]:
        if not isinstance(step, StandardScaler | MinMaxScaler | MaxAbsScaler | RobustScaler):
            raise UnsupportedLayerError(
                f"from_sklearn: the step {type(step).__name__} is not supported; known are StandardScaler, "
                "MinMaxScaler, MaxAbsScaler and RobustScaler"
            )
    for step in steps:
        try:
            check_is_fitted(step)
        except NotFittedError as error:
            raise InvalidInputError(f"from_sklearn: {type(step).__name__} is not fitted") from error
        if step.n_features_in_ != steps[0].n_features_in_:
            raise InvalidNetworkError(
                f"from_sklearn: {type(step).__name__} takes {counted(step.n_features_in_, 'input')}, "
                f"{type(steps[0]).__name__} before it {steps[0].n_features_in_}"
            )
    return steps


def _steps(estimator: Any) -> Iterator[Any]:
    """The steps of a Pipeline and of those in it, one after the other."""
    if not isinstance(estimator, Pipeline):
        yield estimator
        return
    for _, step in estimator.steps:
        if step is not None and step != "passthrough":
            yield from _steps(step)


def _layers(mlp: Any) -> list[Layer]:
    """The layers of a perceptron; its weights are (in, out)."""
    name = type(mlp).__name__
    if mlp.activation not in ACTIVATIONS:
        raise UnsupportedLayerError(
            f"{name}: the activation {short_repr(mlp.activation)} is not piecewise linear; "
            f"known are {', '.join(ACTIVATIONS)}"
        )
    for i, W in enumerate(mlp.coefs_):
        if is_sparse(W):
            raise InvalidNetworkError(f"{name}: coefs_[{i}] is a sparse matrix; give .toarray()")
    arrays = [(np.transpose(W), b) for W, b in zip(mlp.coefs_, mlp.intercepts_, strict=True)]
    return make_layers(arrays, ACTIVATIONS[mlp.activation], {})


def _scaled(scaler: Any, x: Forms) -> Forms:
    """What a scaler makes of its input, by its own numbers."""
    x.program.operators[type(scaler).__name__] += 1
    if isinstance(scaler, MinMaxScaler):
        y = x.scale(scaler.scale_).add(scaler.min_)
        return op.clip(y, *scaler.feature_range) if scaler.clip else y
    centre, scale = None, scaler.scale_
    if isinstance(scaler, StandardScaler):
        centre, scale = scaler.mean_ if scaler.with_mean else None, scale if scaler.with_std else None
    if isinstance(scaler, RobustScaler):
        centre, scale = (
            scaler.center_ if scaler.with_centering else None,
            scale if scaler.with_scaling else None,
        )
    y = x if centre is None else x.add(centre, -1.0)
    y = y if scale is None else op.divide(y, scale)
    # MaxAbsScaler has the parameter clip in newer releases.
    return op.clip(y, -1.0, 1.0) if getattr(scaler, "clip", False) else y


def _evaluate(estimator: Any, mlp: Any, points: FloatArray) -> FloatArray:
    """The sums before the last activation, by the estimator's own forward pass; (n, outputs)."""
    model = _without_last_activation(estimator)
    with warnings.catch_warnings():
        # It was fitted on a table with names of columns perhaps.
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        found = model.predict_proba(points) if isinstance(mlp, MLPClassifier) else model.predict(points)
    found = np.asarray(found, dtype=np.float64).reshape(len(points), -1)
    # Of two classes there is one output, p, and the columns are 1 - p and p.
    return found[:, 1:] if isinstance(mlp, MLPClassifier) and mlp.n_outputs_ == 1 else found


def _without_last_activation(estimator: Any) -> Any:
    """A shallow copy, of the Pipelines around a perceptron too, with the identity as its last activation."""
    copied = copy.copy(estimator)
    if isinstance(copied, Pipeline):
        *before, (name, last) = copied.steps
        copied.steps = [*before, (name, _without_last_activation(last))]
    else:
        copied.out_activation_ = "identity"
    return copied

"""Multilayer perceptrons of scikit-learn, alone or behind scalers in a Pipeline, from their own arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from ...base.arrays import FloatArray
from ...base.rounding import U
from ...errors import InvalidInputError, InvalidNetworkError, UnsupportedLayerError
from ..source import Reading
from .lowering import operators as op
from .lowering.forms import Forms
from .lowering.program import Program
from .lowering.reading import finish


def read(estimator: Any, strip_last: bool = False) -> Reading:
    """Read a fitted ``MLPClassifier`` or ``MLPRegressor``, or a Pipeline of scalers that ends in one."""
    steps = _steps(estimator)
    for step in steps:
        try:
            check_is_fitted(step)
        except Exception as error:  # NotFittedError, or TypeError for what can never be fitted
            raise InvalidInputError(f"from_sklearn: {type(step).__name__} is not fitted") from error
    *scalers, mlp = steps
    n = int(getattr(steps[0], "n_features_in_", mlp.coefs_[0].shape[0]))
    program = Program(n)
    forms = Forms.inputs(program, (n,))
    for scaler in scalers:
        forms = _scaled(scaler, forms)
    bend = {"relu": op.relu, "identity": lambda x: x}.get(mlp.activation)
    if bend is None:
        raise UnsupportedLayerError(
            f"{type(mlp).__name__}: the activation {mlp.activation!r} is not piecewise linear"
        )
    for i, (W, b) in enumerate(zip(mlp.coefs_, mlp.intercepts_, strict=True)):
        forms = forms.matmul(W).add(b)
        program.operators["matmul"] += 1
        if i < len(mlp.coefs_) - 1:
            forms = bend(forms)
            program.operators[mlp.activation] += 1
    last = mlp.out_activation_
    if last != "identity":
        if not strip_last:
            raise UnsupportedLayerError(
                f"{type(mlp).__name__}: the last operator is {last}, which is not piecewise linear; "
                "strip_last=True leaves it out: the regions are those of what it is given"
            )
        program.stripped.append(last)
    narrow = any(np.asarray(W).dtype == np.float32 for W in mlp.coefs_)
    unit_roundoff = 2.0**-24 if narrow else U
    return finish("sklearn", (n,), forms, lambda x: _evaluate(scalers, mlp, x), unit_roundoff)


def _steps(estimator: Any) -> list[Any]:
    """The scalers of a Pipeline, and the perceptron behind them."""
    steps = [estimator]
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if step is not None and step != "passthrough"]
    if not steps or not isinstance(steps[-1], MLPClassifier | MLPRegressor):
        what = type(steps[-1] if steps else estimator).__name__
        raise InvalidInputError(
            f"from_sklearn: expected an MLPClassifier, an MLPRegressor or a Pipeline that ends in one, "
            f"got {what}"
        )
    for step in steps[:-1]:
        if not isinstance(step, StandardScaler | MinMaxScaler | MaxAbsScaler | RobustScaler):
            raise UnsupportedLayerError(
                f"from_sklearn: the step {type(step).__name__} is not supported; known are StandardScaler, "
                "MinMaxScaler, MaxAbsScaler and RobustScaler"
            )
    return steps


def _scaled(scaler: Any, x: Forms) -> Forms:
    """What a scaler makes of its input, by its own numbers."""
    x.program.operators[type(scaler).__name__] += 1
    if isinstance(scaler, MinMaxScaler):
        y = x.scale(scaler.scale_).add(scaler.min_)
        return op.clip(y, *scaler.feature_range) if scaler.clip else y
    centre = getattr(scaler, "mean_", None) if isinstance(scaler, StandardScaler) else None
    if isinstance(scaler, StandardScaler) and not scaler.with_mean:
        centre = None
    if isinstance(scaler, RobustScaler):
        centre = scaler.center_
    y = x if centre is None else x.add(centre, -1.0)
    return y if scaler.scale_ is None else op.divide(y, scaler.scale_)


def _evaluate(scalers: list[Any], mlp: Any, points: FloatArray) -> FloatArray:
    """The sums before the last activation, by the estimator's own forward pass."""
    for scaler in scalers:
        points = scaler.transform(points)
    activations = [points.astype(mlp.coefs_[0].dtype)] + [np.empty(0)] * len(mlp.coefs_)
    kept, mlp.out_activation_ = mlp.out_activation_, "identity"
    try:
        found = mlp._forward_pass(activations)[-1]
    except (AttributeError, TypeError) as error:
        raise InvalidNetworkError("this version of scikit-learn has another forward pass") from error
    finally:
        mlp.out_activation_ = kept
    return np.asarray(found, dtype=np.float64)

"""Perceptrons of scikit-learn: the network is the estimator, and the estimator stays as it is."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import expit, softmax
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from polyregions import Box, Network, enumerate_regions
from polyregions.errors import InvalidInputError, InvalidNetworkError, UnsupportedLayerError

IRIS, WINE, DIGITS = (load(return_X_y=True) for load in (load_iris, load_wine, load_digits))


def fitted(estimator: Any, data: tuple[Any, Any]) -> Any:
    """Trained for a few steps: what counts is that no two numbers are related."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(*data)


def classifier(*hidden: int, **options: Any) -> MLPClassifier:
    return MLPClassifier(hidden_layer_sizes=hidden, max_iter=20, random_state=0, **options)


def points_around(X: Any) -> Any:
    rng = np.random.default_rng(0)
    return np.concatenate([X, rng.uniform(X.min(0) - 1.0, X.max(0) + 1.0, size=(200, X.shape[1]))])


# A pipeline may stand where a perceptron stands. ----------------------------------------------------------

SCALERS: dict[str, Any] = {
    "none": [],
    "standard": [StandardScaler()],
    "only mean": [StandardScaler(with_std=False)],
    "only deviation": [StandardScaler(with_mean=False)],
    "neither": [StandardScaler(with_mean=False, with_std=False)],
    "range": [MinMaxScaler()],
    "range of 3": [MinMaxScaler((-1, 2))],
    "clipped": [MinMaxScaler(clip=True)],
    "clipped off 0": [MinMaxScaler((0.25, 0.75), clip=True)],
    "clipped to 1": [MinMaxScaler((-1, 1), clip=True)],
    "robust": [RobustScaler()],
    "robust, not centred": [RobustScaler(with_centering=False)],
    "robust, not scaled": [RobustScaler(with_scaling=False)],
    "largest": [MaxAbsScaler()],
    "several": [StandardScaler(), "passthrough", MinMaxScaler(), None],
    "nested": [make_pipeline(StandardScaler(), make_pipeline(MaxAbsScaler(), "passthrough"))],
}


@pytest.mark.parametrize("name", SCALERS)
def test_scalers_before_a_classifier(name: str) -> None:
    model = fitted(make_pipeline(*SCALERS[name], classifier(6, 5)), WINE)
    net = Network.from_sklearn(model, strip_last=True)
    x = points_around(WINE[0])
    assert softmax(net(x), axis=1) == pytest.approx(model.predict_proba(x), rel=1e-9, abs=1e-12)
    clipped = "clipped" in name
    assert net.widths == ((13,) if clipped else ()) + (6, 5)
    assert net.source is not None
    assert net.source.stripped == ("softmax",)
    assert net.source.points > 30
    assert net.source.operators["matmul"] == 3


def test_the_last_step_may_be_a_pipeline() -> None:
    inner = make_pipeline(MinMaxScaler(), classifier(4))
    model = fitted(Pipeline([("a", StandardScaler()), ("b", inner)]), IRIS)
    net = Network.from_sklearn(model, strip_last=True)
    x = points_around(IRIS[0])
    assert softmax(net(x), axis=1) == pytest.approx(model.predict_proba(x), rel=1e-9)


def test_two_classes_have_one_output() -> None:
    X, y = IRIS
    model = fitted(make_pipeline(StandardScaler(), classifier(5)), (X, y == 1))
    net = Network.from_sklearn(model, strip_last=True)
    assert net.output_dim == 1
    assert expit(net(points_around(X))[:, 0]) == pytest.approx(model.predict_proba(points_around(X))[:, 1])


def test_several_labels_at_once() -> None:
    X, y = IRIS
    model = fitted(classifier(5), (X, np.stack([y == 0, y < 2, X[:, 0] > 6], axis=1)))
    net = Network.from_sklearn(model, strip_last=True)
    assert expit(net(points_around(X))) == pytest.approx(model.predict_proba(points_around(X)))


@pytest.mark.parametrize("columns", [slice(3, 4), slice(2, 4)])
def test_regressors_need_nothing_stripped(columns: slice) -> None:
    X, y = IRIS[0][:, :2], IRIS[0][:, columns]
    y = y[:, 0] if y.shape[1] == 1 else y
    model = fitted(
        make_pipeline(RobustScaler(), MLPRegressor(hidden_layer_sizes=(5, 4), max_iter=20, random_state=0)),
        (X, y),
    )
    net = Network.from_sklearn(model)
    x = points_around(X)
    assert net(x).reshape(model.predict(x).shape) == pytest.approx(model.predict(x))
    assert net.source is not None
    assert net.source.stripped == ()


def test_digits() -> None:
    """64 inputs, some of them always 0."""
    model = fitted(make_pipeline(StandardScaler(), classifier(12)), DIGITS)
    net = Network.from_sklearn(model, strip_last=True)
    assert (net(DIGITS[0]).argmax(axis=1) == model.predict(DIGITS[0])).all()


def test_weights_of_single_precision_widen() -> None:
    model = fitted(classifier(6), (IRIS[0].astype(np.float32), IRIS[1]))
    assert model.coefs_[0].dtype == np.float32
    net = Network.from_sklearn(model, strip_last=True)
    assert net == Network.from_arrays(
        [(W.T.astype(np.float64), b) for W, b in zip(model.coefs_, model.intercepts_, strict=True)]
    )


def test_a_perceptron_alone_is_its_arrays() -> None:
    """Nothing is moved or left out, not even a unit that nothing reads or one that reads nothing."""
    model = fitted(classifier(6, 5), IRIS)
    model.coefs_[0][:, 2] = 0.0
    model.coefs_[1][:, 1] = 0.0
    model.coefs_[2][3] = 0.0
    arrays = [(W.T, b) for W, b in zip(model.coefs_, model.intercepts_, strict=True)]
    assert Network.from_sklearn(model, strip_last=True) == Network.from_arrays(arrays)


def test_the_regions_are_those_of_the_arrays() -> None:
    """Scaled by hand, on the box of scaled points; rounding moves boundaries, but no two meet here."""
    X, y = IRIS[0][:, 2:], IRIS[1]
    model = fitted(make_pipeline(MinMaxScaler((-1, 1)), classifier(16, 6)), (X, y))
    cx = enumerate_regions(Network.from_sklearn(model, strip_last=True), Box(X.min(0), X.max(0)))
    arrays = [(W.T, b) for W, b in zip(model[-1].coefs_, model[-1].intercepts_, strict=True)]
    other = enumerate_regions(Network.from_arrays(arrays), Box.cube(2, -1, 1))
    assert {s.tobytes() for s in cx.states} == {s.tobytes() for s in other.states}
    assert cx.n_regions > 20
    cx.check()


def test_an_exponential_is_left_out_like_a_softmax() -> None:
    """What newer releases put behind a regression of counts."""
    model = fitted(MLPRegressor(hidden_layer_sizes=(4,), max_iter=5, random_state=0), IRIS)
    plain = Network.from_sklearn(model)
    model.out_activation_ = "exp"
    with pytest.raises(UnsupportedLayerError, match="the last operator is exp"):
        Network.from_sklearn(model)
    assert Network.from_sklearn(model, strip_last=True) == plain


def test_without_hidden_layers_and_without_activation() -> None:
    for hidden, activation in [((), "relu"), ((3,), "identity")]:
        model = fitted(classifier(*hidden, activation=activation), IRIS)
        net = Network.from_sklearn(model, strip_last=True)
        assert net.n_units == 0
        assert softmax(net(IRIS[0]), axis=1) == pytest.approx(model.predict_proba(IRIS[0]))


def test_the_estimator_is_not_changed() -> None:
    model = fitted(make_pipeline(StandardScaler(), classifier(6)), IRIS)
    before = pickle.dumps(model)
    Network.from_sklearn(model, strip_last=True)
    assert pickle.dumps(model) == before
    assert model[-1].out_activation_ == "softmax"


def test_names_of_columns_are_no_reason_to_warn() -> None:
    model = fitted(make_pipeline(StandardScaler(), classifier(6)), IRIS)
    for step in model:
        step.feature_names_in_ = np.array(list("abcd"), dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Network.from_sklearn(model, strip_last=True)


def test_numbers_that_were_rounded_are_listed() -> None:
    model = fitted(make_pipeline(StandardScaler(), classifier(6)), IRIS)
    source = Network.from_sklearn(model, strip_last=True).source
    assert source is not None
    assert source.rounded == {"inverse of a divisor": 4}
    assert source.operators == {"StandardScaler": 1, "matmul": 2, "relu": 1}
    model = fitted(make_pipeline(MinMaxScaler(), classifier(6)), IRIS)
    source = Network.from_sklearn(model, strip_last=True).source
    assert source is not None
    assert source.rounded == {}


def test_what_was_read_is_compared() -> None:
    """An estimator whose forward pass is another one than its arrays say."""

    class Shifted(MLPRegressor):
        def predict(self, X: Any) -> Any:
            return super().predict(X) + 1e-9

    model = fitted(
        Shifted(hidden_layer_sizes=(4,), max_iter=5, random_state=0), (IRIS[0][:, :2], IRIS[0][:, 2])
    )
    with pytest.raises(InvalidNetworkError, match="was not read right"):
        Network.from_sklearn(model)


# What is refused. -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_activations_that_are_not_piecewise_linear(activation: str) -> None:
    model = fitted(classifier(4, activation=activation), IRIS)
    with pytest.raises(UnsupportedLayerError, match=f"MLPClassifier: the activation '{activation}'"):
        Network.from_sklearn(model, strip_last=True)


def test_a_last_activation_is_left_out_only_when_told() -> None:
    with pytest.raises(UnsupportedLayerError, match=r"the last operator is softmax.*strip_last=True"):
        Network.from_sklearn(fitted(classifier(4), IRIS))


def test_what_is_not_fitted_is_named() -> None:
    with pytest.raises(InvalidInputError, match="MLPClassifier is not fitted"):
        Network.from_sklearn(classifier(4))
    model = make_pipeline(StandardScaler(), fitted(classifier(4), IRIS))
    with pytest.raises(InvalidInputError, match="StandardScaler is not fitted"):
        Network.from_sklearn(model, strip_last=True)


def test_unknown_steps_and_estimators_are_named() -> None:
    model = fitted(make_pipeline(StandardScaler(), PCA(2), classifier(4)), IRIS)
    with pytest.raises(UnsupportedLayerError, match="the step PCA is not supported"):
        Network.from_sklearn(model, strip_last=True)
    search = GridSearchCV(make_pipeline(StandardScaler(), classifier(4)), {}, cv=2)
    for other, what in [
        (fitted(LogisticRegression(), IRIS), "got LogisticRegression"),
        (fitted(make_pipeline(StandardScaler(), LogisticRegression()), IRIS), "got LogisticRegression"),
        (fitted(make_pipeline(StandardScaler()), IRIS), "got StandardScaler"),
        (make_pipeline(fitted(classifier(4), IRIS), "passthrough"), "got 'passthrough'"),
        (fitted(search, IRIS), "got GridSearchCV; give its best_estimator_"),
        (csr_array(IRIS[0]), "got csr_array"),
        (None, "got NoneType"),
    ]:
        with pytest.raises(InvalidInputError, match=what):
            Network.from_sklearn(other)
    assert Network.from_sklearn(search.best_estimator_, strip_last=True).widths == (4,)


def test_sparse_weights_and_numbers_that_are_none() -> None:
    model = fitted(classifier(4), IRIS)
    model.coefs_[1] = csr_array(model.coefs_[1])
    with pytest.raises(InvalidNetworkError, match=r"coefs_\[1\] is a sparse matrix"):
        Network.from_sklearn(model, strip_last=True)
    model = fitted(classifier(4), IRIS)
    model.intercepts_[1][2] = np.nan
    with pytest.raises(InvalidNetworkError, match=r"layer 2: linear bias\[2\] is nan"):
        Network.from_sklearn(model, strip_last=True)


def test_steps_that_do_not_fit_each_other() -> None:
    model = make_pipeline(fitted(StandardScaler(), DIGITS), fitted(classifier(4), IRIS))
    with pytest.raises(
        InvalidNetworkError, match="MLPClassifier takes 4 inputs, StandardScaler before it 64"
    ):
        Network.from_sklearn(model, strip_last=True)

"""The first layers of a network on an affine subspace: one that is rounded once, or two that are not."""

from __future__ import annotations

import numpy as np
from flint import fmpz_mat
from numpy.typing import ArrayLike

from ..base.rationals import dyadic, round_fraction
from ..errors import InvalidInputError, counted
from .layers import Layer, linear
from .numbers import float_array


def restricted(first: Layer, origin: ArrayLike, directions: ArrayLike) -> Layer:
    """Return a layer on ``origin + t @ directions``: W directions^T and W origin + b, each rounded once.

    Parameters
    ----------
    first : Layer
        With d inputs.
    origin : array_like (d,), directions : array_like (k, d)
    """
    o = float_array("restrict: origin", origin, 1, InvalidInputError)
    D = float_array("restrict: directions", directions, 2, InvalidInputError)
    d = first.n_inputs
    if o.size != d or D.shape[1] != d or D.shape[0] == 0:
        raise InvalidInputError(
            f"restrict: the network has {counted(d, 'input')}; origin must be ({d},) and "
            f"directions (k, {d}), got {o.shape} and {D.shape}"
        )
    homogeneous = np.zeros((d + 1, D.shape[0] + 1))
    homogeneous[:d, :-1], homogeneous[:d, -1], homogeneous[d, -1] = D.T, o, 1.0
    left, e_left = dyadic(np.concatenate([first.dense, first.bias[:, None]], axis=1))
    right, e_right = dyadic(homogeneous)
    product = fmpz_mat(first.n_rows, d + 1, left) * fmpz_mat(d + 1, D.shape[0] + 1, right)
    denominator = 1 << (e_left + e_right)
    table = np.array([[round_fraction(v, denominator) for v in row] for row in product.tolist()])
    W = float_array("weight of the restricted first layer", table[:, :-1], 2)
    b = float_array("bias of the restricted first layer", table[:, -1], 1)
    return Layer(W, b, first.parts)


def spanned(points: ArrayLike, d: int) -> list[Layer]:
    """Return two linear layers, from t to ``x = p_0 + t_1 (p_1 - p_0) + ... + t_k (p_k - p_0)``, exactly.

    Parameters
    ----------
    points : array_like (k + 1, d)
    d : int
        How many coordinates they must have.
    """
    p = float_array("through: points", points, 2, InvalidInputError)
    k = len(p) - 1
    if k < 1 or p.shape[1] != d:
        raise InvalidInputError(f"through: points must be (k + 1, {d}) with k >= 1, got shape {p.shape}")
    shares = np.concatenate([-np.ones((1, k)), np.eye(k)])
    return [linear(shares, np.eye(k + 1)[0]), linear(p.T, np.zeros(d))]

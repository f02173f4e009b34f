"""The affine map of a layer over the integers, dense by python-flint or by the entries of a sparse one."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from flint import fmpz, fmpz_mat

from ..base.rationals import dyadic
from .layers import Layer
from .numbers import is_sparse

IntRows = list[list[Any]]  # rows of flint integers


class IntegerMap:
    """The affine map of a layer over the integers, homogeneous row and bias column included."""

    def __init__(self, layer: Layer) -> None:
        self.count, self.inputs = layer.weight.shape
        self.matrix: fmpz_mat | None = None
        self._entries: dict[int, list[tuple[int, Any]]] = {}
        if is_sparse(layer.weight):
            numbers, exponent = dyadic(np.concatenate([layer.weight.data, layer.bias]))
            stored = layer.weight.nnz
            ends, columns = layer.weight.indptr.tolist(), layer.weight.indices.tolist()
            self.sparse = [
                [*zip(columns[a:b], numbers[a:b], strict=True), (self.inputs, numbers[stored + r])]
                for r, (a, b) in enumerate(pairwise(ends))
            ]
            self.sparse.append([(self.inputs, 1 << exponent)])
            return
        numbers, exponent = dyadic(np.concatenate([layer.weight, layer.bias[:, None]], axis=1))
        numbers += [0] * self.inputs + [1 << exponent]
        self.matrix = fmpz_mat(self.count + 1, self.inputs + 1, numbers)

    def entries(self, row: int) -> list[tuple[int, Any]]:
        """Columns and entries of a row that are not zero; that of the bias is ``inputs``, row -1 the last."""
        if self.matrix is None:
            return self.sparse[row]
        if row not in self._entries:
            r = row if row >= 0 else self.count
            listed = ((k, self.matrix[r, k]) for k in range(self.inputs + 1))
            self._entries[row] = [(k, w) for k, w in listed if w != 0]
        return self._entries[row]

    def push(self, columns: IntRows) -> IntRows:
        """The rows of the layer from those of its inputs."""
        if self.matrix is not None:
            return list((self.matrix * fmpz_mat(columns)).tolist())
        width = len(columns[0])
        product = []
        for entries in self.sparse:
            total = [fmpz(0)] * width
            for k, w in entries:
                for j, v in enumerate(columns[k]):
                    total[j] += w * v
            product.append(total)
        return product

    def pull(self, rows: IntRows) -> IntRows:
        """Coefficients on the rows of the layer to those on its inputs."""
        if self.matrix is not None:
            return list((fmpz_mat(rows) * self.matrix).tolist())
        product = []
        for row in rows:
            total = [fmpz(0)] * (self.inputs + 1)
            for a, entries in zip(row, self.sparse, strict=True):
                if a != 0:
                    for k, w in entries:
                        total[k] += a * w
            product.append(total)
        return product

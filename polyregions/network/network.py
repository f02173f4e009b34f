"""A piecewise-linear network: frozen, validated, float64, with exact answers.

A network is a chain of layers (:mod:`polyregions.network.layers`). Its *units* are the neurons of the layers
that have states, numbered layer after layer; an *activation pattern* is one state for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ..base.arrays import FloatArray, IntArray, StateArray
from ..base.files import checked_path
from ..errors import FileFormatError, InvalidNetworkError
from . import formats
from .arguments import pattern_of, points_of
from .chain import all_bits, checked_chain, described
from .kinds import make_layers
from .layers import Layer, preactivation
from .source import Source
from .states import filtered_states

if TYPE_CHECKING:
    from .exact import ExactNetwork


@dataclass(frozen=True, eq=False)
class Network:
    """A chain of layers, each the input of the next.

    Parameters
    ----------
    layers : sequence of Layer
        See :mod:`polyregions.network.layers` for the kinds, which may be mixed freely. If the last layer is
        not linear, the read-out is the identity.

    Raises
    ------
    InvalidNetworkError
        If there is no layer, or a layer's inputs are not the outputs of the one below.

    Examples
    --------
    >>> net = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])   # a tent
    >>> net([[0.5], [1.5]])
    array([[0.5],
           [0.5]])
    >>> net.states([[0.5], [1.5]])
    array([[1, 0],
           [1, 1]], dtype=uint8)
    """

    layers: tuple[Layer, ...]
    source: Source | None

    def __init__(self, layers: Sequence[Layer], source: Source | None = None) -> None:
        object.__setattr__(self, "layers", checked_chain(layers))
        object.__setattr__(self, "source", source)

    @classmethod
    def from_arrays(
        cls, arrays: Sequence[tuple[Any, Any]], activation: str = "relu", **parameters: Any
    ) -> Network:
        """Build a network from ``(W, b)`` pairs; the last pair is the linear read-out.

        Parameters
        ----------
        arrays : sequence of (W, b)
            W of shape (out, in), b of shape (out,). Where W is ``[unit][piece][input]`` and b
            ``[unit][piece]``, the layer is maxout whatever ``activation`` says.
        activation : str
            "relu", "leaky_relu" (with ``slope=``), "abs", "hard_tanh", "piecewise" (with
            ``breakpoints=``, ``slopes=``) or "linear", for all layers but the last.

        Raises
        ------
        UnsupportedLayerError
            If the activation is unknown.
        """
        return cls(make_layers(arrays, activation, parameters))

    @classmethod
    def load(cls, path: str | Path, **options: Any) -> Network:
        """Read a network file; the format is told by the name's ending.

        Parameters
        ----------
        path : str or Path
            ``.json``, ``.npz``: this library's own formats. ``.onnx``; ``.nnet``; ``.safetensors``.
        **options
            What a format needs to be told. Of ONNX: ``input_shape`` of one input, where the file leaves it
            open; ``input`` and ``output``, names, if there are several; ``strip_last`` as in
            :meth:`from_torch`. Of ``.nnet``: ``normalise=True`` for physical numbers, by the means and ranges
            of the file (as ``Box.from_nnet``); ``as_float32=True`` rounds the numbers to float32. Of
            ``.safetensors``: what :meth:`from_state_dict` takes.

        Raises
        ------
        FileFormatError
            If the file is missing, truncated, or not what its name says.
        InvalidNetworkError
            If it is readable but does not describe a network.
        UnsupportedLayerError
            If it has an operator that is not supported; it is named.
        InvalidInputError
            If the format has no such option.
        TooLargeError
            If reading it would take too much.
        MissingDependencyError
            If the format needs a package that is not installed.
        """
        path = checked_path(path)
        read = formats.reader(path, options)
        try:
            reading = read(path, **options)
        except OSError as error:
            raise FileFormatError(f"{path}: cannot be read: {error.strerror or error}") from error
        try:
            return cls(*reading)
        except InvalidNetworkError as error:
            raise type(error)(f"{path}: {error}") from error

    @classmethod
    def from_torch(
        cls,
        module: Any,
        input_shape: Sequence[int] | int,
        strip_last: bool = False,
        output: int | str | None = None,
    ) -> Network:
        """Read a PyTorch module by running its own forward pass on a tensor of affine forms.

        Whatever Python the forward pass contains runs as it is. Operators that are not piecewise linear, or
        not known, are refused by name. The network is compared with the module on sample points; its
        ``source`` (:class:`polyregions.network.source.Source`) tells what was read and what was rounded.

        Parameters
        ----------
        module : torch.nn.Module
            In eval mode.
        input_shape : whole numbers
            Of one input, without the axis of the batch: ``(1, 28, 28)``, or ``2``. The network takes the
            entries in C order, and gives those of the output so.
        strip_last : bool
            Leave out a last softmax, log-softmax or sigmoid: the regions are those of what it is given.
        output : int or str
            Which one, if the forward pass returns several.

        Raises
        ------
        UnsupportedLayerError
            If an operator is not supported; it is named.
        InvalidNetworkError
            If the forward pass fails, its output does not depend on the input, or the comparison fails.
        InvalidInputError
            If the module is in training mode, or no module at all.
        MissingDependencyError
            If PyTorch is not installed.
        """
        return cls(*formats.framework("torch").read(module, input_shape, strip_last, output))

    @classmethod
    def from_keras(cls, model: Any, strip_last: bool = False, output: int | str | None = None) -> Network:
        """Read a Keras 3 model that runs on PyTorch, as :meth:`from_torch` reads a module.

        The network takes the entries of one input in C order, channels last where Keras has them so.

        Raises
        ------
        UnsupportedLayerError
            If an operator is not supported, or Keras runs on another backend.
        """
        return cls(*formats.framework("keras").read(model, strip_last, output))

    @classmethod
    def from_sklearn(cls, estimator: Any, strip_last: bool = False) -> Network:
        """Read a multilayer perceptron of scikit-learn, alone or behind scalers in a Pipeline.

        The estimator is not changed. Every sum before its last activation is compared on sample points.

        Parameters
        ----------
        estimator : MLPClassifier, MLPRegressor or Pipeline
            Fitted, with ``activation="relu"`` or ``"identity"``. Steps before it may be StandardScaler,
            MinMaxScaler, MaxAbsScaler, RobustScaler, Pipelines of these, or "passthrough".
        strip_last : bool
            Leave out a classifier's softmax or logistic function: the regions are those of what it is given.

        Raises
        ------
        UnsupportedLayerError
            If a step or an activation is not supported; it is named.
        InvalidInputError
            If it is another estimator, or not fitted.
        """
        return cls(*formats.framework("sklearn").read(estimator, strip_last))

    @classmethod
    def from_state_dict(cls, mapping: Any, activation: str = "relu", **parameters: Any) -> Network:
        """Build a plain stack of layers from weights and biases by name; the last one is the read-out.

        Parameters
        ----------
        mapping : mapping of names to arrays or tensors
            ``name.weight`` (out, in) and ``name.bias`` (out,), or no bias. Numbers in the names give the
            order: ``fc1``, ``fc2`` or ``0``, ``2``. float16, bfloat16 and float32 widen without loss.
        activation, **parameters
            As for :meth:`from_arrays`: names do not tell it, and there is no model to compare with.

        Raises
        ------
        UnsupportedLayerError
            If there is anything else, as of a normalisation or a convolution; it is named.
        InvalidNetworkError
            If shapes do not fit each other, or names do not tell the order.

        Examples
        --------
        >>> Network.from_state_dict({"0.weight": [[1, 2]], "0.bias": [3], "2.weight": [[4]], "2.bias": [5]})
        Network(2 -> relu 1 -> linear 1)
        """
        return cls(*formats.framework("state_dict").read(mapping, activation, **parameters))

    def save(self, path: str | Path) -> None:
        """Write the network; :meth:`load` gives it back bit for bit.

        Raises
        ------
        FileFormatError
            If no network format has the name's ending, or the file cannot be written.
        """
        path = checked_path(path)
        write = formats.writer(path)
        try:
            write(path, self.layers)
        except OSError as error:
            raise FileFormatError(f"{path}: cannot be written: {error.strerror or error}") from error

    @property
    def input_dim(self) -> int:
        """Number of inputs, d."""
        return self.layers[0].n_inputs

    @property
    def output_dim(self) -> int:
        """Number of outputs."""
        return self.layers[-1].n_outputs

    @cached_property
    def hidden(self) -> tuple[Layer, ...]:
        """The layers that have units (all but the linear ones)."""
        return tuple(layer for layer in self.layers if layer.n_units)

    @property
    def widths(self) -> tuple[int, ...]:
        """Number of units of each hidden layer."""
        return tuple(layer.n_units for layer in self.hidden)

    @cached_property
    def first_units(self) -> tuple[int, ...]:
        """The first unit of each layer, and the number of units at the end: columns of a pattern."""
        return (0, *accumulate(layer.n_units for layer in self.layers))

    @property
    def n_units(self) -> int:
        """Number of hidden units, which is the length of a pattern."""
        return self.first_units[-1]

    @cached_property
    def unit_layers(self) -> IntArray:
        """Hidden layer (0, 1, ...) of each unit, shape (units,)."""
        return np.repeat(np.arange(len(self.hidden)), self.widths)

    @cached_property
    def exact(self) -> ExactNetwork:
        """The same network over the integers, made once."""
        from .exact import ExactNetwork

        return ExactNetwork(self.layers)

    def __call__(self, x: ArrayLike) -> FloatArray:
        """Forward pass in float64: points (n, d) or one point (d,) to outputs (n, out) or (out,)."""
        y, single = self.validate_points(x)
        with np.errstate(under="ignore"):
            for layer in self.layers:
                y = layer.activate(preactivation(layer, y))
        return y[0] if single else y

    def states(self, x: ArrayLike) -> StateArray:
        """Exact states of all units at points (n, d) or one point (d,); uint8 (n, units).

        A float64 forward pass decides with a rigorous error bound; the few points where it cannot
        are decided over the integers. On a breakpoint the unit is in the lower state, and tied
        maxout pieces take the lowest index.
        """
        points, single = self.validate_points(x)
        states, certain = filtered_states(self.layers, points)
        for i in np.flatnonzero(~certain):
            states[i] = self.exact.states_at(points[i])
        return states[0] if single else states

    def affine_map(self, states: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return (A, c), shapes (out, d) and (out,), with ``f(x) = A x + c`` under a pattern.

        Each entry is the exact number rounded once to float64 (infinite beyond its range);
        ``net.exact.affine_map`` gives the rationals.
        """
        from ..base.rationals import round_fraction

        _, output = self.exact.forms(self.validate_pattern(states))
        table = np.array([[round_fraction(v, output[-1][-1]) for v in row] for row in output[:-1]])
        return table[:, :-1], table[:, -1]

    def restrict(self, origin: ArrayLike, directions: ArrayLike) -> Network:
        """Return the network on the affine subspace ``origin + t @ directions``.

        The result takes the coordinates t (k,) instead of x (d,), so that a network with many inputs
        can be studied on slices of dimension 1, 2, 3. See :meth:`through` for the slice through given points.

        Parameters
        ----------
        origin : array_like (d,)
        directions : array_like (k, d)
            One row for each new coordinate. They need not be orthonormal.

        Notes
        -----
        The slice *is* the float64 network returned, and everything after is exact for it. It was
        rounded in one place: each entry of the new first layer, ``W directions^T`` and
        ``W origin + b``, is the exact sum rounded once to the nearest float64.
        """
        from .restriction import restricted

        first = restricted(self.layers[0], origin, directions)
        return Network([first, *self.layers[1:]], self.source)

    def through(self, points: ArrayLike) -> Network:
        """Return the network on the affine subspace through points, exactly: nothing is rounded.

        The result takes the coordinates t (k,) of ``x = p_0 + t_1 (p_1 - p_0) + ... + t_k (p_k - p_0)``. Two
        linear layers come first: t to ``(1 - sum t, t_1, ..., t_k)``, and these weights to x.

        Parameters
        ----------
        points : array_like (k + 1, d)
            p_0, ..., p_k. Two of them make a line, three a plane.

        Raises
        ------
        InvalidInputError
            If there are fewer than two points, or not of the network's dimension.

        Examples
        --------
        >>> net = Network.from_arrays([([[1, 1, 1]], [-1]), ([[1]], [0])])
        >>> plane = net.through([[0, 0, 0.1], [1, 0, 0.1], [0, 1, 0.1]])
        >>> plane.input_dim, plane.states([[0.5, 0.25], [0.5, 0.5]]).tolist()
        (2, [[0], [1]])
        """
        from .restriction import spanned

        return Network([*spanned(points, self.input_dim), *self.layers], self.source)

    def validate_pattern(self, states: ArrayLike) -> StateArray:
        """Return one pattern as uint8 (units,), or raise InvalidInputError if it cannot be one."""
        return pattern_of(states, self.hidden)

    def validate_points(self, x: ArrayLike) -> tuple[FloatArray, bool]:
        """Return points as float64 (n, d), and whether one alone was given, (d,).

        Raises
        ------
        InvalidInputError
            If they are not finite real numbers of the network's dimension.
        """
        return points_of(x, self.input_dim)

    def __getstate__(self) -> dict[str, Any]:
        # Integers of the exact network cannot be pickled; they are made again when needed.
        return {"layers": self.layers, "source": self.source}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Network):
            return NotImplemented
        return all_bits(self.layers) == all_bits(other.layers)

    def __hash__(self) -> int:
        return hash(all_bits(self.layers))

    def __repr__(self) -> str:
        return f"Network({described(self.layers)})"

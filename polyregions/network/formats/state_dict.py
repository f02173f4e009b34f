"""Weights and biases by name, as PyTorch keeps them in a ``state_dict``, of a plain stack of layers.

Names tell neither the activation nor what happens between layers: the caller names the one activation, and
whatever is not the weight ``(out, in)`` or the bias ``(out,)`` of a linear layer is refused. The layers stand
in the order of the numbers in their names. Names that differ otherwise (fc1, fc2, out) are taken in the order
in which each layer reads what the one before gives, if there is one such order, and else refused, too. There
is no model to compare with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...base.arrays import FloatArray
from ...errors import InvalidInputError, InvalidNetworkError, UnsupportedLayerError, counted, printable
from ..kinds import make_layers
from ..numbers import float_array, real_array
from ..source import Reading, Source

#: Orders of layers that are looked at, begun ones included.
MOST_TRIED = 10_000
#: What a batch normalisation keeps.
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
USE = "use Network.from_torch(module, input_shape)"


def read(mapping: Any, activation: str = "relu", **parameters: Any) -> Reading:
    """Read the layers of a mapping; the last one is the linear read-out."""
    if not isinstance(mapping, Mapping):
        given = "give its state_dict(), or " + USE if hasattr(mapping, "state_dict") else "give a mapping"
        raise InvalidInputError(
            f"from_state_dict: expected names of arrays, got {type(mapping).__name__}; {given}"
        )
    weights, biases = _sorted_entries(mapping)
    names = _in_order(weights)
    pairs: list[tuple[FloatArray, FloatArray]] = []
    for name in names:
        weight = weights[name]
        bias = biases.pop(name, np.zeros(len(weight)))
        if bias.size != len(weight):
            transposed = "; is it transposed? It must be (out, in)" if bias.size == weight.shape[1] else ""
            raise InvalidNetworkError(
                f"{_entry(name, 'weight')} has shape {weight.shape} and {_entry(name, 'bias')} "
                f"{counted(bias.size, 'entry', 'entries')}{transposed}"
            )
        if pairs and weight.shape[1] != len(pairs[-1][0]):
            transposed = "; is it transposed? It must be (out, in)" * (len(weight) == len(pairs[-1][0]))
            raise InvalidNetworkError(
                f"{_entry(name, 'weight')} has shape {weight.shape}, but the layer before gives "
                f"{counted(len(pairs[-1][0]), 'output')}{transposed}"
            )
        pairs.append((weight, bias))
    if biases:
        name = next(iter(biases))
        raise InvalidNetworkError(f"{_entry(name, 'bias')} has no {_entry(name, 'weight')}")
    layers = make_layers(pairs, activation, parameters)
    operators = {"linear": len(layers)} | ({activation: len(layers) - 1} if len(layers) > 1 else {})
    shapes = (layers[0].n_inputs,), (layers[-1].n_outputs,)
    return Reading(layers, Source("state_dict", *shapes, operators))


def _sorted_entries(mapping: Mapping[Any, Any]) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """The weights and the biases, by the names of their layers."""
    weights: dict[str, FloatArray] = {}
    biases: dict[str, FloatArray] = {}
    for key, value in mapping.items():
        layer, _, what = key.rpartition(".") if isinstance(key, str) else ("", "", "")
        if what in STATISTICS:
            raise UnsupportedLayerError(
                f"{printable(key)} belongs to a batch normalisation, of which names do not tell all; {USE}"
            )
        if what not in ("weight", "bias"):
            raise UnsupportedLayerError(
                f"{printable(key)} is neither the weight nor the bias of a linear layer; {USE}"
            )
        array = _numbers(printable(key), value)
        if array.ndim != (1 if what == "bias" else 2) or not array.size:
            kind = {1: ", a normalisation perhaps", 4: ", a convolution perhaps"}.get(array.ndim, "")
            raise UnsupportedLayerError(
                f"{printable(key)} has the shape {array.shape}{kind}; "
                f"weights are (out, in), biases (out,). {USE}"
            )
        (weights if what == "weight" else biases)[layer] = array
    if not weights:
        raise InvalidNetworkError("from_state_dict: there is no weight")
    return weights, biases


def _numbers(name: str, value: Any) -> FloatArray:
    """An array in float64, which holds float16, bfloat16 and float32 without loss."""
    if type(value).__module__.startswith("torch"):
        if not value.is_floating_point() or str(value.layout) != "torch.strided":
            raise InvalidNetworkError(
                f"{name} is a tensor of {value.dtype}, {value.layout}; give dense floats"
            )
        try:
            value = value.detach().cpu().double().numpy()
        except RuntimeError as error:  # it has no numbers: on the device "meta"
            raise InvalidNetworkError(f"{name} cannot be read: {' '.join(str(error).split())}") from error
    elif getattr(getattr(value, "dtype", None), "name", "") == "bfloat16":
        value = np.asarray(value).astype(np.float64)
    array = real_array(name, value)
    return float_array(name, array, array.ndim)


def _in_order(weights: Mapping[str, FloatArray]) -> list[str]:
    """The names by the numbers in them, those that differ otherwise in the one way that shapes allow."""
    stems: dict[str, list[str]] = {}
    for name in sorted(weights, key=_key):
        own = stems.setdefault(_key(name)[0], [])
        if own and _key(own[-1]) == _key(name):
            raise _no_order(own[-1], name)
        own.append(name)
    chains = list(stems.values())
    if len(chains) == 1:
        return chains[0]
    orders: list[list[str]] = []
    # Of each chain so many are taken. Depth first, until there are two ways or none is left.
    open_: list[tuple[list[str], list[int]]] = [([], [0] * len(chains))]
    for _ in range(MOST_TRIED):
        if not open_ or len(orders) > 1:
            break
        order, taken = open_.pop()
        if len(order) == len(weights):
            orders.append(order)
        for k, chain in enumerate(chains):
            following = chain[taken[k] : taken[k] + 1]
            if following and (not order or weights[following[0]].shape[1] == len(weights[order[-1]])):
                open_.append((order + following, [n + (i == k) for i, n in enumerate(taken)]))
    if len(orders) != 1 or open_:
        raise _no_order(chains[0][-1], chains[1][0])
    return orders[0]


def _no_order(name: str, following: str) -> InvalidNetworkError:
    return InvalidNetworkError(
        f"the order of {_entry(name, 'weight')} and {_entry(following, 'weight')} is told neither by numbers "
        "in their names nor by shapes; Network.from_arrays takes pairs (weight, bias) in order"
    )


def _key(name: str) -> tuple[str, list[tuple[int, str]]]:
    """A name without its numbers, and the numbers, which compare as such, however long they are."""
    digits = [number.lstrip("0") for number in re.findall("[0-9]+", name)]
    return re.sub("[0-9]+", "#", name), [(len(number), number) for number in digits]


def _entry(layer: str, what: str) -> str:
    return printable(f"{layer}.{what}" if layer else what)

"""The layers of a network as units of a program."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from ....errors import InvalidNetworkError, counted
from ...layers import Layer
from . import maps
from .forms import Forms


def embed(layers: Sequence[Layer], inputs: Forms) -> Forms:
    """What layers make of some forms, all entries in one row: their units, and the outputs of the last one.

    Unit by unit the program holds what the layers hold, in the same order and one layer above the other:
    laid out with every unit, inputs alone give the same layers back. Only a last linear layer makes no units,
    its rows are the forms returned; a linear layer between others stays one.

    Parameters
    ----------
    layers : sequence of Layer
        A chain, as in :class:`polyregions.network.network.Network`.
    inputs : Forms
        As many entries as the first layer has inputs.

    Raises
    ------
    InvalidNetworkError
        If they are not as many.

    Examples
    --------
    >>> from polyregions.network.layers import linear, relu
    >>> from .layout import layers_of
    >>> from .program import Program
    >>> program = Program(2)
    >>> x = Forms.inputs(program, (2,))
    >>> y = embed([relu([[1, 1], [1, -1]], [0, 1]), linear([[2, 3]], [1])], x)
    >>> [layer.kind for layer in layers_of(y)], program.size
    (['relu', 'linear'], 4)
    """
    if inputs.size != layers[0].n_inputs:
        raise InvalidNetworkError(
            f"the first layer has {counted(layers[0].n_inputs, 'input')}, and it is given {inputs.size}"
        )
    forms, program = inputs, inputs.program
    for i, layer in enumerate(layers):
        below = _level(forms)
        rows = forms.linear(csr_array(layer.weight), (layer.n_rows,), layer.bias)
        if i == len(layers) - 1 and layer.is_linear:
            return rows
        below = max(below, _level(rows))
        first, row, wide = program.size, 0, rows.wide()
        for part in layer.parts:
            end = row + int(part.ranks.sum())
            own = wide[row:end], rows.bias[row:end]
            program.append(part.kind, *own, part.ranks, part.breakpoints, part.slopes, below)
            row = end
        chosen = maps.selection(layer.n_outputs, first, program.size)
        forms = Forms(program, chosen, np.zeros(layer.n_outputs), (layer.n_outputs,))
    return forms


def _level(forms: Forms) -> int:
    """The highest layer that forms read."""
    return int(forms.program.levels[forms.rows.indices].max(initial=0))

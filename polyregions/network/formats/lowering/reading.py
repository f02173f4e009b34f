"""The end of every reading: units to layers, and the model's own word on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ....base.arrays import FloatArray
from ....errors import CheckFailedError, InvalidNetworkError
from ...source import Reading, Source
from .forms import Forms
from .forward import compare, sample_points
from .layout import layers_of


def finish(
    name: str,
    input_shape: Sequence[int],
    output: Forms,
    evaluate: Callable[[FloatArray], FloatArray],
    unit_roundoff: float,
    every_unit: bool = False,
) -> Reading:
    """Lay out the units, and compare with the model.

    Parameters
    ----------
    name : str
        Of the format.
    input_shape : sequence of int
    output : Forms
    evaluate : callable
        The model's own forward pass: points (n, inputs) to outputs (n, outputs).
    unit_roundoff : float
        Of the arithmetic of that forward pass.
    every_unit : bool
        Keep the units that the output does not depend on, too: the model is a plain stack of layers.

    Raises
    ------
    InvalidNetworkError
        If the output does not depend on the input, or if the model gives another result than what was read.
    """
    layers = layers_of(output, every_unit)
    program = output.program
    points = sample_points(program.n_inputs)
    try:
        largest = compare(layers, points, evaluate, unit_roundoff)
    except CheckFailedError as error:
        raise InvalidNetworkError(str(error)) from error
    source = Source(
        name,
        tuple(input_shape),
        output.shape,
        dict(program.operators),
        dict(program.rounded),
        tuple(program.stripped),
        len(points),
        largest,
    )
    return Reading(layers, source)

"""Networks made of two: side by side, their difference, the larger of both, one after the other.

Nothing is multiplied out and nothing is rounded: the units of both stand in the new network as they are, and
pass-through units carry the outputs of the one with fewer layers. Where two numbers would have to be added
and their sum is no float64, a linear layer stays between them.

A pattern of two networks on the same inputs has, layer by layer, the states of the first one's units and then
those of the second one's. The regions are therefore the common refinement: wherever a region of the one and a
region of the other meet in more than their boundaries, that is a region.
"""

from __future__ import annotations

from ..errors import InvalidInputError, InvalidNetworkError, counted
from .formats.lowering import operators as op
from .formats.lowering.embedding import embed
from .formats.lowering.forms import Forms, joined
from .formats.lowering.layout import layers_of
from .formats.lowering.program import Program
from .network import Network


def side_by_side(a: Network, b: Network) -> Network:
    """Return ``x -> (a(x), b(x))``: the outputs of the one, then those of the other.

    Raises
    ------
    InvalidNetworkError
        If they have different numbers of inputs.

    Examples
    --------
    >>> from polyregions import Box, enumerate_regions
    >>> a = Network.from_arrays([([[1, 0]], [0]), ([[1]], [0])])
    >>> b = Network.from_arrays([([[0, 1]], [0]), ([[1], [-2]], [0, 1]), ([[1, 1]], [0])])
    >>> both = side_by_side(a, b)
    >>> both([3, 2]).tolist(), both.widths
    ([3.0, 2.0], (2, 2))
    >>> [enumerate_regions(net, Box.cube(2, -1, 1)).n_regions for net in (a, b, both)]
    [2, 3, 6]
    """
    return _laid_out(joined(_embedded(a, b), None))


def difference(a: Network, b: Network) -> Network:
    """Return ``x -> a(x) - b(x)``.

    Two networks are the same function on a box if this is 0 on all of its regions there.

    Raises
    ------
    InvalidNetworkError
        If they have different numbers of inputs or outputs.

    Examples
    --------
    >>> a = Network.from_arrays([([[1], [-1]], [0, 0]), ([[1, 1]], [0.1])])     # |x| + 0.1
    >>> b = Network.from_arrays([([[1]], [0]), ([[2]], [0.3])])                 # max(2 x, 0) + 0.3
    >>> difference(a, b)([[-3], [3]]).round(3).tolist()
    [[2.8], [-3.2]]
    """
    first, second = _embedded(a, b)
    _check_outputs(a, b)
    return _laid_out(first.add(second, -1.0))


def maximum(a: Network, b: Network) -> Network:
    """Return ``x -> max(a(x), b(x))``, entry by entry: maxout units of rank 2 in a last layer.

    Raises
    ------
    InvalidNetworkError
        If they have different numbers of inputs or outputs.

    Examples
    --------
    >>> a = Network.from_arrays([([[1], [-1]], [0, 0]), ([[1, 1]], [0])])       # |x|
    >>> b = Network.from_arrays([([[0.5]], [1])])                               # x / 2 + 1
    >>> maximum(a, b)([[-3], [0], [3]]).tolist()
    [[3.0], [1.0], [3.0]]
    """
    parts = _embedded(a, b)
    _check_outputs(a, b)
    return _laid_out(op.extreme(parts, 1.0))


def then(a: Network, b: Network) -> Network:
    """Return ``x -> b(a(x))``: the layers of the one, then those of the other, as they are.

    Raises
    ------
    InvalidNetworkError
        If the second has not as many inputs as the first has outputs.

    Examples
    --------
    >>> a = Network.from_arrays([([[1], [1]], [0, -0.5]), ([[2, -4]], [0])])      # a tent on [0, 1]
    >>> then(a, a)([[0.25], [0.5], [0.75]]).tolist()
    [[1.0], [0.0], [1.0]]
    """
    _check_networks(a, b)
    if a.output_dim != b.input_dim:
        raise InvalidNetworkError(
            f"then: the first network has {counted(a.output_dim, 'output')}, "
            f"the second has {counted(b.input_dim, 'input')}"
        )
    return Network([*a.layers, *b.layers])


def _embedded(a: Network, b: Network) -> list[Forms]:
    """The outputs of both networks on the same inputs."""
    _check_networks(a, b)
    if a.input_dim != b.input_dim:
        raise InvalidNetworkError(
            f"the first network has {counted(a.input_dim, 'input')}, the second has {b.input_dim}; "
            "they must take the same"
        )
    inputs = Forms.inputs(Program(a.input_dim), (a.input_dim,))
    return [embed(net.layers, inputs) for net in (a, b)]


def _check_networks(*networks: Network) -> None:
    for net in networks:
        if not isinstance(net, Network):
            raise InvalidInputError(f"two networks are combined, got {type(net).__name__}")


def _check_outputs(a: Network, b: Network) -> None:
    if a.output_dim != b.output_dim:
        raise InvalidNetworkError(
            f"the first network has {counted(a.output_dim, 'output')}, the second has {b.output_dim}; "
            "entries are taken one by one"
        )


def _laid_out(output: Forms) -> Network:
    return Network(layers_of(output, every_unit=True))

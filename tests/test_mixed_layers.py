"""Units of one layer may differ: a network with skips against its rewriting as plain ReLU and maxout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array, csr_array, random_array
from support import reference
from support.strategies import cases

from polyregions import Box, Network, RegionComplex, certify, enumerate_regions
from polyregions.analysis.definitions import all_counts
from polyregions.engines.brute import enumerate_brute
from polyregions.errors import InvalidInputError, InvalidNetworkError
from polyregions.network.layers import (
    Layer,
    absolute,
    hard_tanh,
    leaky_relu,
    linear,
    maxout,
    mixed,
    piecewise,
    relu,
    stacked_maxout,
)
from polyregions.statistics import boundary_volume, distance_to_boundary, line_regions

#: More than any pre-activation below reaches on the boxes that are taken.
FAR = 2.0**12


def residual(seed: int, d: int, width: int, blocks: int) -> Network:
    """Blocks ``y + V relu(W y + b)``: each a layer of pass-through and ReLU units, and a linear one."""
    rng = np.random.default_rng(seed)
    layers: list[Layer] = []
    for _ in range(blocks):
        W = np.round(rng.normal(size=(width, d)) * 8) / 8
        layers.append(
            mixed([linear(np.eye(d), np.zeros(d)), relu(W, np.round(rng.normal(size=width) * 4) / 8)])
        )
        V = np.round(rng.normal(size=(d, width)) * 4) / 8
        layers.append(linear(np.concatenate([np.eye(d), V], axis=1), np.zeros(d)))
    return Network([*layers, linear(np.ones((1, d)), [0.25])])


def without_skips(network: Network) -> tuple[Network, list[int]]:
    """The network with ``a = relu(a + c) - c`` for each a that is passed through, and the units that stay.

    c is so large that the new units are on all over the box.
    """
    layers: list[Layer] = []
    shift, kept, unit = np.zeros(network.input_dim), [], 0
    for layer in network.layers:
        parts, constants = [], []
        for part in layer.split():
            bias = part.bias - part.weight @ shift
            if part.kind == "linear" and layer.kind == "mixed":
                parts.append(relu(part.weight, bias + FAR))
                constants.append(np.full(part.n_outputs, FAR))
                unit += part.n_outputs
                continue
            parts.append(Layer(part.weight, bias, part.parts))
            constants.append(np.zeros(part.n_outputs))
            kept += range(unit, unit + part.n_units)
            unit += part.n_units
        layers.append(mixed(parts))
        shift = np.concatenate(constants)
    return Network(layers), kept


def facets(cx: RegionComplex, units: list[int]) -> dict[bytes, set[bytes | int]]:
    patterns = [row.tobytes() for row in np.ascontiguousarray(cx.states[:, units])]
    return {
        patterns[i]: {
            patterns[j] if j >= 0 else j
            for j in cx.facet_neighbors[cx.facet_offsets[i] : cx.facet_offsets[i + 1]].tolist()
        }
        for i in range(cx.n_regions)
    }


@pytest.mark.parametrize("engine", ["subdivide", "traverse"])
@pytest.mark.parametrize(("d", "width", "blocks"), [(1, 4, 3), (2, 4, 2), (2, 3, 3), (3, 3, 2)])
def test_residual_networks(engine: str, d: int, width: int, blocks: int) -> None:
    for seed in range(3):
        net, box = residual(seed, d, width, blocks), Box.cube(d, -1, 1)
        plain, kept = without_skips(net)
        assert (net.n_units, net.widths) == (width * blocks, (width,) * blocks)
        assert plain.n_units == net.n_units + d * blocks
        own, other = (enumerate_regions(n, box, engine=engine) for n in (net, plain))
        assert own.n_regions > 3
        assert facets(own, list(range(net.n_units))) == facets(other, kept)
        assert own.f_vector == other.f_vector
        own.check()
        assert certify(own).valid
        assert all_counts(own) == all_counts(other)


def test_residual_networks_along_lines_and_around_points() -> None:
    net, box = residual(5, 2, 5, 3), Box.cube(2, -1, 1)
    plain, kept = without_skips(net)
    rng = np.random.default_rng(1)
    a, b, x = rng.uniform(-1, 1, size=(3, 40, 2))
    own, other = line_regions(net, a, b), line_regions(plain, a, b)
    assert own.counts.tolist() == other.counts.tolist()
    for line in range(40):
        assert own.breakpoints(line) == pytest.approx(other.breakpoints(line), abs=1e-9)
        assert (own.patterns(line) == other.patterns(line)[:, kept]).all()
    near, far = distance_to_boundary(net, x), distance_to_boundary(plain, x)
    # Beyond the box the units that pass values on could switch, but nothing is so far away.
    assert near.distance == pytest.approx(far.distance, abs=1e-9)
    complexes = [enumerate_regions(n, box, engine="subdivide") for n in (net, plain)]
    for boundary in ("activation", "good", "linear"):
        for k in (1, 2):
            volumes = [boundary_volume(cx, k, boundary).total for cx in complexes]
            assert volumes[0] == pytest.approx(volumes[1], rel=1e-9)


def test_parametric_slopes_are_maxout_units() -> None:
    """``leaky(z) = max(z, s z)`` for s < 1, one slope for each unit; slope 1 passes the value on."""
    rng = np.random.default_rng(3)
    W, b, slopes = rng.normal(size=(5, 2)), rng.normal(size=5), np.array([0.25, -0.5, 1.0, 0.0, 0.75])
    net = Network([leaky_relu(W, b, slopes), absolute(rng.normal(size=(2, 5)), [0.1, -0.2])])
    pieces = [np.stack([s * w, w]) for s, w in zip(slopes, W, strict=True)]
    constants = [np.array([s * c, c]) for s, c in zip(slopes, b, strict=True)]
    same = Network([maxout(pieces, constants), net.layers[1]])
    assert net.n_units == same.n_units == 6
    box = Box.cube(2, -2, 2)
    for engine in ("subdivide", "traverse", "brute"):
        own, other = (enumerate_regions(n, box, engine=engine) for n in (net, same))
        assert facets(own, list(range(6))) == facets(other, list(range(6)))


@given(cases(dims=(1, 2, 2, 3), max_units=6, kinds=("mixed", "mixed", "relu", "linear")))
def test_degenerate_mixed_networks(case: tuple[Network, Box]) -> None:
    expected = facets(enumerate_brute(*case), list(range(case[0].n_units)))
    for engine in ("subdivide", "traverse"):
        cx = enumerate_regions(*case, engine=engine)
        assert facets(cx, list(range(case[0].n_units))) == expected
        cx.check()
        assert certify(cx).valid
    points = cx.box.lower + (cx.box.upper - cx.box.lower) * np.random.default_rng(0).random((5, cx.box.dim))
    assert cx.network.states(points).tolist() == [
        reference.forward(cx.network.layers, x)[1] for x in points.tolist()
    ]


def test_a_maxout_of_equal_pieces_is_no_unit() -> None:
    net = Network(
        [maxout([[[1, 0], [1, 0]], [[0, 1], [1, 1], [0, 1]]], [[0, 0], [0, 0, 0]]), linear([[1, 1]], [0])]
    )
    assert (net.n_units, net.widths) == (1, (1,))
    cx = enumerate_regions(net, Box.cube(2, -1, 1))
    assert sorted(cx.states.tolist()) == [[0], [1]]
    assert (cx.n_regions, cx.n_adjacencies) == (2, 1)


# ---------------------------------------------------------------------------------------------- storage

PARTS = mixed(
    [
        linear([[1.0, 0.0]], [0.5]),
        relu([[1.0, -1.0], [2.0, 0.0]], [0.0, 0.25]),
        leaky_relu([[0.0, 1.0]] * 2, [0.0, 1.0], [0.5, -0.0]),
        maxout([[[1, 2], [3, 4], [5, 6]]], [[0, 1, 2]]),
        piecewise(
            [[1.0, 1.0]] * 2, [0.0, 0.0], [[0.0, 1.0], [-1.0, 2.0]], [[0.0, 1.0, 0.0], [1.0, 0.0, 2.0]]
        ),
        hard_tanh([[1.0, 3.0]], [0.0]),
    ]
)


@pytest.mark.parametrize("ending", ["json", "npz"])
@pytest.mark.parametrize(
    "net",
    [
        Network([PARTS, linear(np.ones((1, 9)), [0])]),
        Network([leaky_relu(np.eye(2), [0, 0], [0.25, 0.5])]),
        Network([relu(csr_array([[0.0, 1.5], [2.0, 0.0]]), [0, 1]), linear([[1, 1]], [0])]),
        Network([stacked_maxout(csr_array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), [0, 1, 2], [2, 1])]),
        Network([mixed([linear(csr_array([[0.0, 1.0]]), [0]), relu([[1, 1]], [0])])]),
    ],
    ids=["mixed", "slopes", "sparse", "sparse maxout", "sparse mixed"],
)
def test_files_of_version_2(net: Network, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"net.{ending}"
    net.save(path)
    back = Network.load(path)
    assert back == net
    assert repr(back) == repr(net)
    if ending == "json":
        assert '"version": 2' in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_what_version_1_can_hold_is_written_as_version_1(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"net.{ending}"
    net = Network([leaky_relu(np.eye(2), [0, 0], 0.25), maxout([[[1, 1]], [[1, 2], [2, 1]]], [[0], [0, 0]])])
    net.save(path)
    assert Network.load(path) == net
    if ending == "json":
        assert '"version": 1' in path.read_text(encoding="utf-8")
    else:
        with np.load(path) as archive:
            assert int(archive["version"]) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('{"type": "mixed", "parts": []}', "at least one layer"),
        ('{"type": "mixed", "parts": [{"type": "mixed", "parts": []}]}', "part 0: a part cannot be mixed"),
        ('{"type": "mixed", "weight": [[1]], "bias": [0]}', '"parts"'),
        ('{"type": "mixed", "parts": [{"type": "gelu", "weight": [[1]], "bias": [0]}]}', "part 0: .*gelu"),
        (
            '{"type": "relu", "weight": {"shape": [1, 1], "rows": [0], "columns": [2], "values": [1]}, '
            '"bias": [0]}',
            "outside its shape",
        ),
        (
            '{"type": "relu", "weight": {"shape": [1, 1], "rows": [0, 0], "columns": [0, 0], '
            '"values": [1, 1]}, "bias": [0]}',
            "stands twice",
        ),
        ('{"type": "relu", "weight": {"shape": [1e9, 1e9]}, "bias": [0]}', '"rows"'),
        ('{"type": "leaky_relu", "weight": [[1]], "bias": [0], "slope": [1, 2]}', "2 lists for 1 unit;"),
        ('{"type": "relu", "weight": [[true, 0.5]], "bias": [0]}', "real numbers, got True"),
        ('{"type": "relu", "weight": [[0.5]], "bias": [false]}', "dtype bool"),
    ],
)
def test_refuses_files_of_version_2(change: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    text = f'{{"format": "polyregions-network", "version": 2, "layers": [{change}]}}'
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Exception, match=message) as caught:
        Network.load(path)
    assert type(caught.value).__module__ == "polyregions.errors"


# ------------------------------------------------------------------------------------------ sparse weights


@given(st.integers(0, 10**6))
def test_sparse_weights_are_the_same_network(seed: int) -> None:
    rng = np.random.default_rng(seed)
    W = [random_array(shape, density=0.4, rng=rng) for shape in ((5, 2), (4, 5))]
    b = [rng.normal(size=len(w.toarray())) for w in W]
    own, same = (
        Network([relu(make(W[0]), b[0]), hard_tanh(make(W[1]), b[1]), linear(np.ones((1, 4)), [0])])
        for make in (csr_array, lambda w: w.toarray())
    )
    x = rng.uniform(-2, 2, size=(20, 2))
    assert own(x) == pytest.approx(same(x), rel=1e-12, abs=1e-12)
    assert (own.states(x) == same.states(x)).all()
    assert [own.exact.value(p) for p in x[:3]] == [same.exact.value(p) for p in x[:3]]
    box = Box.cube(2, -1, 1)
    for engine in ("subdivide", "traverse"):
        one, other = (enumerate_regions(net, box, engine=engine) for net in (own, same))
        assert one.states.tobytes() == other.states.tobytes()
        assert one.facet_neighbors.tobytes() == other.facet_neighbors.tobytes()
    for i in range(0, one.n_regions, 5):
        for u in range(own.n_units):
            assert own.exact.unit_rows(one.states[i], u) == same.exact.unit_rows(one.states[i], u)
    certificate = certify(one)
    assert certificate.valid


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (csr_array([[1.0, np.nan]]), "is nan"),
        (coo_array(([1.0, 2.0], ([0, 0], [1, 1])), shape=(1, 2)), "stands twice"),
        (csr_array(np.ones((1, 2), dtype=complex)), "complex"),
    ],
)
def test_refuses_sparse_weights(weight: csr_array, message: str) -> None:
    with pytest.raises(InvalidNetworkError, match=message):
        relu(weight, [0.0])


def test_mixed_refuses_what_does_not_fit() -> None:
    with pytest.raises(InvalidNetworkError, match="part 1 has 1 input, part 0 has 2"):
        mixed([relu([[1, 2]], [0]), relu([[1]], [0])])
    with pytest.raises(InvalidNetworkError, match="at least one layer"):
        mixed([])


def test_lists_that_hold_themselves_are_refused() -> None:
    endless: list = [1.0]
    endless += [endless, endless]
    with pytest.raises(InvalidNetworkError, match="different lengths"):
        relu(endless, [0])


def test_tensors_masked_arrays_and_forgotten_biases_are_named() -> None:
    class Tensor:
        def __array__(self, *_: object, **__: object) -> None:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
            )

    with pytest.raises(InvalidNetworkError, match=r"relu weight: .*detach"):
        relu(Tensor(), [0])  # type: ignore[arg-type]
    with pytest.raises(InvalidNetworkError, match=r"masked array; .*filled"):
        relu(np.ma.masked_array([[1.0]], mask=[[True]]), [0])
    for masked in (np.ma.masked, np.ma.masked_array([1.0], mask=[True])):
        with pytest.raises(InvalidNetworkError, match=r"masked array; .*filled"):
            relu([[1.0], masked], [0, 0])
        with pytest.raises(InvalidInputError, match=r"masked array; .*filled"):
            Network([relu([[1.0]], [0])]).states([[0.5], masked])
    with pytest.raises(InvalidNetworkError, match="got None"):
        relu([[1.0]], None)  # type: ignore[arg-type]
    with pytest.raises(InvalidNetworkError, match="transposed"):
        relu(np.ones((3, 2)), [0, 0])
    with pytest.raises(InvalidNetworkError, match=r"not of an? .*from_arrays"):
        Network(3)  # type: ignore[arg-type]

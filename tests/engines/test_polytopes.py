"""Bounded polytopes as domains: all engines, against each other and against other ways to say the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cells import check_cells
from support.networks import degenerate, facets, random_network
from support.profiles import examples
from support.strategies import boxes, networks, polytopes

from polyregions import Box, Network, Polytope, RegionComplex, certify, enumerate_regions, load_result
from polyregions.errors import FileFormatError, InvalidInputError, InvalidPolytopeError, TooLargeError
from polyregions.export.formats import write_file
from polyregions.network.layers import linear, relu
from polyregions.statistics.boundary_volumes import boundary_volume

ENGINES = ("brute", "traverse", "subdivide")
THIN = 2.0**-40


def check_all(network: Network, domain: Polytope) -> dict[str, RegionComplex]:
    """Every engine: the same regions and facets, checked, proven, and volumes that add up exactly."""
    results = {name: enumerate_regions(network, domain, engine=name) for name in ENGINES}
    for cx in results.values():
        assert facets(cx) == facets(results["brute"]), cx.engine
        assert cx.domain == domain
        assert cx.box == domain.box
        cx.check()
        certificate = certify(cx)
        assert certificate.valid, str(certificate)
        assert certificate.complete
        assert sum((region.exact_volume for region in cx), Fraction(0)) == domain.exact_volume
        sides = -1 - cx.facet_neighbors[cx.facet_neighbors < 0]
        assert set(sides.tolist()) == set(domain.facet_sides)
    found = results["subdivide"].f_vector
    assert found is not None
    assert sum((-1) ** k * n for k, n in enumerate(found)) == (-1) ** domain.dim
    check_cells(results["subdivide"].faces.cells)
    return results


@st.composite
def cases(draw: st.DrawFn) -> tuple[Network, Polytope]:
    box = draw(boxes(draw(st.sampled_from((2, 1, 2, 3, 3, 4)))))
    return draw(networks(max_units=7, box=box)), draw(polytopes(box))


@settings(max_examples=examples(150))
@given(cases())
def test_engines_agree_on_tiny_networks(case: tuple[Network, Polytope]) -> None:
    check_all(*case)


def named() -> dict[str, Polytope]:
    shapes = {}
    for d in (1, 2, 3, 4):
        box, ones = Box.cube(d, -1, 1), np.ones(d)
        shapes[f"simplex-{d}"] = Polytope.simplex(d, 0.75)
        shapes[f"cross-{d}"] = Polytope.cross(np.zeros(d), 1)
        shapes[f"corner-{d}"] = Polytope([ones], [-d + 0.5], box)
        shapes[f"slab-{d}"] = Polytope([ones, -ones], [THIN, 0], box)
        shapes[f"thinner-{d}"] = Polytope([ones, -ones], [2.0**-1000, 0], box)
        shapes[f"uneven-{d}"] = Polytope([2.0**30 * ones, -(2.0**-30) * ones], [2.0**30, 2.0**-31], box)
        # Rows that touch in a corner, in a side, not at all, and say nothing.
        A = [ones, np.eye(d)[0], ones, 0 * ones]
        shapes[f"redundant-{d}"] = Polytope(A, [d, 1, 2 * d, 0], box)
    shapes["pyramid"] = Polytope([[1, 0, 1], [-1, 0, 1], [0, 1, 1], [0, -1, 1]], [1] * 4, Box.cube(3, -1, 1))
    shapes["disc"] = Polytope.around_ball([0.25, 0.1], 0.5, 9)
    shapes["far"] = Polytope.around_ball([2.0**40, -(2.0**40)], 2.0**-10, 5)
    return shapes


NAMED = named()


@pytest.mark.parametrize("name", NAMED)
def test_engines_agree_on_named_polytopes(name: str) -> None:
    domain = NAMED[name]
    d = domain.dim
    for net in (random_network(3, d, ["relu", "abs"], 3), Network(degenerate(2, d))):
        if net.n_units * d <= 24:
            check_all(net, domain)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_box_given_as_rows_is_the_box(d: int, engine: str) -> None:
    box = Box([-1, 0.5, -2][:d], [2, 1, 3][:d])
    A, b = box.halfspaces()
    scaled = Polytope(np.concatenate([3 * A, A]), np.append(3 * b, b))
    assert scaled.box == box
    assert scaled.is_box
    net = random_network(1, d, ["relu", "maxout3"], 3)
    expected = enumerate_regions(net, box, engine=engine)
    found = enumerate_regions(net, scaled, engine=engine)
    for name in ("states", "facet_offsets", "facet_neighbors"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
    assert found.f_vector == expected.f_vector


def with_rows(network: Network, polytope: Polytope) -> Network:
    """The network with one more unit for each row, which nothing reads: off where the row holds."""
    first, second, *rest = network.layers
    wider = relu(np.concatenate([first.weight, polytope.A]), np.concatenate([first.bias, -polytope.b]))
    blind = np.concatenate([second.weight, np.zeros((second.n_rows, len(polytope.b)))], axis=1)
    return Network([wider, type(second)(blind, second.bias, second.parts), *rest])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("engine", ["traverse", "subdivide"])
def test_rows_cut_like_units(engine: str, seed: int) -> None:
    """The regions are those, of the network with a unit for each row, in which all of these are off."""
    d = 1 + seed % 4
    rng = np.random.default_rng(seed)
    net = random_network(seed, d, ["relu", "relu"], 6 if d < 4 else 4)
    polytope = Polytope(rng.normal(size=(4, d)), rng.random(4), Box.cube(d, -1, 1))
    cx = enumerate_regions(net, polytope, engine=engine)
    wide = enumerate_regions(with_rows(net, polytope), polytope.box, engine=engine)
    width = net.layers[0].n_units
    rows = slice(width, width + 4)
    inside = ~wide.states[:, rows].any(axis=1)
    expected = {np.delete(state, range(*rows.indices(99))).tobytes() for state in wide.states[inside]}
    assert {state.tobytes() for state in cx.states} == expected
    pairs = inside[wide.adjacencies].all(axis=1)
    assert cx.n_adjacencies == pairs.sum()
    # Those of the walls that lead out of it are its facets on the rows.
    out = wide.adjacencies[inside[wide.adjacencies].sum(axis=1) == 1]
    assert len(out) == (cx.facet_neighbors < -2 * d).sum()


@pytest.fixture
def cx() -> RegionComplex:
    return enumerate_regions(random_network(1, 2, ["relu", "relu"], 6), Polytope.around_ball([0, 0], 0.9, 7))


@pytest.fixture
def traversed(cx: RegionComplex) -> RegionComplex:
    return enumerate_regions(cx.network, cx.domain, engine="traverse")


def other_side(cx: RegionComplex, new: int) -> RegionComplex:
    """The first facet on a side of the domain, said to lie on another one."""
    across = cx.facet_neighbors.copy()
    across[np.flatnonzero(across < 0)[0]] = -1 - new
    return replace(cx, facet_neighbors=across)


TAMPERED: dict[str, Callable[[RegionComplex], RegionComplex]] = {
    "box": lambda cx: replace(cx, polytope=None),
    "larger": lambda cx: replace(cx, polytope=Polytope.around_ball([0, 0], 0.9000001, 7)),
    "smaller": lambda cx: replace(cx, polytope=Polytope.around_ball([0, 0], 0.8999999, 7)),
    "fewer": lambda cx: replace(cx, polytope=Polytope(cx.domain.A[:-1], cx.domain.b[:-1], cx.box)),
    "another": lambda cx: other_side(cx, 4 + (-int(cx.facet_neighbors.min()) - 4) % 7),
    "of the box": lambda cx: other_side(cx, 0),
    "none": lambda cx: other_side(cx, 11),
    "another box": lambda cx: replace(cx, box=Box.cube(2, -2, 2)),
    "other inputs": lambda cx: replace(cx, polytope=Polytope.simplex(3)),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_is_wrong_is_not_certified(what: str, traversed: RegionComplex) -> None:
    assert certify(traversed).valid
    assert not certify(TAMPERED[what](traversed)).valid


def test_a_facet_on_a_row_of_zeros_is_not_certified(traversed: RegionComplex) -> None:
    own = traversed.polytope
    assert own is not None
    padded = Polytope(np.vstack([own.A, np.zeros(2)]), np.append(own.b, 0.0), own.box)
    fine = replace(traversed, polytope=padded)
    assert certify(fine).valid
    assert not certify(other_side(fine, padded.n_sides - 1)).valid
    more = np.insert(fine.facet_neighbors, fine.facet_offsets[1], -padded.n_sides)
    assert not certify(replace(fine, facet_neighbors=more, facet_offsets=fine.facet_offsets + 1)).valid
    offsets = fine.facet_offsets.copy()
    offsets[1:] += 1
    assert not certify(replace(fine, facet_neighbors=more, facet_offsets=offsets)).valid


@pytest.mark.parametrize("engine", ENGINES)
def test_files_keep_the_polytope(engine: str, tmp_path: Path) -> None:
    net = random_network(1, 2, ["relu"], 5)
    cx = enumerate_regions(net, Polytope.cross([0.5, 0], 1), engine=engine)
    cx.save(tmp_path / "cx.npz")
    assert str(np.load(tmp_path / "cx.npz")["version"]) == "3"
    again = load_result(tmp_path / "cx.npz")
    assert again.domain == cx.domain
    assert facets(again) == facets(cx)
    assert certify(again).valid
    again.check()
    if engine == "subdivide":
        assert again.level_set(level=0.1).complex.n_regions == cx.level_set(level=0.1).complex.n_regions
        again.level_set(level=0.1).complex.check()
    enumerate_regions(net, cx.box).save(tmp_path / "box.npz")
    assert str(np.load(tmp_path / "box.npz")["version"]) == "2"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"polytope_b": np.array([-9.0] * 7)}, "empty"),
        ({"polytope_A": np.zeros((7, 3))}, "coefficients"),
        ({"polytope_A": np.array("text")}, "polytope: A"),
        ({"polytope_b": np.zeros(6) + 0.9}, "7 rows"),
        ({"polytope_A": np.zeros((7, 2)), "polytope_b": np.ones(7)}, "faces|sides|witness"),
        ({"polytope_A": np.zeros((6, 2)), "polytope_b": np.ones(6)}, "sides of the domain"),
    ],
)
def test_damaged_files_are_refused(
    change: dict[str, np.ndarray], message: str, cx: RegionComplex, tmp_path: Path
) -> None:
    cx.save(tmp_path / "cx.npz")
    found = dict(np.load(tmp_path / "cx.npz"))
    np.savez(tmp_path / "cx.npz", **(found | change))
    if message.startswith("faces"):
        # All of the box is a domain that the arrays fit; the proof tells.
        assert not certify(load_result(tmp_path / "cx.npz")).valid
        return
    with pytest.raises((FileFormatError, InvalidInputError), match=message) as caught:
        load_result(tmp_path / "cx.npz")
    assert str(caught.value).startswith(str(tmp_path))


def test_stopping_and_going_on(traversed: RegionComplex, tmp_path: Path) -> None:
    net, domain = traversed.network, traversed.domain
    part = enumerate_regions(net, domain, engine="traverse", limit=9)
    assert not part.complete
    assert certify(part).valid
    part.save(tmp_path / "part.npz")
    whole = enumerate_regions(net, domain, engine="traverse", resume=load_result(tmp_path / "part.npz"))
    assert np.array_equal(whole.states, traversed.states)
    assert np.array_equal(whole.facet_neighbors, traversed.facet_neighbors)
    with pytest.raises(InvalidInputError, match="another network or box"):
        enumerate_regions(net, traversed.box, engine="traverse", resume=part)


@pytest.mark.parametrize("engine", ["traverse", "subdivide"])
def test_workers_change_nothing(engine: str) -> None:
    net = random_network(1, 3, ["relu", "relu"], 12)
    one, three = (
        enumerate_regions(net, Polytope.cross([0.1, 0, 0], 1), engine=engine, workers=workers)
        for workers in (1, 3)
    )
    assert one.n_regions > 300
    for name in ("states", "facet_offsets", "facet_neighbors", "witnesses"):
        assert getattr(one, name).tobytes() == getattr(three, name).tobytes(), name


@pytest.mark.parametrize("lp", ["scipy", "cvxpy"])
def test_other_solvers_change_nothing(lp: str, traversed: RegionComplex) -> None:
    found = enumerate_regions(traversed.network, traversed.domain, engine="traverse", lp=lp)
    assert np.array_equal(found.facet_neighbors, traversed.facet_neighbors)


def test_many_inputs_are_traversed() -> None:
    """The face lattice of the box is never made: 12 inputs."""
    net = random_network(1, 12, ["relu"], 3)
    cx = enumerate_regions(net, Polytope([np.ones(12)], [0.5], Box.cube(12, -10, 10)))
    assert cx.engine == "traverse"
    assert cx.n_regions == 8
    with pytest.raises(TooLargeError):
        enumerate_regions(random_network(1, 13, ["relu"], 3), Polytope.simplex(13), engine="subdivide")


def test_points_are_located(cx: RegionComplex) -> None:
    points = np.random.default_rng(0).uniform(-1, 1, size=(300, 2))
    ids = cx.locate(points)
    assert np.array_equal(ids >= 0, cx.domain.contains(points))
    assert 0 < (ids < 0).sum() < 300
    for i, x in zip(ids.tolist(), points, strict=True):
        if i >= 0:
            A, b = cx[i].halfspaces
            assert (A @ x <= b + 1e-9).all()
    # A corner where a unit's boundary passes: the pattern there has no region.
    net = Network([relu([[1.0, 0.0], [-1.0, 0.0]], [0.0, 0.0]), linear([[1.0, 1.0]], [0.0])])
    right = enumerate_regions(net, Polytope([[-1, 0]], [0], Box.cube(2, -1, 1)))
    assert right.n_regions == 1
    assert right.locate([[0.0, 0.5], [0.0, 1.0], [0.0, -1.0], [-0.5, 0.0]]).tolist() == [0, 0, 0, -1]


def test_volumes_and_shares_are_of_the_polytope() -> None:
    domain = Polytope.cross([0, 0, 0], 1)
    cx = enumerate_regions(random_network(2, 3, ["relu"], 8), domain, engine="subdivide")
    shares, errors = cx.faces.measured_shares()
    assert abs(shares.sum() - 1) <= errors.sum() + 1e-12
    assert cx.faces.volumes().sum() == pytest.approx(4 / 3, rel=1e-12)


def test_what_is_no_domain_is_refused() -> None:
    net = random_network(1, 2, ["relu"], 3)
    with pytest.raises(InvalidInputError, match=r"1 dimension\(s\) but the network has 2"):
        enumerate_regions(net, Polytope.simplex(1))
    with pytest.raises(InvalidPolytopeError, match="flat"):
        enumerate_regions(net, Polytope([[1, 0], [-1, 0]], [0, 0], Box.cube(2, -1, 1)))


def refusals(net: Network, domain: Polytope) -> list[Callable[[], object]]:
    """What is said of boxes alone."""
    from polyregions import verify
    from polyregions.analysis.folding import verify_folding
    from polyregions.statistics import Sampling, estimate_regions, expected_boundary_volume
    from polyregions.statistics.expectations import one_layer_regions
    from polyregions.statistics.forecast import forecast

    any_domain: Any = domain
    return [
        lambda: verify(net, any_domain),
        lambda: verify_folding(net, any_domain),
        lambda: forecast(net, any_domain),
        lambda: estimate_regions(net, any_domain),
        lambda: Sampling(any_domain),
        lambda: one_layer_regions(5, any_domain, weight_std=1, bias_std=1),
        lambda: expected_boundary_volume([2, 5, 1], any_domain, bias_std=0.5, seed=0),
    ]


@pytest.mark.parametrize("number", range(7))
def test_what_needs_a_box_says_so(number: int, cx: RegionComplex) -> None:
    domain = cx.polytope
    assert domain is not None
    with pytest.raises(InvalidInputError, match="expected a Box, got"):
        refusals(cx.network, domain)[number]()


def test_boundary_volumes_are_those_of_the_polytope() -> None:
    """The diagonal of a square that stands on a corner: its length, and that by the area."""
    net = Network([relu([[1.0, 0.0]], [0.0]), linear([[1.0]], [0.0])])
    cx = enumerate_regions(net, Polytope.cross([0, 0], 1), engine="subdivide")
    found = boundary_volume(cx)
    assert found.total == pytest.approx(2)
    assert found.density == pytest.approx(1)
    assert found.domain == cx.domain


@pytest.mark.parametrize("ending", ["graphml", "regions.csv", "geojson", "svg", "mat", "ine.zip", "ext.zip"])
def test_files_of_other_programs(ending: str, cx: RegionComplex, tmp_path: Path) -> None:
    path = tmp_path / f"regions.{ending}"
    write_file(cx, path)
    assert path.stat().st_size > 0
    if ending == "mat":
        from scipy.io import loadmat

        found = loadmat(path)
        assert np.array_equal(found["domain_A"], cx.domain.halfspaces()[0][4:])
    if ending == "geojson":
        areas = [polygon.area for polygon in cx.polygons()]
        assert sum(areas) == pytest.approx(cx.domain.volume)


def test_pages_know_what_is_outside(cx: RegionComplex) -> None:
    from polyregions.viewer.content import page_content

    head, _ = page_content(cx, "")
    A, b = cx.domain.halfspaces()
    assert head["rows"] == np.column_stack([A, b])[4:].tolist()


def test_a_polytope_of_too_many_corners_is_proven_but_for_its_volume(monkeypatch: pytest.MonkeyPatch) -> None:
    cx = enumerate_regions(random_network(1, 2, ["relu"], 12), Polytope.around_ball([0, 0], 0.9, 60))
    assert max(len(region.facets) for region in cx) < 40
    monkeypatch.setattr("polyregions.certification.polytopes.MOST_CORNERS", 40)
    certificate = certify(cx)
    assert certificate.valid
    assert certificate.complete
    undone = [s.note for s in certificate.statements if s.verdict == "not checked"]
    assert undone == ["the polytope has too many corners"]

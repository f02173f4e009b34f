"""Pages without a browser: what they hold, what they allow, and what is refused."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.command_line import run
from support.profiles import examples

from polyregions import Box, Network, enumerate_regions, linear_regions
from polyregions.errors import FileFormatError, InvalidInputError, TooLargeError
from polyregions.network.layers import linear, maxout, relu
from polyregions.statistics import random_network
from polyregions.viewer import View, check_viewable, page_html, write_page
from polyregions.viewer.cells import differences, layer_cells
from polyregions.viewer.packing import pack, unpack

LINES = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
DEEP = random_network([2, 6, 5, 4, 3], seed=3, bias_std=0.5)


def parts(text):
    """The head and the arrays of a page."""
    head = json.loads(re.search(r'id="head">(.*?)</script>', text, re.DOTALL).group(1))
    data = re.search(r'id="data">(.*?)</script>', text, re.DOTALL).group(1)
    return head, unpack(head["table"], data)


@settings(max_examples=examples(50))
@given(
    st.lists(
        st.sampled_from([("f8", np.float64), ("f4", np.float32), ("u4", np.uint32), ("u1", np.uint8)]),
        max_size=4,
    ),
    st.integers(0, 2**32 - 1),
)
def test_arrays_come_back_bit_for_bit(kinds, seed):
    rng = np.random.default_rng(seed)
    arrays = {
        f"{k}": np.frombuffer(rng.bytes(int(rng.integers(0, 50)) * 2 * np.dtype(d).itemsize), d).reshape(
            -1, 2
        )
        for k, (_, d) in enumerate(kinds)
    }
    table, text = pack(arrays)
    assert [kind for _, kind, _ in table] == [kind for kind, _ in kinds]
    found = unpack(table, text)
    assert {name: array.tobytes() for name, array in found.items()} == {
        name: array.tobytes() for name, array in arrays.items()
    }


def test_data_that_do_not_fit_are_refused():
    table, text = pack({"a": np.arange(5, dtype=np.uint32)})
    with pytest.raises(FileFormatError, match="cannot be read"):
        unpack(table, "AAAA" + text[4:])
    with pytest.raises(FileFormatError, match="end within 'a'"):
        unpack([["a", "u4", [6]]], text)
    with pytest.raises(FileFormatError, match="belong to no array"):
        unpack([["a", "u4", [4]]], text)


@pytest.mark.parametrize("engine", ["subdivide", "traverse"])
def test_the_cells_of_a_layer_are_the_regions_of_the_network_cut_there(engine):
    box = Box.cube(2, -1, 1)
    cx = enumerate_regions(DEEP, box, engine=engine)
    cells = layer_cells(cx)
    assert len(cells) == 3
    above = np.zeros(cx.n_regions, dtype=np.int64)
    levels = [np.arange(cx.n_regions)]
    for own in reversed(cells[1:]):
        levels.insert(0, own.parents[levels[0]])
    for k, own in enumerate(cells):
        widths = DEEP.widths[: k + 1]
        read_out = (np.ones((1, widths[-1])), np.zeros(1))
        cut = Network.from_arrays([*((la.dense, la.bias) for la in DEEP.hidden[: k + 1]), read_out])
        assert len(own.parents) == enumerate_regions(cut, box).n_regions
        first = sum(widths[:-1])
        assert np.array_equal(own.states[levels[k]], cx.states[:, first : first + widths[-1]])
        assert np.array_equal(own.parents[levels[k]], above)
        above = levels[k]


def test_differences_of_states_add_up():
    for states in (np.random.default_rng(0).integers(0, most, (20, 11), np.uint8) for most in (2, 5)):
        changes, bits = differences(states)
        rows = np.bitwise_xor.accumulate(changes, axis=0)
        if bits == 1:
            rows = np.unpackbits(rows, axis=1, bitorder="little")[:, :11]
        assert np.array_equal(rows, states)


@pytest.mark.parametrize("engine", ["subdivide", "traverse", "brute"])
def test_a_page_holds_the_regions(engine):
    cx = enumerate_regions(LINES, Box([-2, -1], [2, 3]), engine=engine)
    head, arrays = parts(page_html(cx))
    assert (head["regions"], head["adjacencies"], head["complete"]) == (cx.n_regions, cx.n_adjacencies, True)
    assert [cells["count"] for cells in head["cells"]] == [cx.n_regions]
    starts = np.cumsum(arrays["sizes"]) - arrays["sizes"]
    points = np.array(head["middle"]) + np.array(head["half"]) * arrays["points"]
    for i, region in enumerate(cx):
        own = points[arrays["corners"][starts[i] : starts[i] + arrays["sizes"][i]]]
        assert {tuple(p) for p in own.tolist()} == {tuple(p) for p in region.vertices.tolist()}
        x, y = own.T
        assert x @ np.roll(y, -1) - y @ np.roll(x, -1) == pytest.approx(
            2 * region.volume
        )  # counter-clockwise
        assert arrays["volumes"][i] == pytest.approx(region.volume)
        A, c = region.affine_map
        assert arrays["maps"][i, :, :2] == pytest.approx(A * head["half"])
        assert arrays["maps"][i, :, 2] == pytest.approx(A @ head["middle"] + c)
    lower = np.repeat(np.arange(cx.n_regions), arrays["higher_counts"])
    assert np.stack([lower, arrays["higher"]], axis=1).tolist() == cx.adjacencies.tolist()
    labels = linear_regions(cx, "open_connected").labels
    assert np.array_equal(arrays["linear"], labels)


@pytest.mark.parametrize("engine", ["subdivide", "traverse"])
@pytest.mark.parametrize("d", [1, 3])
def test_one_and_three_inputs(d, engine):
    net = random_network([d, 5, 4, 2], seed=1, bias_std=0.5)
    cx = enumerate_regions(net, Box.cube(d, -1, 2), engine=engine)
    head, arrays = parts(page_html(cx))
    assert head["dim"] == d
    assert arrays["volumes"].sum() == pytest.approx(3.0**d)
    ends = np.cumsum(arrays["sizes"])
    points = 0.5 + 1.5 * arrays["points"][arrays["corners"]]
    for region, own in zip(cx, np.split(points, ends[:-1]), strict=True):
        expected = region.vertices[np.lexsort(region.vertices.T[::-1])]
        assert own[np.lexsort(own.T[::-1])] == pytest.approx(expected)
    if d == 1:
        assert (points[0::2] < points[1::2]).all()  # from left to right


def test_layers_of_any_kind_come_along():
    net = Network(
        [
            maxout([[[1, 0], [0, 1], [1, 1]], [[1, -1], [0, 0]]], [[0, 0, 0], [0, 0.5]]),
            relu([[1, -1]], [0.25]),
            linear([[2]], [1]),
        ]
    )
    head, arrays = parts(page_html(enumerate_regions(net, Box.cube(2, -1, 1))))
    assert [(layer["rows"], layer["outputs"]) for layer in head["layers"]] == [(5, 2), (1, 1), (1, 1)]
    assert arrays["is_max0"].tolist() == [1, 1]
    assert [cells["bits"] for cells in head["cells"]] == [8, 1]
    assert arrays["weights1"].tolist() == [1, -1]
    assert arrays["constant2"].tolist() == [0]


def test_a_network_without_units():
    head, arrays = parts(page_html(enumerate_regions(Network([linear([[1, 2]], [0])]), Box.cube(2, -1, 1))))
    assert (head["regions"], head["cells"]) == (1, [])
    assert arrays["volumes"].tolist() == [4]


def test_the_policy_names_the_scripts_and_nothing_else():
    text = page_html(enumerate_regions(LINES, Box.cube(2, -2, 2)))
    policy = html.unescape(re.search(r'Content-Security-Policy" content="(.*?)"', text).group(1))
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data: blob:"
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    for name, source in (("script-src", script), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"
    assert "Mike Bostock" in script  # the licence of what is bundled
    assert not re.search(r"\son\w+=", text.split("<script")[0])  # no handlers in the markup
    # What may stand in an address is the name of a namespace, or a comment of the library.
    assert set(re.findall(r"""(?:src|href)="([^"]*)""", text.split("<script")[0])) == {"data:,"}


def _colours(text):
    """Colours in scripts, as light: linear red, green, blue; (n, 3)."""
    codes = np.array(
        [[int(code[k : k + 2], 16) for k in (0, 2, 4)] for code in re.findall(r'"(\w{6})"', text)]
    )
    return np.where(codes <= 10, codes / 255 / 12.92, ((codes / 255 + 0.055) / 1.055) ** 2.4)


def test_colours_differ_for_all_eyes():
    """Lightness of tables rises; classes differ where a kind of cones is missing (Vienot et al. 1999)."""
    source = files("polyregions.viewer").joinpath("assets/colours.js").read_text(encoding="utf-8")
    luminance = np.array([0.2126, 0.7152, 0.0722])
    for name in ("viridis", "cividis"):
        table = _colours(re.search(rf"{name}: (\[.*?\])", source).group(1)) @ luminance
        assert len(table) == 10
        assert (np.diff(table) > 0).all()
    classes = _colours(re.search(r"CLASSES = (\[.*?\])", source).group(1))
    assert len(classes) == 8
    cones = np.array(
        [[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]]
    )
    missing = {
        "none": np.eye(3),
        "protanopia": [[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]],
        "deuteranopia": [[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]],
    }
    for kind, change in missing.items():
        seen = classes @ (np.linalg.inv(cones) @ np.array(change) @ cones).T
        looks = np.cbrt(np.clip(seen, 0, 1))
        distances = np.linalg.norm(looks[:, None] - looks, axis=2)[np.triu_indices(8, 1)]
        assert distances.min() > 0.08, kind
    red_and_green = np.array([[0.4, 0.05, 0.05], [0.17, 0.17, 0.05]])  # which deuteranopes confuse
    seen = red_and_green @ (np.linalg.inv(cones) @ np.array(missing["deuteranopia"]) @ cones).T
    assert np.linalg.norm(np.diff(np.cbrt(np.clip(seen, 0, 1)), axis=0)) < 0.08


def test_titles_are_text():
    title = "</title></script><script>alert(1)</script>{{data}}"
    text = page_html(enumerate_regions(LINES, Box.cube(2, -2, 2)), title)
    assert "alert(1)</script>" not in text
    head, _ = parts(text)
    assert head["title"] == title


def test_a_partial_result_says_so():
    cx = enumerate_regions(LINES, Box.cube(2, -2, 2), engine="traverse", limit=3)
    head, arrays = parts(page_html(cx))
    assert (head["complete"], head["stopped"], head["regions"]) == (False, "limit", cx.n_regions)
    assert "linear" not in arrays
    assert len(arrays["sizes"]) == cx.n_regions


def test_what_no_page_shows():
    with pytest.raises(InvalidInputError, match=r"4 dimensions.*--through"):
        page_html(enumerate_regions(random_network([4, 2, 1], seed=0, bias_std=0.5), Box.cube(4, -1, 1)))
    check_viewable(2, 500_000)
    with pytest.raises(TooLargeError, match=r"500,001 regions.*smaller box.*plot or export"):
        check_viewable(2, 500_001)


def test_files_are_whole_or_not_there(tmp_path, monkeypatch):
    cx = enumerate_regions(LINES, Box.cube(2, -2, 2))
    with pytest.raises(FileFormatError, match=r"known: \.html"):
        write_page(cx, tmp_path / "page.png")
    with pytest.raises(InvalidInputError, match="no directory"):
        write_page(cx, tmp_path / "none" / "page.html")
    path = tmp_path / "page.html"
    path.write_text("before")
    monkeypatch.setattr("polyregions.viewer.content.MOST_REGIONS", 6)
    with pytest.raises(TooLargeError):
        write_page(cx, path)
    assert path.read_text() == "before"
    monkeypatch.undo()
    write_page(cx, path)
    assert path.read_text(encoding="utf-8") == page_html(cx)
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_in_a_notebook(tmp_path):
    cx = enumerate_regions(LINES, Box.cube(2, -2, 2))
    view = cx.view(title='say "seven"', height=300)
    assert isinstance(view, View)
    shown = view._repr_html_()
    document = html.unescape(re.fullmatch(r'<iframe srcdoc="([^"]*)" .*></iframe>', shown).group(1))
    assert document == page_html(cx, 'say "seven"')
    assert 'height="300"' in shown
    view.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == document


def test_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    LINES.save("net.json")
    LINES.save("net.npz")
    assert run("enumerate", "net.json", "--box", "-2", "2", "--save", "result.npz").exit_code == 0
    for arguments in (["net.json", "--box", "-2", "2"], ["net.npz", "--box", "-2", "2"], ["result.npz"]):
        result = run("view", *arguments, "-o", "page.html", "--title", "three lines")
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.startswith("page.html: 7 regions, ")
        head, _ = parts((tmp_path / "page.html").read_text(encoding="utf-8"))
        assert (head["regions"], head["title"]) == (7, "three lines")
        (tmp_path / "page.html").unlink()


def test_the_command_with_a_limit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    LINES.save("net.json")
    result = run("view", "net.json", "--box", "-2", "2", "--limit", "3", "-o", "page.html", "-q")
    assert result.exit_code == 3
    assert "partial" in result.stderr
    assert not parts((tmp_path / "page.html").read_text(encoding="utf-8"))[0]["complete"]


def test_what_the_command_refuses(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    LINES.save("net.json")
    random_network([4, 2, 1], seed=0, bias_std=0.5).save("four.json")
    run("enumerate", "net.json", "--box", "-2", "2", "--save", "result.npz")
    for arguments, message in [
        (["four.json", "--box", "0", "1", "-o", "page.html"], "a page shows 1, 2 or 3"),
        (["net.json", "--box", "0", "1", "-o", "page.png"], "no page format ends in '.png'"),
        (["net.json", "--box", "0", "1"], "--out"),
        (["net.json", "--box", "0", "1", "-o", "net.json"], "would overwrite the input"),
        (["result.npz", "--box", "0", "1", "-o", "page.html"], "leave out --box"),
        (["result.npz", "--limit", "3", "-o", "page.html"], "leave out --limit"),
        (["none.json", "-o", "page.html"], "does not exist"),
    ]:
        result = run("view", *arguments)
        assert (result.exit_code, result.stdout) == (2, ""), arguments
        assert message in result.stderr
        assert result.stderr.count("\n") == 1
    monkeypatch.setattr("polyregions.viewer.content.MOST_REGIONS", 6)
    result = run("view", "net.json", "--box", "-2", "2", "-o", "page.html")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "take a smaller box" in result.stderr
    assert not (tmp_path / "page.html").exists()

"""Pages in Chromium: what they compute, show, and answer to; without one request or error."""

from __future__ import annotations

import json
import time
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from support.browser import open_browser, open_page, requests, wait_for
from support.networks import random_network as random_layers

from polyregions import Box, Network, Polytope, enumerate_regions
from polyregions.statistics import random_network
from polyregions.viewer import View, write_page

pytestmark = pytest.mark.slow

DEEP = random_network([2, 12, 10, 8, 3], seed=5, bias_std=0.5)
LINE = random_network([1, 10, 8, 2], seed=2, bias_std=0.5)
SPACE = random_network([3, 6, 5, 2], seed=4, bias_std=0.5)
# Both coordinates folded; several units flip at once, and some only touch zero.
FOLD = Network.from_arrays(
    [
        ([[2, 0], [4, 0], [0, 2], [0, 4]], [0, -2, 0, -2]),
        ([[2, -2, 0, 0], [4, -4, 0, 0], [0, 0, 2, -2], [0, 0, 4, -4]], [0, -2, 0, -2]),
        ([[1, -1, 1, -1]], [0]),
    ]
)
THIN = Network.from_arrays([([[1, -1], [1, -1]], [0, 2.0**-60]), ([[1, 1]], [0])])
FAR = Network.from_arrays(
    [([[1, 0], [0, 1], [1, 2.0**20]], [-(2.0**40) - 0.5, -(2.0**-22), -(2.0**40) - 1]), ([[1, 1, 1]], [0])]
)
MIXED = random_layers(3, 2, ["maxout3", "hard_tanh", "leaky_relu"], 4)
BOX = Box([-1, -2], [2, 1])


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(tmp_path_factory, downloads):
    with open_browser(tmp_path_factory.mktemp("profile"), downloads) as found:
        yield found


@pytest.fixture(scope="module")
def results():
    return {
        "deep": enumerate_regions(DEEP, BOX),
        "line": enumerate_regions(LINE, Box([-2], [3])),
        "space": enumerate_regions(SPACE, Box([-1, 0, 1], [1, 2, 4])),
        "mixed": enumerate_regions(MIXED, Box.cube(2, -1, 1)),
        "fold": enumerate_regions(FOLD, Box.cube(2, -1, 2)),
        "thin": enumerate_regions(THIN, Box.cube(2, 0, 1)),
        "far": enumerate_regions(FAR, Box([2.0**40, 0], [2.0**40 + 1, 2.0**-20])),
        "partial": enumerate_regions(DEEP, BOX, engine="traverse", limit=40),
        "polytope": enumerate_regions(DEEP, Polytope([[1, 1], [-1, 0.5]], [0.5, 0.75], BOX)),
        "affine": enumerate_regions(Network.from_arrays([([[1, 2]], [3])]), Box.cube(2, 0, 1)),
    }


@pytest.fixture(scope="module")
def pages(results, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, cx in results.items():
        write_page(cx, folder / f"{name}.html", title=name)
    return folder


@pytest.fixture
def page(browser, pages):
    """Open a page, run JavaScript in it; at the end nothing must have failed, or been asked for."""

    class Page:
        def open(self, name, link=""):
            self.path = pages / f"{name}.html"
            open_page(browser, self.path, link)
            return self

        def run(self, script, *arguments):
            return browser.execute_script(f"const page = window.polyregions; {script}", *arguments)

        def press(self, *keys):
            self.run("document.getElementById('view').focus()")
            for key in keys:
                browser.switch_to.active_element.send_keys(key)

        def text(self, element):
            return self.run("return document.getElementById(arguments[0]).innerText", element)

    opened = Page()
    yield opened
    assert browser.get_log("browser") == []
    assert all(url.startswith(opened.path.as_uri()) for url in requests(browser))
    assert browser.execute_script("return performance.getEntriesByType('resource')") == []


def chosen(element, value):
    """Set a control as a user does, and tell the page."""
    return (
        f"const control = document.getElementById({element!r}); control.value = {value!r};"
        "control.dispatchEvent(new Event(control.tagName === 'SELECT' ? 'change' : 'input'));"
    )


@pytest.mark.parametrize("name", ["deep", "mixed", "line", "space"])
def test_what_is_computed_is_what_python_computes(page, results, name):
    cx = results[name]
    rng = np.random.default_rng(0)
    points = cx.box.lower + rng.random((400, cx.box.dim)) * (cx.box.upper - cx.box.lower)
    found = page.open(name).run(
        "return arguments[0].map((x) => { const {states, outputs} = page.network.forward(x);"
        "return [page.regions.find(states), [...states], [...outputs],"
        "page.network.affine(states).map((row) => [...row])]; })",
        points.tolist(),
    )
    regions, states, outputs, maps = zip(*found, strict=True)
    assert np.array_equal(regions, cx.locate(points))
    assert np.array_equal(states, cx.network.states(points))
    assert np.allclose(outputs, cx.network(points), rtol=1e-12, atol=1e-12)
    for i, rows in list(zip(regions, maps, strict=True))[:50]:
        A, c = cx[i].affine_map
        assert np.allclose(np.array(rows), np.column_stack([A, c]), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("deep", ""),
        ("deep", "look=0.2,-0.3,7"),
        ("mixed", "look=0.5,0.5,3"),
        ("fold", ""),
        ("fold", "linear=1&graph=1"),
        ("line", ""),
        ("line", "look=0.1,3"),
        ("space", "axis=1&slice=0.3"),
        ("space", "axis=0&slice=-0.7&look=0.1,0.2,3"),
    ],
)
def test_picked_regions_have_the_pattern_of_a_forward_pass(page, results, name, link):
    cx = results[name]
    picks = page.open(name, link).run(
        "const view = document.getElementById('view'), found = [];"
        "let seed = 1; const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;"
        "while (found.length < 400) {"
        "  const X = Math.floor(random() * view.clientWidth) + 0.5;"
        "  const Y = Math.floor(random() * view.clientHeight) + 0.5;"
        "  const i = page.screen.regionAt(X, Y), x = page.regions.toInputs(page.screen.placeAt(X, Y));"
        "  if (i >= 0) found.push([i, x, page.regions.pattern(i).flatMap((own) => [...own])]);"
        "} return found;"
    )
    regions, points, patterns = zip(*picks, strict=True)
    assert len(set(regions)) > 1
    expected = cx.network.states(np.array(points))
    assert np.array_equal(patterns, expected)
    assert np.array_equal(cx.states[list(regions)], expected)


def test_every_pixel_of_the_box_has_its_region(page, results):
    """No gaps between the polygons. A pixel whose middle is on a side of the box may have none."""
    ids, shape, n = page.open("deep").run(
        "const r = page.screen.raster; return [[...r.ids], [r.height, r.width], page.regions.n]"
    )
    outside = np.array(ids).reshape(shape) == n
    rows, columns = np.flatnonzero(~outside.all(axis=1)), np.flatnonzero(~outside.all(axis=0))
    assert not outside[rows[0] + 1 : rows[-1], columns[0] + 1 : columns[-1]].any()
    assert len(rows) == len(columns) > 300  # the box is a square


@pytest.mark.parametrize("name", ["deep", "mixed", "line", "space", "fold", "thin", "far"])
def test_the_slider_builds_the_subdivision_up(page, results, name):
    cx = results[name]
    page.open(name)
    for level in range(len(cx.network.widths) + 1):
        page.run(chosen("layer", str(level)))
        units = sum(cx.network.widths[:level])
        expected = len(np.unique(cx.states[:, :units], axis=0))
        assert page.text("count").split()[0] == f"{expected:,}"
        assert page.run("return new Set(page.screen.groups.slice(0, page.regions.n)).size") == expected
    assert page.text("count") == f"{cx.n_regions:,} regions"


@pytest.mark.parametrize("name", ["deep", "line"])
def test_keys_walk_pin_and_release(page, results, name):
    from selenium.webdriver.common.keys import Keys

    cx = results[name]
    page.open(name)
    assert page.run("return page.view.hot") == -1
    page.press(Keys.ARROW_RIGHT)  # begins in the middle of what is in sight
    first = page.run("return page.view.hot")
    assert first == cx.locate((cx.box.lower + cx.box.upper) / 2)
    page.press(Keys.ARROW_RIGHT)
    second = page.run("return page.view.hot")
    assert second in cx[first].neighbors
    assert page.run("return page.regions.centre(arguments[0])[0]", second) > page.run(
        "return page.regions.centre(arguments[0])[0]", first
    )
    assert f"region {second}" in page.text("region")
    assert page.run("return document.getElementById('live').textContent").startswith(f"region {second}, ")
    page.press(Keys.ENTER)
    assert page.run("return page.view.pinned") == second
    assert "pinned" in page.text("region")
    page.press(Keys.ESCAPE)
    assert page.run("return [page.view.pinned, page.view.hot]") == [-1, -1]
    page.press("+", "+", "-")
    assert page.run("return page.screen.frame.transform.k") == pytest.approx(1.5)
    page.press("0")
    assert page.run("return page.screen.frame.transform.k") == 1
    assert page.run("return document.activeElement.id") == "view"
    assert page.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_pointer_looks_and_clicks_pin(browser, page, results):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

    cx = results["deep"]
    view = page.open("deep") and browser.find_element(By.ID, "view")
    ActionChains(browser).move_to_element_with_offset(view, 40, -30).perform()
    region, place = page.run("return [page.view.hot, page.regions.toInputs(page.view.point)]")
    assert region == cx.locate(place)
    assert f"region {region}" in page.text("region")
    ActionChains(browser).click().move_by_offset(70, 50).perform()
    assert page.run("return page.view.pinned") == region
    assert f"region {region}" in page.text("region")
    button = browser.find_element(By.CSS_SELECTOR, "#region .links button")
    neighbour = int(button.text)
    assert neighbour in cx[region].neighbors
    button.click()
    assert page.run("return page.view.pinned") == neighbour
    ActionChains(browser).move_to_element(view).click_and_hold().move_by_offset(60, 20).release().perform()
    assert page.run("return page.screen.frame.transform.x") == pytest.approx(60)
    assert page.run("return page.view.pinned") == neighbour  # a drag is no click


def test_a_tap_pins_and_two_fingers_zoom(browser, page, results):
    def touch(kind, *points):
        found = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(points)]
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": found})

    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    page.open("deep")
    X, Y = page.run("const b = page.screen.element.getBoundingClientRect(); return [b.x + 400, b.y + 250]")
    touch("touchStart", (X, Y))
    touch("touchEnd")
    pinned = wait_for(browser, "window.polyregions.view.pinned >= 0 && window.polyregions.view.pinned")
    assert pinned == results["deep"].locate(page.run("return page.regions.toInputs(page.view.point)"))
    touch("touchStart", (X - 20, Y), (X + 20, Y))
    touch("touchMove", (X - 60, Y), (X + 60, Y))
    touch("touchEnd")
    assert page.run("return page.screen.frame.transform.k") == pytest.approx(3, rel=0.05)
    assert page.run("return page.view.pinned") == pinned
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})


def test_the_panel_tells_the_truth(page, results):
    cx = results["deep"]
    region = page.open("deep", "pin=17") and cx[17]
    shown = page.text("region").replace("\N{MINUS SIGN}", "-")
    for states, width in zip(np.split(region.pattern, np.cumsum(DEEP.widths)[:-1]), DEEP.widths, strict=True):
        assert "".join(map(str, states)) in shown
        assert f"{states.sum()} of {width} above 0" in shown
    A, c = region.affine_map
    for number in [*A.ravel(), *c, region.volume]:
        assert f"{float(f'{number:.6g}'):.12g}" in shown
    links = page.run(
        "return [...document.querySelectorAll('#region .links button')].map((b) => +b.innerText)"
    )
    assert links == sorted(region.neighbors)


@pytest.mark.parametrize(
    ("name", "link"),
    [
        (
            "deep",
            "colour=output&output=2&level=2&graph=1&pin=5&at=0.1%2C0.2&theme=dark&look=0.25%2C-0.5%2C3.5",
        ),
        ("deep", "linear=1&theme=light"),
        ("line", "colour=gradient&output=1&level=1&look=0.25%2C9"),
        ("space", "axis=0&slice=0.25&pin=3&look=0.5%2C0.25%2C2"),
    ],
)
def test_a_link_keeps_the_view(browser, page, name, link):
    def seen():
        return page.run(
            "const {x, y, k} = page.screen.frame.transform; return [page.view, page.screen.frame.middle, k]"
        )

    before = page.open(name, link) and seen()
    wanted = dict(part.split("=") for part in link.split("&"))
    assert before[0]["level"] == int(wanted.get("level", page.run("return page.regions.levels")))
    assert before[0]["pinned"] == int(wanted.get("pin", -1))
    if "look" in wanted:
        *middle, k = map(float, wanted["look"].split("%2C"))
        assert (before[1], before[2]) == (pytest.approx(middle), pytest.approx(k))
    page.run("page.written = ''; page.keepLink()")
    written = wait_for(browser, "window.polyregions.written")
    assert sorted(written.split("&")) == sorted(link.split("&"))
    page.open(name, written)
    after = seen()
    assert after[0] == before[0]
    assert after[1:] == [pytest.approx(before[1]), pytest.approx(before[2])]


def test_links_that_make_no_sense_show_the_page(page, results):
    page.open("deep", "pin=999999&level=-3&colour=none&look=a,b,c&output=77&slice=9&at=1&linear=maybe")
    assert page.run("return [page.view.pinned, page.view.level, page.view.colour, page.view.output]") == [
        -1,
        3,
        "pattern",
        0,
    ]
    assert page.run("return page.screen.frame.transform.k") == 1


def test_a_region_thinner_than_any_pixel_is_found(page, results):
    cx = results["thin"]
    strip = int(np.argmin(cx.volumes.values))
    assert 0 < cx.volumes.values[strip] < 1e-17
    page.open("thin")
    page.run("page.find(arguments[0])", f"#{strip}")
    assert page.run("return page.view.pinned") == strip
    assert f"{cx.volumes.values[strip]:.3g}"[:4] in page.text("region")
    assert page.run("return [...page.regions.neighbours(arguments[0])].sort()", strip) == sorted(
        cx[strip].neighbors
    )


def test_search(page, results):
    cx = results["deep"]
    page.open("deep")
    find = "const found = page.find(arguments[0]); return [found.problem ?? null, page.view.pinned]"
    assert page.run(find, "0.3, -0.2") == [None, int(cx.locate([0.3, -0.2]))]
    assert page.run(find, "(0.25 \N{MINUS SIGN}0.5)") == [None, int(cx.locate([0.25, -0.5]))]
    pattern = "".join(map(str, cx.states[33]))
    assert page.run(find, pattern) == [None, 33]
    assert page.run(find, f"{pattern[:12]} {pattern[12:22]} {pattern[22:]}") == [None, 33]
    assert page.run(find, "12") == [None, 12]
    assert page.run(find, "#7") == [None, 7]
    assert page.run("return page.screen.frame.transform.k") >= 1
    for query, problem in [
        ("5, 5", "outside the box"),
        ("99999999", "there is no region"),
        ("zebra", "no point of 2"),
        ("1, 2, 3", "no point of 2"),
        ("", "type a point"),
        ("2" * 30, "no region of the box has this pattern"),
    ]:
        told, pinned = page.run(find, query)
        assert problem in told, query
        assert pinned == 7


def test_a_point_outside_of_the_polytope_is_in_no_region(page, results):
    cx = results["polytope"]
    page.open("polytope")
    find = "const found = page.find(arguments[0]); return [found.problem ?? null, page.view.pinned]"
    assert page.run(find, "0, 0.25") == [None, int(cx.locate([0, 0.25]))]
    assert cx.locate([0.5, 0.5]) == -1
    told, _ = page.run(find, "0.5, 0.5")
    assert "outside the polytope" in told


def test_colours(page, results):
    """Each way to colour fills the legend, and values are where they should be."""
    cx = results["deep"]
    page.open("deep", "theme=light")
    seen = set()
    for name in page.run("return [...document.getElementById('colour').options].map((o) => o.value)"):
        page.run(chosen("colour", name))
        assert page.text("legend")
        pixels = page.run("return [...page.screen.fill.pixels].slice(0, page.regions.n)")
        assert len(pixels) == cx.n_regions
        assert len(set(pixels)) > 1
        seen.add(tuple(pixels))
    assert len(seen) == 6
    corners = np.concatenate([cx[i].vertices for i in range(cx.n_regions)])
    legend = page.run("page.change({colour: 'output', output: 1}); return page.screen.fill.legend")
    values = DEEP(corners)[:, 1]
    assert [legend["low"], legend["high"]] == pytest.approx([values.min(), values.max()], rel=1e-4)
    steepest = page.run(
        "return Array.from({length: page.regions.n}, (_, i) => gradientNorm(page.regions, i, 1))"
    )
    expected = [np.linalg.norm(region.affine_map[0][1]) for region in cx]
    assert steepest == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_classes_are_those_of_the_outputs(page, results):
    picks = page.open("deep", "colour=class&theme=light").run(
        "const {screen, regions} = page, found = []; screen.lines = null; page.view.level = 0;"
        "page.screen.refill(); page.screen.draw();"
        "for (let q = 777; q < screen.pixels.length; q += 1543) {"
        "  if (screen.raster.ids[q] === regions.n) continue;"
        "  const X = q % screen.raster.width + 0.5, Y = Math.floor(q / screen.raster.width) + 0.5;"
        "  found.push([regions.toInputs(screen.placeAt(X, Y)), screen.pixels[q]]);"
        "}"
        "const soft = (k) => toPixel(mixed(classColour(k), [255, 255, 255], 0.25).map(Math.round));"
        "return [found, [0, 1, 2].map(soft)];"
    )
    points, pixels = zip(*picks[0], strict=True)
    classes = DEEP(np.array(points)).argmax(axis=1)
    assert len(set(classes)) > 1
    assert [picks[1].index(pixel) for pixel in pixels] == classes.tolist()


@pytest.mark.parametrize(("name", "shape"), [("deep", "polygon"), ("line", "rect"), ("space", "polygon")])
def test_the_view_as_svg(browser, page, results, name, shape):
    page.open(name)
    text = page.run("return svgText(page.screen, page.view, 'a < b & c')")
    root = ET.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg"
    assert root.find(f"{space}title").text == "a < b & c"
    drawn = {int(e.get("data-region")) for e in root.iter(f"{space}{shape}") if e.get("data-region")}
    if name != "space":
        assert drawn == set(range(results[name].n_regions))
    if name == "deep":
        segments = [e.get("d").count("M") for e in root.iter(f"{space}path")]
        assert sum(segments) == results[name].n_adjacencies
    if name == "line":
        assert len(list(root.iter(f"{space}polyline"))) == 2


def test_the_svg_is_downloaded(page, downloads):
    page.open("deep")
    page.run("document.getElementById('svg').click()")
    deadline = time.monotonic() + 20
    while not (found := list(downloads.glob("regions*.svg"))) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert ET.parse(found[0]).getroot().tag.endswith("svg")


def test_dark_and_light(browser, page):
    page.open("deep")
    looks = []
    for dark in ("dark", "light"):
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": dark}]}
        )
        wait_for(browser, f"document.documentElement.dataset.theme === '{dark}'")
        looks.append(page.run("return getComputedStyle(document.body).backgroundColor"))
    page.run("document.getElementById('theme').click()")
    assert page.run("return document.documentElement.dataset.theme") == "dark"
    looks.append(page.run("return getComputedStyle(document.body).backgroundColor"))
    assert looks[0] == looks[2] != looks[1]
    assert page.text("theme") == "light"
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_a_partial_result_says_so(page, results):
    page.open("partial")
    assert page.text("partial") == "partial (stopped: limit): there may be more regions"
    assert page.run("return document.getElementById('linear-label').hidden")
    last = results["partial"].n_regions - 1
    page.run("page.change({pinned: arguments[0], hot: arguments[0]})", last)
    assert "not explored" in page.text("region")


def test_a_network_without_units(page):
    page.open("affine")
    assert page.run("return document.getElementById('layers').hidden")
    page.run("page.change({colour: 'output'}); page.find('0.25, 0.5')")
    assert "4.25" in page.text("region")


def test_in_a_frame_of_a_notebook(browser, page, results, tmp_path):
    """Sandboxed, without an address of its own."""
    shown = View(results["deep"])._repr_html_()
    path = tmp_path / "notebook.html"
    path.write_text(f"<!DOCTYPE html><title>a notebook</title>{shown}", encoding="utf-8")
    page.path = path
    browser.get(path.as_uri())
    browser.switch_to.frame(0)
    wait_for(browser, "!!window.polyregions")
    page.run("page.change({level: 1})")
    page.run("page.find('0.3, -0.2')")
    assert page.run("return page.view.pinned") == int(results["deep"].locate([0.3, -0.2]))
    browser.switch_to.default_content()
    assert all(url.startswith(("file:", "about:")) for url in requests(browser))
    browser.get("about:blank")


def test_requests_are_forbidden_and_would_be_seen(browser, pages):
    """Else the tests above would pass for nothing."""
    open_page(browser, pages / "deep.html")
    outcome = browser.execute_async_script(
        "const done = arguments[0];"
        "fetch('http://127.0.0.1:9/x').then(() => done('sent'), (error) => done(error.message))"
    )
    assert outcome == "Failed to fetch"
    logged = json.dumps(browser.get_log("browser"))
    assert "Content Security Policy" in logged

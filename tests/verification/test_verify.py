"""Theorems held against counts: PASS and FAIL where they apply, and only there."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from support import zoo

from polyregions import Box, Network, cli, enumerate_regions
from polyregions.errors import FileFormatError, InvalidInputError, TooLargeError
from polyregions.theory.arrangements import FAMILIES
from polyregions.theory.bounds import Bound
from polyregions.theory.constructions import CONSTRUCTIONS, make_construction, montufar
from polyregions.theory.predictions import DEFINITIONS, Prediction
from polyregions.verification import Report, check_page, verify, write_page
from polyregions.verification.claims import (
    Counted,
    _from_bound,
    from_arrangement,
    from_definitions,
    from_euler,
    from_predictions,
)

LINES = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
SQUARE = Box.cube(2, -2, 2)
COUNTS = Counted({"proper_activation": 7, "convex": (5, 7), "affine": None}, 9, (3, 9, 7))


def predicted(quantity: str, relation: Any, value: Any, reason: str = "") -> tuple[str, str]:
    (claim,) = from_predictions([Prediction(quantity, relation, value, "source", reason)], COUNTS)
    return claim.verdict, claim.reason


@pytest.mark.parametrize(
    ("quantity", "relation", "value", "verdict"),
    [
        ("proper_activation", "=", 7, "PASS"),
        ("proper_activation", "=", 8, "FAIL"),
        ("proper_activation", ">=", 7, "PASS"),
        ("proper_activation", ">=", 8, "FAIL"),
        ("proper_activation", "<=", 7, "PASS"),
        ("proper_activation", "<=", 6, "FAIL"),
        ("adjacencies", "=", 9, "PASS"),
        ("adjacencies", "=", 7, "FAIL"),
        ("f_vector", "=", (3, 9, 7), "PASS"),
        ("f_vector", "=", (3, 9, 8), "FAIL"),
        ("affine", "=", 4, "not applicable"),  # not counted
        ("activation", ">=", 4, "not applicable"),
        # Known to be 5, 6 or 7:
        ("convex", "=", 8, "FAIL"),
        ("convex", "=", 4, "FAIL"),
        ("convex", "=", 5, "not applicable"),
        ("convex", "=", 6, "not applicable"),
        ("convex", ">=", 5, "PASS"),
        ("convex", ">=", 6, "not applicable"),
        ("convex", ">=", 8, "FAIL"),
        ("convex", "<=", 7, "PASS"),
        ("convex", "<=", 6, "not applicable"),
        ("convex", "<=", 4, "FAIL"),
    ],
)
def test_predictions(quantity: str, relation: Any, value: Any, verdict: str) -> None:
    found, reason = predicted(quantity, relation, value)
    assert found == verdict
    assert (reason != "") == (verdict == "not applicable")


def test_where_a_hypothesis_fails_nothing_passes() -> None:
    assert predicted("proper_activation", ">=", None, "one input") == ("not applicable", "one input")


@pytest.mark.parametrize(
    ("bound", "verdict"),
    [
        (Bound("b", "s", "upper", 7, "h"), "PASS"),
        (Bound("b", "s", "upper", 6, "h"), "FAIL"),
        (Bound("b", "s", "exact", 7, "h"), "PASS"),
        (Bound("b", "s", "exact", 6, "h"), "FAIL"),
        (Bound("b", "s", "lower", 3, "h"), "not applicable"),
        (Bound("b", "s", "lower", 30, "h"), "not applicable"),
        (Bound("b", "s", "expected", 3, "h"), "not applicable"),
        (Bound("b", "s", "exact", 6, "h", counts="linear regions"), "not applicable"),
        (Bound("b", "s", "upper", None, "h", "because"), "not applicable"),
    ],
)
def test_bounds(bound: Bound, verdict: str) -> None:
    claim = _from_bound(bound, COUNTS)
    assert claim.verdict == verdict
    assert (claim.reason != "") == (verdict == "not applicable")


def test_euler_and_the_order_of_the_definitions() -> None:
    assert from_euler(2, COUNTS).verdict == "PASS"
    assert from_euler(3, COUNTS).verdict == "FAIL"
    assert from_euler(2, Counted({}, 9, None)).verdict == "not applicable"
    assert from_definitions(COUNTS).verdict == "PASS"
    assert from_definitions(Counted({"proper_activation": 7, "affine": 8}, 9, None)).verdict == "FAIL"
    assert from_definitions(Counted({"proper_activation": 7, "convex": (5, 8)}, 9, None)).verdict == "FAIL"
    assert from_definitions(Counted({"proper_activation": 7}, 9, None)).verdict == "not applicable"


def test_one_layer_is_an_arrangement() -> None:
    claims = from_arrangement(LINES, SQUARE, COUNTS)
    assert [claim.verdict for claim in claims] == ["PASS"] * 4
    wrong = Counted({"proper_activation": 8}, 16, (3, 9, 8))
    assert [claim.verdict for claim in from_arrangement(LINES, SQUARE, wrong)] == ["FAIL"] * 4
    deep = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -1]], [0]), ([[1]], [0])])
    (claim,) = from_arrangement(deep, Box([0], [1]), COUNTS)
    assert claim.verdict == "not applicable"


@pytest.mark.parametrize("case", [c for c in zoo.ZOO if c.regions <= 60], ids=lambda case: case.name)
def test_nothing_fails_on_the_zoo(case: zoo.Case) -> None:
    report = verify(case.network, case.box, certified=False)
    assert report.tally["FAIL"] == 0, str(report)
    assert report.counts.regions["proper_activation"] == case.regions


def test_a_whole_report() -> None:
    fold = montufar(2, [4, 4, 3], oriented=True)
    report = verify(fold.network, fold.box, predictions=fold.predictions, title="a fold", source="a paper")
    assert report.passed
    assert report.complex.n_regions == 112
    assert report.folding is not None
    assert report.folding.is_folding
    assert report.certificate is not None
    assert report.certificate.complete
    assert set(report.counts.regions) == set(DEFINITIONS)
    text = str(report)
    assert text.startswith("a fold\n")
    assert "proper activation = 112 (found 112)" in text
    assert text.endswith("0 failed, " + text.rsplit("0 failed, ", 1)[1])
    summary = json.loads(json.dumps(report.summary()))
    assert (summary["passed"], summary["regions"]) == (True, 112)
    assert summary["linear_regions"]["open_connected"] == 112


def test_a_false_prediction_fails_the_report() -> None:
    report = verify(LINES, SQUARE, predictions=[Prediction("adjacencies", "=", 10, "nobody")])
    assert not report.passed
    assert report.tally["FAIL"] == 1
    assert report.certificate is not None
    assert report.certificate.valid


def test_a_rejected_certificate_fails_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    def broken(*arguments: Any, **options: Any) -> Any:
        cx = enumerate_regions(*arguments, **options)
        return replace(cx, witnesses=cx.witnesses[::-1].copy())

    monkeypatch.setattr("polyregions.verification.enumerate_regions", broken)
    report = verify(LINES, SQUARE)
    assert report.tally["FAIL"] == 0
    assert not report.passed
    assert "REJECTED" in report.verdict


def test_interrupted_results_claim_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "polyregions.verification.enumerate_regions",
        lambda network, box, **options: enumerate_regions(network, box, engine="traverse", limit=3),
    )
    report = verify(LINES, SQUARE, predictions=[Prediction("adjacencies", "=", 9, "known")])
    assert [claim.verdict for claim in report.claims] == ["not applicable"]
    assert "NO: stopped (limit)" in str(report)


@pytest.mark.parametrize("predictions", [5, None, [1], "abc", [Prediction]])
def test_what_is_no_prediction_is_refused(predictions: Any) -> None:
    with pytest.raises(InvalidInputError, match="predictions: expected"):
        verify(LINES, SQUARE, predictions=predictions)


def test_too_many_regions_are_refused_before_the_work() -> None:
    for name, parameters in (
        ("telgarsky_tent", {"depth": 100}),
        ("telgarsky_tent", {"depth": 1500}),  # beyond float64
        ("montufar", {"inputs": 2, "widths": [1000, 1000]}),
    ):
        made = make_construction(name, **parameters)
        with pytest.raises(TooLargeError, match="regions are predicted"):
            verify(made.network, made.box, predictions=made.predictions)
    tent = make_construction("telgarsky_tent", depth=30)
    report = verify(tent.network, tent.box, predictions=tent.predictions, limit=50, certified=False)
    assert (report.complex.n_regions, report.complex.complete) == (50, False)


def test_progress_names_the_stages() -> None:
    stages: set[str] = set()
    verify(LINES, SQUARE, engine="traverse", progress=lambda name, done, known: stages.add(name))
    assert stages == {"enumerating", "certifying"}


# --------------------------------------------------------------------------------------------------------
# Pages


class Page(HTMLParser):
    """Collects tags, which must close in order, and images."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images: list[bytes] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in ("meta", "img", "!doctype"):
            if tag == "img":
                source = dict(attributes)["src"]
                assert source is not None
                self.images.append(base64.b64decode(source.split(",", 1)[1]))
            return
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.cells.append(data)


@pytest.fixture(scope="module")
def report() -> Report:
    fold = montufar(2, [4, 3])
    title = "a <fold> | of paper & ink"
    return verify(fold.network, fold.box, predictions=fold.predictions, title=title)


def test_html(report: Report, tmp_path: Path) -> None:
    assert write_page(report, tmp_path / "r.html") == [tmp_path / "r.html"]
    page = Page()
    page.feed((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert len(page.images) == 2
    assert all(image.startswith(b"\x89PNG") for image in page.images)
    assert "a <fold> | of paper & ink" in page.cells
    assert "VALID" not in page.cells
    assert page.cells.count("PASS") == report.tally["PASS"]


def test_markdown(report: Report, tmp_path: Path) -> None:
    written = write_page(report, tmp_path / "r.md")
    assert [path.name for path in written] == ["r.md", "r_regions.png", "r_folding.png"]
    text = written[0].read_text(encoding="utf-8")
    assert text.startswith("# a \\<fold> \\| of paper & ink\n")
    for name in re.findall(r"!\[.*?\]\((.*?)\)", text):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    for block in text.split("\n\n"):
        rows = [re.sub(r"\\\|", "", line) for line in block.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) <= 1


def test_pages_without_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyregions.plot.figures.find_spec", lambda name: None)
    assert len(write_page(verify(LINES, SQUARE), tmp_path / "r.md")) == 1
    three = Network.from_arrays([(np.eye(3), np.zeros(3)), (np.ones((1, 3)), [0])])
    assert len(write_page(verify(three, Box.cube(3, -1, 1)), tmp_path / "r.md")) == 1


def test_titles_are_text(tmp_path: Path) -> None:
    report = verify(LINES, SQUARE, title="<b>x|y&_`1`")
    text = write_page(report, tmp_path / "r.md")[0].read_text(encoding="utf-8")
    assert text.startswith("# \\<b>x\\|y&\\_\\`1\\`\n")


def test_pictures_that_cannot_be_written_are_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "r_regions.png").mkdir()
    with pytest.raises(InvalidInputError, match=r"r_regions\.png.*directory"):
        check_page(tmp_path / "r.md")


def test_pages_are_refused(report: Report, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"known: \.md, \.html"):
        write_page(report, tmp_path / "r.pdf")
    with pytest.raises(InvalidInputError, match="no directory"):
        write_page(report, tmp_path / "none" / "r.md")


# --------------------------------------------------------------------------------------------------------
# The command line


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, list(arguments))


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_verify_a_construction() -> None:
    result = run("verify", "--construction", "montufar", "--inputs", "2", "--widths", "4", "4", "3")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "proper activation = 112" in result.stdout
    assert "VALID: 112 regions, all regions of the domain" in result.stdout
    assert "FAIL" not in result.stdout


def test_verify_an_arrangement() -> None:
    result = run("verify", "--arrangement", "shi", "--n", "4", "--json", "-")
    data = json.loads(result.stdout)
    assert (data["regions"], data["adjacencies"], data["f_vector"]) == (125, 244, [24, 144, 244, 125])
    assert data["passed"] is True
    assert data["certificate"]["complete"] is True
    elsewhere = run("verify", "--arrangement", "shi", "--n", "4", "--box", "10", "11", "--json", "-")
    claims = json.loads(elsewhere.stdout)["claims"]
    assert [c["verdict"] for c in claims[:3]] == ["not applicable"] * 3
    assert "another box" in claims[0]["reason"]
    assert [c["verdict"] for c in claims[3:6]] == ["PASS"] * 3  # Zaslavsky's theorem knows any box


def test_verify_a_file() -> None:
    LINES.save("net.json")
    result = run("verify", "net.json", "--box", "-2", "2", "--report", "r.html", "-q", "--no-certify")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert "not certified" in Path("r.html").read_text()


def test_a_limit_makes_a_partial_report() -> None:
    result = run("verify", "--construction", "telgarsky_tent", "--depth", "40", "--limit", "20")
    assert result.exit_code == 3
    assert result.stderr == "partial: stopped early (limit)\n"
    assert "PASS" not in result.stdout
    assert "regions are predicted" in refused("verify", "--construction", "telgarsky_tent", "--depth", "40")


def test_the_box_of_a_construction_is_told_exactly() -> None:
    sides = ["--box", "0", "1", "--box", "-1", "2", "--box", "0.1", "0.30000000000000004"]
    result = run("construct", "q.json", "--arrangement", "boolean", "--n", "3", *sides)
    assert " ".join(sides) in result.stdout
    same = run("construct", "q.json", "--arrangement", "boolean", "--n", "3")
    assert re.search(r"^box +--box -1 1 *$", same.stdout, re.MULTILINE)


def test_verify_fails_with_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*arguments: Any, **options: Any) -> Report:
        return verify(LINES, SQUARE, predictions=[Prediction("adjacencies", "=", 10, "nobody")])

    monkeypatch.setattr("polyregions.verification.verify", wrong)
    LINES.save("net.json")
    result = run("verify", "net.json", "--box", "-2", "2")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert "1 failed" in result.stderr


def test_verify_is_refused_before_the_work() -> None:
    LINES.save("net.json")
    assert "give one of" in refused("verify")
    assert "give one of" in refused("verify", "net.json", "--arrangement", "shi", "--n", "3")
    assert "--box" in refused("verify", "net.json")
    assert "no parameter --depth" in refused("verify", "net.json", "--depth", "3", "--box", "0", "1")
    assert "known: montufar" in refused("verify", "--construction", "origami")
    assert "known: boolean" in refused("verify", "--arrangement", "lines")
    assert "needs widths" in refused("verify", "--construction", "montufar", "--inputs", "2")
    assert "no parameter" in refused("verify", "--arrangement", "shi", "--n", "3", "--depth", "2")
    assert "needs n" in refused("verify", "--arrangement", "shi")
    assert "no report format" in refused("verify", "net.json", "--box", "0", "1", "--report", "r.pdf")


def test_numbers_of_a_list() -> None:
    arguments = ("verify", "--construction", "montufar", "--inputs", "1", "--no-certify", "--json", "-")
    for widths in (("3", "2"), ("3,2",), ("3 2",)):
        result = run(*arguments, "--widths", *widths)
        assert json.loads(result.stdout)["widths"] == [3, 2]
    for wrong in ("a", "4,,4"):
        result = run(*arguments, "--widths", wrong)
        assert result.exit_code == 2
        assert "no list of whole numbers" in result.stderr


PARAMETERS = {
    "montufar": {"inputs": 2, "widths": [2, 3]},
    "montufar_folds": {"inputs": 2, "folds": [2, 3]},
    "absolute_value_fold": {"inputs": 2, "depth": 2},
    "telgarsky_tent": {"depth": 3},
    "serra_fold": {"depth": 2},
    "arora_zonotope": {"inputs": 2, "widths": [4, 2, 2]},
    "maxout_tents": {"inputs": 2, "depth": 2},
    "maxout_cones": {"inputs": 2, "rank": 3, "depth": 2},
    "parallel_maxout": {"inputs": 2, "ranks": [3, 3]},
}


def option(name: str, value: Any) -> list[str]:
    return [f"--{name}", *map(str, value if isinstance(value, list) else [value])]


@pytest.mark.parametrize("name", CONSTRUCTIONS)
def test_every_construction_can_be_written_and_verified(name: str) -> None:
    options = [part for pair in PARAMETERS[name].items() for part in option(*pair)]
    result = run("construct", "net.npz", "--construction", name, *options)
    assert result.exit_code == 0, result.output
    made = make_construction(name, **PARAMETERS[name])
    assert Network.load("net.npz") == made.network
    box = re.search(r"^box +(.*)$", result.stdout, re.MULTILINE)
    assert box is not None
    data = json.loads(run("verify", "net.npz", *box[1].split(), "--no-certify", "--json", "-").stdout)
    named = json.loads(run("verify", "--construction", name, *options, "--no-certify", "--json", "-").stdout)
    assert named["passed"] is True
    assert data["linear_regions"] == named["linear_regions"]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_arrangement_can_be_written(name: str) -> None:
    n = {"type_e": 6, "type_f": 4, "type_g": 2, "threshold": 2}.get(name, 3)
    result = run("construct", "net.json", "--arrangement", name, "--n", str(n))
    assert result.exit_code == 0, result.output
    assert Network.load("net.json") == FAMILIES[name](n).network()


def test_bounds_on_the_command_line() -> None:
    result = run("bounds", "--inputs", "2", "--widths", "4", "4", "4")
    assert result.exit_code == 0
    assert "Montufar et al. 2014" in result.stdout
    assert "1,331" in result.stdout
    data = json.loads(run("bounds", "--inputs", "2", "--widths", "4", "4", "4", "--json", "-").stdout)
    values = {b["name"]: b["value"] for b in data["bounds"] if b["kind"] == "lower"}
    assert values["Montufar et al. 2014"] == 176
    assert values["Serra et al. 2018"] is None
    maxout = json.loads(run("bounds", "--inputs", "2", "--widths", "3", "--rank", "3", "--json", "-").stdout)
    assert 19 in [b["value"] for b in maxout["bounds"]]
    assert "whole number" in refused("bounds", "--inputs", "0", "--widths", "4")


def test_bounds_are_drawn() -> None:
    assert (
        run("bounds", "--inputs", "2", "--widths", "4", "--plot", "b.png", "--json", "b.json").exit_code == 0
    )
    assert Path("b.png").read_bytes().startswith(b"\x89PNG")


def test_after_ctrl_c_nothing_is_proven_any_more():
    def interrupt(doing, done, known):
        raise KeyboardInterrupt

    net = Network.from_arrays(
        [(np.random.default_rng(0).normal(size=(9, 2)), np.ones(9)), (np.ones((1, 9)), [0])]
    )
    report = verify(net, Box.cube(2, -9, 9), engine="traverse", progress=interrupt)
    assert report.complex.stopped == "interrupted"
    assert report.certificate is None
    assert report.folding is None

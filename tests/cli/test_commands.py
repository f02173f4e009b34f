"""The command line: outputs, exit codes, and everything that one can type wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from polyregions import Network, RegionComplex, cli, enumerate_regions
from polyregions.cli.progress import progress_bar
from polyregions.errors import CheckFailedError

LINES = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Run in a folder that holds a few networks."""
    monkeypatch.chdir(tmp_path)
    LINES.save("net.json")
    Network.from_arrays([(np.eye(3), np.zeros(3)), (np.ones((1, 3)), [0])]).save("cube.json")
    Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])]).save("tent.json")
    Network.from_arrays([([[1, 2]], [3])]).save("affine.npz")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(cli.main, ["enumerate", *arguments])


def numbers(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def error_line(result):
    """Check that the command was refused with one line on stderr and nothing on stdout; return it."""
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.mark.parametrize("engine", ["auto", "traverse", "brute"])
def test_json_on_stdout(engine):
    result = run("net.json", "--box", "-2", "2", "--engine", engine, "--json", "-")
    data = numbers(result)
    assert (data["regions"], data["adjacencies"], data["f_vector"]) == (7, 9, [3, 9, 7])
    assert (data["complete"], data["exact"], data["stopped"]) == (True, True, None)
    assert data["box"] == {"lower": [-2, -2], "upper": [2, 2]}
    assert data["seconds"] >= 0
    assert result.stderr == ""


@pytest.mark.parametrize("lp", ["native", "scipy", "cvxpy"])
def test_lp_back_ends(lp):
    assert numbers(run("net.json", "--box", "-2", "2", "--lp", lp, "--json", "-"))["regions"] == 7


def test_stdout_is_for_results_whatever_a_solver_prints(monkeypatch):
    def chatty(*arguments, **options):
        print("Welcome to the solver")  # noqa: T201
        return enumerate_regions(*arguments, **options)

    monkeypatch.setattr("polyregions.cli.enumerate.enumerate_regions", chatty)
    result = run("net.json", "--box", "-2", "2", "--json", "-")
    assert numbers(result)["regions"] == 7
    assert result.stderr == "Welcome to the solver\n"


def test_table():
    result = run("net.json", "--box", "-2", "2")
    assert result.exit_code == 0
    lines = dict(re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in result.stdout.splitlines())
    assert lines["regions"] == "7"
    assert lines["adjacencies"] == "9"
    assert lines["neighbours"] == "2 to 3, mean 2.57"
    assert lines["inner faces"] == "3, 9, 7"
    assert (lines["complete"], lines["exact"]) == ("yes", "yes")
    assert "check" not in lines
    assert result.stderr == ""


def test_one_box_for_each_input():
    # x0 in [-1, 1], x1 in [3, 4]: only x0 = 0 passes through; x0 + x1 > 1 throughout.
    assert numbers(run("net.json", "--box", "-1", "1", "--box", "3", "4", "--json", "-"))["regions"] == 2
    assert numbers(run("net.json", "--box", "3", "4", "--box", "-1", "1", "--json", "-"))["regions"] == 2
    assert numbers(run("tent.json", "--box", "-1", "2", "--json", "-"))["f_vector"] == [2, 3]


def test_negative_and_scientific_bounds():
    data = numbers(run("net.json", "--box=-1e-3", "-.5e-3", "--json", "-"))
    assert data["box"]["upper"] == [-0.0005, -0.0005]
    assert data["regions"] == 1


def test_network_without_hidden_units():
    data = numbers(run("affine.npz", "--box", "0", "1", "--json", "-"))
    assert (data["regions"], data["adjacencies"], data["units"], data["f_vector"]) == (1, 0, 0, [0, 0, 1])


def test_all_outputs_at_once():
    outputs = ["--json", "s.json", "--graph", "g.graphml", "--plot", "p.svg"]
    result = run("net.json", "--box", "-2", "2", *outputs)
    assert result.exit_code == 0, result.stderr
    assert json.loads(Path("s.json").read_text())["regions"] == 7
    assert Path("g.graphml").read_text().count("<edge ") == 9
    assert Path("p.svg").read_text().startswith("<?xml")
    assert "regions" in result.stdout


def test_quiet():
    result = run("net.json", "--box", "-2", "2", "--quiet", "--json", "s.json")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert json.loads(Path("s.json").read_text())["regions"] == 7


def test_partial_result_is_written_and_labelled():
    outputs = ["--json", "s.json", "--graph", "g.json", "--plot", "p.png"]
    result = run("net.json", "--box", "-2", "2", "--limit", "3", *outputs)
    assert result.exit_code == 3
    assert "PARTIAL (stopped: limit)" in result.stdout
    assert result.stderr == "partial: stopped early (limit), there may be more regions than these\n"
    data = json.loads(Path("s.json").read_text())
    assert (data["regions"], data["complete"], data["stopped"]) == (3, False, "limit")
    assert json.loads(Path("g.json").read_text())["graph"]["complete"] is False
    assert Path("p.png").exists()


def test_limit_that_is_just_enough():
    data = numbers(run("net.json", "--box", "-2", "2", "--limit", "7", "--json", "-"))
    assert (data["regions"], data["complete"]) == (7, True)


def test_interrupted_enumeration_is_written_and_labelled(monkeypatch):
    def interrupted(*arguments, progress, **options):
        def press(explored, found):
            raise KeyboardInterrupt

        return enumerate_regions(*arguments, progress=press, **options)

    monkeypatch.setattr("polyregions.cli.enumerate.enumerate_regions", interrupted)
    arguments = ("net.json", "--box", "-2", "2", "--json", "-", "--engine", "traverse")
    result = run(*arguments)
    assert result.exit_code == 3
    assert json.loads(result.stdout)["stopped"] == "interrupted"
    assert "partial" in result.stderr
    result = run(*arguments, "--check", "--certify")
    assert (result.exit_code, json.loads(result.stdout)["check"]) == (3, None)
    assert "certificate" not in json.loads(result.stdout)  # nothing is proven after Ctrl-C


def test_interrupted_with_nothing_to_show(monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("polyregions.cli.enumerate.enumerate_regions", interrupted)
    result = run("net.json", "--box", "-2", "2", "--json", "-")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted\n")


def test_check_passes():
    data = numbers(run("net.json", "--box", "-2", "2", "--check", "--json", "-"))
    assert data["check"] == "passed"


def test_failed_check(monkeypatch):
    def fail(self):
        raise CheckFailedError("two regions\nshare a pattern")

    monkeypatch.setattr(RegionComplex, "check", fail)
    result = run("net.json", "--box", "-2", "2", "--check", "--json", "-")
    assert result.exit_code == 1
    assert result.stderr == "error: two regions share a pattern\n"
    assert json.loads(result.stdout)["check"].startswith("failed: two regions")
    assert "FAILED" in run("net.json", "--box", "-2", "2", "--check").stdout
    assert run("net.json", "--box", "-2", "2").exit_code == 0  # not asked for


def test_unexpected_errors_keep_their_traceback(monkeypatch):
    def broken(*arguments, **options):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("polyregions.cli.enumerate.enumerate_regions", broken)
    assert isinstance(run("net.json", "--box", "0", "1").exception, ZeroDivisionError)


@pytest.fixture
def no_work(monkeypatch):
    """Fail the test if an enumeration begins."""

    def work(*arguments, **options):
        pytest.fail("this should have been refused before the work")

    monkeypatch.setattr("polyregions.cli.enumerate.enumerate_regions", work)


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--box", "1", "-1"], "inverted"),
        (["--box", "1", "1"], "empty"),
        (["--box", "nan", "1"], "finite"),
        (["--box", "0", "inf"], "finite"),
        (["--box", "0", "1e999"], "finite"),
        (["--box", "0", "1"] * 3, "2 input(s): give --box once, for all of them, or 2 times, not 3 times"),
        (["--box", "0", "1", "--graph", "g.xyz"], "known: .graphml, .gexf, .json, .dot"),
        (["--box", "0", "1", "--graph", "g"], "no graph format is told by a name without an ending"),
        (["--box", "0", "1", "--graph", "no/g.dot"], "there is no directory"),
        (["--box", "0", "1", "--plot", "no/p.png"], "there is no directory"),
        (["--box", "-1e308", "1e308", "--plot", "p.png"], "too wide"),
        (["--box", "0", "1", "--plot", "p.jpeg"], "known: .png, .svg"),
        (["--box", "0", "1", "--json", "no/s.json"], "there is no directory"),
        (["--box", "0", "1", "--json", "."], "is a directory"),
        (["--box", "0", "1", "--json", "net.json"], "--json would overwrite the input"),
        (["--box", "0", "1", "--graph", "./net.json"], "--graph would overwrite the input"),
        (["--box", "0", "1", "--json", "a.json", "--graph", "a.json"], "--graph would overwrite --json"),
    ],
)
def test_refused_before_the_work(arguments, message, folder):
    before = sorted(folder.iterdir())
    assert message in error_line(run("net.json", *arguments))
    assert sorted(folder.iterdir()) == before


@pytest.mark.usefixtures("no_work")
def test_no_picture_of_three_dimensions():
    line = error_line(run("cube.json", "--box", "0", "1", "--plot", "p.png"))
    assert "3 dimensions" in line
    assert "net.restrict" in line


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["net.json"], "Missing option '--box'"),
        (["net.json", "--box", "1"], "'--box' requires 2 arguments"),
        (["net.json", "--box", "1", "--json", "-"], "'--json' is not a valid float"),
        (["net.json", "--box", "a", "b"], "'a' is not a valid float"),
        (["net.json", "--box", "0", "1", "2"], "unexpected extra argument"),
        (["missing.json", "--box", "0", "1"], "does not exist"),
        ([".", "--box", "0", "1"], "is a directory"),
        (["--box", "0", "1"], "Missing argument 'NET'"),
        (["net.json", "--box", "0", "1", "--limit", "0"], "'--limit'"),
        (["net.json", "--box", "0", "1", "--limit", "many"], "'--limit'"),
        (["net.json", "--box", "0", "1", "--workers", "0"], "'--workers'"),
        (["net.json", "--box", "0", "1", "--engine", "magic"], "'magic' is not one of"),
        (["net.json", "--box", "0", "1", "--lp", "magic"], "'magic' is not one of"),
        (["net.json", "--box", "0", "1", "--no-such-option"], "No such option"),
    ],
)
def test_usage(arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message.lower() in result.stderr.lower()


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("net.txt", "{}"),
        ("cut.json", '{"format": "polyregions-network", "ver'),
        ("empty.json", ""),
        ("other.json", '{"a": 1}'),
        ("nan.json", '{"format": "polyregions-network", "version": 1, "layers": [{"weight": [[NaN]]}]}'),
        ("empty.npz", ""),
    ],
)
def test_files_that_are_no_networks(name, content):
    Path(name).write_text(content)
    assert name in error_line(run(name, "--box", "0", "1"))


def test_progress_bar_goes_to_stderr(capsys):
    with progress_bar(shown=True) as report:
        report(1, 2)
        report(2, 2)
    with progress_bar(shown=False) as nothing:
        assert nothing is None
    assert capsys.readouterr().out == ""


def test_help_and_version():
    runner = CliRunner()
    assert runner.invoke(cli.main, ["--help"]).exit_code == 0
    text = runner.invoke(cli.main, ["enumerate", "-h"]).stdout
    for option in ("--box LO HI", "--engine", "--lp", "--limit", "--workers", "--json", "--graph", "--plot"):
        assert option in text
    assert runner.invoke(cli.main, ["--version"]).stdout.startswith("polyregions 0.")


def python(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def test_as_a_program():
    done = python("-m", "polyregions", "enumerate", "tent.json", "--box", "-1", "2", "--json", "-")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["regions"] == 3
    refused = python("-m", "polyregions", "enumerate", "tent.json", "--box", "2", "-1")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("error: box: dimension 0 is inverted")
    partial = python("-m", "polyregions", "enumerate", "tent.json", "--box", "-1", "2", "--limit", "2")
    assert partial.returncode == 3


def test_the_end_of_the_process_is_not_spent_on_garbage():
    # Ctrl-C is to be heard within a second, also where kernels that are left behind keep the cores busy.
    program = (
        "import atexit, gc\n"
        "atexit.register(lambda: print('frozen', gc.get_freeze_count() > 0))\n"
        "from polyregions.cli import main\n"
        "main(['enumerate', 'tent.json', '--box', '-1', '2', '--quiet'])"
    )
    assert python("-c", program).stdout == "frozen True\n"


def test_help_loads_nothing_heavy():
    program = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from polyregions.cli import main\n"
        "assert CliRunner().invoke(main, ['enumerate', '--help']).exit_code == 0\n"
        "heavy = {'numba', 'scipy', 'cvxpy', 'matplotlib', 'networkx', 'shapely', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert python("-c", program).stdout == "[]\n"

"""Pages of many regions in a browser without a GPU: how soon they are ready, how long a frame takes.

    python benchmarks/view_speed.py [--quick] [--json FILE]

Random He networks with two inputs, in [-1, 1]^2, in Chromium without a screen and without a GPU, in a
window of 1280 x 820 pixels. Timed are: writing the page from the result; from when the browser goes for the
file until all is read, decoded and drawn; frames while the map is zoomed and dragged; the frame in full
resolution once it rests; and a look at what lies below the pointer, with all that the panel says of it.
Medians, and the longest of 60 frames. It needs Chromium with its driver, and selenium (``pip install -e
'.[test]'``).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from nets import environment, markdown_row

from polyregions import Box, enumerate_regions
from polyregions.statistics import random_network
from polyregions.viewer import write_page

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support.browser import open_browser, open_page

#: Widths and the standard deviation of the biases: without, boundaries meet in a star.
NETWORKS = [((16, 16), 0.3), ((128,) * 4, 0.3), ((220, 220), 0.01), ((320, 320), 0.3)]
QUICK = NETWORKS[:1]
SEED = 0
HEADER = (
    "network",
    "biases",
    "regions",
    "written s",
    "MB",
    "ready s",
    "moving ms",
    "longest",
    "at rest ms",
    "a look ms",
)

FRAMES = """
const page = window.polyregions, screen = page.screen, frames = [], rest = [];
const timed = (what) => { const start = performance.now(); what(); return performance.now() - start; };
screen.home();
screen.draw();
for (let k = 0; k < 30; k++) {
  frames.push(timed(() => screen.zoomBy(1.1)));
  frames.push(timed(() => screen.selection.call(screen.zoom.translateBy, 7 / 1.1 ** k, 3 / 1.1 ** k)));
  if (k % 6 === 0) rest.push(timed(() => screen.draw()));
}
screen.home();
rest.push(timed(() => screen.draw()));
const looks = [];
for (let k = 0; k < 60; k++) {
  const [X, Y] = [150 + 10 * k, 100 + 6 * k];
  looks.push(timed(() => page.look(screen.regionAt(X, Y), screen.placeAt(X, Y))));
}
return [page.readyAfter, frames, rest, looks];
"""


def run(browser: Any, folder: Path, widths: tuple[int, ...], bias_std: float) -> dict[str, Any]:
    """Write a page, open it, and move."""
    network = random_network([2, *widths, 1], bias_std=bias_std, seed=SEED)
    cx = enumerate_regions(network, Box.cube(2, -1, 1))
    path = folder / "page.html"
    start = time.perf_counter()
    write_page(cx, path)
    seconds = time.perf_counter() - start
    open_page(browser, path)
    ready, frames, rest, looks = browser.execute_script(FRAMES)
    return {
        "network": "2-" + "-".join(map(str, widths)),
        "bias_std": bias_std,
        "regions": cx.n_regions,
        "written": seconds,
        "bytes": path.stat().st_size,
        "ready": ready / 1000,
        "moving": median(frames),
        "longest": max(frames),
        "rest": median(rest),
        "look": median(looks),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the smallest network only")
    parser.add_argument("--json", type=Path, help="write the numbers as JSON")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name, open_browser(Path(name, "profile"), Path(name)) as browser:
        version = browser.capabilities["browserVersion"]
        print(f"{environment('numpy')} Chromium {version} without a GPU.\n")
        for text in (markdown_row(list(HEADER)), markdown_row(["---"] * len(HEADER))):
            print(text)
        for widths, bias_std in QUICK if options.quick else NETWORKS:
            row = run(browser, Path(name), widths, bias_std)
            rows.append(row)
            numbers = [f"{row[k]:.{digits}f}" for k, digits in (("ready", 2), ("moving", 0), ("longest", 0))]
            numbers += [f"{row['rest']:.0f}", f"{row['look']:.1f}"]
            head = [f"`{row['network']}`", f"{bias_std:g}", f"{row['regions']:,}", f"{row['written']:.1f}"]
            print(markdown_row([*head, f"{row['bytes'] / 1e6:.1f}", *numbers]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()

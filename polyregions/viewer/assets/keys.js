/* Walking by keys: arrows go to the neighbour in their direction. */

const DIRECTIONS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};

/* The regions of the screen around a region: those that share a facet with its group, and lie in another. */
function regionsAround(screen, region) {
  const {regions, groups} = screen, own = groups[region], found = new Set();
  const add = (i) => { for (const j of regions.neighbours(i)) if (groups[j] !== own) found.add(j); };
  if (screen.count === regions.n) add(region);
  else for (let i = 0; i < regions.n; i++) if (groups[i] === own) add(i);
  return [...found];
}

/* The one that lies most in a direction, seen from a place, or -1. */
function regionTowards(screen, region, direction) {
  const {regions, view} = screen, from = screen.flat(regions.centre(region));
  let best = -1, most = 0.05;
  for (const other of regionsAround(screen, region)) {
    const to = screen.flat(regions.centre(other));
    const step = [to[0] - from[0], to.length > 1 ? to[1] - from[1] : 0], length = Math.hypot(...step);
    // What lies in the direction counts, and among those what is near.
    const score = (step[0] * direction[0] + step[1] * direction[1]) / length - 0.05 * length;
    if (length > 0 && score > most && inSlice(regions, view, other)) [most, best] = [score, other];
  }
  return best;
}

/* Of three inputs: whether the cut meets a region. */
function inSlice(regions, view, i) {
  if (regions.dim < 3) return true;
  let below = false, above = false;
  for (let k = regions.starts[i]; k < regions.starts[i + 1]; k++) {
    if (regions.points[3 * regions.corners[k] + view.axis] < view.slice) below = true;
    else above = true;
  }
  return below && above;
}

/* What a key does; true if it did something. */
function pressed(key, {screen, view, walk, pin, release}) {
  if (key in DIRECTIONS) {
    const here = view.pinned >= 0 ? view.pinned : view.hot;
    const next = here >= 0 ? regionTowards(screen, here, DIRECTIONS[key])
      : screen.regionAt(screen.element.clientWidth / 2, screen.element.clientHeight / 2);
    if (next >= 0) walk(next);
    return true;
  }
  if (key === "Enter" || key === " ") pin();
  else if (key === "Escape") release();
  else if (key === "+" || key === "=") screen.zoomBy(1.5);
  else if (key === "-") screen.zoomBy(1 / 1.5);
  else if (key === "0") screen.home();
  else return false;
  return true;
}

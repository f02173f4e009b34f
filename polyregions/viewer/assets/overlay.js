/* What is drawn with a pen: on the map, boundaries as lines where they are few, and the graph; above it the region
 * that is looked at, the box, and numbers along the sides. */

/* So many lines are drawn; where more are in sight, boundaries are pixels of the map. */
const MOST_LINES = 20000;
const MOST_NODES = 6000;

/* The two corners that adjacent regions share, for each pair; and the layer of the boundary. */
function sharedEdges(regions) {
  if (regions.edges) return regions.edges;
  const pairs = regions.adjacencies, {starts, corners} = regions;
  const ends = new Uint32Array(pairs.length), layers = new Uint16Array(pairs.length / 2);
  for (let k = 0; k < pairs.length; k += 2) {
    const [i, j] = [pairs[k], pairs[k + 1]];
    let found = 0;
    for (let a = starts[i]; a < starts[i + 1] && found < 2; a++) {
      for (let b = starts[j]; b < starts[j + 1]; b++) {
        if (corners[a] === corners[b]) { ends[k + found++] = corners[a]; break; }
      }
    }
    // Both ends of an edge may round to one place, which then is one corner.
    if (found < 2) ends[k + 1] = ends[k];
    layers[k / 2] = regions.parting(i, j);
  }
  regions.edges = {ends, layers};
  return regions.edges;
}

/* The boundaries in sight, by layer, as [x, y, x, y, ...] on the screen; null if they are too many. */
function visibleEdges(plane) {
  const {regions, groups, frame, view} = plane;
  if (regions.dim === 3 || crowded(plane)) return null;
  const {ends, layers} = sharedEdges(regions), pairs = regions.adjacencies, {points} = regions;
  const {sx, sy, ox, oy} = frame.map(), {width, height} = frame;
  const found = Array.from({length: regions.levels + 1}, () => []);
  for (let k = 0, count = 0; k < pairs.length; k += 2) {
    if (groups[pairs[k]] === groups[pairs[k + 1]]) continue;
    const [a, b] = [2 * ends[k], 2 * ends[k + 1]];
    const x0 = ox + sx * points[a], x1 = ox + sx * points[b], y0 = oy - sy * points[a + 1], y1 = oy - sy * points[b + 1];
    if ((x0 < 0 && x1 < 0) || (y0 < 0 && y1 < 0) || (x0 > width && x1 > width) || (y0 > height && y1 > height)) continue;
    if (++count > MOST_LINES) return null;
    found[view.linear ? 1 : layers[k / 2]].push(x0, y0, x1, y1);
  }
  return found;
}

/* Whether regions are so small on the screen that lines would hide them. */
function crowded(plane) {
  const {sx, sy} = plane.frame.map();
  return (4 * sx * sy) / plane.count < 120;
}

/* On the map. */
function drawStill(plane, moving) {
  const ink = INKS[plane.view.dark ? "dark" : "light"];
  if (plane.lines) drawLines(plane, ink);
  if (plane.view.graph && plane.regions.dim < 3) drawGraph(plane, ink, moving);
}

/* Above it. */
function drawOverlay(plane) {
  const {pen, view, frame} = plane, ink = INKS[view.dark ? "dark" : "light"];
  for (const region of new Set([view.pinned, view.hot])) if (region >= 0) drawRegion(plane, region, ink);
  const {sx, sy, ox, oy} = frame.map();
  pen.strokeStyle = toCss(mixed(ink.line, [128, 128, 128], 0.6));
  pen.lineWidth = 1;
  pen.strokeRect(ox - sx, oy - sy, 2 * sx, 2 * sy);
  drawNumbers(plane, ink);
  if (view.point) drawPoint(plane, ink);
}

function drawLines(plane, ink) {
  const {brush: pen, lines, view} = plane;
  // Below the graph they step back.
  const small = crowdedness(plane) * (view.graph ? 0.4 : 1);
  pen.lineCap = "round";
  for (let layer = lines.length - 1; layer > 0; layer--) {
    const rgb = view.colour === "layer" ? layerInk(layer, view.dark) : ink.line;
    const strength = view.colour === "layer" ? 1 : lineStrength(layer);
    pen.strokeStyle = `rgba(${rgb.join(", ")}, ${strength * small})`;
    pen.lineWidth = lineWidth(layer) * (view.colour === "layer" ? 1.5 : 1);
    pen.beginPath();
    for (let k = 0, own = lines[layer]; k < own.length; k += 4) {
      pen.moveTo(own[k], own[k + 1]);
      pen.lineTo(own[k + 2], own[k + 3]);
    }
    pen.stroke();
  }
}

/* From 0.5, where regions are as small as lines allow, to 1. */
function crowdedness(plane) {
  const {sx, sy} = plane.frame.map();
  return Math.min(1, 0.5 + Math.sqrt((4 * sx * sy) / plane.count) / 80);
}

/* A region's group, filled lightly; and its own outline. */
function drawRegion(plane, region, ink) {
  const {pen, shape, groups, view} = plane, {sx, sy, ox, oy} = plane.frame.map();
  const trace = (p) => {
    for (let k = shape.starts[p]; k < shape.starts[p + 1]; k++) {
      const at = 2 * shape.corners[k];
      pen[k === shape.starts[p] ? "moveTo" : "lineTo"](ox + sx * shape.points[at], oy - sy * shape.points[at + 1]);
    }
    pen.closePath();
  };
  const owner = (p) => (shape.owners === null ? p : shape.owners[p]);
  const polygons = shape.starts.length - 1, whole = plane.count === plane.regions.n && shape.owners === null;
  pen.beginPath();
  for (let p = whole ? region : 0, stop = whole ? region + 1 : polygons; p < stop; p++) {
    if (groups[owner(p)] === groups[region]) trace(p);
  }
  pen.globalAlpha = 0.28;
  pen.fillStyle = ink.mark;
  pen.fill();
  pen.globalAlpha = 1;
  pen.beginPath();
  for (let p = whole ? region : 0, stop = whole ? region + 1 : polygons; p < stop; p++) {
    if (owner(p) === region) trace(p);
  }
  pen.strokeStyle = ink.mark;
  pen.lineWidth = region === view.pinned ? 3 : 2;
  pen.lineJoin = "round";
  pen.stroke();
}

function drawPoint(plane, ink) {
  const {pen, view} = plane, [X, Y] = plane.frame.toScreen(plane.flat(view.point));
  pen.beginPath();
  pen.arc(X, Y, 4.5, 0, 2 * Math.PI);
  pen.fillStyle = ink.mark;
  pen.strokeStyle = "white";
  pen.lineWidth = 1.5;
  pen.fill();
  pen.stroke();
}

function drawNumbers(plane, ink) {
  const {pen, frame, regions, axes} = plane, {sx, sy, ox, oy} = frame.map();
  const [[mx, hx], [my, hy]] = axes.map((j) => [regions.head.middle[j], regions.head.half[j]]);
  const toX = (x) => ox + (sx * (x - mx)) / hx, toY = (y) => oy - (sy * (y - my)) / hy;
  const [west, south] = frame.toPlace(0, frame.height), [east, north] = frame.toPlace(frame.width, 0);
  const within = (v) => Math.min(1, Math.max(-1, v));
  drawAxes(pen, {
    width: frame.width, height: frame.height, toX, toY, left: ox - sx, bottom: oy + sy,
    ink: {text: ink.text, halo: `rgba(${ink.paper.join(", ")}, 0.85)`},
    xs: roundNumbers(mx + hx * within(west), mx + hx * within(east), Math.max(2, frame.width / 110)),
    ys: roundNumbers(my + hy * within(south), my + hy * within(north), Math.max(2, frame.height / 80)),
  });
}

/* The graph of the groups: centres, weighted by area, and pairs of groups that share a facet, each once. */
function groupGraph(plane) {
  const {regions, groups, count} = plane, sumsOf = new Float64Array(3 * count);
  if (plane.graph?.groups === groups) return plane.graph;
  for (let i = 0; i < regions.n; i++) {
    const centre = regions.centre(i), weight = regions.volumes[i] > 0 ? regions.volumes[i] : 1e-300, at = 3 * groups[i];
    sumsOf[at] += weight * centre[0];
    sumsOf[at + 1] += weight * centre[1];
    sumsOf[at + 2] += weight;
  }
  const centres = new Float64Array(2 * count);
  for (let g = 0; g < count; g++) {
    for (const j of [0, 1]) centres[2 * g + j] = sumsOf[3 * g + j] / sumsOf[3 * g + 2];
  }
  const pairs = [], seen = new Set(), own = regions.adjacencies;
  for (let k = 0; k < own.length; k += 2) {
    const [a, b] = [groups[own[k]], groups[own[k + 1]]], key = Math.min(a, b) * count + Math.max(a, b);
    if (a === b || seen.has(key)) continue;
    seen.add(key);
    pairs.push(a, b);
  }
  plane.graph = {groups, centres, pairs};
  return plane.graph;
}

function drawGraph(plane, ink, moving) {
  if (moving && plane.slow) return;
  const {brush: pen, frame} = plane, {centres, pairs} = groupGraph(plane), {sx, sy, ox, oy} = frame.map();
  const at = (g) => [ox + sx * centres[2 * g], oy - sy * centres[2 * g + 1]];
  const seen = ([X, Y]) => X > -50 && Y > -50 && X < frame.width + 50 && Y < frame.height + 50;
  const nodes = [];
  for (let g = 0; g < plane.count; g++) if (seen(at(g))) nodes.push(at(g));
  if (nodes.length > MOST_NODES) {
    pen.fillStyle = ink.text;
    pen.font = "13px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.fillText("zoom in to see the graph", frame.width / 2, 18);
    return;
  }
  const small = Math.min(1, Math.sqrt((4 * sx * sy) / plane.count) / 30);
  pen.strokeStyle = ink.graph;
  pen.lineWidth = 0.5 + 0.7 * small;
  pen.beginPath();
  for (let k = 0; k < pairs.length; k += 2) {
    const [a, b] = [at(pairs[k]), at(pairs[k + 1])];
    if (!seen(a) && !seen(b)) continue;
    pen.moveTo(...a);
    pen.lineTo(...b);
  }
  pen.stroke();
  pen.fillStyle = ink.text;
  for (const [X, Y] of nodes) {
    pen.beginPath();
    pen.arc(X, Y, 0.8 + 1.8 * small, 0, 2 * Math.PI);
    pen.fill();
  }
}

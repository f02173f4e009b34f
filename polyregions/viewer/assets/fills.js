/* What regions are filled with: a pixel for each region, and where values change within regions, how to compute
 * them; and what the legend says of it.
 *
 * A fill has
 *   pixels   one for each region, and the last one for what lies beyond them
 *   shade    null, or (region, x, y) -> pixel, in the frame
 *   shaded   null for all regions, or which of them are shaded
 *   legend   {name, table, low, high, log} or {name, keys: [[colour, text], ...]} or {name}
 */

const COLOURS = {
  pattern: "pattern", layer: "layer of the last cut", output: "output", class: "class",
  gradient: "gradient norm", volume: "area",
};

function makeFill(regions, view, dark) {
  const makers = {pattern: patternFill, layer: layerFill, output: outputFill, class: classFill,
    gradient: gradientFill, volume: volumeFill};
  const fill = {shade: null, shaded: null, ...makers[view.colour](regions, view, dark)};
  const pixels = new Uint32Array(regions.n + 1);
  pixels.set(fill.pixels);
  pixels[regions.n] = toPixel(INKS[dark ? "dark" : "light"].paper);
  return {...fill, pixels};
}

/* The group of each region: its cell of a level, or its linear region. */
function groupsOf(regions, view) {
  return view.linear ? regions.linear : regions.ancestors(view.level);
}

function groupCount(regions, view) {
  if (!view.linear) return regions.counts[view.level];
  regions.linearCount ??= regions.linear.reduce((most, label) => Math.max(most, label + 1), 0);
  return regions.linearCount;
}

function patternFill(regions, view, dark) {
  const groups = groupsOf(regions, view);
  const pixels = view.linear
    ? groupPixels(groupCount(regions, view), dark) : patternPixels(regions, view.level, dark);
  return {pixels: groups.map((group) => pixels[group]), legend: {name: "a colour for each region"}};
}

/* The last layer, up to the level, that cut the cell which the region lies in. */
function lastCuts(regions, level) {
  const last = new Uint8Array(regions.n);
  for (let l = 1; l <= level; l++) {
    const {count, parents} = regions.cells[l - 1];
    const children = new Uint32Array(regions.counts[l - 1]);
    for (let cell = 0; cell < count; cell++) children[parents[cell]]++;
    const cells = regions.ancestors(l);
    for (let i = 0; i < regions.n; i++) if (children[parents[cells[i]]] > 1) last[i] = l;
  }
  return last;
}

function layerFill(regions, view, dark) {
  const last = lastCuts(regions, view.level), paper = dark ? [30, 34, 44] : [255, 255, 255];
  const colours = Array.from({length: regions.levels + 1}, (_, l) =>
    l === 0 ? paper : mixed(classColour(l - 1), paper, dark ? 0.72 : 0.68).map(Math.round));
  const pixels = colours.map(toPixel);
  const keys = Array.from({length: view.level}, (_, l) => [layerInk(l + 1, dark), `layer ${l + 1}`]);
  return {pixels: Uint32Array.from(last, (l) => pixels[l]), legend: {name: "last cut by, and boundaries of", keys}};
}

/* Where the affine maps say how large an output is, in the frame: [a_1, ..., a_d, c] from the place returned. */
function mapPlace(regions, i, output) {
  return (i * regions.shownOutputs + output) * (regions.dim + 1);
}

function valueAt(regions, i, output, point, at = 0) {
  const d = regions.dim, place = mapPlace(regions, i, output);
  let value = regions.maps[place + d];
  for (let j = 0; j < d; j++) value += regions.maps[place + j] * point[at + j];
  return value;
}

function outputFill(regions, view) {
  const [low, high] = outputRange(regions, view.output);
  const table = pixelTable("viridis"), scale = high > low ? 255 / (high - low) : 0, d = regions.dim;
  const {maps} = regions, none = toPixel([128, 128, 128]);
  const pixelOf = (value) => {
    const step = Math.round((value - low) * scale);
    return step >= 0 ? table[Math.min(255, step)] : step < 0 ? table[0] : none;
  };
  const shade = (i, x, y, z) => {
    const place = mapPlace(regions, i, view.output);
    let value = maps[place] * x + maps[place + d];
    if (d > 1) value += maps[place + 1] * y;
    if (d > 2) value += maps[place + 2] * z;
    return pixelOf(value);
  };
  const pixels = Uint32Array.from({length: regions.n}, (_, i) =>
    pixelOf(valueAt(regions, i, view.output, regions.centre(i))));
  return {pixels, shade, legend: {name: `output ${view.output}`, table: "viridis", low, high}};
}

/* The least and the largest value of an output, which are at corners. */
function outputRange(regions, output) {
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < regions.n; i++) {
    for (let k = regions.starts[i]; k < regions.starts[i + 1]; k++) {
      const value = valueAt(regions, i, output, regions.points, regions.corners[k] * regions.dim);
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return [low, high];
}

/* The largest output; of a single one, its sign. */
function classFill(regions, view, dark) {
  const single = regions.head.outputs === 1, shown = regions.shownOutputs;
  const exact = shown === regions.head.outputs;
  const paper = dark ? [18, 21, 28] : [255, 255, 255];
  const soft = Uint32Array.from({length: Math.max(2, regions.head.outputs)}, (_, k) =>
    toPixel(mixed(classColour(k), paper, 0.25).map(Math.round)));
  const classAt = (i, point, at = 0) => {
    if (single) return valueAt(regions, i, 0, point, at) > 0 ? 1 : 0;
    let best = 0, most = -Infinity;
    for (let k = 0; k < shown; k++) {
      const value = valueAt(regions, i, k, point, at);
      if (value > most) [most, best] = [value, k];
    }
    return best;
  };
  const found = new Set();
  const shaded = new Uint8Array(regions.n);
  const pixels = new Uint32Array(regions.n);
  for (let i = 0; i < regions.n; i++) {
    const own = exact ? classAt(i, regions.centre(i)) : regions.classes[i];
    pixels[i] = soft[own];
    found.add(own);
    for (let k = regions.starts[i]; exact && k < regions.starts[i + 1]; k++) {
      const at = classAt(i, regions.points, regions.corners[k] * regions.dim);
      if (at !== own) shaded[i] = 1;
      if (at !== own) found.add(at);
    }
  }
  const point = new Float64Array(3);
  const shade = (i, x, y, z) => {
    point[0] = x;
    point[1] = y;
    point[2] = z;
    return soft[classAt(i, point)];
  };
  const text = (k) => (single ? (k ? "output > 0" : "output ≤ 0") : `output ${k}`);
  const keys = [...found].sort((a, b) => a - b).slice(0, 24).map((k) => [classColour(k), text(k)]);
  return {pixels, shade: exact ? shade : null, shaded, legend: {name: single ? "sign" : "largest output", keys}};
}

/* The Euclidean norm of an output's gradient, in the units of the inputs. */
function gradientNorm(regions, i, output) {
  const place = mapPlace(regions, i, output);
  let sum = 0;
  for (let j = 0; j < regions.dim; j++) sum += (regions.maps[place + j] / regions.head.half[j]) ** 2;
  return Math.sqrt(sum);
}

function gradientFill(regions, view) {
  const values = Float64Array.from({length: regions.n}, (_, i) => gradientNorm(regions, i, view.output));
  return {...valueFill(values, "cividis", false), legend: {
    name: `gradient norm of output ${view.output}`, table: "cividis", ...range(values, false)}};
}

function volumeFill(regions) {
  const values = Float64Array.from(regions.volumes), name = ["length", "area", "volume"][regions.dim - 1];
  return {...valueFill(values, "cividis", true), legend: {name, table: "cividis", log: true, ...range(values, true)}};
}

/* From where to where a table goes: all but the outermost hundredth at each end. */
function range(values, log) {
  const sorted = values.filter((v) => Number.isFinite(v) && (!log || v > 0)).sort();
  if (!sorted.length) return {low: 0, high: 0};
  const at = (part) => sorted[Math.round(part * (sorted.length - 1))];
  return sorted.length > 100 ? {low: at(0.01), high: at(0.99)} : {low: sorted[0], high: sorted[sorted.length - 1]};
}

function valueFill(values, name, log) {
  const {low, high} = range(values, log), table = pixelTable(name), none = toPixel([128, 128, 128]);
  const scaled = log ? (v) => Math.log(v / low) / Math.log(high / low) : (v) => (v - low) / (high - low);
  return {pixels: Uint32Array.from(values, (v) => {
    if (!Number.isFinite(v)) return none;
    if (!(high > low)) return table[128];
    return table[Math.round(255 * Math.min(1, Math.max(0, scaled(v))))];
  })};
}

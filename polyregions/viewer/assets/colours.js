/* Colours as [red, green, blue] from 0 to 255, and as pixels of an image: tables for values and for classes that
 * are told apart with any kind of colour vision, and a colour of its own for each cell. */

/* Control points, evenly spaced; between them colours are interpolated. Lightness rises throughout, so that they
 * are told apart without colour too. */
const TABLES = {
  viridis: ["440154", "482878", "3e4989", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725"],
  cividis: ["00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74", "c3b369", "e1cc55", "fee838"],
};

/* Eight colours that differ under deuteranopia, protanopia and tritanopia (M. Okabe, K. Ito), and as many of
 * other lightness. */
const CLASSES = ["0072b2", "e69f00", "009e73", "cc79a7", "56b4e9", "d55e00", "f0e442", "8c8c8c"];

/* Ink between regions, the background beyond the box, marks. */
const INKS = {
  light: {line: [24, 28, 40], paper: [251, 251, 250], mark: "#d9480f", graph: "rgba(20, 24, 40, 0.75)", text: "#1d2330"},
  dark: {line: [4, 6, 10], paper: [18, 21, 28], mark: "#ffa94d", graph: "rgba(240, 244, 255, 0.7)", text: "#e7e9ee"},
};

const fromHex = (hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
const toPixel = ([r, g, b]) => (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
const toCss = (rgb) => `rgb(${rgb.map(Math.round).join(", ")})`;
const mixed = (a, b, t) => a.map((v, k) => v + (b[k] - v) * t);

/* The colours of a table as pixels. */
function pixelTable(name, size = 256) {
  const points = TABLES[name].map(fromHex);
  return Uint32Array.from({length: size}, (_, i) => {
    const t = (i / (size - 1)) * (points.length - 1), k = Math.min(Math.floor(t), points.length - 2);
    return toPixel(mixed(points[k], points[k + 1], t - k).map(Math.round));
  });
}

/* The colour of a class or of a layer; beyond eight they come again, lighter or darker. */
function classColour(k) {
  const rgb = fromHex(CLASSES[k % CLASSES.length]), round = Math.floor(k / CLASSES.length);
  return round === 0 ? rgb : mixed(rgb, round % 2 ? [255, 255, 255] : [0, 0, 0], 0.4).map(Math.round);
}

/* The boundaries of a layer where they have its colour: lighter before a dark background. */
function layerInk(layer, dark) {
  const rgb = classColour(layer - 1);
  return dark ? mixed(rgb, [255, 255, 255], 0.3).map(Math.round) : rgb;
}

/* Lightness from 0 to 1, chroma, and hue in turns: the space Oklab of B. Ottosson, in which equal steps look equal. */
function oklch(lightness, chroma, hue) {
  const a = chroma * Math.cos(2 * Math.PI * hue), b = chroma * Math.sin(2 * Math.PI * hue);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((v) => {
    const clipped = Math.min(1, Math.max(0, v));
    return Math.round(255 * (clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055));
  });
}

/* A whole number that looks random, from two others. */
function scrambled(seed, value) {
  let h = Math.imul(seed ^ value, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/* A hash of each cell's pattern up to its layer, from those of the cells of the layer before. */
function patternHashes({count, bytes, parents, states}, before, layer) {
  const hashes = new Uint32Array(count);
  for (let cell = 0, at = 0; cell < count; cell++) {
    let h = before[parents[cell]];
    for (let b = 0; b < bytes; b++, at++) h = Math.imul(h ^ states[at], 16777619);
    hashes[cell] = scrambled(h, layer);
  }
  return hashes;
}

/* A pixel for each cell of a level by its pattern: the first layer chooses hues, and each further one shades what
 * is there, so that cells look like what they are parts of. */
function patternPixels(regions, level, dark) {
  let hashes = Uint32Array.of(2166136261);
  let looks = dark ? [Float32Array.of(0.52), Float32Array.of(0.07), Float32Array.of(0.62)]
    : [Float32Array.of(0.82), Float32Array.of(0.065), Float32Array.of(0.62)];
  for (let k = 0; k < level; k++) {
    const cells = regions.cells[k], reach = k === 0 ? [0.16, 0.05, 1] : [0.11 / k, 0.02 / k, 0.12 / k];
    const own = patternHashes(cells, hashes, k + 1);
    hashes = own;
    looks = looks.map((values, j) => Float32Array.from(own, (hash, cell) =>
      values[cells.parents[cell]] + reach[j] * (((hash >>> (10 * j)) & 1023) / 1023 - 0.5)));
  }
  const [lightness, chroma, hue] = looks;
  return Uint32Array.from(hashes, (_, cell) => toPixel(oklch(lightness[cell], chroma[cell], hue[cell])));
}

/* A pixel for each of n groups that have no pattern. */
function groupPixels(n, dark) {
  return Uint32Array.from({length: n}, (_, group) => {
    const h = scrambled(2166136261, group + 1);
    const lightness = (dark ? 0.44 : 0.74) + ((h & 255) / 255) * 0.16;
    return toPixel(oklch(lightness, 0.05 + (((h >>> 8) & 255) / 255) * 0.04, (h >>> 16) / 65536));
  });
}

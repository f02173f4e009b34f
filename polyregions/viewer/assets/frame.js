/* From the frame, in which the box is [-1, 1]^2, to the screen and back, under the transform of the gestures; and
 * round numbers beside the axes. */

/* The sides of the box on the screen are in the ratio of their lengths, unless one is much longer. */
const MOST_OBLONG = 3;
const MARGIN = 34;

class Frame {
  constructor(half) {
    this.half = half; // of the two inputs shown
    this.transform = d3.zoomIdentity;
    [this.width, this.height] = [1, 1];
  }

  resize(width, height) {
    [this.width, this.height] = [Math.max(1, width), Math.max(1, height)];
  }

  /* Pixels from the middle of the box to its sides, at zoom 1. */
  get reach() {
    const ratio = Math.min(MOST_OBLONG, Math.max(1 / MOST_OBLONG, this.half[0] / this.half[1]));
    const [w, h] = [this.width / 2 - MARGIN, this.height / 2 - MARGIN].map((v) => Math.max(v, 20));
    return w / ratio < h ? [w, w / ratio] : [h * ratio, h];
  }

  /* x -> ox + sx x, y -> oy - sy y, for a screen of so many pixels a CSS pixel. */
  map(density = 1) {
    const {x, y, k} = this.transform, [rx, ry] = this.reach;
    return {sx: rx * k * density, sy: ry * k * density,
      ox: (x + (k * this.width) / 2) * density, oy: (y + (k * this.height) / 2) * density};
  }

  toScreen([x, y]) {
    const {sx, sy, ox, oy} = this.map();
    return [ox + sx * x, oy - sy * y];
  }

  toPlace(X, Y) {
    const {sx, sy, ox, oy} = this.map();
    return [(X - ox) / sx, (oy - Y) / sy];
  }

  /* The transform that shows a place in the middle, at a zoom. */
  centred([x, y], k) {
    const [rx, ry] = this.reach;
    return d3.zoomIdentity.translate(this.width / 2, this.height / 2).scale(k)
      .translate(-this.width / 2 - rx * x, -this.height / 2 + ry * y);
  }

  get middle() {
    return this.toPlace(this.width / 2, this.height / 2);
  }
}

/* About n round numbers from low to high, and as many digits as tell them apart. */
function roundNumbers(low, high, n) {
  const rough = (high - low) / n;
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const first = Math.ceil(low / step), count = Math.min(50, Math.floor(high / step) - first + 1);
  const digits = Math.min(20, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const text = (v) => (Math.abs(v) >= 1e7 ? v.toPrecision(6) : v.toFixed(digits)).replace("-", "−");
  return Array.from({length: Math.max(0, count)}, (_, k) => ({value: (first + k) * step, text: text((first + k) * step)}));
}

/* Numbers below and left of a place, if that is in sight; else along the sides of the screen. */
function drawAxes(pen, {width, height, ink, xs, ys, toX, toY, left, bottom}) {
  pen.font = "11px system-ui, sans-serif";
  pen.lineWidth = 3;
  pen.lineJoin = "round";
  pen.strokeStyle = ink.halo;
  pen.fillStyle = ink.text;
  const label = (text, x, y) => {
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
  };
  pen.textAlign = "center";
  pen.textBaseline = "bottom";
  const under = Math.max(16, Math.min(height - 4, bottom + 18));
  for (const {value, text} of xs) if (toX(value) > 12 && toX(value) < width - 12) label(text, toX(value), under);
  pen.textBaseline = "middle";
  pen.textAlign = left > 40 ? "right" : "left";
  const beside = left > 40 ? Math.min(left - 7, width - 5) : 5;
  for (const {value, text} of ys) if (toY(value) > 8 && toY(value) < under - 20) label(text, beside, toY(value));
}

/* One input: the regions as bands, and the outputs as functions above them. It answers to the same calls as the
 * map of the plane. */

/* So many outputs are drawn as curves. */
const MOST_CURVES = 8;

class LineView {
  constructor(element, regions, view, events) {
    Object.assign(this, {element, regions, view, events});
    this.canvas = element.appendChild(document.createElement("canvas"));
    this.pen = this.canvas.getContext("2d");
    this.transform = d3.zoomIdentity;
    this.order = Array.from({length: regions.n}, (_, i) => i).sort((a, b) => this.left(a) - this.left(b));
    this.zoom = d3.zoom().scaleExtent([0.5, 1e9])
      .on("zoom", (event) => { this.transform = event.transform; this.draw(); })
      .on("end", () => events.moved());
    this.selection = d3.select(element).call(this.zoom).on("dblclick.zoom", null);
    element.addEventListener("pointermove", (event) => { if (!event.buttons) events.hover(...this.under(event)); });
    element.addEventListener("pointerleave", () => events.hover(-1, null));
    element.addEventListener("click", (event) => events.choose(...this.under(event)));
    new ResizeObserver(() => this.resize()).observe(element);
    this.resize(false);
  }

  left(i) { return this.regions.points[this.regions.corners[this.regions.starts[i]]]; }
  right(i) { return this.regions.points[this.regions.corners[this.regions.starts[i] + 1]]; }

  under(event) {
    const X = event.clientX - this.element.getBoundingClientRect().left;
    return [this.regionAt(X), this.placeAt(X)];
  }

  placeAt(X) { return [this.toPlace(X)]; }

  /* The region at a place of the screen, by halving; -1 beyond all. */
  regionAt(X) {
    const x = this.toPlace(X);
    let low = 0, high = this.order.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.left(this.order[middle]) <= x) low = middle;
      else high = middle - 1;
    }
    const i = this.order[low];
    return this.left(i) <= x && x <= this.right(i) ? i : -1;
  }

  get map() {
    const {x, k} = this.transform;
    return {s: (this.width / 2 - MARGIN - 12) * k, o: x + (k * this.width) / 2};
  }

  toScreen(x) { return this.map.o + this.map.s * x; }
  toPlace(X) { return (X - this.map.o) / this.map.s; }

  /* What was in the middle stays there; the whole box is the whole box. */
  resize(draw = true) {
    const {k, x} = this.transform, middle = this.width ? this.toPlace(this.width / 2) : 0;
    [this.width, this.height] = [Math.max(1, this.element.clientWidth), Math.max(1, this.element.clientHeight)];
    if (k !== 1 || x !== 0) this.goTo([middle], k);
    if (draw) this.draw();
  }

  refill() {
    const {regions, view} = this;
    this.fill = makeFill(regions, view, view.dark);
    this.groups = groupsOf(regions, view);
    this.count = groupCount(regions, view);
  }

  /* The ends of the part of the box in sight. */
  get sight() {
    return [Math.max(-1, this.toPlace(0)), Math.min(1, this.toPlace(this.width))];
  }

  /* The curves in sight, [x, y, x, y, ...] for each output: from corner to corner, or from column to column. */
  curves() {
    const {regions, order} = this, [left, right] = this.sight, curves = [];
    const inSight = order.filter((i) => this.right(i) >= left && this.left(i) <= right);
    const each = Math.max(1, Math.floor(inSight.length / (4 * this.width)));
    for (let k = 0; k < Math.min(MOST_CURVES, regions.shownOutputs); k++) {
      const curve = [];
      for (let m = 0; m < inSight.length; m += each) {
        const i = inSight[m];
        for (const x of [Math.max(left, this.left(i)), Math.min(right, this.right(i))]) {
          curve.push(x, valueAt(regions, i, k, [x]));
        }
      }
      curves.push(curve);
    }
    return curves;
  }

  draw() {
    const density = window.devicePixelRatio || 1, {width, height, pen} = this;
    const [w, h] = [Math.round(width * density), Math.round(height * density)];
    if (this.canvas.width !== w || this.canvas.height !== h) [this.canvas.width, this.canvas.height] = [w, h];
    pen.setTransform(density, 0, 0, density, 0, 0);
    const ink = INKS[this.view.dark ? "dark" : "light"];
    pen.fillStyle = toCss(ink.paper);
    pen.fillRect(0, 0, width, height);
    this.drawBands(pen);
    this.drawBorders(pen, ink);
    const curves = this.curves();
    this.scale = verticalScale(curves, height);
    this.drawCurves(pen, curves, ink);
    this.drawMarks(pen, ink);
  }

  drawTop() { this.draw(); }

  drawBands(pen) {
    const {fill} = this, [left, right] = this.sight, step = 1 / (window.devicePixelRatio || 1);
    pen.globalAlpha = this.view.dark ? 0.6 : 0.55;
    for (let X = this.toScreen(left); X < this.toScreen(right); X += step) {
      const i = this.regionAt(X);
      if (i < 0) continue;
      const shaded = fill.shade && (!fill.shaded || fill.shaded[i]);
      const pixel = shaded ? fill.shade(i, this.toPlace(X), 0, 0) : fill.pixels[i];
      pen.fillStyle = pixelCss(pixel);
      pen.fillRect(X, 0, step, this.height - 24);
    }
    pen.globalAlpha = 1;
  }

  /* Breakpoints between groups, those of the first layer tallest. */
  borders() {
    const {order, groups, regions, view} = this, [left, right] = this.sight, found = [];
    for (let m = 0; m + 1 < order.length; m++) {
      const [i, j] = [order[m], order[m + 1]], x = this.right(i);
      if (groups[i] === groups[j] || x < left || x > right || this.left(j) !== x) continue;
      found.push([x, view.linear ? 1 : regions.parting(i, j)]);
    }
    return found;
  }

  drawBorders(pen, ink) {
    const found = this.borders();
    if (found.length > 2 * this.width) return;
    for (const [x, layer] of found) {
      const rgb = this.view.colour === "layer" ? layerInk(layer, this.view.dark) : ink.line;
      pen.strokeStyle = `rgba(${rgb.join(", ")}, ${this.view.colour === "layer" ? 1 : 0.75 * lineStrength(layer)})`;
      pen.lineWidth = lineWidth(layer);
      pen.beginPath();
      pen.moveTo(this.toScreen(x), 0);
      pen.lineTo(this.toScreen(x), this.height - 24);
      pen.stroke();
    }
  }

  drawCurves(pen, curves, ink) {
    const {toY} = this.scale;
    curves.forEach((curve, k) => {
      for (const [style, wide] of [[toCss(ink.paper), 5], [curveColour(curves.length, k, this.view.dark), 2.2]]) {
        pen.strokeStyle = style;
        pen.lineWidth = wide;
        pen.lineJoin = "round";
        pen.beginPath();
        for (let m = 0; m < curve.length; m += 2) {
          pen[m ? "lineTo" : "moveTo"](this.toScreen(curve[m]), toY(curve[m + 1]));
        }
        pen.stroke();
      }
      if (curves.length === 1 || !curve.length) return;
      pen.font = "12px system-ui, sans-serif";
      pen.textAlign = "left";
      pen.textBaseline = "middle";
      pen.fillStyle = curveColour(curves.length, k, this.view.dark);
      const end = Math.min(this.toScreen(curve[curve.length - 2]) + 6, this.width - 14);
      pen.fillText(`${k}`, end, toY(curve[curve.length - 1]));
    });
  }

  drawMarks(pen, ink) {
    const {view, regions} = this, {middle: [mx], half: [hx]} = regions.head, {toY, low, high} = this.scale;
    for (const region of new Set([view.pinned, view.hot])) {
      if (region < 0) continue;
      const [a, b] = [this.toScreen(this.left(region)), this.toScreen(this.right(region))];
      pen.fillStyle = ink.mark;
      pen.globalAlpha = 0.25;
      pen.fillRect(a, 0, b - a, this.height - 24);
      pen.globalAlpha = 1;
      pen.strokeStyle = ink.mark;
      pen.lineWidth = region === view.pinned ? 3 : 1.5;
      pen.strokeRect(a, 1, Math.max(1, b - a), this.height - 26);
    }
    if (view.point && view.hot >= 0) {
      for (let k = 0; k < Math.min(MOST_CURVES, regions.shownOutputs); k++) {
        pen.beginPath();
        pen.arc(this.toScreen(view.point[0]), toY(valueAt(regions, view.hot, k, view.point)), 4.5, 0, 2 * Math.PI);
        pen.fillStyle = ink.mark;
        pen.fill();
      }
    }
    const [left, right] = this.sight;
    drawAxes(pen, {
      width: this.width, height: this.height, left: this.toScreen(-1), bottom: this.height, toX: (x) => this.toScreen((x - mx) / hx), toY,
      ink: {text: ink.text, halo: `rgba(${ink.paper.join(", ")}, 0.85)`},
      xs: roundNumbers(mx + hx * left, mx + hx * right, Math.max(2, this.width / 110)),
      ys: roundNumbers(low, high, Math.max(2, this.height / 70)),
    });
  }

  cut() {}
  flat(place) { return place; }
  whole(place) { return place; }
  home() { this.selection.call(this.zoom.transform, d3.zoomIdentity); }
  zoomBy(factor) { this.selection.call(this.zoom.scaleBy, factor); }

  goTo([x], k) {
    const reach = this.width / 2 - MARGIN - 12;
    this.selection.call(this.zoom.transform,
      d3.zoomIdentity.translate(this.width / 2 - k * (this.width / 2 + reach * x), 0).scale(k));
  }

  get frame() {
    return {transform: this.transform, middle: [this.toPlace(this.width / 2)], toScreen: ([x]) => [this.toScreen(x), 0]};
  }

  reveal([x]) {
    const X = this.toScreen(x);
    if (X < 20 || X > this.width - 20) this.goTo([x], this.transform.k);
  }

  approach(place, region) {
    const size = (this.right(region) - this.left(region)) * (this.width / 2);
    this.goTo(place, Math.min(1e8, Math.max(this.transform.k, 60 / size)));
  }
}

const pixelCss = (pixel) => `rgb(${pixel & 255}, ${(pixel >>> 8) & 255}, ${(pixel >>> 16) & 255})`;

/* Of one curve as text, of several as classes; lighter before a dark background. */
function curveColour(n, k, dark) {
  if (n === 1) return INKS[dark ? "dark" : "light"].text;
  return toCss(dark ? mixed(classColour(k), [255, 255, 255], 0.35) : classColour(k));
}

/* From the values of curves to the screen. */
function verticalScale(curves, height) {
  let low = Infinity, high = -Infinity;
  for (const curve of curves) {
    for (let m = 1; m < curve.length; m += 2) {
      low = Math.min(low, curve[m]);
      high = Math.max(high, curve[m]);
    }
  }
  if (!(high > low)) [low, high] = Number.isFinite(low) ? [low - 1, low + 1] : [-1, 1];
  const [top, bottom] = [26, height - 50];
  return {low, high, toY: (v) => bottom - ((v - low) / (high - low)) * (bottom - top)};
}

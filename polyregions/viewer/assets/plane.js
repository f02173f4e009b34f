/* The map of regions in the plane: an image of region numbers, coloured, with lines drawn on it; and above it,
 * on a canvas of its own, what changes with every move of the pointer. */

/* While it moves, the map is drawn in half the resolution where a whole frame takes more milliseconds. */
const QUICK = 12;
/* The longest wait before a map that stands still is drawn in full. */
const REST = 140;

class PlaneView {
  constructor(element, regions, view, events) {
    Object.assign(this, {element, regions, view, events});
    this.axes = [0, 1];
    this.frame = new Frame(this.axes.map((j) => regions.head.half[j]));
    [this.base, this.top] = ["base", "top"].map(() => element.appendChild(document.createElement("canvas")));
    this.brush = this.base.getContext("2d", {alpha: false});
    this.pen = this.top.getContext("2d");
    this.slow = false;
    this.shape = {points: regions.points, corners: regions.corners, starts: regions.starts, owners: null};
    this.zoom = d3.zoom().scaleExtent([0.5, 1e9])
      .on("zoom", (event) => { this.frame.transform = event.transform; this.draw(true); })
      .on("end", () => events.moved());
    this.selection = d3.select(element).call(this.zoom).on("dblclick.zoom", null);
    element.addEventListener("pointermove", (event) => { if (!event.buttons) events.hover(...this.under(event)); });
    element.addEventListener("pointerleave", () => events.hover(-1, null));
    element.addEventListener("click", (event) => events.choose(...this.under(event)));
    new ResizeObserver(() => this.resize()).observe(element);
    this.resize(false);
  }

  /* The region below a pointer, and the place. */
  under(event) {
    const box = this.element.getBoundingClientRect();
    const [X, Y] = [event.clientX - box.left, event.clientY - box.top];
    return [this.regionAt(X, Y), this.placeAt(X, Y)];
  }

  regionAt(X, Y) {
    const id = this.raster.at(X * this.fine, Y * this.fine);
    return id === this.regions.n ? -1 : id;
  }

  /* A place on the screen in the frame of all inputs. */
  placeAt(X, Y) {
    return this.whole(this.frame.toPlace(X, Y));
  }

  whole([x, y]) {
    if (this.regions.dim !== 3) return [x, y];
    const place = [0, 0, 0];
    [place[this.axes[0]], place[this.axes[1]], place[this.view.axis]] = [x, y, this.view.slice];
    return place;
  }

  /* What of a place is shown. */
  flat(place) {
    return this.axes.map((j) => place[j]);
  }

  /* What was in the middle stays there; the whole box is the whole box. */
  resize(draw = true) {
    const {frame} = this, {k} = frame.transform, middle = frame.middle;
    const whole = frame.transform.toString() === d3.zoomIdentity.toString();
    frame.resize(this.element.clientWidth, this.element.clientHeight);
    this.raster = null;
    if (!whole) this.selection.call(this.zoom.transform, frame.centred(middle, k));
    if (draw) this.draw();
  }

  /* The cut of three inputs moves. */
  cut() {
    const {regions, view} = this;
    this.axes = [0, 1, 2].filter((j) => j !== view.axis);
    this.frame.half = this.axes.map((j) => regions.head.half[j]);
    this.shape = sliceShape(regions, view.axis, view.slice);
  }

  /* Colours or groups are others. */
  refill() {
    const {regions, view} = this;
    this.fill = makeFill(regions, view, view.dark);
    this.groups = new Uint32Array(regions.n + 1).fill(0xffffffff);
    this.groups.set(groupsOf(regions, view));
    this.count = groupCount(regions, view);
    this.ladder = Array.from({length: view.linear ? 0 : view.level}, (_, l) => regions.ancestors(l + 1));
  }

  draw(moving = false) {
    const start = performance.now();
    this.sharpen(moving && this.slow ? 0.5 : 1);
    this.raster.fill(this.shape, this.frame.map(this.fine), this.regions.n);
    this.lines = moving ? null : visibleEdges(this);
    paint(this);
    this.brush.setTransform(this.fine, 0, 0, this.fine, 0, 0);
    drawStill(this, moving);
    this.drawTop();
    this.frameTime = performance.now() - start;
    if (!moving || !this.slow) this.slow = this.frameTime > QUICK;
    clearTimeout(this.rest);
    if (moving) this.rest = setTimeout(() => this.draw(), REST);
  }

  /* A canvas and an image of so many pixels for each of the screen's. */
  sharpen(share) {
    const fine = share * Math.min(2, window.devicePixelRatio || 1), {width, height} = this.frame;
    if (this.raster !== null && this.fine === fine) return;
    this.fine = fine;
    const [w, h] = [Math.max(1, Math.round(width * fine)), Math.max(1, Math.round(height * fine))];
    [this.base.width, this.base.height] = [w, h];
    this.raster = new Raster(w, h);
    this.image = this.brush.createImageData(w, h);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  drawTop() {
    const density = window.devicePixelRatio || 1, {width, height} = this.frame;
    const [w, h] = [Math.round(width * density), Math.round(height * density)];
    if (this.top.width !== w || this.top.height !== h) [this.top.width, this.top.height] = [w, h];
    this.pen.setTransform(density, 0, 0, density, 0, 0);
    this.pen.clearRect(0, 0, width, height);
    drawOverlay(this);
  }

  /* Move: the whole box, nearer or farther, to a place, or only as far as it takes to see a place. */
  home() { this.selection.call(this.zoom.transform, d3.zoomIdentity); }
  zoomBy(factor) { this.selection.call(this.zoom.scaleBy, factor); }
  goTo(place, k) { this.selection.call(this.zoom.transform, this.frame.centred(this.flat(place), k)); }

  reveal(place) {
    const [X, Y] = this.frame.toScreen(this.flat(place)), {width, height} = this.frame;
    if (X < 20 || Y < 20 || X > width - 20 || Y > height - 20) this.goTo(place, this.frame.transform.k);
  }

  /* Near enough that a region can be seen. */
  approach(place, region) {
    const {starts, corners, points, dim} = this.regions, wide = [0, 1].map((a) => {
      const own = [];
      for (let k = starts[region]; k < starts[region + 1]; k++) own.push(points[corners[k] * dim + this.axes[a]]);
      return Math.max(...own) - Math.min(...own);
    });
    const size = Math.max(wide[0] * this.frame.reach[0], wide[1] * this.frame.reach[1]);
    this.goTo(place, Math.min(1e8, Math.max(this.frame.transform.k, 60 / size)));
  }
}

/* How dark a boundary of a layer is, and how wide: those of the first layer lead. */
const lineStrength = (layer) => 0.35 + 0.5 / layer;
const lineWidth = (layer) => 0.6 + 0.9 / layer;

/* Colour the image of region numbers, and darken pixels where regions meet unless lines are drawn above it. */
function paint(plane) {
  const {raster, pixels, groups, ladder, lines, view, fill, regions} = plane, {ids, width, height} = raster;
  const n = regions.n, {sx, sy, ox, oy} = plane.frame.map(plane.fine), {shade, shaded, pixels: flat} = fill;
  const size = Math.sqrt((4 * sx * sy) / plane.count) / plane.fine; // of a region, in pixels of the screen
  const fading = Math.min(1, Math.max(0, (size - 1.5) / 10));
  const bordered = lines === null && fading > 0 && plane.count > 1;
  const inks = borderInks(plane, fading);
  const place = [0, 0, 0], [u, v] = plane.axes;
  if (regions.dim === 3) place[view.axis] = view.slice;
  for (let row = 0, q = 0; row < height; row++) {
    place[v] = (oy - row - 0.5) / sy;
    for (let column = 0; column < width; column++, q++) {
      const i = ids[q];
      let colour = flat[i];
      if (shade !== null && i !== n && (shaded === null || shaded[i])) {
        place[u] = (column + 0.5 - ox) / sx;
        colour = shade(i, place[0], place[1], place[2]);
      }
      if (bordered && i !== n) {
        // Only where the region goes on for another pixel: of thinner ones nothing but lines would be left.
        const own = groups[i];
        let other = column > 0 && groups[ids[q + 1]] === own ? ids[q - 1] : n;
        if (other === n || groups[other] === own) {
          other = row > 0 && row + 1 < height && groups[ids[q + width]] === own ? ids[q - width] : n;
        }
        if (other !== n && groups[other] !== own) {
          let layer = 0;
          while (layer + 1 < ladder.length && ladder[layer][i] === ladder[layer][other]) layer++;
          colour = inked(colour, inks[layer]);
        }
      }
      pixels[q] = colour;
    }
  }
  plane.brush.putImageData(plane.image, 0, 0);
}

/* The ink of the boundaries of each layer, and how much of it of 256. */
function borderInks({view, regions}, fading) {
  const {line} = INKS[view.dark ? "dark" : "light"];
  return Array.from({length: Math.max(1, regions.levels)}, (_, l) => {
    const rgb = view.colour === "layer" ? layerInk(l + 1, view.dark) : line;
    const strength = view.colour === "layer" ? 1 : lineStrength(l + 1);
    return {rgb, share: Math.round(256 * fading * strength)};
  });
}

function inked(pixel, {rgb, share}) {
  const rest = 256 - share;
  const r = ((pixel & 255) * rest + rgb[0] * share) >> 8;
  const g = (((pixel >>> 8) & 255) * rest + rgb[1] * share) >> 8;
  const b = (((pixel >>> 16) & 255) * rest + rgb[2] * share) >> 8;
  return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
}

/* The view as SVG text: polygons or bands, boundaries by layer, curves, the box. Where colours change within a
 * region, it has the one in its middle. */

const SVG = "http://www.w3.org/2000/svg";
const rounded = (v) => String(Math.round(v * 100) / 100);

function svgText(screen, view, title) {
  const {width, height} = screen.frame.width ? screen.frame : screen;
  const body = screen instanceof LineView ? lineParts(screen) : planeParts(screen);
  const paper = toCss(INKS[view.dark ? "dark" : "light"].paper);
  const safe = title.replace(/[&<>]/g, (c) => ({"&": "&amp;", "<": "&lt;", ">": "&gt;"})[c]);
  return [`<svg xmlns="${SVG}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${safe}</title>`, `<rect width="${width}" height="${height}" fill="${paper}"/>`, ...body, "</svg>", ""].join("\n");
}

function planeParts(plane) {
  const {shape, groups, fill, frame, view, regions} = plane, {sx, sy, ox, oy} = frame.map();
  const parts = ['<g stroke-width="0.4" stroke-linejoin="round">'];
  const {width, height} = frame;
  for (let p = 0; p + 1 < shape.starts.length; p++) {
    const xs = [], ys = [];
    for (let k = shape.starts[p]; k < shape.starts[p + 1]; k++) {
      xs.push(ox + sx * shape.points[2 * shape.corners[k]]);
      ys.push(oy - sy * shape.points[2 * shape.corners[k] + 1]);
    }
    if (Math.max(...xs) < 0 || Math.max(...ys) < 0 || Math.min(...xs) > width || Math.min(...ys) > height) continue;
    const owner = shape.owners === null ? p : shape.owners[p], colour = pixelCss(fill.pixels[owner]);
    const corners = xs.map((x, k) => `${rounded(x)},${rounded(ys[k])}`).join(" ");
    parts.push(`<polygon points="${corners}" fill="${colour}" stroke="${colour}" data-region="${owner}"/>`);
  }
  parts.push("</g>");
  const ink = INKS[view.dark ? "dark" : "light"];
  (regions.dim === 3 ? [] : edgesInSight(plane, groups)).forEach((own, layer) => {
    if (!own.length) return;
    const rgb = view.colour === "layer" ? layerInk(layer, view.dark) : ink.line;
    const path = own.map(([x0, y0, x1, y1]) => `M${rounded(x0)} ${rounded(y0)}L${rounded(x1)} ${rounded(y1)}`).join("");
    parts.push(`<path d="${path}" fill="none" stroke="${toCss(rgb)}" stroke-linecap="round" data-layer="${layer}" ` +
      `stroke-opacity="${lineStrength(layer)}" stroke-width="${rounded(lineWidth(layer))}"/>`);
  });
  parts.push(`<rect x="${rounded(ox - sx)}" y="${rounded(oy - sy)}" width="${rounded(2 * sx)}" height="${rounded(2 * sy)}" ` +
    `fill="none" stroke="${toCss(ink.line)}"/>`);
  return parts;
}

/* All boundaries in sight by layer, however many. */
function edgesInSight({regions, frame, view}, groups) {
  const {ends, layers} = sharedEdges(regions), pairs = regions.adjacencies, {points} = regions;
  const {sx, sy, ox, oy} = frame.map(), found = Array.from({length: regions.levels + 1}, () => []);
  for (let k = 0; k < pairs.length; k += 2) {
    if (groups[pairs[k]] === groups[pairs[k + 1]]) continue;
    const [a, b] = [2 * ends[k], 2 * ends[k + 1]];
    const line = [ox + sx * points[a], oy - sy * points[a + 1], ox + sx * points[b], oy - sy * points[b + 1]];
    const outside = (u, v, size) => Math.max(u, v) < 0 || Math.min(u, v) > size;
    if (outside(line[0], line[2], frame.width) || outside(line[1], line[3], frame.height)) continue;
    found[view.linear ? 1 : layers[k / 2]].push(line);
  }
  return found;
}

function lineParts(line) {
  const parts = [], {height, scale} = line, [left, right] = line.sight;
  for (const i of line.order) {
    const a = Math.max(left, line.left(i)), b = Math.min(right, line.right(i));
    if (a >= b) continue;
    parts.push(`<rect x="${rounded(line.toScreen(a))}" y="0" width="${rounded(line.toScreen(b) - line.toScreen(a))}" ` +
      `height="${height - 24}" fill="${pixelCss(line.fill.pixels[i])}" fill-opacity="0.55" data-region="${i}"/>`);
  }
  const curves = line.curves();
  curves.forEach((curve, k) => {
    const points = [];
    for (let m = 0; m < curve.length; m += 2) {
      points.push(`${rounded(line.toScreen(curve[m]))},${rounded(scale.toY(curve[m + 1]))}`);
    }
    parts.push(`<polyline points="${points.join(" ")}" fill="none" stroke="${curveColour(curves.length, k, line.view.dark)}" stroke-width="2"/>`);
  });
  return parts;
}

/* Hand a text over as a file. */
function download(text, name, type) {
  const url = URL.createObjectURL(new Blob([text], {type}));
  make("a", {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

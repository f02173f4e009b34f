/* The panel: the region that is looked at, and the legend of its colours. */

/* So many outputs and neighbours are listed. */
const MOST_ROWS = 24, MOST_NEIGHBOURS = 40;
const MEASURES = ["length", "area", "volume"];

/* An element with attributes and children; text is text, never markup. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== false && value !== null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/* A number with so many digits as tell something. */
function shown(value, digits = 6) {
  if (!Number.isFinite(value)) return String(value);
  const text = Number(value.toPrecision(digits));
  const size = Math.abs(text);
  return (size !== 0 && (size < 1e-4 || size >= 1e7) ? text.toExponential() : String(text)).replace("-", "−");
}

const tuple = (values, digits) => `(${Array.from(values, (v) => shown(v, digits)).join(", ")})`;
const counted = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

function showRegion(element, {regions, network, view, go, colour}) {
  const region = view.pinned >= 0 ? view.pinned : view.hot;
  if (region < 0) {
    element.replaceChildren(make("p", {}, "Point at a region, or take the arrow keys; Enter or a click pins it."));
    return;
  }
  const place = view.point ?? regions.centre(region), inputs = regions.toInputs(place);
  const pattern = regions.pattern(region), states = Uint8Array.from(pattern.flatMap((own) => Array.from(own)));
  const {outputs} = network.forward(inputs);
  const swatch = make("span", {class: "swatch"});
  swatch.style.background = colour(region);
  const parts = [
    make("h2", {}, swatch, `region ${region}`, make("small", {}, view.pinned >= 0 ? "pinned" : "")),
    factTable(regions, region, inputs),
    make("h3", {}, "pattern"),
    ...pattern.map((own, k) => patternLine(own, k, view)),
    make("h3", {}, "outputs at the point"),
    outputTable(outputs),
    make("h3", {}, "affine map A x + c"),
    mapTable(network.affine(states)),
    make("h3", {}, "neighbours"),
    neighbourLinks(regions, region, go),
  ];
  element.replaceChildren(...parts);
}

function factTable(regions, region, inputs) {
  const rows = [["point", tuple(inputs)], [MEASURES[regions.dim - 1], shown(regions.volumes[region])]];
  if (regions.linear) rows.push(["linear region", String(regions.linear[region])]);
  return make("table", {class: "facts"}, ...rows.map(([name, text]) => make("tr", {}, make("th", {}, name), make("td", {}, text))));
}

/* The states of a layer; units that are on stand out. */
function patternLine(states, k, view) {
  const on = states.reduce((sum, state) => sum + (state > 0), 0), digits = states.every((state) => state < 10);
  const line = make("p", {class: `pattern${!view.linear && k >= view.level ? " later" : ""}`},
    make("b", {}, `layer ${k + 1}: ${on} of ${states.length} above 0`));
  let run = "", above = false;
  const flush = () => { if (run) line.append(above ? make("span", {class: "on"}, run) : run); run = ""; };
  states.forEach((state, u) => {
    if (state > 0 !== above) { flush(); above = state > 0; }
    run += digits ? state : `${u ? "." : ""}${state}`;
  });
  flush();
  return line;
}

function outputTable(outputs) {
  let best = 0;
  outputs.forEach((value, k) => { if (value > outputs[best]) best = k; });
  const rows = Array.from(outputs.slice(0, MOST_ROWS), (value, k) => make("tr", {},
    make("th", {}, `output ${k} `, outputs.length > 1 && k === best ? make("small", {}, "largest") : ""),
    make("td", {}, shown(value, 8))));
  return make("div", {class: "scroll"}, make("table", {}, ...rows), more(outputs.length));
}

function mapTable(rows) {
  const d = rows[0].length - 1;
  const head = make("tr", {}, make("th", {}), ...Array.from({length: d}, (_, j) => make("td", {}, `x${j}`)), make("td", {}, "c"));
  const body = rows.slice(0, MOST_ROWS).map((row, k) =>
    make("tr", {}, make("th", {}, `${k}`), ...Array.from(row, (v) => make("td", {}, shown(v, d < 3 ? 6 : 4)))));
  return make("div", {class: "scroll"}, make("table", {}, head, ...body), more(rows.length));
}

const more = (n) => (n > MOST_ROWS ? make("p", {}, `and ${n - MOST_ROWS} more`) : "");

function neighbourLinks(regions, region, go) {
  const all = Array.from(regions.neighbours(region)).sort((a, b) => a - b);
  if (region >= regions.head.explored) return make("p", {}, "not explored: the result is partial");
  const links = all.slice(0, MOST_NEIGHBOURS).map((other) =>
    make("button", {type: "button", "aria-label": `go to region ${other}`, onclick: () => go(other)}, String(other)));
  const rest = all.length > MOST_NEIGHBOURS ? [`and ${all.length - MOST_NEIGHBOURS} more`] : [];
  return make("div", {class: "links"}, ...(all.length ? links : ["none"]), ...rest);
}

/* What the colours mean. */
function showLegend(element, legend) {
  const parts = [make("h3", {}, legend.name)];
  if (legend.table) {
    const bar = make("canvas", {class: "bar", width: 256, height: 1}), pen = bar.getContext("2d");
    const image = pen.createImageData(256, 1);
    new Uint32Array(image.data.buffer).set(pixelTable(legend.table));
    pen.putImageData(image, 0, 0);
    parts.push(bar, make("div", {class: "ends"}, make("span", {}, shown(legend.low, 4)),
      make("span", {}, legend.log ? "logarithmic" : ""), make("span", {}, shown(legend.high, 4))));
  }
  if (legend.keys) {
    parts.push(make("div", {class: "keys"}, ...legend.keys.map(([rgb, text]) => {
      const swatch = make("i");
      swatch.style.background = toCss(rgb);
      return make("span", {}, swatch, text);
    })));
  }
  element.replaceChildren(...parts);
}

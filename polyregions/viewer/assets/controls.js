/* The controls above the map: what they do, and what they show. */

const byId = (id) => document.getElementById(id);

function fillControls(page) {
  const {head, regions} = page;
  byId("title").textContent = head.title;
  byId("facts").textContent = [counted(head.regions, "region"),
    `${head.adjacencies.toLocaleString("en")} adjacenc${head.adjacencies === 1 ? "y" : "ies"}`,
    head.lower.map((low, j) => `[${shown(low)}, ${shown(head.upper[j])}]`).join(" × ")].join(" · ");
  byId("partial").hidden = head.complete;
  byId("partial").textContent = `partial (stopped: ${head.stopped || "unknown why"}): there may be more regions`;
  for (const [name, text] of Object.entries(COLOURS)) {
    byId("colour").append(make("option", {value: name}, name === "volume" ? MEASURES[head.dim - 1] : text));
  }
  for (let k = 0; k < regions.shownOutputs; k++) byId("output").append(make("option", {value: k}, String(k)));
  for (let j = 0; j < 3; j++) byId("axis").append(make("option", {value: j}, `x${j}`));
  byId("layer").max = regions.levels;
  byId("layers").hidden = regions.levels === 0;
  byId("slicing").hidden = head.dim !== 3;
  byId("linear-label").hidden = regions.linear === null;
  byId("graph-label").hidden = head.dim !== 2;
  byId("share").hidden = window.location.protocol === "about:"; // within a notebook there is no address
  listen(page);
}

function listen(page) {
  const {screen} = page;
  byId("colour").addEventListener("change", (event) => page.change({colour: event.target.value}));
  byId("output").addEventListener("change", (event) => page.change({output: Number(event.target.value)}));
  byId("layer").addEventListener("input", (event) => page.change({level: Number(event.target.value)}));
  byId("axis").addEventListener("change", (event) => page.change({axis: Number(event.target.value)}));
  byId("slice").addEventListener("input", (event) => page.change({slice: Number(event.target.value)}));
  byId("linear").addEventListener("change", (event) => page.change({linear: event.target.checked}));
  byId("graph").addEventListener("change", (event) => page.change({graph: event.target.checked}));
  byId("theme").addEventListener("click", () => page.change({theme: page.view.dark ? "light" : "dark"}));
  byId("home").addEventListener("click", () => screen.home());
  byId("in").addEventListener("click", () => screen.zoomBy(1.5));
  byId("out").addEventListener("click", () => screen.zoomBy(1 / 1.5));
  byId("svg").addEventListener("click", () => download(svgText(screen, page.view, page.head.title), "regions.svg", "image/svg+xml"));
  byId("share").addEventListener("click", () => copyLink(page));
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    const {problem = ""} = page.find(byId("query").value);
    byId("query").setCustomValidity(problem);
    byId("query").reportValidity();
  });
  byId("query").addEventListener("input", () => byId("query").setCustomValidity(""));
}

/* What the controls say of the view. */
function showControls(page) {
  const {view, regions, head, screen} = page;
  for (const name of ["colour", "output", "axis", "slice"]) byId(name).value = view[name];
  byId("layer").value = view.level;
  byId("layer").disabled = view.linear;
  byId("linear").checked = view.linear;
  byId("graph").checked = view.graph;
  byId("output-label").hidden = !["output", "gradient"].includes(view.colour) || regions.shownOutputs < 2;
  byId("theme").textContent = view.dark ? "light" : "dark";
  const at = view.linear ? "" : view.level === regions.levels ? "" : ` of ${view.level} layer${view.level === 1 ? "" : "s"}`;
  byId("count").textContent = counted(screen.count, view.linear ? "linear region" : "region") + at;
  if (head.dim === 3) {
    byId("slice-at").textContent = `at ${shown(head.middle[view.axis] + head.half[view.axis] * view.slice, 4)}`;
  }
}

function copyLink(page) {
  const url = `${window.location.href.split("#")[0]}#${linkText(page.view, page.start, page.screen)}`;
  const told = () => {
    byId("share").textContent = "copied";
    say("the link is copied");
    setTimeout(() => { byId("share").textContent = "link"; }, 1500);
  };
  // Without leave to write there, or without a clipboard, the address bar has the same link.
  const refused = () => say("the address bar has the link");
  if (navigator.clipboard) navigator.clipboard.writeText(url).then(told, refused);
  else refused();
}

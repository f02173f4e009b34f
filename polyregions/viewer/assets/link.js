/* The view as the part of the address behind #, so that a link shows what its sender saw. */

const NAMES = ["colour", "output", "level", "axis", "slice", "theme"];
const SWITCHES = ["linear", "graph"];

/* The view as text: what differs from how the page begins, and where one looks. */
function linkText(view, start, screen) {
  const found = new URLSearchParams();
  for (const name of NAMES) if (view[name] !== start[name]) found.set(name, view[name]);
  for (const name of SWITCHES) if (view[name]) found.set(name, 1);
  if (view.pinned >= 0) {
    found.set("pin", view.pinned);
    if (view.point) found.set("at", view.point.join(","));
  }
  const {transform, middle} = screen.frame;
  if (transform.k !== 1 || transform.x !== 0 || transform.y !== 0) {
    found.set("look", [...middle.map((v) => Number(v.toPrecision(15))), Number(transform.k.toPrecision(8))].join(","));
  }
  return found.toString();
}

/* What a text says, as changes of the view and {middle, k} where to look; what makes no sense is left out. */
function readLink(text, regions) {
  const given = new URLSearchParams(text), changes = {}, numbers = (name) => given.get(name).split(",").map(Number);
  const whole = (name, low, high) => {
    const value = Number(given.get(name));
    if (given.has(name) && Number.isInteger(value) && value >= low && value <= high) changes[name] = value;
  };
  whole("output", 0, regions.shownOutputs - 1);
  whole("level", 0, regions.levels);
  whole("axis", 0, regions.dim - 1);
  if (COLOURS[given.get("colour")]) changes.colour = given.get("colour");
  if (["light", "dark"].includes(given.get("theme"))) changes.theme = given.get("theme");
  for (const name of SWITCHES) if (given.has(name)) changes[name] = given.get(name) === "1" && (name !== "linear" || regions.linear !== null);
  if (Math.abs(Number(given.get("slice") ?? NaN)) < 1) changes.slice = Number(given.get("slice"));
  const pin = Number(given.get("pin") ?? NaN);
  if (Number.isInteger(pin) && pin >= 0 && pin < regions.n) {
    [changes.pinned, changes.hot, changes.point] = [pin, pin, null];
    if (given.has("at") && numbers("at").length === regions.dim && numbers("at").every(Number.isFinite)) changes.point = numbers("at");
  }
  const look = given.has("look") ? numbers("look") : [], k = look.pop();
  const there = look.length === Math.min(2, regions.dim) && look.every(Number.isFinite) && k >= 0.5 && k <= 1e9;
  return {changes, look: there ? {middle: look, k} : null};
}

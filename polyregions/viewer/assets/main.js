/* The page: reads its data, and holds what is looked at and how in one object, the view. */

class Page {
  constructor(head, arrays) {
    this.head = head;
    this.regions = new Regions(head, arrays);
    this.network = new Network(head, arrays);
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    this.start = {
      colour: "pattern", output: 0, level: this.regions.levels, linear: false, graph: false, axis: 2, slice: 0.001,
      theme: "", dark: system.matches, hot: -1, pinned: -1, point: null,
    };
    this.view = {...this.start};
    const events = {
      hover: (region, place) => { if (this.view.pinned < 0) this.look(region, place); },
      choose: (region, place) => this.choose(region, place),
      moved: () => this.keepLink(),
    };
    document.getElementById("loading").remove();
    const Screen = head.dim === 1 ? LineView : PlaneView;
    this.screen = new Screen(document.getElementById("view"), this.regions, this.view, events);
    fillControls(this);
    system.addEventListener("change", () => this.change({}));
    window.addEventListener("hashchange", () => this.followLink());
    document.getElementById("view").addEventListener("keydown", (event) => this.key(event));
    this.followLink();
  }

  /* Change the view, and show what follows from it. */
  change(changes) {
    const {view, screen} = this, before = {...view};
    Object.assign(view, changes);
    const system = window.matchMedia("(prefers-color-scheme: dark)").matches;
    view.dark = view.theme === "" ? system : view.theme === "dark";
    document.documentElement.dataset.theme = view.dark ? "dark" : "light";
    const cut = this.head.dim === 3 && (!screen.fill || before.axis !== view.axis || before.slice !== view.slice);
    if (cut) screen.cut();
    const filled = ["colour", "output", "level", "linear", "graph", "dark"].some((name) => before[name] !== view[name]);
    if (!screen.fill || filled) screen.refill();
    if (!screen.drawn || filled || cut) {
      screen.draw();
      screen.drawn = true;
      showLegend(document.getElementById("legend"), screen.fill.legend);
    } else screen.drawTop();
    showControls(this);
    this.showPanel();
    this.keepLink();
  }

  showPanel() {
    const {regions, network, view, screen} = this;
    showRegion(document.getElementById("region"), {regions, network, view, go: (i) => this.walk(i),
      colour: (i) => pixelCss(screen.fill.pixels[i])});
  }

  /* Look at a region, while the pointer is above it. */
  look(region, place) {
    const {view, screen} = this, moved = region !== view.hot;
    if (!moved && !place) return;
    [view.hot, view.point] = [region, place];
    screen.drawTop();
    this.showPanel();
  }

  /* A click pins a region, and another one on it releases. */
  choose(region, place) {
    const same = region === this.view.pinned && region >= 0;
    this.change({pinned: same ? -1 : region, hot: region, point: region < 0 ? null : place});
    if (region >= 0 && !same) this.tell();
  }

  /* Go to a region by its number, and stay pinned if one was. */
  walk(region, place = null) {
    const pinned = this.view.pinned >= 0 ? region : -1;
    this.change({hot: region, pinned, point: place});
    if (this.head.dim === 3) this.change({slice: sliceOf(this.regions, this.view, region)});
    this.screen.reveal(this.regions.centre(region));
    this.tell();
  }

  /* Go to what is searched for. */
  find(text) {
    const found = search(text, this.regions, this.network);
    if (found.problem) {
      say(found.problem);
      return found;
    }
    if (this.head.dim === 3) this.change({slice: Math.min(0.999, Math.max(-0.999, found.place[this.view.axis]))});
    this.change({hot: found.region, pinned: found.region, point: found.place});
    this.screen.approach(found.place, found.region);
    this.tell();
    return found;
  }

  tell() {
    const {regions, view} = this, region = view.hot;
    say(`region ${region}, ${MEASURES[regions.dim - 1]} ${shown(regions.volumes[region], 3)}, ` +
      `${counted(regions.neighbours(region).length, "neighbour")}${view.pinned >= 0 ? ", pinned" : ""}`);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const done = pressed(event.key, {
      screen: this.screen, view: this.view,
      walk: (region) => this.walk(region),
      pin: () => { if (this.view.hot >= 0) { this.change({pinned: this.view.hot}); this.tell(); } },
      release: () => { this.change({pinned: -1, hot: -1, point: null}); say("released"); },
    });
    if (done) event.preventDefault();
  }

  /* Keep the address up to date, where there is one: a page within another has none. */
  keepLink() {
    if (window.location.protocol === "about:") return;
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => {
      this.written = linkText(this.view, this.start, this.screen);
      if (window.location.hash.slice(1) !== this.written) window.location.replace(`#${this.written}`);
    }, 250);
  }

  followLink() {
    const text = window.location.hash.slice(1);
    if (text === this.written) return;
    const {changes, look} = readLink(text, this.regions);
    this.change({...this.start, ...changes});
    if (look) this.screen.goTo(this.screen.whole(look.middle), look.k);
  }
}

/* Say something to those who listen, and show it for a moment to those who see. */
function say(text) {
  document.getElementById("live").textContent = text;
}

const head = JSON.parse(document.getElementById("head").textContent);
unpack(head.table, document.getElementById("data").textContent).then((arrays) => {
  const page = new Page(head, arrays);
  document.getElementById("data").remove();
  page.readyAfter = performance.now(); // since the browser went for the page
  window.polyregions = page;
});

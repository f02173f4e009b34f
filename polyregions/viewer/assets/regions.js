/* The regions: corners, neighbours, patterns, and the cells of each layer that they lie in.
 *
 * Level l is the subdivision by the first l hidden layers: level 0 is the whole box, the last level the regions
 * themselves. Corners are in the frame in which the box is [-1, 1]^d. */

class Regions {
  constructor(head, arrays) {
    this.head = head;
    this.n = head.regions;
    this.dim = head.dim;
    this.points = arrays.points;
    this.corners = arrays.corners;
    this.starts = sums(arrays.sizes);
    this.volumes = arrays.volumes;
    this.maps = arrays.maps;
    this.classes = arrays.classes;
    this.linear = arrays.linear ?? null;
    this.shownOutputs = arrays.maps.length / (this.n * (this.dim + 1));
    this.levels = head.cells.length;
    this.cells = head.cells.map((cells, k) => ({
      ...cells,
      bytes: cells.bits === 8 ? cells.units : Math.ceil(cells.units / 8),
      states: accumulated(arrays[`states${k + 1}`], cells),
      parents: arrays[`parents${k + 1}`],
    }));
    this.counts = [1, ...this.cells.map((cells) => cells.count)];
    this.pairs = {counts: arrays.higher_counts, higher: arrays.higher};
    this.known = new Map([[this.levels, Uint32Array.from({length: this.n}, (_, i) => i)]]);
  }

  /* The cell of a level that each region lies in. */
  ancestors(level) {
    if (!this.known.has(level)) {
      const below = this.ancestors(level + 1), parents = this.cells[level].parents;
      this.known.set(level, below.map((cell) => parents[cell]));
    }
    return this.known.get(level);
  }

  /* The states of a cell of layer k (from 0), of that layer. */
  cellStates(k, cell) {
    const {units, bits, bytes, states} = this.cells[k];
    const own = new Uint8Array(units), at = cell * bytes;
    for (let u = 0; u < units; u++) own[u] = bits === 8 ? states[at + u] : (states[at + (u >> 3)] >> (u & 7)) & 1;
    return own;
  }

  /* The pattern of a region: the states of each layer. */
  pattern(i) {
    return this.cells.map((_, k) => this.cellStates(k, this.ancestors(k + 1)[i]));
  }

  /* The region with the states of all units, or -1: down the levels, from cell to cell. */
  find(states) {
    let unit = 0, parent = 0;
    for (let k = 0; k < this.levels; k++) {
      const {count, units, bits, bytes, parents} = this.cells[k];
      const wanted = new Uint8Array(bytes);
      for (let u = 0; u < units; u++) {
        const state = states[unit + u];
        if (bits === 8) wanted[u] = state;
        else if (state > 1) return -1;
        else wanted[u >> 3] |= state << (u & 7);
      }
      let cell = 0;
      while (cell < count && !(parents[cell] === parent && this.sameStates(k, cell, wanted))) cell++;
      if (cell === count) return -1;
      [parent, unit] = [cell, unit + units];
    }
    return parent;
  }

  sameStates(k, cell, wanted) {
    const {bytes, states} = this.cells[k];
    for (let b = 0, at = cell * bytes; b < bytes; b++) if (states[at + b] !== wanted[b]) return false;
    return true;
  }

  /* All pairs of adjacent regions, [lower, higher, lower, higher, ...]. */
  get adjacencies() {
    if (!this.pairList) {
      const {counts, higher} = this.pairs;
      this.pairList = new Uint32Array(2 * higher.length);
      for (let i = 0, k = 0; i < this.n; i++) {
        for (let c = 0; c < counts[i]; c++, k++) [this.pairList[2 * k], this.pairList[2 * k + 1]] = [i, higher[k]];
      }
    }
    return this.pairList;
  }

  /* The regions that share a facet with one. */
  neighbours(i) {
    if (!this.around) {
      const pairs = this.adjacencies, degrees = new Uint32Array(this.n);
      for (const region of pairs) degrees[region]++;
      const starts = sums(degrees), at = starts.slice(), list = new Uint32Array(pairs.length);
      for (let k = 0; k < pairs.length; k += 2) {
        const [a, b] = [pairs[k], pairs[k + 1]];
        list[at[a]++] = b;
        list[at[b]++] = a;
      }
      this.around = {starts, list};
    }
    const {starts, list} = this.around;
    return list.subarray(starts[i], starts[i + 1]);
  }

  /* The lowest level at which two regions lie in different cells. */
  parting(i, j) {
    for (let level = 1; level < this.levels; level++) {
      const cells = this.ancestors(level);
      if (cells[i] !== cells[j]) return level;
    }
    return this.levels;
  }

  /* The mean of a region's corners. */
  centre(i) {
    const centre = new Float64Array(this.dim), start = this.starts[i], end = this.starts[i + 1];
    for (let k = start; k < end; k++) {
      for (let j = 0; j < this.dim; j++) centre[j] += this.points[this.corners[k] * this.dim + j];
    }
    return centre.map((sum) => sum / (end - start));
  }

  /* From the frame to the inputs of the network, and back. */
  toInputs(place) {
    return Array.from(place, (v, j) => this.head.middle[j] + this.head.half[j] * v);
  }

  toFrame(inputs) {
    return Array.from(inputs, (x, j) => (x - this.head.middle[j]) / this.head.half[j]);
  }
}

/* 0, and the sums of the first numbers. */
function sums(sizes) {
  const starts = new Uint32Array(sizes.length + 1);
  for (let i = 0; i < sizes.length; i++) starts[i + 1] = starts[i] + sizes[i];
  return starts;
}

/* Rows from what each differs by from the one before. */
function accumulated(changes, {count, units, bits}) {
  const bytes = bits === 8 ? units : Math.ceil(units / 8);
  for (let at = bytes; at < count * bytes; at++) changes[at] ^= changes[at - bytes];
  return changes;
}

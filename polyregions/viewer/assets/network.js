/* The network itself, in float64: what it computes at a point, and its affine map under a pattern.
 *
 * A layer is rows z = W y + b and, for each output, a table of pieces: entry first[u] + s is that of output u in
 * state s, which is slope z[row] + constant. An output with one entry has no state. */

class Network {
  constructor(head, arrays) {
    this.inputs = head.dim;
    this.outputs = head.outputs;
    this.layers = head.layers.map((shape, k) => {
      const layer = {...shape};
      const names = ["weights", "columns", "ends", "bias", "first", "row", "slope", "constant", "level", "is_max"];
      for (const name of names) layer[name] = arrays[name + k];
      return layer;
    });
    this.units = head.cells.reduce((sum, cells) => sum + cells.units, 0);
  }

  /* The states of all units at a point, and the outputs. */
  forward(point) {
    const states = new Uint8Array(this.units);
    let unit = 0;
    let y = Float64Array.from(point);
    for (const layer of this.layers) {
      const z = rowValues(layer, y);
      y = new Float64Array(layer.outputs);
      for (let u = 0; u < layer.outputs; u++) {
        const first = layer.first[u], count = layer.first[u + 1] - first;
        const state = count === 1 ? 0 : stateOf(layer, u, z);
        if (count > 1) states[unit++] = state;
        const entry = first + state;
        y[u] = layer.slope[entry] * z[layer.row[entry]] + layer.constant[entry];
      }
    }
    return {states, outputs: y};
  }

  /* The affine map under a pattern: a row of d coefficients and a constant for each output. */
  affine(states) {
    const width = this.inputs + 1;
    let rows = Array.from({length: this.inputs}, (_, j) => {
      const row = new Float64Array(width);
      row[j] = 1;
      return row;
    });
    let unit = 0;
    for (const layer of this.layers) {
      const forms = rowForms(layer, rows, width);
      rows = new Array(layer.outputs);
      for (let u = 0; u < layer.outputs; u++) {
        const first = layer.first[u];
        const entry = layer.first[u + 1] - first > 1 ? first + states[unit++] : first;
        const slope = layer.slope[entry];
        const row = forms[layer.row[entry]].map((v) => slope * v);
        row[width - 1] += layer.constant[entry];
        rows[u] = row;
      }
    }
    return rows;
  }
}

function rowValues(layer, y) {
  const z = new Float64Array(layer.rows);
  for (let r = 0, k = 0; r < layer.rows; r++) {
    let sum = 0;
    for (; k < layer.ends[r]; k++) sum += layer.weights[k] * y[layer.columns[k]];
    z[r] = sum + layer.bias[r];
  }
  return z;
}

function rowForms(layer, rows, width) {
  const forms = new Array(layer.rows);
  for (let r = 0, k = 0; r < layer.rows; r++) {
    const form = new Float64Array(width);
    for (; k < layer.ends[r]; k++) {
      const weight = layer.weights[k], row = rows[layer.columns[k]];
      for (let j = 0; j < width; j++) form[j] += weight * row[j];
    }
    form[width - 1] += layer.bias[r];
    forms[r] = form;
  }
  return forms;
}

/* The lowest index of a largest piece, or how many breakpoints the row exceeds. */
function stateOf(layer, u, z) {
  const first = layer.first[u], last = layer.first[u + 1] - 1;
  let state = 0;
  for (let entry = first; entry <= last; entry++) {
    if (layer.is_max[u]) {
      if (z[layer.row[entry]] > z[layer.row[first + state]]) state = entry - first;
    } else if (z[layer.row[entry]] > layer.level[entry]) state = entry - first + 1;
  }
  return state;
}

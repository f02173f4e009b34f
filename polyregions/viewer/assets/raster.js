/* An image of region numbers. Convex polygons tile the box, so each row of a polygon is a run of pixels between a
 * left and a right edge, and each pixel is written once: what colours, boundaries and picking are read from. */

class Raster {
  constructor(width, height) {
    [this.width, this.height] = [width, height];
    this.ids = new Int32Array(width * height);
    this.left = new Int32Array(height);
    this.right = new Int32Array(height);
    this.place = new Float64Array(0);
  }

  /* Fill with the polygons of a shape {points, corners, starts, owners}: where x -> ox + sx x and y -> oy - sy y
   * put them, counter-clockwise in the frame. Pixels of none have the number `none`. */
  fill(shape, {sx, sy, ox, oy}, none) {
    const {points, corners, starts, owners} = shape, {width, height, ids, left, right} = this;
    if (this.place.length !== points.length) this.place = new Float64Array(points.length);
    const place = this.place;
    for (let k = 0; k < place.length; k += 2) {
      place[k] = ox + sx * points[k] - 0.5; // so that pixels have their middles at whole numbers
      place[k + 1] = oy - sy * points[k + 1] - 0.5;
    }
    ids.fill(none);
    for (let p = 0; p + 1 < starts.length; p++) {
      const begin = starts[p], end = starts[p + 1];
      let top = Infinity, bottom = -Infinity, west = Infinity, east = -Infinity;
      for (let k = begin; k < end; k++) {
        const x = place[2 * corners[k]], y = place[2 * corners[k] + 1];
        if (y < top) top = y;
        if (y > bottom) bottom = y;
        if (x < west) west = x;
        if (x > east) east = x;
      }
      const first = Math.max(0, Math.ceil(top)), last = Math.min(height, Math.ceil(bottom));
      if (first >= last || east <= 0 || west >= width) continue;
      for (let k = begin, before = 2 * corners[end - 1]; k < end; k++) {
        const at = 2 * corners[k];
        // Round the polygon, left edges lead down the screen, right ones up; both are followed downwards, so
        // that the two polygons of an edge round alike.
        if (place[at + 1] > place[before + 1]) this.edge(left, before, at, first, last);
        else if (place[at + 1] < place[before + 1]) this.edge(right, at, before, first, last);
        before = at;
      }
      const owner = owners === null ? p : owners[p];
      for (let row = first; row < last; row++) {
        for (let q = row * width + left[row], stop = row * width + right[row]; q < stop; q++) ids[q] = owner;
      }
    }
  }

  /* In each row, the first pixel that is not left of an edge. */
  edge(side, from, to, first, last) {
    const place = this.place, x = place[from], y = place[from + 1], width = this.width;
    const slope = (place[to] - x) / (place[to + 1] - y);
    const start = Math.max(first, Math.ceil(y)), stop = Math.min(last, Math.ceil(place[to + 1]));
    for (let row = start; row < stop; row++) {
      const column = Math.ceil(x + slope * (row - y));
      side[row] = column < 0 ? 0 : column > width ? width : column;
    }
  }

  at(x, y) {
    const column = Math.floor(x), row = Math.floor(y);
    return column >= 0 && column < this.width && row >= 0 && row < this.height ? this.ids[row * this.width + column] : -1;
  }
}

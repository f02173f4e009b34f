/* Three inputs: the plane on which one of them is fixed cuts each region in a convex polygon, or not at all. The
 * polygons tile a rectangle, as the regions of two inputs do, and are shown and picked by the same means. */

/* The shape {points, corners, starts, owners} of the cut across `axis` at `level`, in the frame. */
function sliceShape(regions, axis, level) {
  const [u, v] = [0, 1, 2].filter((j) => j !== axis), {points, corners, starts} = regions;
  const found = [], ends = [0], owners = [];
  for (let i = 0; i < regions.n; i++) {
    let below = false, above = false;
    for (let k = starts[i]; k < starts[i + 1]; k++) {
      if (points[3 * corners[k] + axis] < level) below = true;
      else above = true;
    }
    if (!below || !above) continue;
    const ring = hull(crossings(points, corners.subarray(starts[i], starts[i + 1]), axis, level, u, v));
    if (ring.length < 3) continue;
    for (const [x, y] of ring) found.push(x, y);
    ends.push(found.length / 2);
    owners.push(i);
  }
  return {points: Float64Array.from(found), corners: Uint32Array.from({length: found.length / 2}, (_, k) => k),
    starts: Uint32Array.from(ends), owners: Uint32Array.from(owners)};
}

/* Where the segments between corners below and above meet the plane: all corners of the cut, and more of it. */
function crossings(points, corners, axis, level, u, v) {
  const below = [], above = [], met = [];
  for (const corner of corners) (points[3 * corner + axis] < level ? below : above).push(3 * corner);
  for (const a of below) {
    for (const b of above) {
      const t = (level - points[a + axis]) / (points[b + axis] - points[a + axis]);
      met.push([points[a + u] + t * (points[b + u] - points[a + u]), points[a + v] + t * (points[b + v] - points[a + v])]);
    }
  }
  return met;
}

/* The convex hull of points, counter-clockwise (A. Andrew's monotone chain). */
function hull(points) {
  const sorted = points.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const chain = (list) => {
    const kept = [];
    for (const [x, y] of list) {
      while (kept.length > 1) {
        const [a, b] = [kept[kept.length - 2], kept[kept.length - 1]];
        if ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) > 0) break;
        kept.pop();
      }
      kept.push([x, y]);
    }
    kept.pop();
    return kept;
  };
  return [...chain(sorted), ...chain(sorted.reverse())];
}

/* A level of the cut at which it meets a region: the present one, if it does. */
function sliceOf(regions, view, i) {
  if (inSlice(regions, view, i)) return view.slice;
  return Math.min(0.999, Math.max(-0.999, regions.centre(i)[view.axis]));
}

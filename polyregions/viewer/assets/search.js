/* What is typed into the search: a point, a pattern, or the number of a region. */

/* {region, place} or {problem}; place is in the frame. */
function search(text, regions, network) {
  const query = text.trim().replaceAll("−", "-");
  if (!query) return {problem: "type a point such as 0.3, -0.2, a pattern, or the number of a region"};
  const point = readPoint(query, regions.dim);
  if (point) return searchPoint(point, regions, network);
  const units = network.units;
  const joined = query.replace(/[\s|_]/g, "");
  if (/^\d+$/.test(joined) && joined.length === units && (units > 1 || !/^#?\d+$/.test(query) || Number(joined) < 2)) {
    return searchPattern(Array.from(joined, Number), regions);
  }
  const dotted = query.split(/[.\s]+/);
  if (units > 1 && dotted.length === units && dotted.every((part) => /^\d+$/.test(part))) {
    return searchPattern(dotted.map(Number), regions);
  }
  if (/^#?\d+$/.test(query)) {
    const region = Number(query.replace("#", ""));
    if (region < regions.n) return {region, place: regions.centre(region)};
    return {problem: `there is no region ${query}: they are numbered from 0 to ${regions.n - 1}`};
  }
  return {problem: `${query}: no point of ${regions.dim}, no pattern of ${counted(units, "unit")}, no region`};
}

/* Numbers with commas or spaces between; of one input, a number with a point in it or an x before it. */
function readPoint(query, dim) {
  const parts = query.replace(/^x\s*=\s*|[()[\]]/g, "").split(/[,;\s]+/).filter(Boolean);
  const numbers = parts.map(Number);
  if (parts.length !== dim || !numbers.every(Number.isFinite)) return null;
  if (dim === 1 && /^\d+$/.test(query)) return null;
  if (dim > 1 && !/[,;\s]/.test(query)) return null;
  return numbers;
}

function searchPoint(point, regions, network) {
  const {lower, upper, rows} = regions.head;
  if (point.some((x, j) => x < lower[j] || x > upper[j])) return {problem: `${tuple(point)} lies outside the box`};
  const beyond = (row) => point.reduce((sum, x, j) => sum + row[j] * x, 0) > row[point.length];
  if (rows.some(beyond)) return {problem: `${tuple(point)} lies outside the polytope`};
  const region = regions.find(network.forward(point).states);
  if (region >= 0) return {region, place: regions.toFrame(point)};
  return {problem: regions.head.complete
    ? `${tuple(point)} lies on a boundary, where no region has its pattern`
    : `${tuple(point)} lies in no region of this partial result`};
}

function searchPattern(states, regions) {
  const region = states.every((state) => state < 256) ? regions.find(states) : -1;
  if (region < 0) return {problem: "no region of the box has this pattern"};
  return {region, place: regions.centre(region)};
}

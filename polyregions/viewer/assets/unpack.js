/* The data of the page: base64 of deflated bytes, by significance, as the packing in Python has written them. */

const KINDS = {f8: Float64Array, f4: Float32Array, u4: Uint32Array, u1: Uint8Array};

/* The bytes of base64 text, inflated. */
async function inflated(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/* Typed arrays by their names; table has the name, the kind and the shape of each. */
async function unpack(table, text) {
  const bytes = await inflated(text);
  const arrays = {};
  let at = 0;
  for (const [name, kind, shape] of table) {
    const count = shape.reduce((product, size) => product * size, 1);
    const width = KINDS[kind].BYTES_PER_ELEMENT;
    const own = new Uint8Array(count * width);
    for (let byte = 0; byte < width; byte++) {
      for (let i = 0, from = at + byte * count, to = byte; i < count; i++, to += width) own[to] = bytes[from + i];
    }
    arrays[name] = new KINDS[kind](own.buffer);
    at += count * width;
  }
  return arrays;
}

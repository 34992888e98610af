// Zip archives, as far as a file of saved work needs them.

const LOCAL = 0x04034b50; // what a file begins with, its line in the list, and the end of the list
const LISTED = 0x02014b50;
const END = 0x06054b50;
const UTF8 = 0x0800;
const DEFLATED = 8;
const DAY = 0x21; // the first that an archive knows: the same files give the same archive

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});
const crc = (bytes) => {
  let sum = ~0;
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 255] ^ (sum >>> 8);
  return ~sum >>> 0;
};

const through = async (bytes, stream) =>
  new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());

// Numbers of so many bytes each, the lowest byte first.
const numbers = (...fields) => {
  const bytes = new Uint8Array(fields.reduce((sum, [size]) => sum + size, 0));
  let place = 0;
  for (const [size, value] of fields)
    for (let i = 0; i < size; i++) bytes[place++] = (value >>> (8 * i)) & 255;
  return bytes;
};

// An archive, as a Blob, of files: pairs of a name and its bytes.
export const pack = async (files) => {
  const parts = [];
  const list = [];
  let offset = 0;
  for (const [title, bytes] of files) {
    const name = new TextEncoder().encode(title);
    const packed = await through(bytes, new CompressionStream("deflate-raw"));
    const facts = numbers(
      ...[[2, 20], [2, UTF8], [2, DEFLATED], [2, 0], [2, DAY], [4, crc(bytes)]],
      ...[[4, packed.length], [4, bytes.length], [2, name.length], [2, 0]],
    );
    parts.push(numbers([4, LOCAL]), facts, name, packed);
    const where = numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, offset]);
    list.push(numbers([4, LISTED], [2, 20]), facts, where, name);
    offset += 4 + facts.length + name.length + packed.length;
  }
  const size = list.reduce((sum, part) => sum + part.length, 0);
  const count = files.length;
  const end = [[4, END], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset], [2, 0]];
  return new Blob([...parts, ...list, numbers(...end)], { type: "application/zip" });
};

// The files of an archive, as pairs of a name and its bytes; throws where it is damaged or is none.
export const unpack = async (buffer) => {
  const view = new DataView(buffer);
  let end = view.byteLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end -= 1;
  if (end < 0) throw new Error("it is no zip archive");
  const found = [];
  let place = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (view.getUint32(place, true) !== LISTED) throw new Error("its list of files is damaged");
    const [name, extra, comment] = [28, 30, 32].map((at) => view.getUint16(place + at, true));
    const [sum, size] = [16, 20].map((at) => view.getUint32(place + at, true));
    const start = view.getUint32(place + 42, true);
    const title = new TextDecoder().decode(new Uint8Array(buffer, place + 46, name));
    const data = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
    const packed = new Uint8Array(buffer, data, size);
    const method = view.getUint16(place + 10, true);
    if (method !== 0 && method !== DEFLATED) throw new Error(`${title} is packed in a strange way`);
    const bytes = method ? await through(packed, new DecompressionStream("deflate-raw")) : packed;
    if (crc(bytes) !== sum) throw new Error(`${title} is damaged`);
    if (!title.endsWith("/")) found.push([title, bytes]);
    place += 46 + name + extra + comment;
  }
  return found;
};

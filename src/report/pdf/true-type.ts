/**
 * TrueType font: widths and glyphs of characters, and a subset of the file for embedding. The subset keeps the
 * numbers of glyphs and removes the outlines of those that are not used, which compress to almost nothing.
 */
import { assert } from '../../base/assert.ts';

export interface TrueTypeFont {
  /** Number of the glyph of a character; 0, the replacement box, if the font has none. */
  glyph(codePoint: number): number;
  /** Advance width of a glyph in thousandths of the font size. */
  width(glyph: number): number;
  /** In thousandths of the font size, upwards: `[left, bottom, right, top]` of all glyphs. */
  readonly box: readonly number[];
  readonly ascent: number;
  readonly descent: number;
  /** The font with the outlines of these glyphs only. */
  subset(glyphs: ReadonlySet<number>): Uint8Array;
}

/** Tables that a PDF reader needs to draw glyphs. */
const tablesKept = ['cvt ', 'fpgm', 'glyf', 'head', 'hhea', 'hmtx', 'loca', 'maxp', 'prep'];

/** @param bytes of a .ttf file with a Unicode character map of format 12 */
export function readTrueType(bytes: Uint8Array): TrueTypeFont {
  const tables = readTables(bytes);
  const table = (name: string): DataView => {
    const found = tables.get(name);
    assert(found, () => `the font has a table ${name}`);
    return found;
  };
  const [head, hhea, hmtx] = [table('head'), table('hhea'), table('hmtx')];
  assert(head.getInt16(50) === 1, 'the offsets of glyphs have 32 bits');
  const thousandths = 1000 / head.getUint16(18);
  const scaled = (value: number): number => Math.round(thousandths * value);
  const widthCount = hhea.getUint16(34);
  const map = characterMap(table('cmap'));
  return {
    glyph: map,
    width: (glyph) => thousandths * hmtx.getUint16(4 * Math.min(glyph, widthCount - 1)),
    box: [36, 38, 40, 42].map((field) => scaled(head.getInt16(field))),
    ascent: scaled(hhea.getInt16(4)),
    descent: scaled(hhea.getInt16(6)),
    subset: (glyphs) =>
      subsetFont(
        table,
        tablesKept.filter((name) => tables.has(name)),
        glyphs,
      ),
  };
}

function readTables(bytes: Uint8Array): Map<string, DataView> {
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const tables = new Map<string, DataView>();
  for (let index = 0; index < file.getUint16(4); index++) {
    const at = 12 + 16 * index;
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    const [offset, length] = [file.getUint32(at + 8), file.getUint32(at + 12)];
    tables.set(name, new DataView(bytes.buffer, bytes.byteOffset + offset, length));
  }
  return tables;
}

function characterMap(cmap: DataView): (codePoint: number) => number {
  const starts = Array.from({ length: cmap.getUint16(2) }, (_, index) =>
    cmap.getUint32(8 + 8 * index),
  );
  const at = starts.find((start) => cmap.getUint16(start) === 12);
  assert(at !== undefined, 'the character map has format 12');
  const groups = Array.from({ length: cmap.getUint32(at + 12) }, (_, index) => {
    const group = at + 16 + 12 * index;
    const [first, last, glyph] = [0, 4, 8].map((field) => cmap.getUint32(group + field));
    return { first: first ?? 0, last: last ?? 0, glyph: glyph ?? 0 };
  });
  return (codePoint) => {
    const group = groups.find(({ first, last }) => first <= codePoint && codePoint <= last);
    return group === undefined ? 0 : group.glyph + codePoint - group.first;
  };
}

function subsetFont(
  table: (name: string) => DataView,
  names: readonly string[],
  glyphs: ReadonlySet<number>,
): Uint8Array {
  const [loca, glyf] = [table('loca'), table('glyf')];
  const outline = (glyph: number): Uint8Array => {
    const [from, to] = [loca.getUint32(4 * glyph), loca.getUint32(4 * glyph + 4)];
    return new Uint8Array(glyf.buffer, glyf.byteOffset + from, to - from);
  };
  const kept = withComponents(glyphs, outline);
  const count = loca.byteLength / 4 - 1;
  const newLoca = new DataView(new ArrayBuffer(loca.byteLength));
  const outlines: Uint8Array[] = [];
  let length = 0;
  for (let glyph = 0; glyph < count; glyph++) {
    newLoca.setUint32(4 * glyph, length);
    if (!kept.has(glyph)) continue;
    const own = outline(glyph);
    outlines.push(own);
    length += own.length;
  }
  newLoca.setUint32(4 * count, length);
  const newGlyf = new Uint8Array(length);
  let at = 0;
  for (const own of outlines) {
    newGlyf.set(own, at);
    at += own.length;
  }
  return writeFont(
    names.map((name) => {
      if (name === 'loca') return [name, new Uint8Array(newLoca.buffer)];
      if (name === 'glyf') return [name, newGlyf];
      const { buffer, byteOffset, byteLength } = table(name);
      return [name, new Uint8Array(buffer, byteOffset, byteLength)];
    }),
  );
}

/** The glyphs, the replacement box, and the glyphs that accented ones are made of. */
function withComponents(
  glyphs: ReadonlySet<number>,
  outline: (glyph: number) => Uint8Array,
): Set<number> {
  const all = new Set([0, ...glyphs]);
  for (const glyph of all) {
    const bytes = outline(glyph);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (bytes.length === 0 || view.getInt16(0) >= 0) continue;
    let flags = 0x20;
    for (let at = 10; (flags & 0x20) !== 0;) {
      flags = view.getUint16(at);
      all.add(view.getUint16(at + 2));
      const arguments_ = (flags & 0x1) === 0 ? 2 : 4;
      const scale =
        (flags & 0x8) !== 0 ? 2 : (flags & 0x40) !== 0 ? 4 : (flags & 0x80) !== 0 ? 8 : 0;
      at += 4 + arguments_ + scale;
    }
  }
  return all;
}

function writeFont(tables: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const padded = (length: number): number => 4 * Math.ceil(length / 4);
  const start = 12 + 16 * tables.length;
  const size = tables.reduce((sum, [, { length }]) => sum + padded(length), start);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const power = Math.floor(Math.log2(tables.length));
  view.setUint32(0, 0x00010000);
  view.setUint16(4, tables.length);
  view.setUint16(6, 16 * 2 ** power);
  view.setUint16(8, power);
  view.setUint16(10, 16 * (tables.length - 2 ** power));
  let offset = start;
  for (const [index, [name, content]] of tables.entries()) {
    const at = 12 + 16 * index;
    for (let letter = 0; letter < 4; letter++) view.setUint8(at + letter, name.charCodeAt(letter));
    bytes.set(content, offset);
    view.setUint32(at + 4, checksum(view, offset, padded(content.length)));
    view.setUint32(at + 8, offset);
    view.setUint32(at + 12, content.length);
    offset += padded(content.length);
  }
  return bytes;
}

function checksum(view: DataView, offset: number, length: number): number {
  let sum = 0;
  for (let at = offset; at < offset + length; at += 4) sum = (sum + view.getUint32(at)) >>> 0;
  return sum;
}

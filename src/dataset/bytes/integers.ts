/** Whole numbers in bytes. */

/** Little-endian; inexact from 2^53, which no count or label reaches. */
export function toUnsigned(bytes: Uint8Array): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
}

/** Little-endian two's complement of up to 8 bytes. */
export function toSigned(bytes: Uint8Array): number {
  const isNegative = (bytes.at(-1) ?? 0) >= 0x80;
  return toUnsigned(bytes) - (isNegative ? 256 ** bytes.length : 0);
}

/**
 * Reads whole numbers as numpy stores them.
 *
 * @returns null if `type` (such as `<i8`, `|u1`) is not a type of whole numbers, or `bytes` ends inside a number
 */
export function readIntegers(bytes: Uint8Array, type: string): number[] | null {
  const match = /^(?<order>[<>|=]?)(?<kind>[iu])(?<width>[1248])$/.exec(type);
  if (match?.groups === undefined) return null;
  const { order, kind } = match.groups;
  const width = Number(match.groups['width']);
  if (bytes.length % width !== 0) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLittle = order !== '>';
  const isSigned = kind === 'i';
  const readers: Readonly<Record<number, (at: number) => number>> = {
    1: (at) => (isSigned ? view.getInt8(at) : view.getUint8(at)),
    2: (at) => (isSigned ? view.getInt16(at, isLittle) : view.getUint16(at, isLittle)),
    4: (at) => (isSigned ? view.getInt32(at, isLittle) : view.getUint32(at, isLittle)),
    8: (at) => Number(isSigned ? view.getBigInt64(at, isLittle) : view.getBigUint64(at, isLittle)),
  };
  const read = readers[width]!;
  return Array.from({ length: bytes.length / width }, (_, index) => read(index * width));
}

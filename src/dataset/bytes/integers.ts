/** Integers: reads whole numbers from bytes. */

/** Unsigned little-endian number. Inexact from 2^53, which no count or label reaches. */
export function toUnsigned(bytes: Uint8Array): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
}

/** Signed little-endian number (two's complement). */
export function toSigned(bytes: Uint8Array): number {
  const isNegative = (bytes.at(-1) ?? 0) >= 0x80;
  return isNegative ? -1 - toUnsigned(bytes.map((byte) => ~byte)) : toUnsigned(bytes);
}

/**
 * Reads whole numbers as numpy stores them.
 *
 * @returns null if `type` (such as `<i8`, `|u1`) is not a type of whole numbers, or `bytes` ends inside a number
 */
export function readIntegers(bytes: Uint8Array, type: string): number[] | null {
  const [, order, kind, digit] = /^([<>|=]?)([iu])([1248])$/.exec(type) ?? [];
  const width = Number(digit);
  if (digit === undefined || bytes.length % width !== 0) return null;
  const read = kind === 'i' ? toSigned : toUnsigned;
  return Array.from({ length: bytes.length / width }, (_, index) => {
    const number = bytes.subarray(index * width, (index + 1) * width);
    return read(order === '>' ? number.toReversed() : number);
  });
}

/**
 * Validation bits: which validation images a trial classified correctly, one bit per image. All trials of
 * a study are scored on the same images.
 */
import { assert } from '../../base/assert.ts';

/** Number of ones in each byte. */
const ones = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte.toString(2).replaceAll('0', '').length,
);

/** @param bits bits after the last image are 0, as trainers write them */
export function countCorrect(bits: Uint8Array): number {
  let count = 0;
  for (const byte of bits) count += ones[byte] ?? 0;
  return count;
}

/** Numbers of images that only the first, or only the second, classifies correctly. */
export function disagreement(
  first: Uint8Array,
  second: Uint8Array,
): { readonly firstOnly: number; readonly secondOnly: number } {
  assert(first.length === second.length, 'trials of one study are scored on the same images');
  let firstOnly = 0;
  let secondOnly = 0;
  for (let index = 0; index < first.length; index++) {
    const a = first[index] ?? 0;
    const b = second[index] ?? 0;
    if (a === b) continue;
    firstOnly += ones[a & ~b] ?? 0;
    secondOnly += ones[b & ~a] ?? 0;
  }
  return { firstOnly, secondOnly };
}

/**
 * The number of images. The length of the bits gives it to within eight; the accuracy, a count divided by
 * this number, gives the rest. If no image was correct, the largest possible number is returned.
 */
export function imageCount(bits: Uint8Array, accuracy: number): number {
  const most = 8 * bits.length;
  const correct = countCorrect(bits);
  for (let count = most; count > most - 8; count--) if (correct / count === accuracy) return count;
  return most;
}

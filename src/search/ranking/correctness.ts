/**
 * Which validation images a trial got right, one bit each, and how two trials differ on them.
 *
 * Trials of a study are scored on the same images, so they share most of their luck: an image that is
 * easy for one is easy for the other. Counting only the images on which two trials disagree takes that
 * shared part out, which is why this is kept at all; two accuracies alone cannot say it.
 */
import { assert } from '../../base/assert.ts';

/** Images on which only the first is right, and only the second. */
export interface Disagreement {
  readonly firstOnly: number;
  readonly secondOnly: number;
}

const ones = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
});

/** @param bits without stray bits behind the last image, as the trainer leaves them */
export function countCorrect(bits: Uint8Array): number {
  let count = 0;
  for (const byte of bits) count += ones[byte] ?? 0;
  return count;
}

export function disagreement(first: Uint8Array, second: Uint8Array): Disagreement {
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
 * How many images there were. The bits say it to within eight; the accuracy, being a count divided by
 * this number, says the rest, unless nothing was right at all: then the most it can have been.
 */
export function imageCount(bits: Uint8Array, accuracy: number): number {
  const most = 8 * bits.length;
  const correct = countCorrect(bits);
  for (let count = most; count > most - 8; count--) if (correct / count === accuracy) return count;
  return most;
}

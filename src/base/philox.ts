/**
 * Random numbers: Philox4x32-10, a counter-based generator.
 *
 * A number is a pure function of the seed and a counter, not of the numbers drawn before it. So trials
 * do not depend on the number of workers, the order of trials or crashes.
 *
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (SC'11), table 2 and
 * section 3.3; the tests have the three reference vectors of Random123.
 *
 * Not a cryptographic generator: tokens and keys come from `node:crypto`.
 */
import { assert } from './assert.ts';
import { cosTurns, log, sinTurns } from './elementary.ts';

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** Purpose of a stream: the last word of the counter, so that streams of different purposes never overlap. */
export const streamPurpose = {
  lambda: 1,
  weights: 2,
  recordOrder: 3,
  dropout: 4,
  mirror: 5,
  shift: 6,
  split: 7,
  audit: 8,
  flips: 9,
  spread: 10,
  model: 11,
  importance: 12,
  command: 20,
  module: 21,
} as const;

/** The high 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16); // < 2^32, exact
  const carry = aLow * bHigh + (middle & 0xffff); // < 2^32, exact
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/**
 * One block of Philox4x32-10.
 *
 * @param out  (4) overwritten with four unsigned 32-bit numbers
 * @param c0   the counter, four unsigned 32-bit words
 * @param key0 the key, two unsigned 32-bit words
 */
export function philox4x32(
  out: Uint32Array,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  key0: number,
  key1: number,
): void {
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** Key of the generator for a 53-bit seed: two 32-bit words. */
export function seedKey(seed: number): readonly [number, number] {
  assert(
    Number.isSafeInteger(seed) && seed >= 0,
    `a seed is a whole number in [0, 2^53), got ${seed}`,
  );
  return [seed >>> 0, Math.floor(seed / 2 ** 32)];
}

/**
 * The numbers of one purpose at one place (a stage, a replicate, an epoch, …), addressed by index.
 * Reading is pure: the number at an index is the same whenever and wherever it is read.
 */
export class RandomStream {
  readonly #key0: number;
  readonly #key1: number;
  readonly #purpose: number;
  readonly #place0: number;
  readonly #place1: number;
  readonly #block = new Uint32Array(4);
  #blockIndex = -1;

  /** @param place0 with `place1`, the place in the study, such as stage and replicate: unsigned 32-bit numbers */
  constructor(seed: number, purpose: keyof typeof streamPurpose, place0 = 0, place1 = 0) {
    [this.#key0, this.#key1] = seedKey(seed);
    this.#purpose = streamPurpose[purpose];
    this.#place0 = place0 >>> 0;
    this.#place1 = place1 >>> 0;
  }

  /** The unsigned 32-bit number at `index` in [0, 2^34). */
  uint32At(index: number): number {
    const blockIndex = Math.floor(index / 4);
    if (blockIndex !== this.#blockIndex) {
      philox4x32(
        this.#block,
        blockIndex,
        this.#place0,
        this.#place1,
        this.#purpose,
        this.#key0,
        this.#key1,
      );
      this.#blockIndex = blockIndex;
    }
    return this.#block[index % 4]!;
  }

  /** Uniform in [0, 1) with 53 bits; reads the words 2·index and 2·index + 1. */
  uniformAt(index: number): number {
    const high = this.uint32At(2 * index) >>> 5; // 27 bits
    const low = this.uint32At(2 * index + 1) >>> 6; // 26 bits
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /**
   * Standard normal, by Box and Muller (1958): numbers 2i and 2i + 1 are the two halves of one pair,
   * and each depends on its index alone.
   */
  normalAt(index: number): number {
    const pair = Math.floor(index / 2);
    const radius = Math.sqrt(-2 * log(1 - this.uniformAt(2 * pair)));
    const turns = this.uniformAt(2 * pair + 1);
    return radius * (index % 2 === 0 ? cosTurns(turns) : sinTurns(turns));
  }

  /**
   * A random order of 0 … count − 1, by Fisher and Yates (Durstenfeld 1964) from the back.
   * An index is ⌊u · bound⌋ with 53 bits of u: its bias is below 2^-21 for any count that fits in memory.
   */
  permutation(count: number): Uint32Array {
    const order = new Uint32Array(count);
    for (let i = 0; i < count; i++) order[i] = i;
    for (let last = count - 1; last > 0; last--) {
      const chosen = Math.floor(this.uniformAt(last) * (last + 1));
      const swapped = order[last]!;
      order[last] = order[chosen]!;
      order[chosen] = swapped;
    }
    return order;
  }
}

/**
 * Sign flips: the distribution of the largest of many paired statistics if no configuration is better.
 *
 * Every comparison with the leader has one difference per image. If neither side is better, a difference is
 * as likely with one sign as with the other, so flipping the signs of images at random gives the
 * distribution of the statistic S/√Q, where S is the sum of the differences and Q the sum of their squares.
 * One flip changes the sign of an image in all comparisons at once, so the largest statistic of a flip has
 * the correlations of the configurations. This is the single-step max-T of Westfall and Young (1993).
 *
 * Differences of correct answers are whole numbers, and 32 flips of them are added at once: bit r of a word
 * is the sign of an image in flip r, and words are added into bit planes by full adders. Real differences
 * are added in groups of images first, which keep their sign together.
 */
import { RandomStream } from '../../base/philox.ts';

/**
 * The differences of one comparison. `units`: `2·image` for each whole unit in which the best configuration
 * is ahead, `2·image + 1` for each in which it is behind. `groups`: sums of real differences. `root`: √Q.
 */
export type FlippedDifferences =
  | { readonly units: Int32Array; readonly root: number }
  | { readonly groups: Float64Array; readonly root: number };

const wordBits = 32;
/** Counters of up to 2^planes − 1 units. */
const planes = 26;

/**
 * The largest statistic of each flip, in descending order; all 0 without comparisons.
 *
 * @param comparisons with a `root` above 0
 * @param images      number of images; there are at most as many groups
 * @param flips       a multiple of 32
 * @param seed        of the study: the same study has the same flips
 */
export function flippedMaxima(
  comparisons: readonly FlippedDifferences[],
  { images, flips, seed }: { images: number; flips: number; seed: number },
): Float64Array {
  const maxima = new Float64Array(flips);
  if (comparisons.length === 0) return maxima;
  maxima.fill(-Infinity);
  const random = new RandomStream(seed, 'flips');
  const signs = new Int32Array(2 * images);
  const groups = comparisons.flatMap((one) => ('groups' in one ? [one.groups.length] : []))[0] ?? 0;
  const groupSigns = new Float64Array(wordBits * groups);
  for (let word = 0; word < flips / wordBits; word++) {
    for (let image = 0; image < images; image++) {
      const bits = random.uint32At(word * images + image);
      signs[2 * image] = bits;
      signs[2 * image + 1] = ~bits;
    }
    for (let at = 0; at < groupSigns.length; at++)
      groupSigns[at] = ((signs[2 * (at % groups)] ?? 0) >>> Math.floor(at / groups)) & 1 ? 1 : -1;
    const own = maxima.subarray(word * wordBits, (word + 1) * wordBits);
    for (const comparison of comparisons) {
      if ('units' in comparison) raiseByUnits(own, comparison, signs);
      else raiseByGroups(own, comparison, groupSigns);
    }
  }
  return maxima.toSorted().toReversed();
}

type Units = Extract<FlippedDifferences, { units: unknown }>;
type Groups = Extract<FlippedDifferences, { groups: unknown }>;

const counter = new Int32Array(planes);

/** Counts the set bits of each flip over all units: a carry-save adder takes eight words at a time. */
function raiseByUnits(maxima: Float64Array, { units, root }: Units, signs: Int32Array): void {
  counter.fill(0);
  let [ones, twos, fours] = [0, 0, 0];
  const whole = units.length - (units.length % 8);
  for (let at = 0; at < whole; at += 8) {
    const a = signs[units[at] ?? 0] ?? 0;
    const b = signs[units[at + 1] ?? 0] ?? 0;
    const c = signs[units[at + 2] ?? 0] ?? 0;
    const d = signs[units[at + 3] ?? 0] ?? 0;
    const e = signs[units[at + 4] ?? 0] ?? 0;
    const f = signs[units[at + 5] ?? 0] ?? 0;
    const g = signs[units[at + 6] ?? 0] ?? 0;
    const h = signs[units[at + 7] ?? 0] ?? 0;
    // (sum, carry) of three words: x ^ y ^ z, and their majority.
    let half = ones ^ a;
    const twosA = (ones & a) | (half & b);
    ones = half ^ b;
    half = ones ^ c;
    const twosB = (ones & c) | (half & d);
    ones = half ^ d;
    half = twos ^ twosA;
    const foursA = (twos & twosA) | (half & twosB);
    twos = half ^ twosB;
    half = ones ^ e;
    const twosC = (ones & e) | (half & f);
    ones = half ^ f;
    half = ones ^ g;
    const twosD = (ones & g) | (half & h);
    ones = half ^ h;
    half = twos ^ twosC;
    const foursB = (twos & twosC) | (half & twosD);
    twos = half ^ twosD;
    half = fours ^ foursA;
    const eights = (fours & foursA) | (half & foursB);
    fours = half ^ foursB;
    addAt(3, eights);
  }
  counter[0] = ones;
  counter[1] = twos;
  counter[2] = fours;
  for (let at = whole; at < units.length; at++) addAt(0, signs[units[at] ?? 0] ?? 0);
  raise(maxima, units.length, root);
}

/** Adds one bit per flip to the counters, from this plane on. */
function addAt(plane: number, word: number): void {
  let carry = word;
  for (let at = plane; carry !== 0; at++) {
    const before = counter[at] ?? 0;
    counter[at] = before ^ carry;
    carry &= before;
  }
}

/** A flip with `count` set bits has S = count − (units − count). */
function raise(maxima: Float64Array, units: number, root: number): void {
  const used = wordBits - Math.clz32(units);
  for (let flip = 0; flip < wordBits; flip++) {
    let count = 0;
    for (let plane = 0; plane < used; plane++)
      count += (((counter[plane] ?? 0) >>> flip) & 1) << plane;
    const statistic = (2 * count - units) / root;
    if (statistic > (maxima[flip] ?? 0)) maxima[flip] = statistic;
  }
}

/**
 * Four flips at a time: their sums are independent, so the processor adds them side by side.
 *
 * @param signs (flips of a word, groups) 1 or -1
 */
function raiseByGroups(maxima: Float64Array, { groups, root }: Groups, signs: Float64Array): void {
  const count = groups.length;
  for (let flip = 0; flip < wordBits; flip += 4) {
    const start = flip * count;
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let group = 0; group < count; group++) {
      const value = groups[group] ?? 0;
      a += (signs[start + group] ?? 0) * value;
      b += (signs[start + count + group] ?? 0) * value;
      c += (signs[start + 2 * count + group] ?? 0) * value;
      d += (signs[start + 3 * count + group] ?? 0) * value;
    }
    maxima[flip] = Math.max(maxima[flip] ?? 0, a / root);
    maxima[flip + 1] = Math.max(maxima[flip + 1] ?? 0, b / root);
    maxima[flip + 2] = Math.max(maxima[flip + 2] ?? 0, c / root);
    maxima[flip + 3] = Math.max(maxima[flip + 3] ?? 0, d / root);
  }
}

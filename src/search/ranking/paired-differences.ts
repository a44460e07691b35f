/**
 * Paired differences: by how much the best configuration scores each image better than another one does.
 *
 * Accuracies differ by whole numbers: how many more replicates of one side classify an image correctly.
 * Losses differ by any amount.
 */
import { assert } from '../../base/assert.ts';
import { normalTail } from '../statistics/normal.ts';
import { looksBetterByChance } from './paired-test.ts';
import type { FlippedDifferences } from './sign-flips.ts';

/** Scores of one configuration, one array per replicate: validation bits, or the loss of each image. */
export type Scores = readonly Uint8Array[] | readonly Float32Array[];

export interface PairedDifferences {
  readonly flipped: FlippedDifferences;
  /** S/√Q of all images: positive if the best one is better; 0 if no image differs. */
  readonly statistic: number;
  /** Mean score of the other one minus that of the best. */
  readonly difference: number;
  readonly standardError: number;
  /** One-sided p-value of this comparison alone: the exact test for bits, the normal one for losses. */
  readonly pValue: number;
}

/** Real differences are added in this many groups of images: enough for a normal sum, few enough to be fast. */
const groupsMax = 128;

/** @param images number of images; surplus replicates of either side are ignored */
export function pairedDifferences(best: Scores, other: Scores, images: number): PairedDifferences {
  const replicates = Math.min(best.length, other.length);
  assert(replicates >= 1, 'both configurations have scores');
  const count = { images, replicates };
  if (areBits(best) && areBits(other)) {
    const { units, ...sums } = wholeDifferences(best, other, replicates);
    const { statistic, difference, standardError } = summary(sums, count);
    const flipped = { units, root: Math.sqrt(sums.squares) };
    const pValue = looksBetterByChance(best, other);
    return { flipped, statistic, difference: -difference, standardError, pValue };
  }
  assert(!areBits(best) && !areBits(other), 'all configurations have scores of one kind');
  const { groups, ...sums } = lossDifferences(best, other, count);
  const own = summary(sums, count);
  const root = Math.sqrt(groups.reduce((total, one) => total + one * one, 0));
  const pValue = sums.squares === 0 ? 1 : normalTail(own.statistic);
  return { flipped: { groups, root }, ...own, pValue };
}

function areBits(scores: Scores): scores is readonly Uint8Array[] {
  return scores[0] instanceof Uint8Array;
}

interface Sums {
  /** S: sum of the differences of all images, positive if the best one is better. */
  readonly sum: number;
  /** Q: sum of their squares. */
  readonly squares: number;
}

interface Count {
  readonly images: number;
  /** How many replicates are added in a difference. */
  readonly replicates: number;
}

function summary({ sum, squares }: Sums, { images, replicates }: Count) {
  const spread = Math.max(0, squares - sum ** 2 / images) / (images * Math.max(1, images - 1));
  return {
    statistic: squares === 0 ? 0 : sum / Math.sqrt(squares),
    difference: sum / images / replicates,
    standardError: Math.sqrt(spread) / replicates,
  };
}

/** A unit is `2·image` if the best one is ahead there, else `2·image + 1`; once per replicate ahead. */
function wholeDifferences(
  best: readonly Uint8Array[],
  other: readonly Uint8Array[],
  replicates: number,
): Sums & { readonly units: Int32Array } {
  const units: number[] = [];
  let [sum, squares] = [0, 0];
  const bytes = best[0]?.length ?? 0;
  for (let byte = 0; byte < bytes; byte++) {
    let differing = 0;
    for (let r = 0; r < replicates; r++)
      differing |= (best[r]?.[byte] ?? 0) ^ (other[r]?.[byte] ?? 0);
    for (let bit = 0; differing >> bit !== 0; bit++) {
      if (((differing >> bit) & 1) === 0) continue;
      let ahead = 0;
      for (let r = 0; r < replicates; r++)
        ahead += (((best[r]?.[byte] ?? 0) >> bit) & 1) - (((other[r]?.[byte] ?? 0) >> bit) & 1);
      const unit = 2 * (8 * byte + bit) + (ahead < 0 ? 1 : 0);
      for (let times = Math.abs(ahead); times > 0; times--) units.push(unit);
      sum += ahead;
      squares += ahead * ahead;
    }
  }
  return { units: Int32Array.from(units), sum, squares };
}

function lossDifferences(
  best: readonly Float32Array[],
  other: readonly Float32Array[],
  { images, replicates }: Count,
): Sums & { readonly groups: Float64Array } {
  const groups = new Float64Array(Math.min(groupsMax, images));
  let [sum, squares] = [0, 0];
  for (let image = 0; image < images; image++) {
    let ahead = 0;
    for (let r = 0; r < replicates; r++)
      ahead += (other[r]?.[image] ?? 0) - (best[r]?.[image] ?? 0);
    const group = image % groups.length;
    groups[group] = (groups[group] ?? 0) + ahead;
    sum += ahead;
    squares += ahead * ahead;
  }
  return { groups, sum, squares };
}

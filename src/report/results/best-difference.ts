/**
 * Best difference: by how much the best values of two studies differ, with an error and a test.
 *
 * If both were measured on the same validation images, the images are compared one by one: what makes an
 * image hard is the same for both, and cancels. Otherwise, and for values that are not stored per image,
 * the two standard errors are added in squares. The best value of a study is biased upwards; between two
 * studies of unequal length, so is the difference.
 */
import { looksBetterByChance } from '../../search/ranking/paired-test.ts';
import { pairedDifferences } from '../../search/ranking/paired-differences.ts';
import { comparableBits } from '../../search/ranking/ties.ts';
import { normalTail } from '../../search/statistics/normal.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { TrialRecord } from '../../study/trial.ts';
import type { StudyResults } from './study-results.ts';

/** One of the two studies. */
export interface BestSide {
  readonly study: StudyRecord;
  readonly results: StudyResults;
  /** Validation bits of each replicate of the best configuration; empty if they are not stored. */
  readonly bestBits: readonly Uint8Array[];
}

export interface BestDifference {
  /** Best value of the second study minus that of the first, in the unit of the objective. */
  readonly value: number;
  /** Standard error of `value`; null if unknown. */
  readonly standardError: number | null;
  /** Two-sided; null without a standard error. */
  readonly pValue: number | null;
  /** Number of images that were compared one by one; null if they were not. */
  readonly pairedImages: number | null;
}

/** Bits of the best configuration. @param trials with their validation bits */
export function bestBits(
  { best }: StudyResults,
  trials: readonly TrialRecord[],
): readonly Uint8Array[] {
  const own = trials.filter(({ id }) => id.stage === best?.stage && id.index === best.index);
  return comparableBits(own.toSorted((a, b) => a.id.replicate - b.id.replicate));
}

/** Null if a study has no value, or the studies have different objectives. */
export function bestDifference(a: BestSide, b: BestSide): BestDifference | null {
  const [first, second] = [a.results.best, b.results.best];
  const isSameObjective = a.results.objective.metric === b.results.objective.metric;
  if (first?.value == null || second?.value == null || !isSameObjective) return null;
  const value = second.value - first.value;
  const { validationCount: images } = a.results;
  if (images !== null && isOnSameImages(a, b)) {
    const { standardError } = pairedDifferences(a.bestBits, b.bestBits, images);
    const tails = [
      looksBetterByChance(a.bestBits, b.bestBits),
      looksBetterByChance(b.bestBits, a.bestBits),
    ];
    return {
      value,
      standardError,
      pValue: Math.min(1, 2 * Math.min(...tails)),
      pairedImages: images,
    };
  }
  const [left, right] = [first.standardError, second.standardError];
  if (left == null || right == null)
    return { value, standardError: null, pValue: null, pairedImages: null };
  const standardError = Math.hypot(left, right);
  const pValue = standardError === 0 ? null : 2 * normalTail(Math.abs(value) / standardError);
  return { value, standardError, pValue, pairedImages: null };
}

/** Whether both have bits of the same validation images, in the same order. */
function isOnSameImages(a: BestSide, b: BestSide): boolean {
  const isByImage = a.results.objective.metric === 'validation_accuracy';
  const key = imagesKey(a);
  return isByImage && a.bestBits.length > 0 && key !== null && key === imagesKey(b);
}

/**
 * Equal for the same images: named shards are the same in every study, and others are drawn by the seed. Null
 * if the images are unknown.
 */
function imagesKey({
  study: { spec, shardDigests },
  results,
  bestBits: bits,
}: BestSide): string | null {
  if (spec.dataset === undefined) return null;
  const { name: _name, path: _path, ...splits } = spec.dataset;
  const shards = Object.entries(shardDigests).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    shards,
    Array.isArray(splits.validation) ? splits.validation : [splits, spec.seed],
    results.validationCount,
    bits[0]?.length ?? 0,
  ]);
}

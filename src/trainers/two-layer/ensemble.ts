/**
 * Which networks answer together: the last cycle ends of all seeds, and earlier ones only where the
 * validation split says that they help.
 *
 * The ends of one cycle join together, for all seeds or for none, the latest first. So there are as many
 * decisions as cycles, not as networks, and little for the noise of the validation split to choose from.
 * The test split is never looked at.
 */
import { assert } from '../../base/assert.ts';
import type { Split } from '../../study/images.ts';
import { meanProbabilities, worthOf } from './scoring.ts';

/** The networks of all seeds at one cycle's end. */
export interface CycleCandidates {
  /** Counted from 1. */
  readonly cycle: number;
  /** (N, C) of the validation split, one of each seed. */
  readonly validation: readonly Float64Array[];
}

export interface CycleChoice {
  readonly cycle: number;
  readonly joins: boolean;
  /** Of the ensemble with this cycle's networks in it. */
  readonly validationAccuracy: number;
}

/** @param candidates by cycle, ascending; the last always joins */
export function chooseCycles(
  candidates: readonly CycleCandidates[],
  validation: Split,
): readonly CycleChoice[] {
  const latestFirst = candidates.toReversed();
  assert(latestFirst.length > 0, 'an ensemble has at least the last cycle');
  let members: readonly Float64Array[] = [];
  let best = -1;
  return latestFirst.map((candidate) => {
    const together = [...members, ...candidate.validation];
    const { accuracy } = worthOf(meanProbabilities(together), validation);
    const joins = accuracy > best;
    if (joins) {
      members = together;
      best = accuracy;
    }
    return { cycle: candidate.cycle, joins, validationAccuracy: accuracy };
  });
}

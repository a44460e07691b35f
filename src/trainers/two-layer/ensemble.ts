/**
 * Ensemble selection: the networks at the last cycle end of all seeds, and earlier cycle ends if they
 * increase validation accuracy.
 *
 * All seeds of a cycle join or none: with one decision per cycle, the noise of the validation split has
 * little influence. The test split is not used.
 */
import { assert } from '../../base/assert.ts';
import type { Split } from '../../study/images.ts';
import { meanProbabilities, scoreProbabilities } from './scoring.ts';

export interface CycleNetworks {
  /** Counted from 1. */
  readonly cycle: number;
  /** (N, C) probabilities of the validation split at the cycle's end, for each seed. */
  readonly validation: readonly Float64Array[];
}

export interface CycleChoice {
  readonly cycle: number;
  readonly joins: boolean;
  /** Validation accuracy of the ensemble that includes this cycle. */
  readonly validationAccuracy: number;
}

/** @param cycles ascending; the last always joins. @returns choices from the last cycle to the first */
export function chooseCycles(
  cycles: readonly CycleNetworks[],
  validation: Split,
): readonly CycleChoice[] {
  const latestFirst = cycles.toReversed();
  assert(latestFirst.length > 0, 'an ensemble has at least the last cycle');
  let members: readonly Float64Array[] = [];
  let best = -1;
  return latestFirst.map(({ cycle, validation: networks }) => {
    const together = [...members, ...networks];
    const { accuracy } = scoreProbabilities(meanProbabilities(together), validation);
    const joins = accuracy > best;
    if (joins) {
      members = together;
      best = accuracy;
    }
    return { cycle, joins, validationAccuracy: accuracy };
  });
}

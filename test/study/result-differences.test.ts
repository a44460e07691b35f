/** Two results of one trial are equal to the last bit, or the differences are named. */
import { describe, expect, test } from 'vitest';
import { resultDifferences } from '../../src/study/result-differences.ts';
import type { Measurement, TrialResult } from '../../src/study/trial.ts';
import { completeResult, measurementAt } from '../store/support/records.ts';

const result = completeResult(0.5, 3);
const diverged: TrialResult = { kind: 'diverged', steps: 7, seconds: 1, curve: [] };

function withMetrics(point: Measurement, metrics: Measurement['metrics']): Measurement {
  return { ...point, metrics: { ...point.metrics, ...metrics } };
}

describe('two results', () => {
  test('are equal if only their seconds differ, or if both values are not finite', () => {
    expect(resultDifferences(result, { ...structuredClone(result), seconds: 9 })).toEqual([]);
    const lost = (trainLoss: number): TrialResult => ({
      ...diverged,
      curve: [withMetrics(measurementAt(10), { train_loss: trainLoss })],
    });
    expect(resultDifferences(lost(NaN), lost(Infinity))).toEqual([]);
  });

  test('give the names of the values that differ, also if only in the last bit', () => {
    const curve = structuredClone([...result.curve]);
    curve[1] = withMetrics(curve[1]!, {
      validation_loss: 1.1 + Number.EPSILON,
      train_cost: 0.7,
    });
    const cases: [TrialResult, string[]][] = [
      [{ ...result, digest: 'd'.repeat(64) }, ['digest']],
      [{ ...result, validationCorrect: Uint8Array.of(1, 2, 255, 1) }, ['correctness']],
      [{ ...result, curve }, ['train cost', 'validation loss']],
      [{ ...result, curve: curve.slice(1) }, ['number of measurements']],
      [{ ...result, steps: 31 }, ['steps']],
      [diverged, ['complete or diverged']],
    ];
    for (const [other, differences] of cases)
      expect(resultDifferences(result, other)).toEqual(differences);
  });
});

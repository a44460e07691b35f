/** Two results of one trial are the same to the last bit, or it is said in what they differ. */
import { describe, expect, test } from 'vitest';
import { resultDifferences } from '../../src/study/result-differences.ts';
import type { TrialResult } from '../../src/study/trial.ts';
import { completeResult, measurementAt } from '../store/support/records.ts';

const result = completeResult(0.5, 3);
const diverged: TrialResult = { kind: 'diverged', steps: 7, seconds: 1, curve: [] };

describe('two results', () => {
  test('are the same however long they took, and where neither is a number', () => {
    expect(resultDifferences(result, { ...structuredClone(result), seconds: 9 })).toEqual([]);
    const lost = (trainLoss: number): TrialResult => ({
      ...diverged,
      curve: [{ ...measurementAt(10), trainLoss }],
    });
    expect(resultDifferences(lost(NaN), lost(Infinity))).toEqual([]);
  });

  test('differ in what differs, by the smallest step that there is', () => {
    const curve = structuredClone([...result.curve]);
    curve[1] = { ...curve[1]!, validationLoss: 1.1 + Number.EPSILON, trainCost: 0.7 };
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

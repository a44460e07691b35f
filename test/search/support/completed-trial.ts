import type { Measurement, TrialRecord } from '../../../src/study/trial.ts';

/** A complete trial of stage `coarse` with these metrics at its last step. */
export function completedTrial(
  k: number,
  lambda: number,
  metrics: Partial<Measurement>,
): TrialRecord {
  const last: Measurement = {
    step: 1,
    epoch: 1,
    learningRate: 0,
    trainLoss: 1,
    trainCost: 1,
    trainAccuracy: 0.5,
    validationLoss: 1,
    validationCost: 1,
    validationAccuracy: 0.5,
    testLoss: null,
    testAccuracy: null,
    ...metrics,
  };
  return {
    id: { stage: 'coarse', index: k, replicate: 1 },
    lambda,
    status: 'complete',
    reason: null,
    attempts: 1,
    failures: 0,
    worker: 'w',
    result: {
      kind: 'complete',
      steps: 1,
      seconds: 1,
      digest: 'a'.repeat(64),
      curve: [{ ...last, validationAccuracy: 0, validationLoss: 9 }, last],
      validationCorrect: new Uint8Array(0),
    },
    fingerprint: 'f'.repeat(64),
    audit: null,
  };
}

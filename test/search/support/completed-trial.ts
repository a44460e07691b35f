/** Builds complete trials, and validation bits, for tests of the search. */
import type { Metrics } from '../../../src/study/metrics.ts';
import type { TrialRecord } from '../../../src/study/trial.ts';

/** A complete trial of stage `coarse` with these metrics at its last step. */
export function completedTrial(index: number, lambda: number, metrics: Metrics): TrialRecord {
  const last = { train_accuracy: 0.5, validation_loss: 1, validation_accuracy: 0.5, ...metrics };
  const first = { ...last, validation_accuracy: 0, validation_loss: 9 };
  return {
    id: { stage: 'coarse', index, replicate: 1 },
    params: { lambda },
    status: 'complete',
    reason: null,
    attempts: 1,
    failures: 0,
    worker: 'w',
    result: {
      kind: 'complete',
      steps: 2,
      seconds: 1,
      digest: 'a'.repeat(64),
      curve: [
        { step: 1, metrics: first },
        { step: 2, metrics: last },
      ],
      validationCorrect: new Uint8Array(0),
    },
    fingerprint: 'f'.repeat(64),
    audit: null,
  };
}

/** Validation bits from one answer per image. */
export function toBits(correct: readonly boolean[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(correct.length / 8));
  for (const [image, isCorrect] of correct.entries())
    if (isCorrect) bits[image >> 3]! |= 1 << (image & 7);
  return bits;
}

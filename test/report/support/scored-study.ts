/** The sample study with validation bits of 400 images: a best trial, others that are not significantly worse, and one that is. */
import type { StudyRecord } from '../../../src/study/study-record.ts';
import type { TrialRecord } from '../../../src/study/trial.ts';
import { completeResult, study, trial } from './sample-study.ts';

const imageCount = 400;

/** A trial that classifies `right` images correctly, starting with image `first`. */
export function scored(
  stage: string,
  index: number,
  lambda: number,
  { first = 0, right }: { first?: number; right: number },
): TrialRecord {
  const bits = new Uint8Array(imageCount / 8);
  for (let image = first; image < first + right; image++) bits[image >> 3]! |= 1 << (image & 7);
  const result = completeResult(right / imageCount);
  if (result.kind !== 'complete') throw new Error('a complete result');
  const digest = `${stage}${index}`.padEnd(64, '0');
  return trial(stage, index, lambda, { result: { ...result, digest, validationCorrect: bits } });
}

/** fine/2 is the best; fine/1 and coarse/2 are not significantly worse; coarse/1 is, on the same images. */
export const scoredTrials: readonly TrialRecord[] = [
  scored('coarse', 1, 1e-7, { right: 120 }),
  scored('coarse', 2, 4e-3, { first: 8, right: 195 }),
  trial('coarse', 3, 0.09, {
    status: 'failed',
    reason: 'failed 3 times',
    result: null,
    worker: null,
  }),
  scored('fine', 1, 2e-3, { right: 196 }),
  scored('fine', 2, 8e-3, { right: 200 }),
];

/** `study` without a winner. */
export function openStudy(changes: Partial<StudyRecord>): StudyRecord {
  return {
    ...study,
    winner: null,
    ...changes,
  };
}

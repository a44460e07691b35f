/** The sample study with right and wrong answers: 400 images, a clear best λ, and what is tied with it. */
import type { StudyRecord } from '../../../src/study/study-record.ts';
import type { TrialRecord } from '../../../src/study/trial.ts';
import { completeResult, study, trial } from './sample-study.ts';

const imageCount = 400;

/** A trial that is right on the images from `first` on, `right` of them. */
export function scored(
  stage: string,
  k: number,
  lambda: number,
  { first = 0, right }: { first?: number; right: number },
): TrialRecord {
  const bits = new Uint8Array(imageCount / 8);
  for (let image = first; image < first + right; image++) bits[image >> 3]! |= 1 << (image & 7);
  const result = completeResult(right / imageCount);
  if (result.kind !== 'complete') throw new Error('a complete result');
  const digest = `${stage}${k}`.padEnd(64, '0');
  return trial(stage, k, lambda, { result: { ...result, digest, validationCorrect: bits } });
}

/** fine/2 leads; fine/1 is tied with it, coarse/2 too; coarse/1 is clearly worse on the same images. */
export const scoredTrials: readonly TrialRecord[] = [
  scored('coarse', 1, 1e-7, { right: 120 }),
  scored('coarse', 2, 4e-3, { right: 195 }),
  trial('coarse', 3, 0.09, { status: 'failed', reason: 'given up', result: null, worker: null }),
  scored('fine', 1, 2e-3, { right: 196 }),
  scored('fine', 2, 8e-3, { right: 200 }),
];

/** `study` with other trials in its coarse stage, and no narrowing. */
export function studyOf(changes: Partial<StudyRecord>): StudyRecord {
  const [coarse, fine] = study.stages;
  return {
    ...study,
    stages: [coarse!, { ...fine!, warnings: [] }],
    winner: null,
    ...changes,
  };
}

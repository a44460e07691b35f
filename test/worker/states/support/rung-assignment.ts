/** Assignments of a trial at a rung, and results there. */
import type { Assignment } from '../../../../src/rpc/messages/messages.ts';
import type { TrialResult } from '../../../../src/study/trial.ts';
import { plainTrainer } from '../../../study/support/example-study.ts';

export const stateDigest = 'd'.repeat(64);

export const rungResult = (seconds: number): TrialResult => ({
  kind: 'complete',
  steps: 20,
  seconds,
  digest: stateDigest,
  curve: [],
  validationCorrect: new Uint8Array(0),
});

export function rungAssignment(
  lambda: number,
  rung: Assignment['members'][number]['rung'],
  { study = 's', kind = 'search' }: Partial<Pick<Assignment, 'study' | 'kind'>> = {},
): Assignment {
  const key = { study, trial: { stage: 'coarse', index: 1, replicate: 1 }, attempt: 1 };
  return {
    pack: 'p',
    study,
    seed: 1,
    replicate: 1,
    settings: plainTrainer,
    dataset: 'data',
    kind,
    measureTest: false,
    toStep: 20,
    members: [{ key, params: { lambda }, rung, state: null }],
  };
}

/** The state of a trial. */
import { expect, test } from 'vitest';
import {
  addAttempt,
  changeTrial,
  maxFailures,
  trialEntry,
} from '../../../../src/coordinator/core/state/trial-state.ts';
import { waitingTrial } from '../../../../src/study/trial.ts';
import { coarse, completeResult, openAttempt } from '../../support/small-cluster.ts';

test('a trial that a late result brings to its rung has no failures at the next one, so a loss does not fail it', () => {
  const rungs = { toStep: 20, results: [], stop: null };
  const trial = trialEntry({ ...waitingTrial(coarse(1), { lambda: 0.01 }), rungs });
  const attempt = (number: number) => ({ ...openAttempt(coarse(1), number), toStep: 20 });
  for (let failures = 1; failures <= maxFailures; failures++) {
    changeTrial(trial, { kind: 'assigned', attempt: attempt(failures) });
    changeTrial(trial, { kind: 'unassigned', isFailure: true, reason: 'no memory' });
  }
  expect(trial.status).toBe('failed');
  const late = { worker: 'w', fingerprint: 'f', result: completeResult() } as const;
  changeTrial(trial, { kind: 'completed', ...late });
  expect(trial.status).toBe('paused');
  changeTrial(trial, { kind: 'moved', toStep: 40, step: 40 });
  expect(trial).toMatchObject({ status: 'waiting', failures: 0 });
  addAttempt(trial, attempt(maxFailures + 1));
  trial.status = 'running';
  changeTrial(trial, { kind: 'unassigned', isFailure: false, reason: 'the worker was lost' });
  expect(trial.status).toBe('waiting');
});

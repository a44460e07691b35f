/** Retrying trials that ended without a result, in studies that are over. */
import { expect, test } from 'vitest';
import {
  waitingTrial,
  type TrialId,
  type TrialRecord,
  type TrialStatus,
} from '../../../../src/study/trial.ts';
import { retriedTrials } from '../../../../src/coordinator/shell/retried-trials.ts';
import { exampleStudy, twoStages } from '../../../study/support/example-study.ts';
import {
  coarse,
  completeResult,
  newDispatcher,
  openAttempt,
  rowsIn,
  start,
  storedStudy,
} from '../../support/small-cluster.ts';

const fingerprint = 'f'.repeat(64);
const params = { lambda: 1e-3 };
const complete = (id: TrialId) => ({
  ...waitingTrial(id, params),
  status: 'complete' as const,
  worker: 'w',
  result: completeResult(),
  fingerprint,
});
const without = (id: TrialId, status: TrialStatus) => ({
  ...waitingTrial(id, params),
  status,
  failures: status === 'failed' ? 3 : 0,
  reason: 'no result',
});
const diverged = (id: TrialId) => ({
  ...waitingTrial(id, params),
  status: 'failed' as const,
  worker: 'w',
  result: { kind: 'diverged' as const, steps: 3, seconds: 1, curve: [] },
  fingerprint,
});
const fine = (index: number): TrialId => ({ stage: 'fine', index, replicate: 1 });

/** A study of 5 + 1 trials that is over: coarse/4 failed without a result, coarse/5 diverged. */
function overStudy(
  status: 'complete' | 'cancelled' | 'running',
  last: TrialRecord = complete(fine(1)),
) {
  const spec = exampleStudy({ stages: twoStages(5, 1) });
  const { record } = storedStudy(spec);
  const stages = record.stages.map((stage) => ({
    ...stage,
    closed: status === 'complete' || stage.name === 'coarse',
  }));
  const trials = [1, 2, 3].map((index) => complete(coarse(index)));
  const all = [...trials, without(coarse(4), 'failed'), diverged(coarse(5)), last];
  const attempts = all
    .filter(({ result }) => result !== null)
    .map(({ id }) => openAttempt(id, 1, { outcome: 'accepted', fingerprint, endedAtMs: 1 }));
  const dispatcher = newDispatcher({});
  dispatcher.restore(
    storedStudy(
      spec,
      { status, endedAtMs: status === 'running' ? null : 1, stages },
      { trials: all, attempts },
    ),
    start,
  );
  return { dispatcher, study: dispatcher.state.studies.get('example')! };
}

test('retry gives a failed trial of a complete study new attempts and opens its stage again', () => {
  const { dispatcher, study } = overStudy('complete');
  const decision = dispatcher.retry('example', retriedTrials(study, null), start);
  expect(rowsIn(decision, 'study-reopened')).toMatchObject([{ study: 'example' }]);
  expect(rowsIn(decision, 'trial-retried').map(({ trial }) => trial)).toEqual([coarse(4)]);
  expect(study.trials.get(coarse(4))).toMatchObject({ status: 'waiting', failures: 0 });
  expect(study.stages.map(({ record }) => record.closed)).toEqual([false, true]);
  expect(study.status).toBe('running');
});

test('retry of a cancelled study makes its cancelled trials wait again', () => {
  const { dispatcher, study } = overStudy('cancelled', without(fine(1), 'cancelled'));
  const decision = dispatcher.retry('example', retriedTrials(study, null), start);
  expect(rowsIn(decision, 'trial-retried')).toHaveLength(2);
  expect(study.trials.get(fine(1))?.status).toBe('waiting');
});

test('a cancelled study that is extended resumes its cancelled trials', () => {
  const { dispatcher, study } = overStudy('cancelled', without(fine(1), 'cancelled'));
  dispatcher.extend({ ...study.spec, stages: twoStages(5, 2) }, start);
  expect(study.trials.get(fine(1))?.status).toBe('waiting');
  expect(study.trials.get(fine(2))?.status).toBe('waiting');
  expect(study.status).toBe('running');
});

test('a request to retry names what cannot be retried', () => {
  const { study } = overStudy('complete');
  const errorOf = (names: readonly string[] | null): unknown => {
    try {
      return retriedTrials(study, names);
    } catch (error) {
      return error;
    }
  };
  expect(errorOf(['coarse/5'])).toMatchObject({
    code: 'STUDY_FAILED',
    what: 'Trial coarse/5 of example diverged, which is its result, so it is not tried again.',
  });
  expect(errorOf(['coarse/1'])).toMatchObject({ what: expect.stringContaining('is complete') });
  expect(errorOf(['corse/4'])).toMatchObject({
    code: 'TRIAL_UNKNOWN',
    what: expect.stringContaining('Did you mean coarse/4?'),
  });
  study.trials.get(coarse(4))!.status = 'waiting';
  expect(errorOf(null)).toMatchObject({
    code: 'STUDY_FAILED',
    what: expect.stringContaining('nothing to retry'),
  });
});

test('a study whose last stage diverged has the best trial of the others as its winner', () => {
  const { dispatcher, study } = overStudy('running', diverged(fine(1)));
  dispatcher.tick(start);
  expect(study.winner?.trial).toMatchObject({ stage: 'coarse' });
  expect(study.status).toBe('complete');
});

/** Studies that are restored from the store. */
import { expect, test } from 'vitest';
import { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import { hasTestFailed } from '../../../../src/coordinator/core/attempts/winner-tests.ts';
import { waitingTrial, type AttemptRecord, type TrialId } from '../../../../src/study/trial.ts';
import { exampleStudy, twoStages } from '../../../study/support/example-study.ts';
import {
  coarse,
  completeResult,
  newDispatcher,
  openAttempt,
  rowsIn,
  settings,
  start,
  storedStudy,
} from '../../support/small-cluster.ts';

const fingerprint = 'f'.repeat(64);
const completeTrial = (id: TrialId) =>
  ({
    ...waitingTrial(id, { lambda: 1e-3 }),
    status: 'complete',
    worker: 'w',
    result: completeResult(),
    fingerprint,
  }) as const;

test('crashed tests count against the winner that they tested, not against a later one', () => {
  const [former, winner] = [coarse(1), coarse(2)];
  const hasFailed = (attempts: readonly AttemptRecord[]): boolean => {
    const tests = {
      testAccuracy: null,
      testLoss: null,
      testWorker: null,
      tests: [],
      attemptsBefore: [],
    };
    const record = { winner: { trial: winner, reproduced: null, ...tests } };
    const trials = [former, winner].map(completeTrial);
    const stored = storedStudy(exampleStudy(), record, { trials, attempts });
    return hasTestFailed(newDispatcher({}, [stored]).state.studies.get('example')!);
  };
  const crashedTest = (trial: TrialId, attempt: number): AttemptRecord =>
    openAttempt(trial, attempt, {
      kind: 'test',
      endedAtMs: 1,
      outcome: 'crashed',
      reason: 'crashed',
    });
  const ofFormer = [2, 3, 4].map((attempt) => crashedTest(former, attempt));
  expect(hasFailed([...ofFormer, crashedTest(winner, 2), crashedTest(winner, 3)])).toBe(false);
  expect(hasFailed([2, 3, 4].map((attempt) => crashedTest(winner, attempt)))).toBe(true);
});

test('extending a study marks results in closed stages that only an excluded worker has computed', () => {
  const spec = exampleStudy({ stages: twoStages(1, 1) });
  const ids = ['coarse', 'fine'].map((stage): TrialId => ({ stage, index: 1, replicate: 1 }));
  const { record } = storedStudy(spec, { status: 'complete', endedAtMs: 1 });
  const stages = record.stages.map((stage) => ({ ...stage, closed: true }));
  const dispatcher = new Dispatcher(
    settings,
    [],
    new Map([['s', { reason: 'a wrong result', machine: null }]]),
    start,
  );
  dispatcher.restore(
    storedStudy(
      spec,
      { status: 'complete', endedAtMs: 1, stages },
      {
        trials: ids.map(completeTrial),
        attempts: ids.map((id) => openAttempt(id, 1, { outcome: 'accepted', fingerprint })),
      },
    ),
    start,
  );
  const decision = dispatcher.extend({ ...spec, stages: twoStages(1, 2) }, start);
  // The stage that is open again is not marked: its result is computed again.
  const audited = rowsIn(decision, 'trial-audited').map(({ trial, verdict }) => [
    trial.stage,
    verdict,
  ]);
  expect(audited).toEqual([['coarse', 'unchecked']]);
});

test('a study fails with the number of steps if all trials of a stage diverged that another one narrows', () => {
  const spec = exampleStudy({ stages: twoStages(3, 1) });
  const trials = [3, 12, 7].map((steps, index) => ({
    ...waitingTrial(coarse(index + 1), { lambda: 1 }),
    status: 'failed' as const,
    worker: 'w',
    result: { kind: 'diverged' as const, steps, seconds: 1, curve: [] },
    fingerprint,
  }));
  const attempts = trials.map(({ id }) =>
    openAttempt(id, 1, { endedAtMs: 1, outcome: 'diverged', fingerprint }),
  );
  const space = { lambda: { distribution: 'log_uniform', min: 1e-9, max: 0.1 } } as const;
  const stages = spec.stages.map(({ name, trials: planned }) => ({
    name,
    trials: planned,
    reason: null,
    closed: false,
    space: name === 'coarse' ? space : null,
  }));
  const dispatcher = newDispatcher({}, [storedStudy(spec, { stages }, { trials, attempts })]);
  expect(rowsIn(dispatcher.tick(start), 'study-status')).toMatchObject([
    {
      status: 'failed',
      reason:
        'all 3 trials of stage coarse diverged within 12 steps; narrowing it for stage fine needs at least 3',
    },
  ]);
});

/** A worker that a restarted coordinator knows by what it was granted before, and by nothing else. */
import { expect, test } from 'vitest';
import { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import { workerSummaries } from '../../../../src/coordinator/core/studies/summaries.ts';
import { waitingTrial, type TrialId } from '../../../../src/study/trial.ts';
import { WorkerSession } from '../../../../src/worker/session.ts';
import { settings } from '../../../simulation/simulated-coordinator.ts';
import { attemptOf, studyRecord } from '../../../store/support/records.ts';
import { exampleStudy } from '../../../study/support/example-study.ts';
import { start } from '../../support/one-worker.ts';
import { reference } from '../../support/reference.ts';

const trial: TrialId = { stage: 'coarse', index: 1, replicate: 1 };

test('is in the table of workers when it has come back, and not before', () => {
  const attempt = attemptOf(trial, 1);
  const stored = {
    record: { ...studyRecord(exampleStudy()), status: 'running' },
    data: { search: reference, test: null, validationCount: 400 },
    trials: [{ ...waitingTrial(trial, 1e-3), status: 'running' }],
    attempts: [attempt],
  } as const;
  const dispatcher = new Dispatcher(settings, [stored], new Map(), start);
  expect(workerSummaries(dispatcher.state)).toEqual([]);
  const session = new WorkerSession({
    session: attempt.session,
    name: attempt.worker,
    version: 'test',
    threads: 2,
    packMax: 1,
    kernel: 'portable',
    selfTestDigest: 'right',
  });
  dispatcher.joined(session.hello(new Map()), 'address', start);
  expect(workerSummaries(dispatcher.state)).toMatchObject([
    { name: attempt.worker, address: 'address', threads: 2, kernel: 'portable' },
  ]);
});

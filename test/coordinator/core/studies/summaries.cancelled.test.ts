/** How far a study is that was cancelled before all of its trials had ended. */
import { expect, test } from 'vitest';
import {
  storedProgress,
  studyProgress,
} from '../../../../src/coordinator/core/studies/summaries.ts';
import { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import { waitingTrial, type TrialRecord } from '../../../../src/study/trial.ts';
import { settings } from '../../../simulation/simulated-coordinator.ts';
import { studyRecord } from '../../../store/support/records.ts';
import { exampleStudy } from '../../../study/support/example-study.ts';
import { start } from '../../support/one-worker.ts';
import { reference } from '../../support/reference.ts';

test('has done the trials that had ended, and not those that were cancelled with it', () => {
  const data = { search: reference, test: null, validationCount: 400 };
  const trials = Array.from({ length: 12 }, (_, index): TrialRecord => {
    const trial = waitingTrial({ stage: 'coarse', index: index + 1, replicate: 1 }, 1e-3);
    return index < 3 ? { ...trial, status: 'failed', failures: 3 } : trial;
  });
  const record = { ...studyRecord(exampleStudy()), status: 'running' } as const;
  const dispatcher = new Dispatcher(
    settings,
    [{ record, data, trials, attempts: [] }],
    new Map(),
    start,
  );
  const progressOf = ({ state }: Dispatcher) => studyProgress(state.studies.get('example')!);
  expect(progressOf(dispatcher)).toMatchObject({ done: 3, total: 12 });
  dispatcher.cancel('example', 'no longer needed', start);
  expect(progressOf(dispatcher)).toMatchObject({ status: 'cancelled', done: 3, total: 12 });

  const cancelled = { ...record, status: 'cancelled' } as const;
  const left = trials.map((trial) =>
    trial.status === 'waiting' ? ({ ...trial, status: 'cancelled' } as const) : trial,
  );
  expect(storedProgress(cancelled, left)).toMatchObject({ done: 3, total: 12 });
  const restored = new Dispatcher(
    settings,
    [{ record: cancelled, data, trials: left, attempts: [] }],
    new Map(),
    start,
  );
  expect(progressOf(restored)).toMatchObject({ done: 3, total: 12 });
});

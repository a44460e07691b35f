import { expect, test } from 'vitest';
import {
  storedProgress,
  studyProgress,
} from '../../../../src/coordinator/core/studies/summaries.ts';
import type { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import { waitingTrial, type TrialRecord } from '../../../../src/study/trial.ts';
import { exampleStudy } from '../../../study/support/example-study.ts';
import { coarse, newDispatcher, start, storedStudy } from '../../support/small-cluster.ts';

test('trials that were cancelled with their study do not count as done, in memory and in the store', () => {
  const trials = Array.from({ length: 12 }, (_, index): TrialRecord => {
    const trial = waitingTrial(coarse(index + 1), { lambda: 1e-3 });
    return index < 3 ? { ...trial, status: 'failed', failures: 3 } : trial;
  });
  // The second stage has not opened.
  const planned = exampleStudy().stages.reduce((sum, stage) => sum + stage.trials, 0);
  const progress = ({ state }: Dispatcher) => studyProgress(state.studies.get('example')!);
  const dispatcher = newDispatcher({}, [storedStudy(exampleStudy(), {}, { trials })]);
  expect(progress(dispatcher)).toMatchObject({ done: 3, total: planned });
  dispatcher.cancel('example', 'no longer needed', start);
  expect(progress(dispatcher)).toMatchObject({ status: 'cancelled', done: 3, total: planned });

  const ended = trials.map((trial) =>
    trial.status === 'waiting' ? ({ ...trial, status: 'cancelled' } as const) : trial,
  );
  const cancelled = storedStudy(exampleStudy(), { status: 'cancelled' }, { trials: ended });
  expect(storedProgress(cancelled.record, ended)).toMatchObject({ done: 3, total: planned });
  expect(progress(newDispatcher({}, [cancelled]))).toMatchObject({ done: 3, total: planned });
});

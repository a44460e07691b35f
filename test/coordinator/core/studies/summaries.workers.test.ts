/** The table of workers after a restart of the coordinator, and after the loss of a worker. */
import { expect, test } from 'vitest';
import { runningTrials } from '../../../../src/coordinator/core/studies/running-trials.ts';
import {
  studyProgress,
  workerSummaries,
} from '../../../../src/coordinator/core/studies/summaries.ts';
import type { Coordinator } from '../../../../src/coordinator/shell/coordinator-server.ts';
import { controlHandlers } from '../../../../src/coordinator/shell/rpc-handlers.ts';
import { waitingTrial } from '../../../../src/study/trial.ts';
import { exampleStudy } from '../../../study/support/example-study.ts';
import {
  coarse,
  controlPorts,
  helloFrom,
  later,
  newDispatcher,
  oneWorker,
  openAttempt,
  peerFrom,
  settings,
  start,
  storedStudy,
} from '../../support/small-cluster.ts';

test('a restarted coordinator lists a worker with open attempts only after it has reconnected', () => {
  const trials = [{ ...waitingTrial(coarse(1), { lambda: 1e-3 }), status: 'running' }] as const;
  const stored = storedStudy(exampleStudy(), {}, { trials, attempts: [openAttempt(coarse(1), 1)] });
  const dispatcher = newDispatcher({}, [stored]);
  expect(workerSummaries(dispatcher.state, start)).toEqual([]);
  dispatcher.joined(helloFrom('s', { name: 'w', threads: 2 }), peerFrom('s'), start);
  expect(workerSummaries(dispatcher.state, start)).toMatchObject([
    { name: 'w', address: 'address', threads: 2, kernel: 'portable' },
  ]);
});

test('a lost worker is listed without busy threads, and is left out of `watch`', async () => {
  const { dispatcher } = oneWorker();
  expect(workerSummaries(dispatcher.state, start)).toMatchObject([
    { state: 'busy', busy: 1, heardAtMs: start.wallMs, training: [{ study: 'example' }] },
  ]);
  const [running] = runningTrials(dispatcher.state, 1);
  expect(running).toMatchObject({ worker: 's', study: 'example', kind: 'search', step: 0 });
  expect(running?.steps).toBeGreaterThan(0);
  dispatcher.streamClosed('s', 'cut', start);
  // After a longer step, the dispatcher would extend all deadlines: its own process was stopped.
  for (let ms = 0; ms <= settings.reconnectMs; ms += 200) dispatcher.tick(later(ms));
  expect(workerSummaries(dispatcher.state, start)).toMatchObject([
    { state: 'lost', busy: 0, threads: 1, training: [] },
  ]);
  expect(runningTrials(dispatcher.state, 1)).toEqual([]);

  const progress = studyProgress(dispatcher.state.studies.get('example')!);
  const coordinator = {
    overview: { study: async () => await Promise.resolve(progress) },
    workers: () => workerSummaries(dispatcher.state, start),
  } as unknown as Coordinator;
  const ended = new AbortController();
  const handlers = controlHandlers(coordinator, controlPorts);
  for await (const { workers } of handlers.watch('example', ended.signal)) {
    expect(workers).toEqual([]);
    ended.abort();
  }
});

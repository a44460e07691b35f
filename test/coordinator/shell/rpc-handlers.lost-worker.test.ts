/** A worker whose stream closed, and that did not come back, while it still holds a pack. */
import { expect, test } from 'vitest';
import type { Coordinator } from '../../../src/coordinator/shell/coordinator-server.ts';
import { studyProgress, workerSummaries } from '../../../src/coordinator/core/studies/summaries.ts';
import { controlHandlers } from '../../../src/coordinator/shell/rpc-handlers.ts';
import { settings } from '../../simulation/simulated-coordinator.ts';
import { oneWorker, start } from '../support/one-worker.ts';

test('is in the table of workers with no thread busy, and not among those that are watched', async () => {
  const { dispatcher } = oneWorker();
  expect(workerSummaries(dispatcher.state)).toMatchObject([{ state: 'busy', busy: 1 }]);
  dispatcher.streamClosed('s', 'cut', start);
  // A longer step would be taken for a pause of the coordinator itself, and forgiven.
  for (let waitedMs = 0; waitedMs <= settings.reconnectMs; waitedMs += 200)
    dispatcher.tick({ ...start, monotonicMs: start.monotonicMs + waitedMs });
  expect(workerSummaries(dispatcher.state)).toMatchObject([{ state: 'lost', busy: 0, threads: 1 }]);

  const progress = studyProgress(dispatcher.state.studies.get('example')!);
  const coordinator = {
    overview: { study: () => progress },
    workers: () => workerSummaries(dispatcher.state),
  } as unknown as Coordinator;
  const ended = new AbortController();
  for await (const { workers } of controlHandlers(coordinator).watch('example', ended.signal)) {
    expect(workers).toEqual([]);
    ended.abort();
  }
});

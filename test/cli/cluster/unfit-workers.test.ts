/** A search whose workers are all unfit. */
import { expect, test } from 'vitest';
import type { RidgelineError } from '../../../src/base/errors.ts';
import { watchUnfitWorkers } from '../../../src/cli/cluster/unfit-workers.ts';
import type { LiveEvent } from '../../../src/coordinator/core/state/live-events.ts';
import type { WorkerSummary } from '../../../src/study/summaries.ts';

function watched(states: readonly WorkerSummary['state'][], localWorkers: number) {
  let listener: (event: LiveEvent) => void = () => undefined;
  const errors: RidgelineError[] = [];
  const workers = states.map(
    (state) => ({ state, reason: 'The data needs 9 GB of memory.' }) as WorkerSummary,
  );
  watchUnfitWorkers(
    {
      listen: (given) => {
        listener = given;
        return () => undefined;
      },
      workers: () => workers,
    },
    () => localWorkers,
    (error) => void errors.push(error),
  );
  listener({ kind: 'worker-incompatible', worker: 'local-1', study: 's', reason: '' });
  return errors;
}

test('a search ends with the reason if every local worker is incompatible', () => {
  const [error] = watched(['incompatible', 'lost', 'incompatible'], 2);
  expect(error).toMatchObject({
    code: 'NO_WORKER',
    what: 'No worker can train this study: The data needs 9 GB of memory.',
  });
});

test('a search goes on while a worker is fit, or has not joined yet', () => {
  expect(watched(['incompatible', 'ready'], 2)).toEqual([]);
  expect(watched(['incompatible'], 2)).toEqual([]);
});

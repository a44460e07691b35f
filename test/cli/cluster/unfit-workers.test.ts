/** A search whose workers are all unfit. */
import { expect, test } from 'vitest';
import type { RidgelineError } from '../../../src/base/errors.ts';
import { watchUnfitWorkers } from '../../../src/cli/cluster/unfit-workers.ts';
import type { LiveEvent } from '../../../src/coordinator/core/state/live-events.ts';
import type { WorkerSummary } from '../../../src/study/summaries.ts';

function watched(
  states: readonly WorkerSummary['state'][],
  localWorkers: number,
  kind: 'worker-unusable' | 'worker-excluded' | null = null,
) {
  let listener: (event: LiveEvent) => void = () => undefined;
  const errors: RidgelineError[] = [];
  const reason = 'The data needs 9 GB of memory.';
  const workers = states.map(
    (state, index) => ({ name: `local-${index + 1}`, state, reason }) as WorkerSummary,
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
  for (const { name } of workers) if (kind !== null) listener({ kind, worker: name, reason });
  return errors;
}

test('a search ends with the reason if every local worker is incompatible', () => {
  const [error] = watched(['incompatible', 'lost', 'incompatible'], 2);
  expect(error).toMatchObject({
    code: 'NO_WORKER',
    what: 'No worker can train this study: The data needs 9 GB of memory.',
  });
});

test('a search continues while a worker is fit, or has not joined yet', () => {
  expect(watched(['incompatible', 'ready'], 2)).toEqual([]);
  expect(watched(['incompatible'], 2)).toEqual([]);
});

test('a search ends if everything fails on every local worker, or if all are excluded', () => {
  expect(watched(['backing off', 'incompatible'], 2, 'worker-unusable')).not.toEqual([]);
  expect(watched(['excluded', 'excluded'], 2, 'worker-excluded')).not.toEqual([]);
});

test('a search continues while a worker that finished trials backs off', () => {
  expect(watched(['backing off', 'incompatible'], 2)).toEqual([]);
});

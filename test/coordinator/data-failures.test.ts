/** A worker that fails at a data set is asked again only where the failure said nothing about it. */
import { expect, test } from 'vitest';
import type { Decision, Moment } from '../../src/coordinator/cluster-state.ts';
import { Dispatcher } from '../../src/coordinator/dispatcher.ts';
import { datasetKey } from '../../src/study/dataset-reference.ts';
import { WorkerSession } from '../../src/worker/session.ts';
import { exampleStudy } from '../study/example-study.ts';

const now: Moment = { monotonicMs: 0, wallMs: 1.7e12 };
const search = {
  parts: [{ name: 'digits', digest: 'a'.repeat(64), bytes: 1, count: 1797 }],
  seed: 1,
  train: { kind: 'count', count: 1000 },
  validation: { kind: 'count', count: 400 },
  test: null,
} as const;
const failed = {
  kind: 'dataset-failed',
  dataset: datasetKey(search),
  reason: 'it did not come',
} as const;

function clusterOfOne() {
  const dispatcher = new Dispatcher(
    {
      leaseMs: 20_000,
      heartbeatMs: 5_000,
      reconnectMs: 1_000,
      forgetMs: 600_000,
      knownAnswer: 'right',
      version: 'test',
    },
    [],
    new Map(),
    now,
  );
  const session = new WorkerSession({
    session: 's',
    name: 'w',
    version: 'test',
    threads: 1,
    packMax: 8,
    kernel: 'portable',
    knownAnswer: 'right',
  });
  dispatcher.joined(session.hello(new Map()), 'address', now);
  const submit = (study: string): Decision =>
    dispatcher.submit(
      { ...exampleStudy(), study },
      { search, test: null, validationCount: 400 },
      { partDigests: {}, officialData: null },
      now,
    );
  return { dispatcher, submit };
}

const asked = ({ afterCommit }: Decision): number =>
  afterCommit.filter((effect) => effect.kind === 'send' && effect.message.kind === 'prepare')
    .length;

test('one whose study was cancelled meanwhile is asked for the data of the next study', () => {
  const { dispatcher, submit } = clusterOfOne();
  expect(asked(submit('first'))).toBe(1);
  dispatcher.cancel('first', 'a mistake in it', now);
  dispatcher.received('s', failed, now);
  expect(asked(submit('second'))).toBe(1);
});

test('one that failed at data that a study needs is not asked in circles', () => {
  const { dispatcher, submit } = clusterOfOne();
  submit('first');
  expect(asked(dispatcher.received('s', failed, now))).toBe(0);
  expect(asked(submit('second'))).toBe(0);
});

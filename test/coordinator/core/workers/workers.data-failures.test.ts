/** A worker that fails at a data set is asked again only where the failure said nothing about it. */
import { expect, test } from 'vitest';
import type { Decision, Moment } from '../../../../src/coordinator/core/state/cluster-state.ts';
import { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import { datasetKey } from '../../../../src/study/spec/dataset-reference.ts';
import { WorkerSession } from '../../../../src/worker/session.ts';
import { settings } from '../../../simulation/simulated-coordinator.ts';
import { exampleStudy } from '../../../study/support/example-study.ts';
import { reference } from '../../support/reference.ts';

const now: Moment = { monotonicMs: 0, wallMs: 1.7e12 };
const failed = {
  kind: 'dataset-failed',
  dataset: datasetKey(reference),
  reason: 'it did not come',
} as const;

function clusterOfOne() {
  const dispatcher = new Dispatcher(settings, [], new Map(), now);
  const session = new WorkerSession({
    session: 's',
    name: 'w',
    version: 'test',
    threads: 1,
    packMax: 8,
    kernel: 'portable',
    selfTestDigest: 'right',
  });
  dispatcher.joined(session.hello(new Map()), 'address', now);
  const submit = (study: string): Decision =>
    dispatcher.submit(
      { ...exampleStudy(), study },
      { search: reference, test: null, validationCount: 400 },
      { shardDigests: {}, officialData: null },
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

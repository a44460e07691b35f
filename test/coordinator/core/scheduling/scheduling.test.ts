/** Which study is trained, and how large packs are while workers are still on their way. */
import { expect, test } from 'vitest';
import type {
  Decision,
  DispatcherSettings,
} from '../../../../src/coordinator/core/state/cluster-state.ts';
import { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import { datasetKey } from '../../../../src/study/spec/dataset-reference.ts';
import { WorkerSession } from '../../../../src/worker/session.ts';
import { settings } from '../../../simulation/simulated-coordinator.ts';
import { exampleStudy } from '../../../study/support/example-study.ts';
import { start } from '../../support/one-worker.ts';
import { reference } from '../../support/reference.ts';

const dataset = datasetKey(reference);
const ready = { kind: 'dataset-ready', dataset } as const;

/** With workers of one thread each that have joined. */
function cluster(more: Partial<DispatcherSettings>, names: readonly string[]) {
  const dispatcher = new Dispatcher({ ...settings, ...more }, [], new Map(), start);
  for (const name of names) {
    const identity = { session: name, name, version: 'test', threads: 1, packMax: 8 } as const;
    const session = new WorkerSession({ ...identity, kernel: 'portable', selfTestDigest: 'right' });
    dispatcher.joined(session.hello(new Map()), 'address', start);
  }
  return dispatcher;
}

function submit(dispatcher: Dispatcher, study: string): Decision {
  const example = exampleStudy();
  const [coarse, ...others] = example.stages;
  const spec = { ...example, study, stages: [{ ...coarse!, trials: 8 }, ...others] };
  const data = { search: reference, test: null, validationCount: 400 };
  return dispatcher.submit(spec, data, { shardDigests: {}, officialData: null }, start);
}

const granted = ({ persist }: Decision): string[] =>
  persist.flatMap((row) => (row.kind === 'attempt-opened' ? [row.study] : []));

test('a worker that still fetches the data finds its share of the trials', () => {
  const dispatcher = cluster({}, ['a', 'b']);
  submit(dispatcher, 'one');
  expect(granted(dispatcher.received('a', ready, start))).toHaveLength(4);
  expect(granted(dispatcher.received('b', ready, start))).not.toEqual([]);
});

test('so does one that was started and has not joined yet', () => {
  const dispatcher = cluster({ threadsExpected: 2 }, ['a']);
  submit(dispatcher, 'one');
  expect(granted(dispatcher.received('a', ready, start))).toHaveLength(4);
});

test('the study that somebody waits for is trained alone, whatever was submitted before', () => {
  const dispatcher = cluster({ onlyStudy: 'two' }, ['a']);
  submit(dispatcher, 'one');
  expect(granted(dispatcher.received('a', ready, start))).toEqual([]);
  expect(granted(submit(dispatcher, 'two'))).toEqual(Array(8).fill('two'));
});

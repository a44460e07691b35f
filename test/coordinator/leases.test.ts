/** What becomes of a pack whose worker comes back without it. */
import { expect, test } from 'vitest';
import type { Decision, Moment } from '../../src/coordinator/cluster-state.ts';
import { Dispatcher } from '../../src/coordinator/dispatcher.ts';
import { datasetKey } from '../../src/study/dataset-reference.ts';
import { WorkerSession } from '../../src/worker/session.ts';
import { settings } from '../simulation/simulated-coordinator.ts';
import { exampleStudy } from '../study/example-study.ts';
import { reference } from './reference.ts';

const now: Moment = { monotonicMs: 0, wallMs: 1.7e12 };

/** A worker that was granted a pack, and is about to come back without it. */
function grantedPack() {
  const dispatcher = new Dispatcher(settings, [], new Map(), now);
  const identity = { session: 's', name: 'w', version: 'test', threads: 1, packMax: 1 } as const;
  const session = new WorkerSession({ ...identity, kernel: 'portable', knownAnswer: 'right' });
  dispatcher.joined(session.hello(new Map()), 'address', now);
  const data = { search: reference, test: null, validationCount: 400 };
  dispatcher.submit(exampleStudy(), data, { partDigests: {}, officialData: null }, now);
  const dataset = datasetKey(reference);
  const granted = dispatcher.received('s', { kind: 'dataset-ready', dataset }, now);
  const [pack] = granted.persist.flatMap((row) =>
    row.kind === 'attempt-opened' ? [row.attempt.pack] : [],
  );
  const comeBack = (): Decision => {
    dispatcher.streamClosed('s', 'cut', now);
    return dispatcher.joined(session.hello(new Map()), 'address', now);
  };
  return { dispatcher, pack: pack!, comeBack };
}

const closed = ({ persist }: Decision): unknown[] =>
  persist.flatMap((row) =>
    row.kind === 'attempt-closed' ? [{ outcome: row.outcome, charged: row.charged }] : [],
  );

test('one that it has never named did not reach it, and is charged to nobody', () => {
  expect(closed(grantedPack().comeBack())).toEqual([{ outcome: 'returned', charged: false }]);
});

test('one that it has named was lost with it', () => {
  const { dispatcher, pack, comeBack } = grantedPack();
  dispatcher.received('s', { kind: 'heartbeat', packs: [{ pack, step: 0 }] }, now);
  expect(closed(comeBack())).toEqual([{ outcome: 'lost', charged: true }]);
});

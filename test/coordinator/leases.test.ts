/** What becomes of a pack whose worker comes back without it. */
import { expect, test } from 'vitest';
import type { Decision } from '../../src/coordinator/cluster-state.ts';
import { oneWorker, packsOf, start } from './one-worker.ts';

/** A worker that was granted a pack, and is about to come back without it. */
function grantedPack() {
  const { dispatcher, session, granted } = oneWorker();
  const [pack] = packsOf(granted);
  const comeBack = (): Decision => {
    dispatcher.streamClosed('s', 'cut', start);
    return dispatcher.joined(session.hello(new Map()), 'address', start);
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
  dispatcher.received('s', { kind: 'heartbeat', packs: [{ pack, step: 0 }] }, start);
  expect(closed(comeBack())).toEqual([{ outcome: 'lost', charged: true }]);
});

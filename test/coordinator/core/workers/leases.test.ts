/** What becomes of a pack whose worker comes back, with it or without it. */
import { expect, test } from 'vitest';
import type { Decision } from '../../../../src/coordinator/core/state/cluster-state.ts';
import { oneWorker, packsOf, start } from '../../support/one-worker.ts';

/** A worker that was granted a pack, and is about to come back without it. */
function grantedPack() {
  const { dispatcher, session, granted } = oneWorker();
  const [pack] = packsOf(granted);
  const comeBack = (): Decision => {
    dispatcher.streamClosed('s', 'cut', start);
    return dispatcher.joined(session.hello(new Map()), 'address', start);
  };
  return { dispatcher, session, pack: pack!, comeBack };
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

test('one that it comes back with is stopped where its study was cancelled meanwhile, and otherwise goes on', () => {
  const { dispatcher, session, pack } = grantedPack();
  const stopped = (): string[] => {
    dispatcher.streamClosed('s', 'cut', start);
    const hello = { ...session.hello(new Map()), held: [{ pack, step: 1 }] };
    return dispatcher
      .joined(hello, 'address', start)
      .afterCommit.flatMap((effect) =>
        effect.kind === 'send' && effect.message.kind === 'abort' ? [effect.message.pack] : [],
      );
  };
  expect(stopped()).toEqual([]);
  dispatcher.cancel('example', 'no longer needed', start);
  expect(stopped()).toEqual([pack]);
});

/** Packs of a worker that comes back with them or without them. */
import { expect, test } from 'vitest';
import type { Decision } from '../../../../src/coordinator/core/state/turn.ts';
import type { PackProgress } from '../../../../src/rpc/messages/messages.ts';
import {
  helloFrom,
  messagesIn,
  oneWorker,
  peerFrom,
  rowsIn,
  start,
} from '../../support/small-cluster.ts';

/** A worker that has received a pack, and reconnects holding the given packs. */
function reconnecting() {
  const { dispatcher, pack } = oneWorker();
  const reconnect = (held: readonly PackProgress[]): Decision => {
    dispatcher.streamClosed('s', 'cut', start);
    return dispatcher.joined(helloFrom('s', { held }), peerFrom('s'), start);
  };
  return { dispatcher, pack, reconnect };
}

test('a pack that its worker never reported is returned, and no failure is counted', () => {
  const closed = rowsIn(reconnecting().reconnect([]), 'attempt-closed');
  expect(closed).toMatchObject([{ outcome: 'returned', countsAsFailure: false }]);
});

test('a pack that its worker reported once and no longer holds is lost', () => {
  const { dispatcher, pack, reconnect } = reconnecting();
  dispatcher.received('s', { kind: 'heartbeat', packs: [{ pack, step: 0 }] }, start);
  const closed = rowsIn(reconnect([]), 'attempt-closed');
  expect(closed).toMatchObject([{ outcome: 'lost', countsAsFailure: true }]);
});

test('a pack that its worker still holds continues, unless its study was cancelled', () => {
  const { dispatcher, pack, reconnect } = reconnecting();
  const held = [{ pack, step: 1 }];
  expect(messagesIn(reconnect(held), 'abort')).toEqual([]);
  dispatcher.cancel('example', 'no longer needed', start);
  expect(messagesIn(reconnect(held), 'abort')).toMatchObject([{ pack }]);
});

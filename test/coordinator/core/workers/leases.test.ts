/** Packs of a worker that comes back with them or without them, and packs of slow and of hung threads. */
import { expect, test } from 'vitest';
import type { Decision } from '../../../../src/coordinator/core/state/turn.ts';
import type { PackProgress } from '../../../../src/rpc/messages/messages.ts';
import { FailingCluster } from '../../support/failing-cluster.ts';
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

test('a pack that its worker reported once and no longer holds is lost, and no failure is counted', () => {
  const { dispatcher, pack, reconnect } = reconnecting();
  dispatcher.received('s', { kind: 'heartbeat', packs: [{ pack, step: 0 }] }, start);
  const closed = rowsIn(reconnect([]), 'attempt-closed');
  expect(closed).toMatchObject([{ outcome: 'lost', countsAsFailure: false }]);
});

test('a pack that its worker still holds continues, unless its study was cancelled', () => {
  const { dispatcher, pack, reconnect } = reconnecting();
  const held = [{ pack, step: 1 }];
  expect(messagesIn(reconnect(held), 'abort')).toEqual([]);
  dispatcher.cancel('example', 'no longer needed', start);
  expect(messagesIn(reconnect(held), 'abort')).toMatchObject([{ pack }]);
});

test('packs that need several leases for their first step keep them', () => {
  const cluster = new FailingCluster(8);
  const session = cluster.join('slow', { threads: 8 });
  cluster.wait(75_000, { [session]: 0 });
  expect(cluster.packs(session)).toHaveLength(8);
});

test('packs of a worker on which none makes progress keep their leases, longer each time', () => {
  const cluster = new FailingCluster(4);
  const session = cluster.join('slow', { threads: 4 });
  cluster.finish(session);
  const trials = cluster.trains(session);
  const steps = Object.fromEntries(cluster.packs(session).map(({ pack }) => [pack, 1]));
  for (let seconds = 0; seconds < 79; seconds++) cluster.progress(session, steps, 1_000);
  for (const trial of trials) expect(cluster.outcomes(trial)).toEqual([]);
  for (let seconds = 0; seconds < 80; seconds++) cluster.progress(session, steps, 1_000);
  const outcomes = trials.flatMap((trial) => cluster.outcomes(trial));
  expect(new Set(outcomes)).toEqual(new Set(['returned']));
  const [reason] = trials.flatMap((trial) => cluster.reasons(trial));
  expect(reason).toMatch(/not counted as a failure: all packs of the worker were slow/);
  const { machine } = [...cluster.dispatcher.state.workers.values()][0]!;
  expect(machine.patience).toBeGreaterThan(4);
});

test('a pack that stops while another one makes progress has a hung thread, which counts', () => {
  const cluster = new FailingCluster(5);
  const session = cluster.join('w', { threads: 2 });
  cluster.finish(session);
  const [hung, other] = cluster.packs(session);
  const trial = cluster.trains(session)[0]!;
  for (let step = 1; step <= 22; step++)
    cluster.progress(session, { [hung!.pack]: 1, [other!.pack]: step }, 1_000);
  expect(cluster.outcomes(trial)).toEqual(['timeout']);
  expect(cluster.failures(trial)).toBe(1);
});

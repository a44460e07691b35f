import { expect, test } from 'vitest';
import {
  later,
  messagesIn,
  noticesIn,
  oneWorker,
  rowsIn,
  start,
} from '../../support/small-cluster.ts';

test.each([
  { asked: 'asked by `ridgeline drain`', reported: 'asked by `ridgeline drain`' },
  { asked: '', reported: 'it was drained' },
  { asked: null, reported: 'the worker ended it' },
])(
  'a worker that was asked to drain because of "$asked" leaves with the reason "$reported"',
  (row) => {
    const { dispatcher, pack } = oneWorker();
    if (row.asked !== null) dispatcher.drain('s', row.asked, start);
    dispatcher.received('s', { kind: 'draining', held: [pack], reason: '' }, start);
    dispatcher.received('s', { kind: 'pack-returned', pack, reason: 'draining' }, start);
    const decision = dispatcher.streamClosed('s', 'the worker ended it', start);
    const left = { kind: 'worker-left', worker: 's', reason: row.reported };
    expect(noticesIn(decision, 'worker-left')).toEqual([left]);
    const log = { what: 'worker-left', detail: `s: ${row.reported}` };
    expect(rowsIn(decision, 'event')).toMatchObject([log]);
  },
);

test('a pack that was on its way when its worker said goodbye is returned at once, uncharged', () => {
  const { dispatcher } = oneWorker();
  const farewell = { kind: 'draining', held: [], reason: 'SIGTERM' } as const;
  const decision = dispatcher.received('s', farewell, start);
  const returned = { outcome: 'returned', countsAsFailure: false };
  expect(rowsIn(decision, 'attempt-closed')).toMatchObject([returned]);
  const left = { kind: 'worker-left', worker: 's', reason: 'SIGTERM' };
  const closed = dispatcher.streamClosed('s', 'the worker ended it', start);
  expect(noticesIn(closed, 'worker-left')).toEqual([left]);
});

test('a pack of a worker that is killed after it said goodbye is returned, uncharged', () => {
  const { dispatcher, pack } = oneWorker();
  dispatcher.received('s', { kind: 'heartbeat', packs: [{ pack, step: 1 }] }, start);
  dispatcher.received('s', { kind: 'draining', held: [pack], reason: 'SIGTERM' }, start);
  expect(dispatcher.state.packs.has(pack)).toBe(true);
  dispatcher.streamClosed('s', 'its connection was reset', start);
  dispatcher.tick(later(900));
  const decision = dispatcher.tick(later(1_000));
  const returned = { outcome: 'returned', countsAsFailure: false };
  expect(rowsIn(decision, 'attempt-closed')).toMatchObject([returned]);
});

test('a worker that announces that it drains is asked to leave, so that it does not stay without trials', () => {
  const { dispatcher, pack } = oneWorker();
  const farewell = { kind: 'draining', held: [pack], reason: '' } as const;
  const decision = dispatcher.received('s', farewell, start);
  expect(messagesIn(decision, 'drain')).toEqual([
    { kind: 'drain', reason: 'it has announced that it leaves' },
  ]);
  const again = dispatcher.received('s', farewell, start);
  expect(messagesIn(again, 'drain')).toEqual([]);
});

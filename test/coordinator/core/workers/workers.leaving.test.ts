import { expect, test } from 'vitest';
import { noticesIn, oneWorker, rowsIn, start } from '../../support/small-cluster.ts';

test.each([
  { asked: 'asked by `ridgeline drain`', reported: 'asked by `ridgeline drain`' },
  { asked: '', reported: 'it was drained' },
  { asked: null, reported: 'the worker ended it' },
])(
  'a worker that was asked to drain because of "$asked" leaves with the reason "$reported"',
  (row) => {
    const { dispatcher, pack } = oneWorker();
    if (row.asked !== null) dispatcher.drain('s', row.asked, start);
    dispatcher.received('s', { kind: 'draining' }, start);
    dispatcher.received('s', { kind: 'pack-returned', pack, reason: 'draining' }, start);
    const decision = dispatcher.streamClosed('s', 'the worker ended it', start);
    const left = { kind: 'worker-left', worker: 's', reason: row.reported };
    expect(noticesIn(decision, 'worker-left')).toEqual([left]);
    const log = { what: 'worker-left', detail: `s: ${row.reported}` };
    expect(rowsIn(decision, 'event')).toMatchObject([log]);
  },
);

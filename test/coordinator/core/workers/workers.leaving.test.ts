/** What is said of a worker that leaves. */
import { expect, test } from 'vitest';
import { oneWorker, packsOf, start } from '../../support/one-worker.ts';

test.each([
  { asked: 'drained by the operator', said: 'drained by the operator' },
  { asked: '', said: 'it was drained' },
  { asked: null, said: 'the worker ended it' },
])('a worker asked to leave because "$asked" has left because: $said', ({ asked, said }) => {
  const { dispatcher, granted } = oneWorker();
  if (asked !== null) dispatcher.drain('w', asked);
  dispatcher.received('s', { kind: 'draining' }, start);
  for (const pack of packsOf(granted))
    dispatcher.received('s', { kind: 'pack-returned', pack, reason: 'draining' }, start);
  const { afterCommit, persist } = dispatcher.streamClosed('s', 'the worker ended it', start);
  expect(afterCommit).toContainEqual({
    kind: 'notice',
    notice: { kind: 'worker-left', worker: 'w', reason: said },
  });
  expect(persist).toContainEqual(
    expect.objectContaining({ what: 'worker-left', detail: `w: ${said}` }),
  );
});

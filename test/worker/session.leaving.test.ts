/** How a worker leaves while its coordinator is away. */
import { expect, test } from 'vitest';
import type { Assignment } from '../../src/rpc/messages/messages.ts';
import { WorkerSession, type SessionEffect } from '../../src/worker/session.ts';

const identity = {
  session: 's',
  name: 'node-1',
  version: '1',
  threads: 1,
  packMax: 8,
  kernel: 'portable',
  processor: 'Test CPU 1',
  selfTestDigest: 'd',
  machineId: 'm',
  slots: 1,
  memory: 0,
};
const key = { study: 'first', trial: { stage: 'coarse', index: 1, replicate: 1 }, attempt: 1 };
const assignment = { pack: 'p', dataset: 'data', members: [{ key, params: {} }] };

const logs = (effects: readonly SessionEffect[]): string[] =>
  effects.flatMap((effect) => (effect.kind === 'log' ? [effect.text] : []));

function sessionWithPack(): WorkerSession {
  const session = new WorkerSession(identity);
  session.received({
    kind: 'welcome',
    name: 'node-1',
    heartbeatMs: 1,
    leaseMs: 3,
    version: '1',
    selfTestDigest: 'd',
  });
  session.datasetReady('data');
  session.received({ kind: 'assign', assignment: assignment as unknown as Assignment });
  return session;
}

const diverged = { kind: 'diverged', steps: 1, seconds: 1, curve: [] } as const;
const waits = /^no connection to the coordinator: waiting for it, .* of 1 pack; a second signal/;

test('a draining worker whose coordinator is away says once that it waits for it, and how to end', () => {
  const session = sessionWithPack();
  expect(logs(session.streamClosed())).toEqual([]);
  expect(logs(session.drain('stopped by Ctrl-C'))).toEqual([
    'leaving (stopped by Ctrl-C): 1 pack is still running',
  ]);
  expect(logs(session.packEnded('p', [diverged]))).toEqual([expect.stringMatching(waits)]);
  expect(logs(session.streamClosed())).toEqual([]);
});

test('a worker with results that no coordinator has received says that it waits when it is stopped', () => {
  const session = sessionWithPack();
  session.streamClosed();
  session.packEnded('p', [diverged]);
  expect(logs(session.drain('stopped by Ctrl-C')).at(-1)).toMatch(waits);
});

test('a draining worker says that it waits when the connection closes before its results are answered', () => {
  const session = sessionWithPack();
  session.packEnded('p', [diverged]);
  expect(logs(session.drain('stopped by Ctrl-C'))).toHaveLength(1);
  expect(logs(session.streamClosed())).toEqual([expect.stringMatching(waits)]);
});

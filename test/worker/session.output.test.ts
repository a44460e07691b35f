/** What a worker session sends of the output of programs. */
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
const welcome = {
  kind: 'welcome',
  name: 'node-1',
  heartbeatMs: 1,
  leaseMs: 3,
  version: '1',
  selfTestDigest: 'd',
} as const;
const diverged = { kind: 'diverged', steps: 1, seconds: 1, curve: [] } as const;

function sessionWithPack(): WorkerSession {
  const session = new WorkerSession(identity);
  session.received(welcome);
  session.datasetReady('data');
  session.received({ kind: 'assign', assignment: assignment as unknown as Assignment });
  return session;
}

const sent = (effects: readonly SessionEffect[]): unknown[] =>
  effects.flatMap((effect) => (effect.kind === 'send' ? [effect.message] : []));
const log = { kind: 'attempt-log', pack: 'p', key, text: 'err bad\n' };

test('the output of a program is sent before the end of its pack, and again on a new stream until that is answered', () => {
  const session = sessionWithPack();
  const ended = expect.objectContaining({ kind: 'pack-ended' });
  expect(sent(session.packEnded('p', [diverged], { output: 'err bad\n' }))).toEqual([log, ended]);
  session.streamClosed();
  expect(sent(session.received(welcome))).toEqual([log, ended]);
  session.received({ kind: 'answer', key, answer: 'accepted' });
  session.streamClosed();
  expect(sent(session.received(welcome))).toEqual([]);
});

test.each(['crashed', 'stopped'] as const)(
  'the output of a program that %s while there is no connection is sent when there is one',
  (kind) => {
    const session = sessionWithPack();
    session.streamClosed();
    session.packStopped('p', { kind, reason: 'r', output: 'err bad\n' });
    expect(sent(session.received(welcome))).toEqual([log, expect.objectContaining({ pack: 'p' })]);
    session.streamClosed();
    expect(sent(session.received(welcome))).toEqual([]);
  },
);

test('a pack without output sends its end only', () => {
  expect(sent(sessionWithPack().packEnded('p', [diverged]))).toHaveLength(1);
});

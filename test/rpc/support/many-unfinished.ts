/** Many sessions with an unfinished message each, sent by another process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { workerMessageToBytes } from '../../../src/rpc/messages/session-messages.ts';
import type { SessionStream } from '../../../src/rpc/server/session-stream.ts';
import { RawPeer, bearer, framed } from './raw-peer.ts';
import { draining, hello } from './session-talk.ts';
import type { TestCoordinator } from './test-coordinator.ts';

const mebibyte = 1024 * 1024;

/** Reads the messages of every session, and answers each. */
export const reading = {
  session: (stream: SessionStream) => stream.onMessage(() => void stream.send(draining)),
};
/** Sessions with 15 MiB of a message each; other peers are still served. */
export async function expectBounded(
  coordinator: TestCoordinator,
  sessions: number,
  most: number,
): Promise<void> {
  const { port } = coordinator.server;
  const first = framed(workerMessageToBytes({ ...hello, held: [{ pack: 'p', step: 1 }] }));
  const script = fileURLToPath(new URL('./partial-senders.ts', import.meta.url));
  const authorization = bearer(coordinator.join.worker);
  const args = [port, authorization, sessions, 15 * mebibyte, first.toString('base64')].map(String);
  const sender = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  let highest = 0;
  const timer = setInterval(() => {
    highest = Math.max(highest, coordinator.server.unfinishedBytes);
  }, 5);
  try {
    await once(sender.stdout, 'data');
    expect(highest).toBeGreaterThan(most / 2);
    expect(highest).toBeLessThanOrEqual(most);
    using peer = new RawPeer(port);
    expect((await peer.call({ authorization: bearer(coordinator.join.admin) })).status).toBe(0);
    // The buffers themselves: bytes of chunks that grpc-js keeps, and those that are not collected yet.
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(most + 400 * mebibyte);
  } finally {
    clearInterval(timer);
    sender.stdin.end();
    await once(sender, 'close');
  }
}

/** A token that was revoked or has expired takes with it what it let in, within a second. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { connectControl } from '../../../src/rpc/client/control-client.ts';
import { parseJoin, type JoinTarget } from '../../../src/rpc/credentials/join-string.ts';
import { connectSession } from '../../../src/rpc/client/session-client.ts';
import { RawPeer, bearer, sessionPath } from '../support/raw-peer.ts';
import { closedError } from '../support/session-talk.ts';
import { TestCoordinator, errorOf } from '../support/test-coordinator.ts';

const digest = 'ab'.repeat(32);

/** A coordinator whose streams never end by themselves. */
const startEndless = (): Promise<TestCoordinator> =>
  TestCoordinator.start({
    cluster: {
      async *fetchPart() {
        yield new Uint8Array(10);
        await new Promise(() => undefined);
      },
    },
    control: {
      async *watch(_, signal) {
        yield {
          progress: {
            study: 'sweep',
            status: 'running',
            stage: null,
            done: 0,
            total: 0,
            running: 0,
            metric: 'validation_accuracy',
            best: null,
            testing: false,
            reason: null,
          },
          workers: [],
          elapsedMs: 1,
        };
        await once(signal, 'abort');
      },
    },
  });

interface Opened {
  /** The errors that ended a session, the fetching of a part, and watching. */
  readonly endings: Promise<readonly (Error | null)[]>;
}

/** Every kind of stream that a token opens, each with its first message read. */
async function openStreams(worker: JoinTarget, viewer: JoinTarget): Promise<Opened> {
  const session = await connectSession(worker, {});
  const part = session.fetchPart(digest, 0)[Symbol.asyncIterator]();
  await part.next();
  const watching = await connectControl(viewer);
  const snapshots = watching.watch('sweep')[Symbol.asyncIterator]();
  await snapshots.next();
  const endings = Promise.all([
    closedError(session),
    errorOf(part.next()),
    errorOf(snapshots.next()).finally(() => watching.close()),
  ]);
  return { endings };
}

describe('a token', () => {
  test('that was revoked ends sessions, fetching and watching within a second', async () => {
    await using coordinator = await startEndless();
    using admin = await connectControl(coordinator.join.admin);
    const worker = await admin.createToken('worker', null);
    const viewer = await admin.createToken('viewer', null);
    const neighbour = await connectSession(coordinator.join.worker, {});
    const { endings } = await openStreams(parseJoin(worker.join), parseJoin(viewer.join));
    const revokedMs = performance.now();
    expect(await admin.revokeToken(worker.id)).toBe(true);
    expect(await admin.revokeToken(viewer.id)).toBe(true);
    const [ofSession, ofPart, ofWatch] = await endings;
    expect(performance.now() - revokedMs).toBeLessThan(1_000);
    expect(ofSession).toMatchObject({ code: 'TOKEN_REFUSED' });
    expect(ofSession?.message).toContain(`Token ${worker.id} was revoked`);
    expect(ofPart).toHaveProperty('code'); // Its session was ended under it, or its own call was.
    expect(ofWatch?.message).toContain(`Token ${viewer.id} was revoked`);
    expect(neighbour.send({ kind: 'draining' })).toBe(true);
    neighbour.close();
  });

  test('that was revoked ends the connection of who does not read, within a second', async () => {
    await using coordinator = await startEndless();
    const target = coordinator.target('worker');
    using peer = new RawPeer(coordinator.server.port);
    peer.open({ path: sessionPath, authorization: bearer(target) }); // Never read from.
    const stream = await coordinator.nextStream();
    for (let i = 0; i < 50; i++) stream.send({ kind: 'drain', reason: 'r'.repeat(8_000) });
    using admin = await connectControl(coordinator.join.admin);
    const revokedMs = performance.now();
    await admin.revokeToken(target.tokenId);
    await peer.closed;
    expect(performance.now() - revokedMs).toBeLessThan(1_000);
  });

  test('that expires ends what it let in, and says when', async () => {
    await using coordinator = await startEndless();
    const expiresAtMs = Date.now() + 1_500;
    const { endings } = await openStreams(
      coordinator.target('worker', expiresAtMs),
      coordinator.target('viewer', expiresAtMs),
    );
    const [ofSession, , ofWatch] = await endings;
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAtMs);
    for (const error of [ofSession, ofWatch]) {
      expect(error).toMatchObject({ code: 'TOKEN_REFUSED' });
      expect(error?.message).toContain(`expired at ${new Date(expiresAtMs).toISOString()}`);
    }
  });
});

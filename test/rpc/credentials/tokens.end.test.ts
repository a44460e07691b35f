/** The end of a token: its open calls end within a second after it is revoked or expires. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { connectControl } from '../../../src/rpc/client/control-client.ts';
import { parseJoin, type JoinTarget } from '../../../src/rpc/credentials/join-string.ts';
import { RawPeer, bearer, sessionPath } from '../support/raw-peer.ts';
import { closedError, connectWorker } from '../support/session-talk.ts';
import { rejection } from '../support/state-directory.ts';
import { TestCoordinator } from '../support/test-coordinator.ts';

const digest = 'ab'.repeat(32);

/** A coordinator whose streams never end. */
const startEndless = (): Promise<TestCoordinator> =>
  TestCoordinator.start({
    cluster: {
      async *fetchShard() {
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
            priority: 1,
            stage: null,
            stages: [],
            testAccuracy: null,
            createdAtMs: 1,
            endedAtMs: null,
            msLeft: null,
            budget: null,
            done: 0,
            total: 0,
            running: 0,
            metric: 'validation_accuracy',
            decimals: [],
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
  /** The errors that ended a session, the download of a shard, and watching. */
  readonly endings: Promise<readonly (Error | null)[]>;
}

/** One stream of each kind, each with its first message read. */
async function openStreams(worker: JoinTarget, viewer: JoinTarget): Promise<Opened> {
  const session = await connectWorker(worker);
  const shard = session.fetchShard(digest, 0)[Symbol.asyncIterator]();
  await shard.next();
  const watching = await connectControl(viewer);
  const snapshots = watching.watch('sweep')[Symbol.asyncIterator]();
  await snapshots.next();
  const endings = Promise.all([
    closedError(session),
    rejection(shard.next()),
    rejection(snapshots.next()).finally(() => watching.close()),
  ]);
  return { endings };
}

describe('a token', () => {
  test('that is revoked loses its session, download and watch', async () => {
    await using coordinator = await startEndless();
    using admin = await connectControl(coordinator.join.admin);
    const worker = await admin.createToken('worker', null);
    const viewer = await admin.createToken('viewer', null);
    const neighbour = await connectWorker(coordinator.join.worker);
    const { endings } = await openStreams(parseJoin(worker.join), parseJoin(viewer.join));
    expect(await admin.revokeToken(worker.id)).toBe(true);
    expect(await admin.revokeToken(viewer.id)).toBe(true);
    const [ofSession, ofShard, ofWatch] = await endings;
    expect(ofSession).toMatchObject({ code: 'TOKEN_REFUSED' });
    expect(ofSession?.message).toContain(`Token ${worker.id} was revoked`);
    expect(ofShard).toHaveProperty('code'); // The error of its session, or of the download.
    expect(ofWatch?.message).toContain(`Token ${viewer.id} was revoked`);
    expect(neighbour.send({ kind: 'draining', held: [], reason: '' })).toBe(true);
    neighbour.close();
  });

  test('that is revoked loses the connection of a peer that does not read', async () => {
    await using coordinator = await startEndless();
    const target = coordinator.target('worker');
    using peer = new RawPeer(coordinator.server.port);
    peer.open({ path: sessionPath, authorization: bearer(target) }); // It is never read.
    const stream = await coordinator.nextStream();
    for (let i = 0; i < 50; i++) stream.send({ kind: 'drain', reason: 'r'.repeat(8_000) });
    using admin = await connectControl(coordinator.join.admin);
    await admin.revokeToken(target.tokenId);
    await peer.closed;
  });

  test('that expires loses its session and watch with an error that states the time', async () => {
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

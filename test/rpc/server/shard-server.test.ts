/** Shard downloads from a real server, over TLS on loopback. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { RawPeer, bearer, framed, shardPath } from '../support/raw-peer.ts';
import { rejection } from '../support/state-directory.ts';
import { TestCoordinator } from '../support/test-coordinator.ts';
import { connectWorker } from '../support/session-talk.ts';

describe('a shard', () => {
  const shard = randomBytes(5_000_000);
  const digest = createHash('sha256').update(shard).digest('hex');
  const pieces = function* (offset: number): Iterable<Uint8Array> {
    for (let at = offset; at < shard.length; at += 1_000_000)
      yield shard.subarray(at, at + 1_000_000);
  };
  const fetchShard = (asked: string, offset: number): Iterable<Uint8Array> | null =>
    asked === digest ? pieces(offset) : null;

  test('arrives byte for byte, from any offset, in chunks of at most 256 KiB', async () => {
    await using coordinator = await TestCoordinator.start({ cluster: { fetchShard } });
    const worker = await connectWorker(coordinator.join.worker);
    for (const offset of [0, 4_999_999, 5_000_000]) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of worker.fetchShard(digest, offset)) chunks.push(chunk);
      expect(Math.max(0, ...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(256 * 1024);
      expect(Buffer.concat(chunks).equals(shard.subarray(offset))).toBe(true);
    }
    worker.close();
  });

  test('is produced no faster than it is read', async () => {
    let produced = 0;
    const stopped = Promise.withResolvers<void>();
    const source = function* (): Iterable<Uint8Array> {
      try {
        for (; produced < 5_000_000; produced += 100_000) yield new Uint8Array(100_000);
      } finally {
        stopped.resolve();
      }
    };
    await using coordinator = await TestCoordinator.start({ cluster: { fetchShard: source } });
    using peer = new RawPeer(coordinator.server.port);
    const authorization = bearer(coordinator.join.worker);
    const request = peer.open({ path: shardPath, authorization });
    const encodedRequest = Buffer.concat([Buffer.from([0x0a, 64]), Buffer.from(digest)]);
    request.end(framed(encodedRequest));
    await once(request, 'response');
    // No byte is read, so the source must stop after a while.
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(produced).toBeLessThan(3_000_000);
    const before = produced;
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(produced).toBe(before);
    peer.session.destroy();
    await stopped.promise; // Its `finally` runs when the reader is gone.
  });

  test('that no study uses is rejected with DATASET_UNKNOWN', async () => {
    await using coordinator = await TestCoordinator.start({ cluster: { fetchShard } });
    const worker = await connectWorker(coordinator.join.worker);
    const ask = (asked: string) =>
      rejection(worker.fetchShard(asked, 0)[Symbol.asyncIterator]().next());
    expect(await ask('00'.repeat(32))).toMatchObject({ code: 'DATASET_UNKNOWN' });
    expect((await ask('../../etc/passwd')).what).toContain('digest');
    worker.close();
  });

  test('fails with an error if the coordinator stops', async () => {
    const started = Promise.withResolvers<void>();
    const endless = async function* (): AsyncIterable<Uint8Array> {
      yield new Uint8Array(1_000);
      started.resolve();
      await new Promise(() => undefined);
    };
    const coordinator = await TestCoordinator.start({ cluster: { fetchShard: endless } });
    const worker = await connectWorker(coordinator.join.worker);
    const read = async (): Promise<number> => {
      let bytes = 0;
      for await (const chunk of worker.fetchShard(digest, 0)) bytes += chunk.length;
      return bytes;
    };
    const failed = rejection(read());
    await started.promise;
    await coordinator[Symbol.asyncDispose]();
    expect((await failed).code).toBe('COORDINATOR_UNREACHABLE');
  });

  test('is no longer produced after the worker has stopped reading', async () => {
    const left = Promise.withResolvers<void>();
    const source = function* (): Iterable<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(100_000);
      } finally {
        left.resolve();
      }
    };
    await using coordinator = await TestCoordinator.start({ cluster: { fetchShard: source } });
    const worker = await connectWorker(coordinator.join.worker);
    for await (const chunk of worker.fetchShard(digest, 0)) {
      expect(chunk).toHaveLength(65_536);
      break;
    }
    await left.promise;
    worker.close();
  });
});

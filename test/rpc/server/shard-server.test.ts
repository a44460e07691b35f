/** Data set parts from a real server, over TLS on loopback. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { connectSession } from '../../../src/rpc/client/session-client.ts';
import { RawPeer, bearer, framed, partPath } from '../support/raw-peer.ts';
import { TestCoordinator, errorOf } from '../support/test-coordinator.ts';

describe('a data set part', () => {
  const part = randomBytes(5_000_000);
  const digest = createHash('sha256').update(part).digest('hex');
  const pieces = function* (offset: number): Iterable<Uint8Array> {
    for (let at = offset; at < part.length; at += 1_000_000)
      yield part.subarray(at, at + 1_000_000);
  };
  const fetchPart = (asked: string, offset: number): Iterable<Uint8Array> | null =>
    asked === digest ? pieces(offset) : null;

  test('arrives byte for byte, from any offset, in chunks of at most 256 KiB', async () => {
    await using coordinator = await TestCoordinator.start({ cluster: { fetchPart } });
    const worker = await connectSession(coordinator.join.worker, {});
    for (const offset of [0, 4_999_999, 5_000_000]) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of worker.fetchPart(digest, offset)) chunks.push(chunk);
      expect(Math.max(0, ...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(256 * 1024);
      expect(Buffer.concat(chunks).equals(part.subarray(offset))).toBe(true);
    }
    worker.close();
  });

  test('is produced no faster than it is taken', async () => {
    let produced = 0;
    const stopped = Promise.withResolvers<void>();
    const source = function* (): Iterable<Uint8Array> {
      try {
        for (; produced < 5_000_000; produced += 100_000) yield new Uint8Array(100_000);
      } finally {
        stopped.resolve();
      }
    };
    await using coordinator = await TestCoordinator.start({ cluster: { fetchPart: source } });
    using peer = new RawPeer(coordinator.server.port);
    const authorization = bearer(coordinator.join.worker);
    const request = peer.open({ path: partPath, authorization });
    const encodedRequest = Buffer.concat([Buffer.from([0x0a, 64]), Buffer.from(digest)]);
    request.end(framed(encodedRequest));
    await once(request, 'response');
    // Not one byte is read: turns of the event loop do not make the source go on.
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(produced).toBeLessThan(3_000_000);
    const before = produced;
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(produced).toBe(before);
    peer.session.destroy();
    await stopped.promise; // And its `finally` runs when the reader is gone.
  });

  test('that no study uses is refused with words', async () => {
    await using coordinator = await TestCoordinator.start({ cluster: { fetchPart } });
    const worker = await connectSession(coordinator.join.worker, {});
    const ask = (asked: string) =>
      errorOf(worker.fetchPart(asked, 0)[Symbol.asyncIterator]().next());
    expect(await ask('00'.repeat(32))).toMatchObject({ code: 'DATASET_UNKNOWN' });
    expect((await ask('../../etc/passwd')).what).toContain('digest');
    worker.close();
  });

  test('breaks with an error when the coordinator goes away', async () => {
    const started = Promise.withResolvers<void>();
    const endless = async function* (): AsyncIterable<Uint8Array> {
      yield new Uint8Array(1_000);
      started.resolve();
      await new Promise(() => undefined);
    };
    const coordinator = await TestCoordinator.start({ cluster: { fetchPart: endless } });
    const worker = await connectSession(coordinator.join.worker, {});
    const read = async (): Promise<number> => {
      let bytes = 0;
      for await (const chunk of worker.fetchPart(digest, 0)) bytes += chunk.length;
      return bytes;
    };
    const failed = errorOf(read());
    await started.promise;
    await coordinator[Symbol.asyncDispose]();
    expect((await failed).code).toBe('COORDINATOR_UNREACHABLE');
  });

  test('is left when the worker has had enough of it', async () => {
    const left = Promise.withResolvers<void>();
    const source = function* (): Iterable<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(100_000);
      } finally {
        left.resolve();
      }
    };
    await using coordinator = await TestCoordinator.start({ cluster: { fetchPart: source } });
    const worker = await connectSession(coordinator.join.worker, {});
    for await (const chunk of worker.fetchPart(digest, 0)) {
      expect(chunk).toHaveLength(65_536);
      break;
    }
    await left.promise;
    worker.close();
  });
});

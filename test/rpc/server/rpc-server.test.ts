/** RPC server: old TLS versions, invalid bytes, peers that do not read, long messages. */
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { loadOrCreateAuthority } from '../../../src/rpc/credentials/authority.ts';
import type { WorkerMessage } from '../../../src/rpc/messages/messages.ts';
import { startRpcServer } from '../../../src/rpc/server/rpc-server.ts';
import { RawPeer, bearer, framed, sessionPath } from '../support/raw-peer.ts';
import { rejection } from '../support/state-directory.ts';
import { TestCoordinator, nothingToControl } from '../support/test-coordinator.ts';
import { nextMessage, closedReason, connectWorker, hello } from '../support/session-talk.ts';

/** A peer that opens a session and never reads from it. */
async function openWithoutReading(coordinator: TestCoordinator) {
  const peer = new RawPeer(coordinator.server.port);
  peer.open({ path: sessionPath, authorization: bearer(coordinator.join.worker) });
  return { stream: await coordinator.nextStream(), connectionClosed: peer.closed };
}

describe('the RPC server', () => {
  test('rejects TLS 1.2', async () => {
    await using coordinator = await TestCoordinator.start();
    const options = { host: '127.0.0.1', port: coordinator.server.port, rejectUnauthorized: false };
    const old = connect({ ...options, maxVersion: 'TLSv1.2' });
    const [error] = await once(old, 'error');
    expect(String(error)).toMatch(/protocol version|alert/i);
    const current = connect({ ...options, ALPNProtocols: ['h2'] });
    await once(current, 'secureConnect');
    expect(current.getProtocol()).toBe('TLSv1.3');
    current.destroy();
  });

  test('keeps running after bytes that are not TLS and frames that do not decompress', async () => {
    await using coordinator = await TestCoordinator.start();
    const socket = connectTcp(coordinator.server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    using peer = new RawPeer(coordinator.server.port);
    const body = framed(Buffer.from('notgzip'), 1);
    await peer.call({ headers: { 'grpc-encoding': 'gzip' }, body });
    const worker = await connectWorker(coordinator.join.worker);
    worker.close();
  });

  test('reports which port is in use, and how to use another one', async () => {
    await using coordinator = await TestCoordinator.start();
    const address = coordinator.server.addresses.local;
    const authority = await loadOrCreateAuthority(coordinator.state.path, Date.now());
    const error = await rejection(
      startRpcServer(address, {
        authority,
        tokens: coordinator.tokens,
        version: '0.1.0',
        clock: systemClock,
        advertise: null,
        onRefused: () => undefined,
        cluster: {
          session: () => undefined,
          fetchShard: () => null,
          uploadState: async () => false,
        },
        control: nothingToControl,
      }),
    );
    expect(error.code).toBe('PORT_IN_USE');
    expect(error.what).toContain(address);
    expect(error.fix).toContain('--listen');
  });

  test('closes the stream of a worker that does not read when more than 1 MiB waits', async () => {
    await using coordinator = await TestCoordinator.start();
    const { stream, connectionClosed } = await openWithoutReading(coordinator);
    const left = closedReason(stream);
    let sent = 0;
    while (stream.send({ kind: 'drain', reason: 'r'.repeat(8_000) })) {
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await left).toMatch(/does not read/);
    // The limit of 1 MiB, and the buffers of HTTP/2 and the kernel.
    expect(sent * 8_000).toBeGreaterThan(1_000_000);
    expect(sent * 8_000).toBeLessThan(1_500_000);
    await connectionClosed; // The status cannot reach it, so the connection is closed.
  });

  test('closes the stream of a worker that reads nothing for a while', async () => {
    await using coordinator = await TestCoordinator.start({ limits: { stallMs: 100 } });
    const { stream, connectionClosed } = await openWithoutReading(coordinator);
    const left = closedReason(stream);
    for (let i = 0; i < 60; i++) stream.send({ kind: 'drain', reason: 'r'.repeat(8_000) });
    expect(await left).toMatch(/read nothing for 0\.1 s/);
    await connectionClosed;
  });

  test('sends much more than the limit to a worker that reads', async () => {
    await using coordinator = await TestCoordinator.start({ limits: { queuedBytes: 100_000 } });
    const worker = await connectWorker(coordinator.join.worker);
    const stream = await coordinator.nextStream();
    let received = 0;
    let batchReceived: (() => void) | null = null;
    worker.onMessage(() => {
      received += 1;
      if (received % 10 === 0) batchReceived?.();
    });
    const count = 200;
    for (let i = 1; i <= count; i++) {
      expect(stream.send({ kind: 'drain', reason: 'r'.repeat(8_000) })).toBe(true);
      if (i % 10 === 0) await new Promise<void>((resolve) => (batchReceived = resolve));
    }
    expect(received).toBe(count);
    worker.close();
  });

  test('accepts the longest pack that the limits of its fields allow', async () => {
    await using coordinator = await TestCoordinator.start();
    const worker = await connectWorker(coordinator.join.worker);
    const stream = await coordinator.nextStream();
    const joined = nextMessage(stream);
    worker.send({ ...hello, held: [{ pack: 'p', step: 1 }] });
    await joined;
    const said = nextMessage(stream);
    // 12 metrics with long names and steps of five bytes: as many values as a curve may have.
    const names = Array.from({ length: 12 }, (_, i) => `${'m'.repeat(62)}${10 + i}`);
    const metrics = Object.fromEntries(names.map((name) => [name, 0.1]));
    const firstStep = 4_000_000_000;
    const curve = Array.from({ length: 10_000 }, (_, i) => ({ step: firstStep + i, metrics }));
    const result = {
      kind: 'complete',
      steps: firstStep + 9_999,
      seconds: 1,
      digest: 'ab'.repeat(32),
      curve,
      validationCorrect: new Uint8Array(2 ** 20),
    } as const;
    const key = { study: 's', trial: { stage: 'coarse', index: 1, replicate: 1 }, attempt: 1 };
    const message: WorkerMessage = {
      kind: 'pack-ended',
      pack: 'p',
      results: Array.from({ length: 8 }, () => ({ key, result, passed: null })),
    };
    worker.send(message);
    const arrived = await said;
    const results = arrived.kind === 'pack-ended' ? arrived.results : [];
    expect(results.map(({ result: { curve: points } }) => points.length)).toEqual(
      Array(8).fill(10_000),
    );
    worker.close();
  });
});

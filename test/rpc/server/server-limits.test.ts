/** Server limits: each one at the limit and just above it. `docs/limits.md` lists them. */
import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as timeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { connectControl } from '../../../src/rpc/client/control-client.ts';
import { workerMessageToBytes } from '../../../src/rpc/messages/session-messages.ts';
import { ConnectionLimits } from '../../../src/rpc/server/connection-limits.ts';
import { MessageRate } from '../../../src/rpc/server/message-rate.ts';
import type { Hello } from '../../../src/rpc/messages/messages.ts';
import { callsPerConnection, messageBytesMax } from '../../../src/rpc/messages/channel-options.ts';
import { connectionsFor, serverLimits } from '../../../src/rpc/server/server-limits.ts';
import { wireLimits } from '../../../src/rpc/messages/wire-codec.ts';
import { workerMessageFromBytes } from '../../../src/rpc/messages/session-messages.ts';
import { RawPeer, bearer, framed, openTls, shardPath, sessionPath } from '../support/raw-peer.ts';
import { closedReason, hello, connectWorker } from '../support/session-talk.ts';
import { rejection } from '../support/state-directory.ts';
import { TestCoordinator } from '../support/test-coordinator.ts';

const prefaceBytes = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
/** Start of a HEADERS frame with 16,384 bytes and without END_HEADERS. */
const endlessHeaders = Buffer.from([0, 0x40, 0, 1, 0, 0, 0, 0, 1]);

/** Resolves after an end or a reset; `once` would throw the latter. */
const ended = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.on('error', () => undefined).once('close', () => resolve()));

/** Sends a byte every few milliseconds until the other side closes the connection. */
async function trickle(socket: Socket, bytes: Buffer): Promise<void> {
  socket.resume();
  let at = 0;
  const timer = setInterval(() => socket.write(bytes.subarray(at, ++at)), 20);
  await ended(socket);
  clearInterval(timer);
}

describe('connections', () => {
  test.each([
    ['from one address', { connectionsPerAddress: 3 }],
    ['from all addresses', { connections: 3 }],
  ])('%s are limited; one more is closed until another one ends', async (_, limits) => {
    await using coordinator = await TestCoordinator.start({ limits });
    const { port } = coordinator.server;
    const sockets = await Promise.all([openTls(port), openTls(port), openTls(port)]);
    expect(sockets.map((socket) => socket.destroyed)).toEqual([false, false, false]);
    for (const _again of [1, 2]) expect((await openTls(port)).destroyed).toBe(true);
    expect(coordinator.refused).toHaveLength(1);
    expect(coordinator.refused[0]).toContain('3 connections are open');
    sockets[0]?.destroy();
    // The server detects the end a moment later.
    for (;;) {
      const socket = await openTls(port);
      if (socket.destroyed) continue;
      socket.destroy();
      return;
    }
  });

  test('that send nothing, or only the start of a handshake, are closed in time', async () => {
    await using coordinator = await TestCoordinator.start({ limits: { handshakeMs: 100 } });
    const silent = connectTcp(coordinator.server.port, '127.0.0.1');
    silent.resume();
    const slow = connectTcp(coordinator.server.port, '127.0.0.1');
    slow.resume();
    slow.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])); // The start of a ClientHello.
    await Promise.all([ended(silent), ended(slow)]);
  });

  test('that send their handshake one byte at a time are closed in time', async () => {
    await using coordinator = await TestCoordinator.start({ limits: { handshakeMs: 300 } });
    const { port } = coordinator.server;
    const socket = connectTcp(port, '127.0.0.1');
    await trickle(socket, Buffer.from([0x16, 0x03, 0x01, 0x40, 0x00, ...Buffer.alloc(16_384)]));
    expect(coordinator.refused).toContain('127.0.0.1: it completed no TLS 1.3 handshake');
    expect((await openTls(port)).destroyed).toBe(false);
  });

  test.each([
    ['the HTTP/2 preface', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
    ['settings', Buffer.concat([prefaceBytes, Buffer.from([0, 0, 0x60, 4, 0, 0, 0, 0, 0])])],
    ['headers', Buffer.concat([prefaceBytes, emptySettings, endlessHeaders])],
  ])('that never complete %s are closed in time', async (_, bytes) => {
    await using coordinator = await TestCoordinator.start({ limits: { tokenMs: 300 } });
    const socket = await openTls(coordinator.server.port);
    const head = bytes.subarray(0, -9);
    socket.write(head);
    await trickle(socket, Buffer.concat([bytes.subarray(-9), Buffer.alloc(16_384)]));
    expect(coordinator.refused).toContain('127.0.0.1: no valid token arrived in time');
  });

  test('are closed without a valid token in time, and stay open with one', async () => {
    await using coordinator = await TestCoordinator.start({ limits: { tokenMs: 300 } });
    const { port } = coordinator.server;
    using known = new RawPeer(port);
    const authorization = bearer(coordinator.join.worker);
    expect((await known.call({ authorization })).status).toBe(0);
    using silent = new RawPeer(port);
    using wrong = new RawPeer(port);
    expect((await wrong.call({ authorization: 'Bearer a:b' })).status).toBe(16);
    await Promise.all([silent.closed, wrong.closed]);
    expect((await known.call({ authorization })).status).toBe(0);
    expect(coordinator.refused).toContain('127.0.0.1: no valid token arrived in time');
  });

  test('have a limited number of calls, and accept another call when one has ended', async () => {
    await using coordinator = await TestCoordinator.start();
    using peer = new RawPeer(coordinator.server.port);
    const authorization = bearer(coordinator.join.worker);
    const open = () => peer.open({ path: sessionPath, authorization }).resume();
    const calls = Array.from({ length: callsPerConnection }, open);
    const first = await coordinator.nextStream();
    for (let i = 1; i < callsPerConnection; i++) await coordinator.nextStream();
    const tooMany = open();
    let isIn = false;
    const next = coordinator.nextStream().then(() => (isIn = true));
    await new Promise((resolve) => tooMany.once('close', resolve));
    expect(isIn).toBe(false);
    const left = closedReason(first);
    calls[0]?.close();
    await left;
    open();
    await next;
  });
});

describe('tokens', () => {
  test('that are invalid are answered ten times a minute; then the connection is closed', async () => {
    await using coordinator = await TestCoordinator.start();
    using peer = new RawPeer(coordinator.server.port);
    for (let i = 0; i < serverLimits.badTokensPerMinute; i++) {
      const { status } = await peer.call({ authorization: `Bearer unknown:${'A'.repeat(43)}` });
      expect(status).toBe(16);
    }
    expect((await peer.call({ authorization: 'Bearer no:no' })).status).toBeNull();
    await peer.closed;
    expect(coordinator.refused).toEqual([
      '127.0.0.1: a bad token was refused',
      '127.0.0.1: too many bad tokens: they no longer receive an error',
    ]);
    // A valid token from the same address is accepted.
    const worker = await connectWorker(coordinator.join.worker);
    worker.close();
  });

  test('that are invalid are counted per address and minute', () => {
    let nowMs = 0;
    const connections = new ConnectionLimits({
      limits: serverLimits,
      clock: { monotonicMs: () => nowMs },
      onRefused: () => undefined,
    });
    const answers = (address: string, count: number): number =>
      Array.from({ length: count }, () => connections.answersBadToken(address)).filter(Boolean)
        .length;
    expect(answers('10.0.0.1', 50)).toBe(10);
    expect(answers('10.0.0.2', 50)).toBe(10);
    nowMs = 59_999;
    expect(answers('10.0.0.1', 1)).toBe(0);
    nowMs = 60_000;
    expect(answers('10.0.0.1', 50)).toBe(10);
  });

  test('are verified before a frame is decompressed', async () => {
    await using coordinator = await TestCoordinator.start();
    using peer = new RawPeer(coordinator.server.port);
    const call = { headers: { 'grpc-encoding': 'gzip' }, body: framed(Buffer.from('notgzip'), 1) };
    expect((await peer.call(call)).status).toBe(16);
    const known = { ...call, authorization: bearer(coordinator.join.worker) };
    expect((await peer.call(known)).status).toBe(13);
  });
});

describe('sessions', () => {
  test('of one token are limited; one more is rejected until another one ends', async () => {
    await using coordinator = await TestCoordinator.start({ limits: { sessionsPerToken: 2 } });
    const { worker: join } = coordinator.join;
    const [first, second] = [await connectWorker(join), await connectWorker(join)];
    const stream = await coordinator.nextStream();
    for (const _again of [1, 2]) {
      expect(await rejection(connectWorker(join))).toMatchObject({
        code: 'COORDINATOR_UNREACHABLE', // A worker repeats its attempt after this code.
        what: expect.stringContaining(`Token ${join.tokenId} already has 2 open sessions`),
        fix: expect.stringContaining('ridgeline token new --role worker'),
      });
    }
    const others = await connectWorker(coordinator.target('worker'));
    const left = closedReason(stream);
    first.close();
    await left;
    const third = await connectWorker(join);
    for (const session of [second, others, third]) session.close();
  });
});

describe('new sessions', () => {
  test('of one token are limited; one more is refused and logged until some time has passed', async () => {
    const limits = { newSessions: 2, newSessionsPerSecond: 0.001 };
    await using coordinator = await TestCoordinator.start({ limits });
    const { worker: join } = coordinator.join;
    for (const _again of [1, 2]) {
      const worker = await connectWorker(join);
      const left = closedReason(await coordinator.nextStream());
      worker.close();
      await left;
    }
    expect(await rejection(connectWorker(join))).toMatchObject({
      code: 'COORDINATOR_UNREACHABLE',
      what: expect.stringContaining(`Token ${join.tokenId} has opened too many sessions`),
      fix: expect.stringContaining('restarted in a loop'),
    });
    expect(coordinator.refused).toEqual([
      expect.stringMatching(/^127\.0\.0\.1: Token .* has opened too many sessions/),
    ]);
  });
});

describe('bytes of all sessions of a token', () => {
  test('that arrive too fast are read later, also if each session is below its own rate', async () => {
    const limits = { tokenBytesPerSecond: 20_000, tokenByteBurst: 20_000 };
    await using coordinator = await TestCoordinator.start({ limits });
    const startMs = performance.now();
    const reason = 'x'.repeat(6_000);
    const read: Promise<void>[] = [];
    for (const _session of [1, 2]) {
      const worker = await connectWorker(coordinator.join.worker);
      const stream = await coordinator.nextStream();
      read.push(
        new Promise((resolve) => {
          stream.onMessage((message) => {
            if (message.kind === 'dataset-ready') resolve();
          });
        }),
      );
      for (let i = 0; i < 3; i++) worker.send({ kind: 'dataset-failed', dataset: `d${i}`, reason });
      worker.send({ kind: 'dataset-ready', dataset: 'd' });
    }
    await Promise.all(read);
    // 36,000 bytes: 20,000 at once; a message that was buffered may be read early.
    expect(performance.now() - startMs).toBeGreaterThan(200);
  });
});

describe('sessions of all workers', () => {
  test('are limited below the connections, so that commands are answered', async () => {
    await using coordinator = await TestCoordinator.start({ limits: { sessions: 1 } });
    const first = await connectWorker(coordinator.join.worker);
    expect(await rejection(connectWorker(coordinator.target('worker')))).toMatchObject({
      code: 'COORDINATOR_UNREACHABLE',
      what: 'The coordinator already has 1 workers, which is the limit of its open files (`ulimit -n`).',
    });
    first.close();
  });

  test('leave four connections of those for which there are open files', () => {
    expect(connectionsFor(64)).toEqual({ connections: 24, sessions: 20, isLimited: true });
    expect(connectionsFor(1)).toEqual({ connections: 8, sessions: 4, isLimited: true });
    for (const openFiles of [1_048_576, null])
      expect(connectionsFor(openFiles)).toMatchObject({ connections: 6_000, isLimited: false });
  });
});

describe('a call', () => {
  test.each([
    ['a request', undefined, [0, 0, 0, 0, 9]],
    ['a request for a shard', shardPath, [0, 0, 0]],
  ])('is closed with its connection if %s is not completed in time', async (_, path, bytes) => {
    await using coordinator = await TestCoordinator.start({ limits: { requestMs: 300 } });
    using peer = new RawPeer(coordinator.server.port);
    const authorization = bearer(coordinator.join.worker);
    const call = { authorization, ...(path === undefined ? {} : { path }) };
    const request = peer.open(call);
    request.write(Buffer.from(bytes));
    const timer = setInterval(() => request.write(Buffer.from([0])), 50);
    await peer.closed;
    clearInterval(timer);
    expect(coordinator.refused).toEqual(['127.0.0.1: a request was not complete in time']);
  });

  test('may take longer once its request is complete', async () => {
    await using coordinator = await TestCoordinator.start({
      limits: { requestMs: 50 },
      control: {
        async submitStudy() {
          await timeout(200);
          return { name: 'sweep', outcome: 'created' };
        },
      },
    });
    using client = await connectControl(coordinator.join.admin);
    expect(await client.submitStudy('x')).toMatchObject({ name: 'sweep' });
    expect(coordinator.refused).toEqual([]);
  });

  test('has at most 8 KiB of headers', async () => {
    await using coordinator = await TestCoordinator.start();
    using peer = new RawPeer(coordinator.server.port);
    const authorization = bearer(coordinator.join.worker);
    // The server counts other headers, too: the limit of the padding is found by bisection.
    const withPadding = async (bytes: number): Promise<number | null> =>
      (await peer.call({ authorization, headers: { 'x-padding': 'x'.repeat(bytes) } })).status;
    let [fits, tooMuch] = [0, serverLimits.headerBytes];
    expect([await withPadding(fits), await withPadding(tooMuch)]).toEqual([0, 8]);
    while (tooMuch - fits > 1) {
      const middle = Math.floor((fits + tooMuch) / 2);
      if ((await withPadding(middle)) === 0) fits = middle;
      else tooMuch = middle;
    }
    expect(serverLimits.headerBytes - fits).toBeLessThan(200);
  });

  test('has messages of at most 16 MiB, also after decompression', async () => {
    const limits = { smallMessageBytes: messageBytesMax, unfinishedBytes: Infinity };
    await using coordinator = await TestCoordinator.start({ limits });
    using peer = new RawPeer(coordinator.server.port);
    const authorization = bearer(coordinator.join.worker);
    // The unknown field 15 with as many bytes as fit: 1 for its tag, 4 for its length.
    const message = Buffer.alloc(messageBytesMax);
    message.set([0x7a, 0xfb, 0xff, 0xff, 0x07]);
    expect((await peer.call({ authorization, body: framed(message) })).status).toBe(0);
    for (const claimed of [messageBytesMax + 1, 10 * messageBytesMax, 0xffff_ffff]) {
      using other = new RawPeer(coordinator.server.port);
      const body = framed(new Uint8Array(0), 0, claimed);
      expect((await other.call({ authorization, body })).status).toBe(8);
    }
    const headers = { 'grpc-encoding': 'gzip' };
    const exact = framed(gzipSync(message), 1);
    expect((await peer.call({ authorization, headers, body: exact })).status).toBe(0);
    const bomb = framed(gzipSync(Buffer.alloc(messageBytesMax + 1)), 1);
    expect((await peer.call({ authorization, headers, body: bomb })).status).toBe(8);
  });

  test.each<[string, (n: number) => Partial<Hello>, number]>([
    ['threads', (n) => ({ threads: n }), wireLimits.threads],
    ['trials in a pack', (n) => ({ packMax: n }), wireLimits.packMembers],
    ['characters of a name', (n) => ({ name: 'x'.repeat(n) }), wireLimits.nameCharacters],
    ['characters of a session', (n) => ({ session: 'x'.repeat(n) }), wireLimits.nameCharacters],
    [
      'data sets in memory',
      (n) => ({ datasets: Array.from({ length: n }, (_, i) => `d${i}`) }),
      wireLimits.datasets,
    ],
    [
      'packs held',
      (n) => ({ held: Array.from({ length: n }, (_, i) => ({ pack: `p${i}`, step: 1 })) }),
      wireLimits.heldPacks,
    ],
  ])('has a hello with a limited number of %s', (_, change, most) => {
    const kindFor = (n: number): string =>
      workerMessageFromBytes(workerMessageToBytes({ ...hello, ...change(n) })).kind;
    expect([kindFor(most), kindFor(most + 1), kindFor(most * 10)]).toEqual([
      'hello',
      'malformed',
      'malformed',
    ]);
  });
});

describe('messages of one session', () => {
  test('that arrive too fast are read later, completely and in order', async () => {
    const limits = { messagesPerSecond: 100, messageBurst: 20 };
    await using coordinator = await TestCoordinator.start({ limits });
    const worker = await connectWorker(coordinator.join.worker);
    const stream = await coordinator.nextStream();
    const startMs = performance.now();
    const count = 60;
    const names: string[] = [];
    const all = new Promise<void>((resolve) => {
      stream.onMessage((message) => {
        if (message.kind === 'dataset-ready' && names.push(message.dataset) === count) resolve();
      });
    });
    for (let i = 0; i < count; i++) worker.send({ kind: 'dataset-ready', dataset: `d${i}` });
    await all;
    expect(names).toEqual(Array.from({ length: count }, (_, i) => `d${i}`));
    // 20 at once and the other 40 at 100 a second, except for a few that were buffered.
    expect(performance.now() - startMs).toBeGreaterThan(200);
    worker.close();
  });

  test('are never read faster than the burst and the rate allow', () => {
    const gapsMs = fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { maxLength: 200 });
    fc.assert(
      fc.property(gapsMs, fc.integer({ min: 1, max: 50 }), (gaps, burst) => {
        const rate = new MessageRate(100, burst, 0);
        let nowMs = 0;
        let waitMs = 0;
        gaps.forEach((gapMs, i) => {
          nowMs += Math.max(gapMs, waitMs);
          waitMs = rate.taken(nowMs);
          expect(i + 1).toBeLessThanOrEqual(burst + (nowMs / 1_000) * 100 + 1e-6);
        });
      }),
      { numRuns: 300 },
    );
  });
});

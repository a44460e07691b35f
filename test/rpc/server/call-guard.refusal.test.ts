/** Refused connections: workers that a coordinator rejects, and servers that a worker rejects. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { JoinTarget } from '../../../src/rpc/credentials/join-string.ts';
import { loadOrCreateAuthority } from '../../../src/rpc/credentials/authority.ts';
import { StateDirectory, rejection } from '../support/state-directory.ts';
import { TestCoordinator } from '../support/test-coordinator.ts';
import { hello, closedReason, closedError, connectWorker } from '../support/session-talk.ts';

const targetAt = (server: Server, caPin: string): JoinTarget => {
  const bound = server.address();
  const address = `127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}`;
  return { address, caPin, tokenId: 'abc', secret: 'S'.repeat(43) };
};

/** A TLS server that counts the bytes that clients send after their handshakes. */
async function startImpostor(key: string, cert: string) {
  let bytes = 0;
  const tls = createTlsServer({ key, cert, ALPNProtocols: ['h2'] }, (socket) => {
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
    socket.on('error', () => undefined);
  });
  tls.on('tlsClientError', () => undefined);
  tls.listen(0, '127.0.0.1');
  await once(tls, 'listening');
  return {
    tls,
    receivedBytes: () => bytes,
    target: (caPin: string) => targetAt(tls, caPin),
    [Symbol.asyncDispose]: () => Promise.resolve(void tls.close()),
  };
}

async function twoAuthorities() {
  using state = new StateDirectory();
  using other = new StateDirectory();
  const real = await loadOrCreateAuthority(state.path, Date.now());
  return { real, thief: await loadOrCreateAuthority(other.path, Date.now()) };
}

/** A TCP server for clients that expect TLS. */
async function startPlain(onSocket: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('a worker', () => {
  test('with a wrong secret is refused, and the error does not contain the secret', async () => {
    await using coordinator = await TestCoordinator.start();
    const wrong = { ...coordinator.join.worker, secret: 'A'.repeat(43) };
    const error = await rejection(connectWorker(wrong));
    expect(error.code).toBe('TOKEN_REFUSED');
    expect(error.fix).toContain('ridgeline token');
    expect(error.message).not.toContain(wrong.secret);
  });

  test('with an expired token receives the time of expiry', async () => {
    await using coordinator = await TestCoordinator.start();
    const expiredAtMs = Date.now() - 1_000;
    const expired = coordinator.target('worker', expiredAtMs);
    const error = await rejection(connectWorker(expired));
    expect(error).toMatchObject({
      code: 'TOKEN_REFUSED',
      what: expect.stringContaining(new Date(expiredAtMs).toISOString()),
    });
  });

  test('with a token of another role receives that role', async () => {
    await using coordinator = await TestCoordinator.start();
    const error = await rejection(connectWorker(coordinator.join.admin));
    expect(error).toMatchObject({
      code: 'TOKEN_REFUSED',
      what: expect.stringContaining('role admin'),
      fix: expect.stringContaining('ridgeline token new --role worker'),
    });
  });

  test('of another protocol version receives both versions', async () => {
    await using coordinator = await TestCoordinator.start();
    const worker = await connectWorker(coordinator.join.worker);
    const closed = closedError(worker);
    const stream = await coordinator.nextStream();
    stream.onMessage(() => expect.unreachable('the handler must not receive it'));
    worker.send({ ...hello, protocol: 3, version: '9.9.9' });
    const error = await closed;
    expect(error).toMatchObject({ code: 'VERSION_MISMATCH' });
    expect(error?.message).toMatch(/9\.9\.9.*protocol 3.*0\.1\.0.*protocol 2/s);
  });

  test('that sends a malformed message receives the broken rule', async () => {
    await using coordinator = await TestCoordinator.start();
    const worker = await connectWorker(coordinator.join.worker);
    const closed = closedError(worker);
    const stream = await coordinator.nextStream();
    stream.onMessage(() => expect.unreachable('the handler must not receive it'));
    const left = closedReason(stream);
    worker.send({ ...hello, threads: 0 });
    expect(await left).toContain('threads');
    expect(await closed).toMatchObject({ code: 'VERSION_MISMATCH' });
  });

  test('that sends no hello in time is disconnected', async () => {
    await using coordinator = await TestCoordinator.start({ limits: { helloMs: 50 } });
    const worker = await connectWorker(coordinator.join.worker);
    expect(await closedError(worker)).toMatchObject({ what: expect.stringContaining('no hello') });
  });

  test('sends no byte to a server whose CA has another pin', async () => {
    using state = new StateDirectory();
    const { serverKey, serverChain, caPin } = await loadOrCreateAuthority(state.path, Date.now());
    await using server = await startImpostor(serverKey, serverChain);
    const disconnected = new Promise((resolve) =>
      server.tls.once('connection', (socket) => socket.once('close', resolve)),
    );
    const expectedPin = 'B'.repeat(43);
    const error = await rejection(connectWorker(server.target(expectedPin)));
    expect(error.code).toBe('CA_REFUSED');
    expect(error.what).toContain(expectedPin);
    expect(error.what).toContain(caPin);
    await disconnected;
    expect(server.receivedBytes()).toBe(0);
  });

  test('sends no byte to a server that sends the right CA but has no certificate of it', async () => {
    const { real, thief } = await twoAuthorities();
    const chain = `${new X509Certificate(thief.serverChain).toString()}\n${real.caCertificate}`;
    await using server = await startImpostor(thief.serverKey, chain);
    const error = await rejection(connectWorker(server.target(real.caPin), { timeoutMs: 2_000 }));
    expect(error).toMatchObject({
      code: 'CA_REFUSED',
      what: expect.stringContaining('did not issue'),
    });
    expect(server.receivedBytes()).toBe(0);
  });

  test('sends no token to a server that changes its certificates after the first connection', async () => {
    const { real, thief } = await twoAuthorities();
    await using server = await startImpostor(real.serverKey, real.serverChain);
    // The first connection has received the real certificates.
    server.tls.once('connection', () => {
      server.tls.setSecureContext({ key: thief.serverKey, cert: thief.serverChain });
    });
    // An environment may disable certificate checks: the pin is verified all the same.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    onTestFinished(() => void vi.unstubAllEnvs());
    const error = await rejection(connectWorker(server.target(real.caPin), { timeoutMs: 2_000 }));
    expect(error.code).toBe('COORDINATOR_UNREACHABLE');
    expect(server.receivedBytes()).toBe(0);
  });
});

describe('connecting', () => {
  test('to a port that never answers ends in time, and the error states the waiting time', async () => {
    const silent = await startPlain(() => undefined);
    const target = targetAt(silent, 'B'.repeat(43));
    const error = await rejection(connectWorker(target, { timeoutMs: 200 }));
    expect(error.what).toMatch(/waited 0\.\d s.*nothing answered/);
    // One attempt of many: the caller passes the time of the first one.
    const sinceMs = performance.now() - 60_000;
    const last = await rejection(connectWorker(target, { timeoutMs: 200, sinceMs }));
    expect(last.what).toMatch(/waited 60\.\d s/);
    silent.close();
  });

  test('to a server without TLS 1.3 fails with that reason', async () => {
    const plain = await startPlain((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const target = targetAt(plain, 'B'.repeat(43));
    const error = await rejection(connectWorker(target));
    expect(error).toMatchObject({
      code: 'COORDINATOR_UNREACHABLE',
      what: expect.stringContaining('TLS 1.3'),
    });
    plain.close();
  });

  test('ends when the signal is aborted', async () => {
    await using coordinator = await TestCoordinator.start();
    const error = await rejection(
      connectWorker(coordinator.join.worker, { signal: AbortSignal.abort() }),
    );
    expect(error.code).toBe('COORDINATOR_UNREACHABLE');
  });
});

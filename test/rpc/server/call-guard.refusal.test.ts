/** Who is not let in, and who is not let go to: over TLS on loopback. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { loadOrCreateAuthority } from '../../../src/rpc/credentials/authority.ts';
import { connectSession } from '../../../src/rpc/client/session-client.ts';
import { StateDirectory, TestCoordinator, errorOf } from '../support/test-coordinator.ts';
import { hello, closedReason, closedError } from '../support/session-talk.ts';

describe('a worker that is not welcome', () => {
  test('because of its secret is told so', async () => {
    await using coordinator = await TestCoordinator.start();
    const wrong = { ...coordinator.join.worker, secret: 'A'.repeat(43) };
    const error = await errorOf(connectSession(wrong, {}));
    expect(error.code).toBe('TOKEN_REFUSED');
    expect(error.fix).toContain('ridgeline token');
    expect(error.message).not.toContain(wrong.secret);
  });

  test('because its token expired is told when', async () => {
    await using coordinator = await TestCoordinator.start();
    const expiredAtMs = Date.now() - 1_000;
    const expired = coordinator.target('worker', expiredAtMs);
    const error = await errorOf(connectSession(expired, {}));
    expect(error).toMatchObject({
      code: 'TOKEN_REFUSED',
      what: expect.stringContaining(new Date(expiredAtMs).toISOString()),
    });
  });

  test('because its token has another role is told which one', async () => {
    await using coordinator = await TestCoordinator.start();
    const error = await errorOf(connectSession(coordinator.join.admin, {}));
    expect(error).toMatchObject({
      code: 'TOKEN_REFUSED',
      what: expect.stringContaining('role admin'),
      fix: expect.stringContaining('ridgeline token new --role worker'),
    });
  });

  test('because of its protocol is told both versions', async () => {
    await using coordinator = await TestCoordinator.start();
    const worker = await connectSession(coordinator.join.worker, {});
    const closed = closedError(worker);
    const stream = await coordinator.nextStream();
    stream.onMessage(() => expect.unreachable('it never gets to the handler'));
    worker.send({ ...hello, protocol: 2, version: '9.9.9' });
    const error = await closed;
    expect(error).toMatchObject({ code: 'VERSION_MISMATCH' });
    expect(error?.message).toMatch(/9\.9\.9.*protocol 2.*0\.1\.0.*protocol 1/s);
  });

  test('because a message breaks the rules is told which one', async () => {
    await using coordinator = await TestCoordinator.start();
    const worker = await connectSession(coordinator.join.worker, {});
    const closed = closedError(worker);
    const stream = await coordinator.nextStream();
    stream.onMessage(() => expect.unreachable('it never gets to the handler'));
    const left = closedReason(stream);
    worker.send({ ...hello, threads: 0 });
    expect(await left).toContain('threads');
    expect(await closed).toMatchObject({ code: 'VERSION_MISMATCH' });
  });

  test('because it says nothing is let go', async () => {
    await using coordinator = await TestCoordinator.start({ limits: { helloMs: 50 } });
    const worker = await connectSession(coordinator.join.worker, {});
    expect(await closedError(worker)).toMatchObject({ what: expect.stringContaining('no hello') });
  });

  test('by a coordinator whose CA has another pin sends no byte of its token', async () => {
    using state = new StateDirectory();
    const authority = await loadOrCreateAuthority(state.path, Date.now());
    const heard: Buffer[] = [];
    const server = createTlsServer(
      { key: authority.serverKey, cert: authority.serverChain, ALPNProtocols: ['h2'] },
      (socket) => {
        socket.on('data', (bytes: Buffer) => heard.push(bytes));
        socket.on('error', () => undefined);
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const disconnected = new Promise((resolve) =>
      server.once('connection', (socket) => socket.once('close', resolve)),
    );
    const bound = server.address();
    const port = typeof bound === 'object' ? bound?.port : 0;
    const expectedPin = 'B'.repeat(43);
    const error = await errorOf(
      connectSession(
        {
          address: `127.0.0.1:${port}`,
          caPin: expectedPin,
          tokenId: 'abc',
          secret: 'S'.repeat(43),
        },
        {},
      ),
    );
    expect(error.code).toBe('CA_REFUSED');
    expect(error.what).toContain(expectedPin);
    expect(error.what).toContain(authority.caPin);
    await disconnected;
    expect(Buffer.concat(heard)).toHaveLength(0);
    server.close();
  });

  test('by a server that sends the right CA but has no certificate of it, sends no token', async () => {
    using state = new StateDirectory();
    using other = new StateDirectory();
    const real = await loadOrCreateAuthority(state.path, Date.now());
    const thief = await loadOrCreateAuthority(other.path, Date.now());
    const heard: Buffer[] = [];
    const server = createTlsServer(
      {
        key: thief.serverKey,
        cert: `${new X509Certificate(thief.serverChain).toString()}\n${real.caCertificate}`,
        ALPNProtocols: ['h2'],
      },
      (socket) => {
        socket.on('data', (bytes: Buffer) => heard.push(bytes));
        socket.on('error', () => undefined);
      },
    );
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    const port = typeof bound === 'object' ? bound?.port : 0;
    const target = {
      address: `127.0.0.1:${port}`,
      caPin: real.caPin,
      tokenId: 'abc',
      secret: 'S'.repeat(43),
    };
    const error = await errorOf(connectSession(target, { timeoutMs: 2_000 }));
    expect(error).toMatchObject({
      code: 'CA_REFUSED',
      what: expect.stringContaining('not of that CA'),
    });
    expect(Buffer.concat(heard)).toHaveLength(0);
    server.close();
  });

  test('by a server that shows the right certificates once and others then, sends no token', async () => {
    using state = new StateDirectory();
    using other = new StateDirectory();
    const real = await loadOrCreateAuthority(state.path, Date.now());
    const thief = await loadOrCreateAuthority(other.path, Date.now());
    const heard: Buffer[] = [];
    const server = createTlsServer(
      { key: real.serverKey, cert: real.serverChain, ALPNProtocols: ['h2'] },
      (socket) => {
        socket.on('data', (bytes: Buffer) => heard.push(bytes));
        socket.on('error', () => undefined);
      },
    );
    // After the first connection has taken the real ones.
    server.once('connection', () => {
      server.setSecureContext({ key: thief.serverKey, cert: thief.serverChain });
    });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    const target = {
      address: `127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}`,
      caPin: real.caPin,
      tokenId: 'abc',
      secret: 'S'.repeat(43),
    };
    // As somebody's environment may have it: the pin holds all the same.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    onTestFinished(() => void vi.unstubAllEnvs());
    const error = await errorOf(connectSession(target, { timeoutMs: 2_000 }));
    expect(error.code).toBe('COORDINATOR_UNREACHABLE');
    expect(Buffer.concat(heard)).toHaveLength(0);
    server.close();
  });
});

describe('connecting', () => {
  test('to a port where nothing ever answers ends in time, and says how long it waited', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const bound = silent.address();
    const address = `127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}`;
    const target = { address, caPin: 'B'.repeat(43), tokenId: 'abc', secret: 'S'.repeat(43) };
    const error = await errorOf(connectSession(target, { timeoutMs: 200 }));
    expect(error.what).toMatch(/waited 0\.\d s.*nothing answered/);
    // One try of many: whoever tries says since when.
    const sinceMs = performance.now() - 60_000;
    const last = await errorOf(connectSession(target, { timeoutMs: 200, sinceMs }));
    expect(last.what).toMatch(/waited 60\.\d s/);
    silent.close();
  });

  test('to something that is no coordinator says so', async () => {
    const plain = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const bound = plain.address();
    const address = `127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}`;
    const target = { address, caPin: 'B'.repeat(43), tokenId: 'abc', secret: 'S'.repeat(43) };
    const error = await errorOf(connectSession(target, {}));
    expect(error).toMatchObject({
      code: 'COORDINATOR_UNREACHABLE',
      what: expect.stringContaining('TLS 1.3'),
    });
    plain.close();
  });

  test('is given up when the signal fires', async () => {
    await using coordinator = await TestCoordinator.start();
    const error = await errorOf(
      connectSession(coordinator.join.worker, { signal: AbortSignal.abort() }),
    );
    expect(error.code).toBe('COORDINATOR_UNREACHABLE');
  });
});

/** Slow clients and clients above the limits at the dashboard's port, with raw sockets. */
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ask, signedIn, startWithDashboard } from './support/dashboard-process.ts';

/** A connection that sends its pieces with pauses, until the server closes it. */
async function dribbled(
  port: number,
  pieces: readonly string[],
  everyMs: number,
): Promise<{ answer: string; endedAfterMs: number }> {
  const startedMs = performance.now();
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  let isOver = false;
  const ended = new Promise<void>((done) => {
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    // A reset closes the connection as well.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      isOver = true;
      done();
    });
  });
  for (const piece of pieces) {
    if (isOver) break;
    socket.write(piece);
    await Promise.race([ended, pause(everyMs)]);
  }
  await ended;
  return { answer, endedAfterMs: performance.now() - startedMs };
}

const many = (count: number, piece: string): string[] => Array.from({ length: count }, () => piece);

describe('the port of the dashboard', () => {
  test('the dashboard waits 5 s for the headers of a request and 10 s for its body', async () => {
    const { port } = await startWithDashboard([]);
    const host = `host: 127.0.0.1:${port}\r\n`;
    const get = `GET / HTTP/1.1\r\n${host}connection: close\r\n`;
    const post = (length: number): string =>
      `POST /api/sign-in HTTP/1.1\r\n${host}connection: close\r\norigin: http://127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
    const secret = '{"secret": "wrong"}';
    const noAddress = 'GET / HTTP/1.1\r\nhost: 999.999.999.999\r\nconnection: close\r\n\r\n';
    const { answer: refused } = await dribbled(port, [noAddress], 0);
    expect(refused).toMatch(/^HTTP\/1\.1 400/);
    const [silent, slowHeaders, goodHeaders, slowBody, goodBody] = await Promise.all([
      dribbled(port, [], 0),
      dribbled(port, [get, ...many(200, 'x: y\r\n')], 100),
      dribbled(port, [get, 'x: y\r\n', 'x: y\r\n', '\r\n'], 1_000),
      dribbled(port, [post(1_000), ...many(200, ' ')], 100),
      dribbled(port, [post(secret.length + 3), ...many(3, ' '), secret], 2_000),
    ]);
    expect(goodHeaders.answer).toMatch(/^HTTP\/1\.1 200/);
    expect(goodBody.answer).toMatch(/^HTTP\/1\.1 401/);
    for (const { endedAfterMs } of [silent, slowHeaders]) {
      expect(endedAfterMs).toBeGreaterThan(4_500);
      // Not after 10 s, as a slow body.
      expect(endedAfterMs).toBeLessThan(slowBody.endedAfterMs);
    }
    expect(slowHeaders.answer).toMatch(/^(?:HTTP\/1\.1 408|$)/);
    expect(slowBody.answer).not.toMatch(/^HTTP\/1\.1 2/);
    expect(slowBody.endedAfterMs).toBeGreaterThan(9_500);
    expect(slowBody.endedAfterMs).toBeLessThan(17_000);
    // It kept serving.
    expect((await ask(port, '/')).status).toBe(200);
  });

  test('the dashboard accepts 100 open pages, refuses the next, and accepts one again when a page closes, even one that never reads', async () => {
    const { port, code } = await startWithDashboard([]);
    const cookie = await signedIn(port, code);
    const streams: Socket[] = [];
    for (let count = 0; count < 100; count++) {
      const { socket, head } = await openStream(port, cookie);
      expect(head, `stream ${count + 1}`).toMatch(/^HTTP\/1\.1 200/);
      streams.push(socket);
    }
    const { socket: refused, head } = await openStream(port, cookie);
    expect(head).toMatch(/^HTTP\/1\.1 503/);
    refused.destroy();
    // Other requests are still answered.
    expect((await ask(port, '/api/session', { headers: { cookie } })).status).toBe(200);

    const [first, ...others] = streams;
    first!.destroy();
    streams.push(await roomAgain(port, cookie));
    // Streams that were opened and never read are cleaned up too.
    for (const socket of others) socket.pause();
    for (const socket of others) socket.destroy();
    for (let count = 0; count < others.length; count++) streams.push(await roomAgain(port, cookie));
    expect((await openStream(port, cookie)).head).toMatch(/^HTTP\/1\.1 503/);
    for (const socket of streams) socket.destroy();
  });
});

/** Requests the stream, and waits for its first bytes. */
async function openStream(port: number, cookie: string): Promise<{ socket: Socket; head: string }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`GET /api/events HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncookie: ${cookie}\r\n\r\n`);
  const head = await new Promise<string>((done) => {
    socket.once('data', (chunk: Buffer) => done(chunk.toString()));
    socket.once('close', () => done('closed'));
  });
  return { socket, head };
}

/** Retries until the server has noticed that a page was closed. */
async function roomAgain(port: number, cookie: string): Promise<Socket> {
  for (;;) {
    const { socket, head } = await openStream(port, cookie);
    if (head.startsWith('HTTP/1.1 200')) return socket;
    socket.destroy();
    await pause(20);
  }
}

/**
 * A coordinator process and a peer that sends invalid input: each row has one answer, the process keeps
 * running, its log has no stack, and another worker is not disturbed.
 *
 * Not tested: client certificates (unused), plaintext (no such port), `grpc-timeout` of years (a session
 * without `hello` ends after 10 s in any case).
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { connectControl } from '../../src/rpc/client/control-client.ts';
import { workerMessageToBytes } from '../../src/rpc/messages/session-messages.ts';
import { readAdminJoin } from '../../src/rpc/credentials/join-files.ts';
import { parseJoin, type JoinTarget } from '../../src/rpc/credentials/join-string.ts';
import type { WorkerMessage } from '../../src/rpc/messages/messages.ts';
import {
  RawPeer,
  bearer,
  framed,
  openTls,
  shardPath,
  sessionPath,
  watchPath,
  type RawCall,
} from '../rpc/support/raw-peer.ts';
import { connectWorker, hello, nextAnswer } from '../rpc/support/session-talk.ts';
import { scratchDir, start } from './support/processes.ts';

const encode = (message: WorkerMessage): Buffer => framed(workerMessageToBytes(message));
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
/** FetchShard { digest, offset } */
const shardRequest = (digest: string, ...offset: number[]): Buffer =>
  framed(Buffer.concat([bytes(0x0a, digest.length), Buffer.from(digest), bytes(...offset)]));

interface Row {
  readonly what: string;
  readonly call: RawCall;
  /** `grpc-status`, or null if the stream ends without one. */
  readonly status: number | null | (number | null)[];
  readonly http?: number;
}

const long = 'x'.repeat(8_000);
const gzip = { 'grpc-encoding': 'gzip' };
const truncated = gzipSync(Buffer.alloc(1_000)).subarray(0, 15);
const digest = 'ab'.repeat(32);
const offsetMax = [0x10, ...Array.from({ length: 9 }, () => 0xff), 0x01];

/** With the token of a worker, unless a row has another one. */
const rows = (known: string, viewer: string): Row[] => [
  // Compression.
  {
    what: 'not gzip',
    call: { headers: gzip, body: framed(Buffer.from('notgzip'), 1) },
    status: 13,
  },
  { what: 'half of a gzip', call: { headers: gzip, body: framed(truncated, 1) }, status: 13 },
  {
    what: 'not deflate',
    call: { headers: { 'grpc-encoding': 'deflate' }, body: framed(Buffer.from('no'), 1) },
    status: 13,
  },
  {
    what: 'an unknown encoding',
    call: { headers: { 'grpc-encoding': 'snappy' }, body: framed(Buffer.from('no'), 1) },
    status: 12,
  },
  {
    what: 'a decompression bomb of 64 MiB in 64 kB',
    call: { headers: gzip, body: framed(gzipSync(Buffer.alloc(64 * 2 ** 20)), 1) },
    status: 8,
  },
  // Paths and headers.
  { what: 'an unknown service', call: { path: '/a.B/C' }, status: 12 },
  {
    what: 'reflection',
    call: { path: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo' },
    status: 12,
  },
  { what: 'channelz', call: { path: '/grpc.channelz.v1.Channelz/GetServers' }, status: 12 },
  { what: 'a path out of the tree', call: { path: '/../../etc/passwd' }, status: 12 },
  { what: 'a path of 8 kB', call: { path: `/${long}` }, status: 12 },
  {
    what: 'a form of a web page',
    call: { headers: { 'content-type': 'text/html' } },
    status: null,
    http: 415,
  },
  { what: 'an invalid timeout', call: { headers: { 'grpc-timeout': 'banana' } }, status: 13 },
  { what: 'headers of 16 kB', call: { headers: { 'x-a': long, 'x-b': long } }, status: 8 },
  // Tokens.
  { what: 'no token', call: { authorization: [] }, status: 16 },
  { what: 'an empty token', call: { authorization: 'Bearer :' }, status: 16 },
  { what: 'two tokens', call: { authorization: `${known}, ${known}` }, status: 16 },
  { what: 'a token with a line end', call: { authorization: `${known} x` }, status: 16 },
  { what: 'a viewer that trains', call: { path: sessionPath, authorization: viewer }, status: 7 },
  { what: 'a worker that watches', call: { path: watchPath }, status: 7 },
  // Messages of a session.
  {
    what: 'a first message that is not hello',
    call: { path: sessionPath, body: encode({ kind: 'draining', held: [], reason: '' }) },
    status: 3,
  },
  {
    what: 'hello twice',
    call: { path: sessionPath, body: Buffer.concat([encode(hello), encode(hello)]) },
    status: 3,
  },
  {
    what: 'another protocol',
    call: { path: sessionPath, body: encode({ ...hello, protocol: 999 }) },
    status: 9,
  },
  {
    what: 'a billion threads',
    call: { path: sessionPath, body: encode({ ...hello, threads: 1_000_000_000 }) },
    status: 3,
  },
  {
    what: 'a name that moves the cursor',
    call: { path: sessionPath, body: encode({ ...hello, name: '\u001b[2J' }) },
    status: 3,
  },
  // Protobuf.
  { what: 'an empty message', call: { path: sessionPath, body: framed(bytes()) }, status: 3 },
  {
    what: 'garbage',
    call: { path: sessionPath, body: framed(bytes(0xff, 0xff, 0xff)) },
    status: 3,
  },
  {
    what: 'a length past the end',
    call: { path: sessionPath, body: framed(bytes(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f)) },
    status: 3,
  },
  {
    what: 'the wrong wire type',
    call: { path: sessionPath, body: framed(bytes(0x08, 0x01)) },
    status: 3,
  },
  {
    what: 'groups, a million deep',
    call: { path: sessionPath, body: framed(Buffer.alloc(1_000_000, 0x7b)) },
    status: 3,
  },
  {
    what: 'a name that is not UTF-8',
    call: { path: sessionPath, body: framed(bytes(0x0a, 0x04, 0x1a, 0x02, 0xc3, 0x28)) },
    status: 3,
  },
  // Shards.
  { what: 'an unknown shard', call: { path: shardPath, body: shardRequest(digest) }, status: 5 },
  { what: 'a shard by path', call: { path: shardPath, body: shardRequest('../x') }, status: 3 },
  {
    what: 'a shard from 2^64 on',
    call: { path: shardPath, body: shardRequest(digest, ...offsetMax) },
    status: 3,
  },
];

/** Floods of HTTP/2 frames. Each ends, or the server closes the connection. */
async function flood(port: number, known: string): Promise<void> {
  {
    using peer = new RawPeer(port);
    for (let i = 0; i < 3_000 && !peer.session.destroyed; i++) {
      peer.open({ authorization: known }).close(8);
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const settings = bytes(0, 0, 0, 4, 0, 0, 0, 0, 0);
  const ping = Buffer.concat([bytes(0, 0, 8, 6, 0, 0, 0, 0, 0), Buffer.alloc(8)]);
  const window = bytes(0, 0, 4, 8, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff);
  const continuation = bytes(0, 0, 1, 9, 0, 0, 0, 0, 1, 0x82);
  const headers = bytes(0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82);
  for (const frame of [ping, settings, window, Buffer.concat([headers, continuation])]) {
    const socket = await openTls(port);
    socket.write(Buffer.concat([preface, settings]));
    const frames = Buffer.concat(Array.from({ length: 2_000 }, () => frame));
    for (let i = 0; i < 5 && !socket.destroyed; i++) {
      await new Promise<void>((resolve) => {
        socket.write(frames, () => resolve());
        socket.once('close', resolve);
      });
    }
    socket.destroy();
  }
}

const residentBytes = (pid: number | undefined): number =>
  Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4_096;

test('invalid input of a peer gets one answer and does not disturb other peers', async () => {
  const state = join(scratchDir(), 'state');
  const coordinator = start(['coordinator', '--listen', '127.0.0.1:0', '--state', state]);
  const file = (await coordinator.prints(/--join @(\S+)/))[1]!;
  const target: JoinTarget = parseJoin(readFileSync(file, 'utf8'));
  const port = Number(target.address.split(':').at(-1));
  using admin = await connectControl(readAdminJoin(state));
  const viewer = parseJoin((await admin.createToken('viewer', null)).join);
  const neighbour = await connectWorker(target);
  const welcomed = nextAnswer(neighbour);
  neighbour.send({ ...hello, session: 'neighbour', name: 'neighbour' });
  expect((await welcomed).kind).toBe('welcome');
  let neighbourEnd: unknown = 'none';
  neighbour.onClosed((error) => (neighbourEnd = error));

  const wrong: string[] = [];
  const known = bearer(target);
  const check = async ({ what, call, status, http }: Row): Promise<void> => {
    using peer = new RawPeer(port);
    const answer = await peer.call({ authorization: known, ...call });
    if (![status].flat().includes(answer.status) || (http ?? 200) !== answer.http)
      wrong.push(`${what}: ${answer.status} ${answer.http}: ${answer.text}`);
    if (/\bat .*\.[jt]s:\d+/.test(answer.text)) wrong.push(`${what}: a stack trace`);
  };
  for (const row of rows(known, bearer(viewer))) await check(row);
  expect(wrong).toEqual([]);

  const web = connectTcp(port, '127.0.0.1');
  web.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  web.resume();
  await once(web, 'close');
  const beforeBytes = residentBytes(coordinator.child.pid);
  await flood(port, known);
  const grownBytes = residentBytes(coordinator.child.pid) - beforeBytes;
  expect(grownBytes).toBeLessThan(60 * 2 ** 20);

  expect(neighbourEnd).toBe('none');
  const names = (await admin.listWorkers()).map(({ name, state: of }) => `${name} ${of}`);
  expect(names).toContain('neighbour joining');
  expect(coordinator.stderr).not.toMatch(/^\s+at /m);
  expect(coordinator.stderr).not.toMatch(/unhandled|uncaught/i);
  // The log has one line for each kind of refusal.
  expect(coordinator.stderr.match(/a bad token was refused/g)).toHaveLength(1);
  neighbour.close();
});

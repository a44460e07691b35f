/** What lets a machine in: certificates, tokens, join strings, and the files that keep them. */
import { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import {
  parseAddress,
  reachableAddresses,
  requireAddress,
} from '../../../src/rpc/credentials/address.ts';
import { loadOrCreateAuthority, pinOf } from '../../../src/rpc/credentials/authority.ts';
import { readAdminJoin, writeJoinFiles } from '../../../src/rpc/credentials/join-files.ts';
import {
  formatJoin,
  parseJoin,
  readJoin,
  type JoinTarget,
} from '../../../src/rpc/credentials/join-string.ts';
import { openTokens } from '../../../src/rpc/credentials/tokens.ts';
import { StateDirectory, errorOf } from '../support/test-coordinator.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2030, 0, 1);
const thrown = (action: () => unknown): Promise<RidgelineError> =>
  errorOf(Promise.resolve().then(action));
const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('the authority', () => {
  test('is made at the first start and is the same at every other one', async () => {
    using state = new StateDirectory();
    const first = await loadOrCreateAuthority(state.path, nowMs);
    const second = await loadOrCreateAuthority(state.path, nowMs + 300 * dayMs);
    expect(second).toEqual(first);
    expect(first.caPin).toBe(pinOf(new X509Certificate(first.caCertificate).raw));
    expect(first.caPin).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  test('keeps its files from everybody else', async () => {
    using state = new StateDirectory();
    await loadOrCreateAuthority(state.path, nowMs);
    const directory = join(state.path, 'tls');
    expect(modeOf(directory)).toBe(0o700);
    const modes = readdirSync(directory).map((name) => [name, modeOf(join(directory, name))]);
    expect(modes).toEqual(
      ['ca.crt', 'ca.key', 'server.crt', 'server.key'].map((name) => [name, 0o600]),
    );
    chmodSync(join(directory, 'ca.key'), 0o644);
    const error = await errorOf(loadOrCreateAuthority(state.path, nowMs));
    expect(error).toMatchObject({
      code: 'STATE_DAMAGED',
      fix: expect.stringContaining('chmod 600'),
    });
  });

  test('gives the server a certificate for one name, valid for nodes whose clock is behind', async () => {
    using state = new StateDirectory();
    const { serverChain, caCertificate } = await loadOrCreateAuthority(state.path, nowMs);
    const server = new X509Certificate(serverChain);
    const ca = new X509Certificate(caCertificate);
    expect(server.checkHost('ridgeline')).toBe('ridgeline');
    expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(server.checkHost('example.org')).toBeUndefined();
    expect([ca.ca, server.ca]).toEqual([true, false]);
    expect(server.verify(ca.publicKey)).toBe(true);
    expect(server.validFromDate.getTime()).toBeLessThanOrEqual(nowMs - dayMs);
    expect(serverChain.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  });

  test('renews the certificate of the server and keeps its own', async () => {
    using state = new StateDirectory();
    const first = await loadOrCreateAuthority(state.path, nowMs);
    const later = await loadOrCreateAuthority(state.path, nowMs + 400 * dayMs);
    expect(later.caPin).toBe(first.caPin);
    expect(later.serverChain).not.toBe(first.serverChain);
    const end = new X509Certificate(later.serverChain).validToDate.getTime();
    expect(end).toBeGreaterThan(nowMs + 1_000 * dayMs);
  });

  test('is never made anew behind the back of those who have its pin', async () => {
    using state = new StateDirectory();
    await loadOrCreateAuthority(state.path, nowMs);
    rmSync(join(state.path, 'tls', 'ca.key'));
    expect((await errorOf(loadOrCreateAuthority(state.path, nowMs))).code).toBe('STATE_DAMAGED');
    writeFileSync(join(state.path, 'tls', 'ca.key'), 'not a key', { mode: 0o600 });
    writeFileSync(join(state.path, 'tls', 'ca.crt'), 'not a certificate', { mode: 0o600 });
    expect((await errorOf(loadOrCreateAuthority(state.path, nowMs))).code).toBe('STATE_DAMAGED');
  });

  test('says so when the state directory cannot be written', async () => {
    using state = new StateDirectory();
    writeFileSync(join(state.path, 'file'), '');
    const error = await errorOf(loadOrCreateAuthority(join(state.path, 'file'), nowMs));
    expect(error.code).toMatch(/^STATE_/);
    expect(error.what).toContain('file');
  });
});

describe('a token', () => {
  test('is known by its secret until it ends, also after a restart', () => {
    using state = new StateDirectory();
    const { token, secret } = openTokens(state.path).create('worker', nowMs, nowMs + 1_000);
    const tokens = openTokens(state.path);
    expect(tokens.verify(token.id, secret, nowMs + 999)).toEqual({ kind: 'valid', token });
    expect(tokens.verify(token.id, secret, nowMs + 1_000)).toEqual({
      kind: 'expired',
      expiredAtMs: nowMs + 1_000,
    });
    expect(tokens.verify(token.id, `${secret.slice(1)}A`, nowMs)).toEqual({ kind: 'unknown' });
    expect(tokens.verify('other', secret, nowMs)).toEqual({ kind: 'unknown' });
    expect(tokens.list()).toEqual([token]);
  });

  test('leaves no secret in its file, which nobody else may read', () => {
    using state = new StateDirectory();
    const { secret } = openTokens(state.path).create('admin', nowMs, null);
    const path = join(state.path, 'tokens.json');
    expect(readFileSync(path, 'utf8')).not.toContain(secret);
    expect(modeOf(path)).toBe(0o600);
  });

  test('that was revoked is unknown, now and after a restart', () => {
    using state = new StateDirectory();
    const tokens = openTokens(state.path);
    const { token, secret } = tokens.create('viewer', nowMs, null);
    expect(tokens.revoke(token.id)).toBe(true);
    expect(tokens.revoke(token.id)).toBe(false);
    expect(openTokens(state.path).verify(token.id, secret, nowMs)).toEqual({ kind: 'unknown' });
  });

  test('that could not be revoked on the disk is still there, and can be revoked again', async () => {
    using state = new StateDirectory();
    const tokens = openTokens(state.path);
    const { token, secret } = tokens.create('worker', nowMs, null);
    const inTheWay = join(state.path, `tokens.json.${process.pid}.new`);
    mkdirSync(inTheWay);
    expect((await thrown(() => tokens.revoke(token.id))).code).toBe('STATE_UNWRITABLE');
    expect((await thrown(() => tokens.create('viewer', nowMs, null))).code).toBe(
      'STATE_UNWRITABLE',
    );
    expect(tokens.list()).toEqual([token]);
    rmSync(inTheWay, { recursive: true });
    expect(tokens.revoke(token.id)).toBe(true);
    expect(openTokens(state.path).verify(token.id, secret, nowMs)).toEqual({ kind: 'unknown' });
  });

  test('is forgotten a month after its end', () => {
    using state = new StateDirectory();
    const tokens = openTokens(state.path);
    tokens.create('worker', nowMs, nowMs + 1);
    const kept = tokens.create('worker', nowMs + 29 * dayMs, null);
    expect(tokens.list()).toHaveLength(2);
    const newest = tokens.create('worker', nowMs + 31 * dayMs, null);
    expect(tokens.list()).toEqual([kept.token, newest.token]);
  });

  test('file that is damaged is not taken for an empty one', async () => {
    using state = new StateDirectory();
    writeFileSync(join(state.path, 'tokens.json'), '{"tokens":', { mode: 0o600 });
    expect((await thrown(() => openTokens(state.path))).code).toBe('STATE_DAMAGED');
  });
});

const target: JoinTarget = {
  address: 'head.example:7070',
  caPin: 'p'.repeat(43),
  tokenId: 'abc123',
  secret: 's'.repeat(43),
};

describe('a join string', () => {
  const base64url = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((b) => Buffer.from(b).toString('base64url'));
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((address) => `[${address}]`),
    fc.constant('[fe80::1%eth0]'),
  );
  const anyTarget = fc.record({
    address: fc
      .tuple(host, fc.integer({ min: 1, max: 65_535 }))
      .map(([name, port]) => `${name}:${port}`),
    caPin: base64url,
    tokenId: fc.stringMatching(/^[0-9a-f]{12}$/),
    secret: base64url,
  });

  test('is read back as it was written', () => {
    fc.assert(
      fc.property(anyTarget, (each) => {
        expect(parseJoin(formatJoin(each))).toEqual(each);
      }),
    );
  });

  test('with anything cut off is refused, and its secret is not repeated', async () => {
    const text = formatJoin(target);
    for (let end = 0; end < text.length; end++) {
      const error = await thrown(() => parseJoin(text.slice(0, end)));
      expect(error.code).toBe('USAGE');
      expect(error.fix).toContain('ridgeline token');
      expect(error.message).not.toContain('sssss');
    }
  });

  test.each([
    ['ridgeline:2:h:1:p:i:s', 'another version'],
    ['hello', 'does not start with'],
    [formatJoin({ ...target, address: 'head.example:99999' }), 'HOST:PORT'],
    [formatJoin({ ...target, address: '::1:7070' }), 'HOST:PORT'],
    [formatJoin({ ...target, caPin: 'short' }), 'pin of the CA'],
  ])('%s is refused because: %s', async (text, reason) => {
    expect((await thrown(() => parseJoin(text))).what).toContain(reason);
  });

  test('is read from an argument, a file or the first line of standard input', async () => {
    using state = new StateDirectory();
    const text = formatJoin(target);
    const path = join(state.path, 'worker.join');
    writeFileSync(path, `${text}\n`);
    expect(await readJoin(text, Readable.from([]))).toEqual(target);
    expect(await readJoin(`@${path}`, Readable.from([]))).toEqual(target);
    // A line that is typed: no end of input, and in two pieces.
    const typed = new Readable({ read: () => undefined });
    typed.push(text.slice(0, 20));
    typed.push(`${text.slice(20)}\n`);
    expect(await readJoin('-', typed)).toEqual(target);
    expect((await errorOf(readJoin('-', Readable.from([])))).what).toContain('empty');
    const missing = await errorOf(readJoin('@/does/not/exist', Readable.from([])));
    expect(missing).toMatchObject({
      code: 'USAGE',
      what: expect.stringMatching(/from \/does\/not\/exist: there is no such file\.$/),
    });
  });
});

describe('join files', () => {
  const addresses = { local: '127.0.0.1:7070', advertised: 'head:7070' };

  test('keep their tokens over a restart, under the new address', () => {
    using state = new StateDirectory();
    const first = writeJoinFiles(
      state.path,
      openTokens(state.path),
      addresses,
      target.caPin,
      nowMs,
    );
    const moved = { local: '127.0.0.1:8080', advertised: 'head:8080' };
    const tokens = openTokens(state.path);
    const second = writeJoinFiles(state.path, tokens, moved, target.caPin, nowMs);
    expect(second.worker).toEqual({ ...first.worker, address: 'head:8080' });
    expect(second.localWorker).toEqual({ ...first.worker, address: '127.0.0.1:8080' });
    expect(readAdminJoin(state.path)).toEqual({ ...first.admin, address: '127.0.0.1:8080' });
    expect(
      tokens
        .list()
        .map((token) => token.role)
        .toSorted(),
    ).toEqual(['admin', 'worker']);
    expect(modeOf(second.workerPath)).toBe(0o600);
  });

  test('get a new token where the old one was revoked, or the file is damaged', () => {
    using state = new StateDirectory();
    const tokens = openTokens(state.path);
    const first = writeJoinFiles(state.path, tokens, addresses, target.caPin, nowMs);
    tokens.revoke(first.worker.tokenId);
    writeFileSync(join(state.path, 'admin.join'), 'damaged', { mode: 0o600 });
    const second = writeJoinFiles(state.path, tokens, addresses, target.caPin, nowMs);
    expect(second.worker.tokenId).not.toBe(first.worker.tokenId);
    expect(second.admin.tokenId).not.toBe(first.admin.tokenId);
  });

  test('that are not there mean that no coordinator is', async () => {
    using state = new StateDirectory();
    mkdirSync(join(state.path, 'empty'));
    const error = await thrown(() => readAdminJoin(join(state.path, 'empty')));
    expect(error).toMatchObject({
      code: 'COORDINATOR_UNREACHABLE',
      what: expect.stringContaining('empty'),
    });
  });
});

describe('an address', () => {
  test('is HOST:PORT, with IPv6 in brackets', async () => {
    expect(parseAddress('[::1]:7070')).toEqual({ host: '::1', port: 7070 });
    expect(parseAddress('a-b.example:0')).toEqual({ host: 'a-b.example', port: 0 });
    for (const text of [
      '::1:7070',
      'host',
      'host:',
      ':7070',
      'host:65536',
      'host:7070/x',
      'ho st:1',
      '',
    ]) {
      expect(parseAddress(text)).toBeNull();
    }
    expect((await thrown(() => requireAddress('--listen', '7070'))).what).toContain('--listen');
  });

  test('to dial differs from the one listened on, where that is all of them', () => {
    const all = reachableAddresses({ host: '0.0.0.0', port: 7070 }, null);
    expect(all.local).toBe('127.0.0.1:7070');
    expect(all.advertised).toMatch(/^[^0].*:7070$/);
    expect(reachableAddresses({ host: '::1', port: 1 }, null)).toEqual({
      local: '[::1]:1',
      advertised: '[::1]:1',
    });
    expect(reachableAddresses({ host: '0.0.0.0', port: 1 }, 'head:9').advertised).toBe('head:9');
  });
});

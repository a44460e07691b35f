/** Join strings, the files that contain them, and the addresses in them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseAddress,
  reachableAddresses,
  requireAddress,
} from '../../../src/rpc/credentials/address.ts';
import { readAdminJoin, writeJoinFiles } from '../../../src/rpc/credentials/join-files.ts';
import {
  formatJoin,
  parseJoin,
  readJoin,
  type JoinTarget,
} from '../../../src/rpc/credentials/join-string.ts';
import { openTokens } from '../../../src/rpc/credentials/tokens.ts';
import { StateDirectory, rejection, fileMode, thrown } from '../support/state-directory.ts';

const nowMs = Date.UTC(2030, 0, 1);
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

  test('is parsed back to what was formatted', () => {
    fc.assert(
      fc.property(anyTarget, (each) => {
        expect(parseJoin(formatJoin(each))).toEqual(each);
      }),
    );
  });

  test('is rejected if it is truncated, and the error does not contain its secret', async () => {
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
    [formatJoin({ ...target, caPin: 'short' }), 'pin is not'],
  ])('%s is rejected: %s', async (text, reason) => {
    expect((await thrown(() => parseJoin(text))).what).toContain(reason);
  });

  test('is read from an argument, a file or the first line of standard input', async () => {
    using state = new StateDirectory();
    const text = formatJoin(target);
    const path = join(state.path, 'worker.join');
    writeFileSync(path, `${text}\n`);
    expect(await readJoin(text, Readable.from([]))).toEqual(target);
    expect(await readJoin(`@${path}`, Readable.from([]))).toEqual(target);
    // A typed line arrives in two pieces and without an end of input.
    const typed = new Readable({ read: () => undefined });
    typed.push(text.slice(0, 20));
    typed.push(`${text.slice(20)}\n`);
    expect(await readJoin('-', typed)).toEqual(target);
    expect((await rejection(readJoin('-', Readable.from([])))).what).toContain('empty');
    const bare = await rejection(readJoin(path, Readable.from([])));
    expect(bare.fix).toBe(`Put @ before the name of a file: @${path}.`);
    const missing = await rejection(readJoin('@/does/not/exist', Readable.from([])));
    expect(missing).toMatchObject({
      code: 'USAGE',
      what: expect.stringMatching(/from \/does\/not\/exist: there is no such file\.$/),
    });
  });
});

describe('join files', () => {
  const addresses = { local: '127.0.0.1:7070', advertised: 'head:7070' };

  test('keep their tokens after a restart, with the new address', () => {
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
    expect(fileMode(second.workerPath)).toBe(0o600);
  });

  test('get a new token if the old one was revoked or the file is damaged', () => {
    using state = new StateDirectory();
    const tokens = openTokens(state.path);
    const first = writeJoinFiles(state.path, tokens, addresses, target.caPin, nowMs);
    tokens.revoke(first.worker.tokenId);
    writeFileSync(join(state.path, 'admin.join'), 'damaged', { mode: 0o600 });
    const second = writeJoinFiles(state.path, tokens, addresses, target.caPin, nowMs);
    expect(second.worker.tokenId).not.toBe(first.worker.tokenId);
    expect(second.admin.tokenId).not.toBe(first.admin.tokenId);
  });

  test('that do not exist mean that no coordinator was started', async () => {
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

  test('of a server on a wildcard address is loopback locally and the host name elsewhere', () => {
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

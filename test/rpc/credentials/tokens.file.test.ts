/** Tokens: creation, verification, revocation, and the file that stores them. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openTokens } from '../../../src/rpc/credentials/tokens.ts';
import { fileMode, StateDirectory, thrown } from '../support/state-directory.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2030, 0, 1);

describe('a token', () => {
  test('is valid with its secret until it expires, also after a restart', () => {
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

  test('is stored without its secret, in a file that only its owner may read', () => {
    using state = new StateDirectory();
    const { secret } = openTokens(state.path).create('admin', nowMs, null);
    const path = join(state.path, 'tokens.json');
    expect(readFileSync(path, 'utf8')).not.toContain(secret);
    expect(fileMode(path)).toBe(0o600);
  });

  test('is unknown after it was revoked, also after a restart', () => {
    using state = new StateDirectory();
    const tokens = openTokens(state.path);
    const { token, secret } = tokens.create('viewer', nowMs, null);
    expect(tokens.revoke(token.id)).toBe(true);
    expect(tokens.revoke(token.id)).toBe(false);
    expect(openTokens(state.path).verify(token.id, secret, nowMs)).toEqual({ kind: 'unknown' });
  });

  test('stays valid if revoking it cannot be written, and can be revoked later', async () => {
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

  test('is deleted a month after it expired', () => {
    using state = new StateDirectory();
    const tokens = openTokens(state.path);
    tokens.create('worker', nowMs, nowMs + 1);
    const kept = tokens.create('worker', nowMs + 29 * dayMs, null);
    expect(tokens.list()).toHaveLength(2);
    const newest = tokens.create('worker', nowMs + 31 * dayMs, null);
    expect(tokens.list()).toEqual([kept.token, newest.token]);
  });

  test('file that is damaged is reported', async () => {
    using state = new StateDirectory();
    writeFileSync(join(state.path, 'tokens.json'), '{"tokens":', { mode: 0o600 });
    expect((await thrown(() => openTokens(state.path))).code).toBe('STATE_DAMAGED');
  });
});

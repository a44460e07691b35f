/** Certificate authority: its files, its certificates, and their renewal. */
import { X509Certificate } from 'node:crypto';
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { certificatePin, loadOrCreateAuthority } from '../../../src/rpc/credentials/authority.ts';
import { StateDirectory, rejection, fileMode } from '../support/state-directory.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2030, 0, 1);

describe('the certificate authority', () => {
  test('is created at the first start and stays the same', async () => {
    using state = new StateDirectory();
    const first = await loadOrCreateAuthority(state.path, nowMs);
    const second = await loadOrCreateAuthority(state.path, nowMs + 300 * dayMs);
    expect(second).toEqual(first);
    expect(first.caPin).toBe(certificatePin(new X509Certificate(first.caCertificate).raw));
    expect(first.caPin).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  test('has files that only their owner may read, and narrows those that others may read', async () => {
    using state = new StateDirectory();
    await loadOrCreateAuthority(state.path, nowMs);
    const directory = join(state.path, 'tls');
    expect(fileMode(directory)).toBe(0o700);
    const modes = readdirSync(directory).map((name) => [name, fileMode(join(directory, name))]);
    expect(modes).toEqual(
      ['ca.crt', 'ca.key', 'server.crt', 'server.key'].map((name) => [name, 0o600]),
    );
    chmodSync(join(directory, 'ca.key'), 0o644);
    await loadOrCreateAuthority(state.path, nowMs);
    expect(fileMode(join(directory, 'ca.key'))).toBe(0o600);
  });

  test('issues a server certificate for one name, valid on machines whose clock is a day behind', async () => {
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

  test('issues certificates with names, uses and times as RFC 5280 requires, also after 2050', async () => {
    using state = new StateDirectory();
    const in2040 = Date.UTC(2040, 0, 1);
    const { serverChain, caCertificate } = await loadOrCreateAuthority(state.path, in2040);
    const [server, ca] = [new X509Certificate(serverChain), new X509Certificate(caCertificate)];
    expect(server.checkIssued(ca)).toBe(true);
    expect(ca.checkIssued(ca)).toBe(true);
    expect([ca.subject, server.issuer, server.subject]).toEqual([
      'CN=Ridgeline CA',
      'CN=Ridgeline CA',
      'CN=ridgeline',
    ]);
    expect(server.subjectAltName).toBe('DNS:ridgeline, DNS:localhost, IP Address:127.0.0.1');
    expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(ca.validFromDate).toEqual(new Date(in2040 - dayMs));
    expect(ca.validToDate).toEqual(new Date(in2040 + 20 * 365 * dayMs));
    expect(server.serialNumber).not.toBe(ca.serialNumber);
  });

  test('renews the server certificate and keeps its own', async () => {
    using state = new StateDirectory();
    const first = await loadOrCreateAuthority(state.path, nowMs);
    const later = await loadOrCreateAuthority(state.path, nowMs + 400 * dayMs);
    expect(later.caPin).toBe(first.caPin);
    expect(later.serverChain).not.toBe(first.serverChain);
    const end = new X509Certificate(later.serverChain).validToDate.getTime();
    expect(end).toBeGreaterThan(nowMs + 1_000 * dayMs);
  });

  test('is never replaced if one of its files is missing or damaged, because its pin is in use', async () => {
    using state = new StateDirectory();
    await loadOrCreateAuthority(state.path, nowMs);
    rmSync(join(state.path, 'tls', 'ca.key'));
    expect((await rejection(loadOrCreateAuthority(state.path, nowMs))).code).toBe('STATE_DAMAGED');
    writeFileSync(join(state.path, 'tls', 'ca.key'), 'not a key', { mode: 0o600 });
    writeFileSync(join(state.path, 'tls', 'ca.crt'), 'not a certificate', { mode: 0o600 });
    expect((await rejection(loadOrCreateAuthority(state.path, nowMs))).code).toBe('STATE_DAMAGED');
  });

  test('reports a state directory that cannot be written', async () => {
    using state = new StateDirectory();
    writeFileSync(join(state.path, 'file'), '');
    const error = await rejection(loadOrCreateAuthority(join(state.path, 'file'), nowMs));
    expect(error.code).toMatch(/^STATE_/);
    expect(error.what).toContain('file');
  });
});

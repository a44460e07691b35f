/** `ridgeline status` without an answer of a coordinator, and of a store with a large log. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { storedRanks } from '../../../src/search/ranking/ranking.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { inProcess } from '../support/in-process.ts';

test('a coordinator that holds the state directory and does not answer is not called absent', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ridgeline-status-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const store = await openStore(dir, { owner: 'test', rank: storedRanks });
  const held = await inProcess(['status', '--state', dir]);
  expect(held.stderr).toContain('the coordinator does not answer; showing the store (there is no ');
  expect(held.stderr).toContain('admin.join: if the coordinator was started with --keys, add that');
  await store[Symbol.asyncDispose]();
  const free = await inProcess(['status', '--state', dir]);
  expect(free.stderr).toContain('no coordinator is running; showing the store\n');
  // Secrets are not read.
  writeFileSync(join(dir, 'admin.join'), 'no join string', { mode: 0o644 });
  expect(await inProcess(['status', '--state', dir])).toMatchObject({ code: 0 });
});

test('status reports a log that is large', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ridgeline-status-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  await (await openStore(dir, { owner: 'test' })).close();
  writeFileSync(join(dir, 'ridgeline.db-wal'), '');
  const stderr = async (bytes: number) => {
    truncateSync(join(dir, 'ridgeline.db-wal'), bytes);
    return (await inProcess(['status', '--state', dir])).stderr;
  };
  expect(await stderr(64 * 1024 * 1024)).not.toContain('the log of the store');
  expect(await stderr(875_000_000)).toContain('the log of the store has 875 MB: a program that');
});

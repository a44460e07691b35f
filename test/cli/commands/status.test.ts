/** `ridgeline status` without an answer of a coordinator. */
import { mkdtempSync, rmSync } from 'node:fs';
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
  expect(held.stderr).toContain('the coordinator does not answer; showing the store');
  await store[Symbol.asyncDispose]();
  const free = await inProcess(['status', '--state', dir]);
  expect(free.stderr).toContain('no coordinator is running; showing the store');
});

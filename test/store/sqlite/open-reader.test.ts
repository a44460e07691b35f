/** A store that is read where nothing can be written next to it. */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backUpStore } from '../../../src/store/sqlite/backup.ts';
import { openStore, openStoreReader } from '../../../src/store/sqlite/open-store.ts';
import { event } from '../support/records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Runs `use` while nothing in the directory can be written; root would ignore its mode. */
async function unwritable(dir: string, use: () => Promise<void>): Promise<void> {
  for (const name of readdirSync(dir)) chmodSync(join(dir, name), 0o444);
  chmodSync(dir, 0o555);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid!(65_534);
  try {
    await use();
  } finally {
    if (isRoot) process.seteuid!(0);
    chmodSync(dir, 0o755);
  }
}

async function closedStore(dir: string): Promise<void> {
  await using store = await openStore(dir, { owner: 'the test' });
  await store.commit([event('one'), event('two')]);
}

test('a closed store is read in a directory that cannot be written, and nothing is created there', async () => {
  using directory = temporaryDirectory();
  chmodSync(directory.path, 0o755);
  const dir = join(directory.path, 'closed');
  await closedStore(dir);
  const before = readdirSync(dir);
  await unwritable(dir, async () => {
    await using reader = await openStoreReader(dir);
    expect(reader.isFixed).toBe(true);
    expect(await reader.snapshot(async (reads) => reads.events(10))).toHaveLength(2);
    expect(await reader.events(10)).toHaveLength(2);
    expect(readdirSync(dir)).toEqual(before);
  });
});

const copies = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('ridgeline-read-'));

test('a store with a log is read from a private copy, which is removed', async () => {
  using directory = temporaryDirectory();
  chmodSync(directory.path, 0o777);
  const [live, dir] = ['live', 'dead'].map((name) => join(directory.path, name)) as [
    string,
    string,
  ];
  await using store = await openStore(live, { owner: 'the test' });
  await store.commit([event('one'), event('two')]);
  mkdirSync(dir);
  for (const name of ['ridgeline.db', 'ridgeline.db-wal', 'ridgeline.db-mark'])
    copyFileSync(join(live, name), join(dir, name));
  await unwritable(dir, async () => {
    const before = copies();
    const reader = await openStoreReader(dir);
    expect(reader.isFixed).toBe(true);
    expect(await reader.events(10)).toHaveLength(2);
    const [copy = ''] = copies().filter((name) => !before.includes(name));
    expect(statSync(join(tmpdir(), copy)).mode & 0o777).toBe(0o700);
    await reader.close();
    expect(copies()).toEqual(before);
    await backUpStore(dir, join(directory.path, 'backup.db'), { force: false });
    expect(copies()).toEqual(before);
  });
});

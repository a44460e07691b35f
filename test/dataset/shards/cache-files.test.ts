import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  cacheBytes,
  openCacheFolder,
  touchCacheFile,
  writeCacheFile,
} from '../../../src/dataset/shards/cache-files.ts';
import { temporaryFolder } from '../support/fixtures.ts';

const dayMs = 24 * 3_600_000;

async function write(dir: string, name: string, daysAgo: number, bytes = 10): Promise<void> {
  await writeFile(join(dir, name), Buffer.alloc(bytes));
  const used = new Date(Date.now() - daysAgo * dayMs);
  await utimes(join(dir, name), used, used);
}

test('cached files that were not used for a month are removed, and files of other programs stay', async () => {
  await using dir = await temporaryFolder();
  await write(dir.path, 'old.part', 31);
  await write(dir.path, 'old.source', 31);
  await write(dir.path, 'young.part', 29);
  await write(dir.path, 'notes.txt', 400);
  await openCacheFolder(dir.path);
  expect((await readdir(dir.path)).toSorted()).toEqual(['notes.txt', 'young.part']);
});

test('an old file that cannot be removed stays, and the folder is opened', async () => {
  await using dir = await temporaryFolder();
  await mkdir(join(dir.path, 'folder.part'));
  const used = new Date(Date.now() - 40 * dayMs);
  await utimes(join(dir.path, 'folder.part'), used, used);
  await write(dir.path, 'old.part', 31);
  await openCacheFolder(dir.path);
  expect(await readdir(dir.path)).toEqual(['folder.part']);
});

test('a file that is being written does not count for the size limit', async () => {
  await using dir = await temporaryFolder();
  await write(dir.path, 'written.tmp', 0, 90);
  await write(dir.path, 'large.part', 1, 200);
  await openCacheFolder(dir.path, 100);
  expect(await readdir(dir.path)).toEqual(['written.tmp']);
});

test('beyond the size limit, the least recently used files are removed', async () => {
  await using dir = await temporaryFolder();
  for (const [day, name] of ['new', 'used', 'second', 'oldest'].entries())
    await write(dir.path, `${name}.part`, day + 1, 40);
  await touchCacheFile(join(dir.path, 'used.part'));
  await openCacheFolder(dir.path, 100);
  expect((await readdir(dir.path)).toSorted()).toEqual(['new.part', 'used.part']);
});

test('the size of the cache is that of its files, and 0 without a folder', async () => {
  await using dir = await temporaryFolder();
  await write(dir.path, 'a.part', 1, 40);
  await write(dir.path, 'notes.txt', 1, 40);
  expect(await cacheBytes(dir.path)).toBe(40);
  expect(await cacheBytes(join(dir.path, 'missing'))).toBe(0);
});

test('a small cache file is replaced as a whole and leaves no other file', async () => {
  await using dir = await temporaryFolder();
  const path = join(dir.path, 'a.source');
  await writeCacheFile(path, 'one');
  const before = await stat(path);
  await writeCacheFile(path, 'two');
  expect((await stat(path)).ino).not.toBe(before.ino);
  expect(await readdir(dir.path)).toEqual(['a.source']);
});

import { mkdir, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodePart, encodedBytes, partDigest } from '../../../src/dataset/shards/shard.ts';
import { openPartCache, type PartCache } from '../../../src/dataset/shards/shard-cache.ts';
import { cached, refusal, smallPart, temporaryFolder } from '../support/fixtures.ts';

const part = smallPart('p', 50);
const digest = partDigest(part);
const whole = new Uint8Array(Buffer.concat(encodePart(part)));

async function store(cache: PartCache): Promise<void> {
  await using writer = await cache.writer(digest, encodedBytes(part));
  for (const piece of encodePart(part)) await writer.append(piece);
  await writer.commit();
}

describe('the part cache', () => {
  test('gives back what was committed, also to another process that opens it later', async () => {
    await using dir = await temporaryFolder();
    const cache = await openPartCache(join(dir.path, 'made/on/the/way'));
    expect(await cached(cache, digest)).toBeNull();
    await store(cache);
    const other = await openPartCache(join(dir.path, 'made/on/the/way'));
    expect(new Uint8Array((await cached(other, digest))!)).toEqual(whole);
  });

  test('shows nothing of a part before it is committed, and keeps nothing of one that never is', async () => {
    await using dir = await temporaryFolder();
    const cache = await openPartCache(dir.path);
    {
      await using writer = await cache.writer(digest, whole.length);
      await writer.append(whole.subarray(0, 100));
      expect(await cached(cache, digest)).toBeNull();
      expect(await readdir(dir.path)).toHaveLength(1);
    }
    expect(await readdir(dir.path)).toEqual([]);
  });

  test('refuses wrong bytes, too few and too many, and leaves nothing of them', async () => {
    await using dir = await temporaryFolder();
    const cache = await openPartCache(dir.path);
    const wrong = whole.slice();
    wrong[200] = wrong[200]! ^ 1;
    const attempt = async (bytes: Uint8Array): Promise<void> => {
      await using writer = await cache.writer(digest, whole.length);
      await writer.append(bytes);
      await writer.commit();
    };
    for (const [bytes, says] of [
      [wrong, /their SHA-256 is [0-9a-f]{64}/],
      [whole.subarray(1), /of \d+ bytes came/],
      [Buffer.concat([whole, whole]), /more than \d+ bytes came/],
    ] as const) {
      const error = await refusal(attempt(bytes));
      expect([error.code, error.what]).toEqual(['DATASET_INVALID', expect.stringMatching(says)]);
      expect(await readdir(dir.path)).toEqual([]);
    }
  });

  test('leaves nothing behind either where a part could not get its name', async () => {
    await using dir = await temporaryFolder();
    const cache = await openPartCache(dir.path);
    await mkdir(join(dir.path, `${digest}.part`));
    const error = await refusal(store(cache));
    expect(error.code).toBe('OUTPUT_UNWRITABLE');
    expect(await readdir(dir.path)).toEqual([`${digest}.part`]);
  });

  test('removes a part that was damaged on disk, and takes it anew', async () => {
    await using dir = await temporaryFolder();
    const cache = await openPartCache(dir.path);
    for (const damage of [
      async (path: string) => {
        const bytes = await readFile(path);
        bytes[77] = bytes[77]! ^ 0x10;
        await writeFile(path, bytes);
      },
      (path: string) => truncate(path, 10),
    ]) {
      await store(cache);
      await damage(join(dir.path, `${digest}.part`));
      expect(await cached(cache, digest)).toBeNull();
      expect(await readdir(dir.path)).toEqual([]);
    }
  });

  test('is shared by writers of the same part', async () => {
    await using dir = await temporaryFolder();
    const caches = await Promise.all([1, 2, 3, 4].map(() => openPartCache(dir.path)));
    await Promise.all(caches.map(store));
    expect(await readdir(dir.path)).toEqual([`${digest}.part`]);
    expect(new Uint8Array((await cached(caches[0]!, digest))!)).toEqual(whole);
  });

  test('clears away what a killed writer left a day ago, but nothing younger', async () => {
    await using dir = await temporaryFolder();
    await writeFile(join(dir.path, 'old.tmp'), 'x');
    await utimes(join(dir.path, 'old.tmp'), new Date(), new Date(Date.now() - 25 * 3_600_000));
    await writeFile(join(dir.path, 'young.tmp'), 'x');
    await openPartCache(dir.path);
    expect(await readdir(dir.path)).toEqual(['young.tmp']);
  });

  test('takes no path for a digest', async () => {
    await using dir = await temporaryFolder();
    const cache = await openPartCache(dir.path);
    for (const wrong of ['../../etc/passwd', '', digest.toUpperCase(), `${digest}/x`]) {
      expect((await refusal(cached(cache, wrong))).code).toBe('DATASET_INVALID');
      expect((await refusal(cache.writer(wrong, 1))).code).toBe('DATASET_INVALID');
    }
  });

  test('says which folder cannot be used', async () => {
    await using dir = await temporaryFolder();
    await writeFile(join(dir.path, 'file'), 'x');
    const error = await refusal(openPartCache(join(dir.path, 'file/cache')));
    expect([error.code, error.what]).toEqual([
      'OUTPUT_UNWRITABLE',
      expect.stringContaining('file/cache'),
    ]);
    expect(error.fix).toContain('--cache');
  });
});

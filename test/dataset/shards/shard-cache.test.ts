import { mkdir, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeShard, encodedBytes, shardDigest } from '../../../src/dataset/shards/shard.ts';
import { openShardCache, type ShardCache } from '../../../src/dataset/shards/shard-cache.ts';
import { cached, refusal, smallShard, temporaryFolder } from '../support/fixtures.ts';

const shard = smallShard('p', 50);
const digest = shardDigest(shard);
const whole = new Uint8Array(Buffer.concat(encodeShard(shard)));

async function store(cache: ShardCache): Promise<void> {
  await using writer = await cache.writer(digest, encodedBytes(shard));
  for (const piece of encodeShard(shard)) await writer.append(piece);
  await writer.commit();
}

describe('the shard cache', () => {
  test('a committed shard is read by every process that opens the cache', async () => {
    await using dir = await temporaryFolder();
    const cache = await openShardCache(join(dir.path, 'made/on/the/way'));
    expect(await cached(cache, digest)).toBeNull();
    await store(cache);
    const other = await openShardCache(join(dir.path, 'made/on/the/way'));
    expect(new Uint8Array((await cached(other, digest))!)).toEqual(whole);
  });

  test('a shard is invisible before it is committed, and leaves no file if it never is', async () => {
    await using dir = await temporaryFolder();
    const cache = await openShardCache(dir.path);
    {
      await using writer = await cache.writer(digest, whole.length);
      await writer.append(whole.subarray(0, 100));
      expect(await cached(cache, digest)).toBeNull();
      expect(await readdir(dir.path)).toHaveLength(1);
    }
    expect(await readdir(dir.path)).toEqual([]);
  });

  test('wrong bytes, too few and too many are refused and leave no file', async () => {
    await using dir = await temporaryFolder();
    const cache = await openShardCache(dir.path);
    const wrong = whole.slice();
    wrong[200] = wrong[200]! ^ 1;
    const attempt = async (bytes: Uint8Array): Promise<void> => {
      await using writer = await cache.writer(digest, whole.length);
      await writer.append(bytes);
      await writer.commit();
    };
    for (const [bytes, says] of [
      [wrong, /their SHA-256 is [0-9a-f]{64}/],
      [whole.subarray(1), /received \d+ of \d+/],
      [Buffer.concat([whole, whole]), /received more than \d+/],
    ] as const) {
      const error = await refusal(attempt(bytes));
      expect([error.code, error.what]).toEqual(['DATASET_INVALID', expect.stringMatching(says)]);
      expect(await readdir(dir.path)).toEqual([]);
    }
  });

  test('a shard that cannot be renamed leaves no file', async () => {
    await using dir = await temporaryFolder();
    const cache = await openShardCache(dir.path);
    await mkdir(join(dir.path, `${digest}.part`));
    const error = await refusal(store(cache));
    expect(error.code).toBe('OUTPUT_UNWRITABLE');
    expect(await readdir(dir.path)).toEqual([`${digest}.part`]);
  });

  test('a shard that was damaged on disk is removed and can be written again', async () => {
    await using dir = await temporaryFolder();
    const cache = await openShardCache(dir.path);
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

  test('several writers of the same shard leave one file', async () => {
    await using dir = await temporaryFolder();
    const caches = await Promise.all([1, 2, 3, 4].map(() => openShardCache(dir.path)));
    await Promise.all(caches.map(store));
    expect(await readdir(dir.path)).toEqual([`${digest}.part`]);
    expect(new Uint8Array((await cached(caches[0]!, digest))!)).toEqual(whole);
  });

  test('temporary files older than a day are removed, younger ones are not', async () => {
    await using dir = await temporaryFolder();
    await writeFile(join(dir.path, 'old.tmp'), 'x');
    await utimes(join(dir.path, 'old.tmp'), new Date(), new Date(Date.now() - 25 * 3_600_000));
    await writeFile(join(dir.path, 'young.tmp'), 'x');
    await openShardCache(dir.path);
    expect(await readdir(dir.path)).toEqual(['young.tmp']);
  });

  test('a text that is not a digest is refused as a file name', async () => {
    await using dir = await temporaryFolder();
    const cache = await openShardCache(dir.path);
    for (const wrong of ['../../etc/passwd', '', digest.toUpperCase(), `${digest}/x`]) {
      expect((await refusal(cached(cache, wrong))).code).toBe('DATASET_INVALID');
      expect((await refusal(cache.writer(wrong, 1))).code).toBe('DATASET_INVALID');
    }
  });

  test('an unusable cache folder is named in the error', async () => {
    await using dir = await temporaryFolder();
    await writeFile(join(dir.path, 'file'), 'x');
    const error = await refusal(openShardCache(join(dir.path, 'file/cache')));
    expect([error.code, error.what]).toEqual([
      'OUTPUT_UNWRITABLE',
      expect.stringContaining('file/cache'),
    ]);
    expect(error.fix).toContain('--cache');
  });
});

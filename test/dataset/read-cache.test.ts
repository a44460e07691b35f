import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { locateDataset } from '../../src/dataset/locate.ts';
import { describeDataset, openDataset } from '../../src/dataset/open-dataset.ts';
import { findShards } from '../../src/dataset/read-cache.ts';
import { openShardCache } from '../../src/dataset/shards/shard-cache.ts';
import { encodeShard, shardDigest } from '../../src/dataset/shards/shard.ts';
import { DatasetHolder } from '../../src/worker/dataset-holder.ts';
import {
  cifarFile,
  cifarFolder,
  cifarSpec,
  count,
  refusal,
  shards,
  temporaryFolder,
} from './support/fixtures.ts';
import { greyPng, writeTree } from './support/images.ts';

const files = {
  data_batch_1: cifarFile(6, 1),
  data_batch_2: cifarFile(5, 2),
  test_batch: cifarFile(4, 3),
};
const spec = cifarSpec(shards('data_batch_2'), shards('data_batch_1'), shards('test_batch'));

/** A folder with CIFAR files and an empty cache, and counted readings of the files. */
async function bench() {
  const folder = await temporaryFolder();
  const source = await cifarFolder(folder.path, files);
  const dir = join(folder.path, 'cache');
  const warnings: string[] = [];
  const cache = { dir, warn: (text: string) => void warnings.push(text) };
  let readings = 0;
  const find = async () => {
    const located = await locateDataset(spec, folder.path);
    return await findShards(located, spec, cache, async () => {
      readings++;
      return await located.read((name) => name in files);
    });
  };
  const digests = async (): Promise<string[]> => (await find()).shards.map(({ digest }) => digest);
  const listed = async (end: string): Promise<string> =>
    join(
      dir,
      (await readdir(dir)).find((name) => name.endsWith(end))!,
    );
  return {
    dataDir: folder.path,
    source,
    dir,
    cache,
    warnings,
    find,
    digests,
    listed,
    readings: () => readings,
    [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose](),
  };
}

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = bytes[at]! ^ 0x10;
  await writeFile(path, bytes);
}

const found = (name: string): string => `${name} was damaged (wrong SHA-256) and is removed.`;

describe('the read cache', () => {
  test('files that were read before are not read again, and their shards are equal', async () => {
    await using b = await bench();
    const first = await b.find();
    const second = await b.find();
    expect(b.readings()).toBe(1);
    expect([second.names, second.official]).toEqual([first.names, first.official]);
    expect(second.shards).toEqual(first.shards);
    const [decoded, cached] = [await first.load(), await second.load()];
    expect(b.readings()).toBe(1);
    expect(cached.map(({ name, classNames }) => [name, classNames])).toEqual(
      decoded.map(({ name, classNames }) => [name, classNames]),
    );
    const bytes = (each: typeof cached) => each.map((shard) => Buffer.concat(encodeShard(shard)));
    expect(bytes(cached)).toEqual(bytes(decoded));
    // In one memory, so that they are trained on without a copy.
    expect(new Set(cached.map(({ pixels }) => pixels.buffer)).size).toBe(1);
    expect(b.warnings).toEqual([]);
  });

  test('a data set from the cache has the same reference as the data set from its files', async () => {
    await using b = await bench();
    const { dataDir, cache } = b;
    const plain = await openDataset(spec, { dataDir });
    await describeDataset(spec, { dataDir, cache });
    const cached = await describeDataset(spec, { dataDir, cache });
    for (const use of ['search', 'test'] as const)
      expect(cached.reference(3, use)).toEqual(plain.reference(3, use));
    expect([cached.counts, cached.source, cached.official]).toEqual([
      plain.counts,
      plain.source,
      plain.official,
    ]);
    expect((await cached.load()).map(shardDigest)).toEqual(plain.shards.map(shardDigest));
  });

  test('a changed file is read again and gets another digest', async () => {
    await using b = await bench();
    const before = await b.digests();
    await flipByte(join(b.source, 'data_batch_1.bin'), 100);
    const after = await b.digests();
    expect(b.readings()).toBe(2);
    expect(after.map((digest, i) => digest === before[i])).toEqual([false, true, true]);
  });

  test('a damaged shard is removed with a warning and decoded again from its file', async () => {
    await using b = await bench();
    const digests = await b.digests();
    const path = join(b.dir, `${digests[1]}.part`);
    await flipByte(path, 2_000);
    const loaded = await (await b.find()).load();
    expect(loaded.map(shardDigest)).toEqual(digests);
    expect([b.warnings, b.readings()]).toEqual([[found(path)], 2]);
    await (await b.find()).load();
    expect(b.readings()).toBe(2);
  });

  test('a shard that cannot be read is decoded again with a warning', async () => {
    await using b = await bench();
    const digests = await b.digests();
    const path = join(b.dir, `${digests[1]}.part`);
    const found = await b.find();
    await rm(path);
    await mkdir(path);
    expect((await found.load()).map(shardDigest)).toEqual(digests);
    expect(b.warnings.join()).toContain('The cached data set is decoded again');
  });

  test('a damaged list of shards is removed with a warning, and the files are read again', async () => {
    await using b = await bench();
    const digests = await b.digests();
    const path = await b.listed('.source');
    for (const at of [3, 90]) {
      await flipByte(path, at);
      expect(await b.digests()).toEqual(digests);
    }
    expect([b.warnings, b.readings()]).toEqual([[found(path), found(path)], 3]);
  });

  test('files are read again if a shard is missing or has another length', async () => {
    await using b = await bench();
    const digests = await b.digests();
    await rm(join(b.dir, `${digests[0]}.part`));
    expect(await b.digests()).toEqual(digests);
    await writeFile(join(b.dir, `${digests[1]}.part`), 'x');
    expect(await b.digests()).toEqual(digests);
    expect(b.readings()).toBe(3);
  });

  test('a list that other users can write is ignored', async () => {
    await using b = await bench();
    await b.find();
    await chmod(await b.listed('.source'), 0o666);
    await b.find();
    expect(b.readings()).toBe(2);
  });

  test('the folder and its files are readable for their user only', async () => {
    await using b = await bench();
    await b.find();
    const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
    expect(await mode(b.dir)).toBe(0o700);
    for (const name of await readdir(b.dir)) expect(await mode(join(b.dir, name))).toBe(0o600);
  });

  test('a cache that cannot be used is no error: a warning says why', async () => {
    await using b = await bench();
    await writeFile(b.dir, 'a file');
    expect(await b.digests()).toHaveLength(3);
    expect(b.warnings).toEqual([expect.stringMatching(/read without the cache: .*cache/)]);
    // The list can be read, and a shard cannot be written.
    await rm(b.dir);
    const digests = await b.digests();
    await rm(join(b.dir, `${digests[0]}.part`));
    await mkdir(join(b.dir, `${digests[0]}.part`));
    expect(await b.digests()).toEqual(digests);
    expect(b.warnings.slice(1)).toEqual([expect.stringMatching(/not cached.*decoded again/)]);
  });

  test('data that is neither in the cache nor in its files any more is refused', async () => {
    await using b = await bench();
    const digests = await b.digests();
    const described = await b.find();
    await rm(join(b.dir, `${digests[0]}.part`));
    await flipByte(join(b.source, 'data_batch_1.bin'), 100);
    expect((await refusal(described.load())).code).toBe('STUDY_DIFFERS');
  });
});

describe('a worker on the machine of the coordinator', () => {
  test('reads shards from the cache and fetches none', async () => {
    await using b = await bench();
    const { dataDir, cache } = b;
    const described = await describeDataset(spec, { dataDir, cache });
    const holder = new DatasetHolder(await openShardCache(b.dir));
    const data = await holder.load(described.reference(1, 'test'), () => {
      throw new Error('a shard was fetched');
    });
    expect(data.train.records).toHaveLength(5);
  });

  test('fetches a shard that is damaged in the cache', async () => {
    await using b = await bench();
    const { dataDir, cache } = b;
    const described = await describeDataset(spec, { dataDir, cache });
    const loaded = await described.load();
    const path = join(b.dir, `${shardDigest(loaded[0]!)}.part`);
    await flipByte(path, 2_000);
    const fetched: string[] = [];
    const holder = new DatasetHolder(await openShardCache(b.dir, cache.warn));
    await holder.load(described.reference(1, 'test'), async function* (digest) {
      fetched.push(digest);
      yield* encodeShard(loaded.find((shard) => shardDigest(shard) === digest)!);
    });
    expect([fetched, b.warnings]).toEqual([[shardDigest(loaded[0]!)], [found(path)]]);
  });
});

test('images in class folders are read again only if one of them has changed', async () => {
  await using dir = await temporaryFolder();
  const path = join(dir.path, 'images');
  await writeTree(path, { 'cat/1.png': greyPng(3, 2, 10), 'dog/1.png': greyPng(3, 2, 90) });
  const folder = { path, train: count(1), validation: count(1), stratify: false };
  const cache = { dir: join(dir.path, 'cache'), warn: () => undefined };
  const digestOf = async () =>
    (await describeDataset(folder, { dataDir: '', cache })).shards[0]!.digest;
  const listed = async () =>
    (await readdir(cache.dir)).filter((name) => name.endsWith('.source')).length;
  const digest = await digestOf();
  expect([await digestOf(), await listed()]).toEqual([digest, 1]);
  await writeFile(join(path, 'dog/1.png'), greyPng(3, 2, 91));
  expect(await digestOf()).not.toBe(digest);
  expect(await listed()).toBe(2);
});

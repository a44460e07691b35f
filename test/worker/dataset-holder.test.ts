import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  encodeShard,
  encodedBytes,
  shardDigest,
  type Shard,
} from '../../src/dataset/shards/shard.ts';
import { openShardCache } from '../../src/dataset/shards/shard-cache.ts';
import { datasetKey, type DatasetReference } from '../../src/study/spec/dataset-reference.ts';
import { DatasetHolder, type FetchShard } from '../../src/worker/dataset-holder.ts';
import {
  shards as named,
  smallShard,
  temporaryFolder,
  refusal,
} from '../dataset/support/fixtures.ts';

const [a, b, c] = ['a', 'b', 'c'].map((name, salt) => smallShard(name, 20 + salt, salt)) as [
  Shard,
  Shard,
  Shard,
];

function reference(...shards: readonly Shard[]): DatasetReference {
  return {
    shards: shards.map((shard) => ({
      name: shard.name,
      digest: shardDigest(shard),
      bytes: encodedBytes(shard),
      count: shard.labels.length,
    })),
    seed: 0,
    train: named(shards[0]!.name),
    validation: named(shards[1]!.name),
    test: shards[2] === undefined ? null : named(shards[2].name),
    stratify: false,
  };
}

/** A coordinator that has these shards; `spoil` may change the bytes that it sends. */
function coordinator(
  shards: readonly Shard[],
  spoil: (bytes: Uint8Array, count: number) => void = () => undefined,
) {
  const fetched: string[] = [];
  const fetchShard: FetchShard = async function* (digest) {
    const shard = shards.find((other) => shardDigest(other) === digest)!;
    fetched.push(shard.name);
    const bytes = new Uint8Array(Buffer.concat(encodeShard(shard)));
    spoil(bytes, fetched.length);
    for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
  };
  return { fetched, fetchShard };
}

const never: FetchShard = () => {
  throw new Error('nothing is fetched twice');
};

describe("a worker's data sets", () => {
  test('share their memory, with and without the test split and in any order of shards', async () => {
    await using dir = await temporaryFolder();
    const holder = new DatasetHolder(await openShardCache(dir.path));
    const { fetched, fetchShard } = coordinator([a, b, c]);
    const search = await holder.load(reference(a, b), fetchShard);
    const test_ = await holder.load(reference(a, b, c), fetchShard);
    const turned = await holder.load(reference(b, a), fetchShard);
    const { buffer } = search.train.images.pixels;
    expect(buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(test_.test!.images.pixels.buffer).toBe(buffer);
    expect(turned.train.images.pixels.buffer).toBe(buffer);
    expect(buffer.byteLength).toBe([a, b, c].reduce((sum, shard) => sum + shard.pixels.length, 0));
    expect(fetched).toEqual(['a', 'b', 'c']);

    const rows = ({ images, records }: typeof search.train) =>
      [...records].flatMap((r) => [
        images.labels[r],
        ...images.pixels.subarray(r * 12, r * 12 + 12),
      ]);
    const whole = (shard: Shard) =>
      [...shard.labels].flatMap((label, r) => [
        label,
        ...shard.pixels.subarray(r * 12, r * 12 + 12),
      ]);
    expect(rows(search.train)).toEqual(whole(a));
    expect(rows(turned.train)).toEqual(whole(b));
    expect(rows(test_.test!)).toEqual(whole(c));
  });

  test('that are loaded at the same time are read once', async () => {
    await using dir = await temporaryFolder();
    const holder = new DatasetHolder(await openShardCache(dir.path));
    const { fetched, fetchShard } = coordinator([a, b, c]);
    const [one, two] = await Promise.all([
      holder.load(reference(a, b), fetchShard),
      holder.load(reference(a, b, c), fetchShard),
    ]);
    expect(fetched).toEqual(['a', 'b', 'c']);
    expect(one.train.images.pixels.buffer).toBe(two.train.images.pixels.buffer);
  });

  test('are read again from the cache after other data sets have replaced them', async () => {
    await using dir = await temporaryFolder();
    const holder = new DatasetHolder(await openShardCache(dir.path));
    const sets = [1, 2, 3].map((salt) => [
      smallShard('x', 9, salt * 20),
      smallShard('y', 9, salt * 20 + 5),
    ]);
    const { fetched, fetchShard } = coordinator(sets.flat());
    const references = sets.map((set) => reference(...set));
    const first = await holder.load(references[0]!, fetchShard);
    for (const other of references.slice(1)) await holder.load(other, fetchShard);
    const again = await holder.get(datasetKey(references[0]!), never);
    expect(fetched).toHaveLength(6);
    expect(again.train.images.pixels).toEqual(first.train.images.pixels);
    expect(again.train.images.pixels.buffer).not.toBe(first.train.images.pixels.buffer);
  });

  test('in memory do not wait for running downloads, and stay there if downloads fail', async () => {
    await using dir = await temporaryFolder();
    const holder = new DatasetHolder(await openShardCache(dir.path));
    const [x, y] = ['x', 'y'].map((name, i) => smallShard(name, 9, 40 + i)) as [Shard, Shard];
    const held = await holder.load(reference(a, b), coordinator([a, b]).fetchShard);
    const isHeld = async () => (await holder.get(datasetKey(reference(a, b)), never)) === held;
    const broken = new Error('the stream broke');
    for (let i = 0; i < 3; i++) {
      const fails = holder.load(reference(x, y), () => {
        throw broken;
      });
      await expect(fails).rejects.toBe(broken);
    }
    expect(await isHeld()).toBe(true);
    const arrived = Promise.withResolvers<void>();
    const { fetchShard } = coordinator([x, y]);
    const slow = holder.load(reference(x, y), async function* (digest) {
      await arrived.promise;
      yield* fetchShard(digest);
    });
    expect(await isHeld()).toBe(true);
    arrived.resolve();
    const late = await slow;
    expect(await holder.get(datasetKey(reference(x, y)), never)).toBe(late);
    expect(await isHeld()).toBe(true);
  });

  test('are fetched again if they were damaged on disk or in transit', async () => {
    await using dir = await temporaryFolder();
    const cache = await openShardCache(dir.path);
    const { fetchShard } = coordinator([a, b]);
    await new DatasetHolder(cache).load(reference(a, b), fetchShard);
    for (const file of await readdir(dir.path)) {
      const bytes = await readFile(join(dir.path, file));
      bytes[bytes.length - 1]! ^= 1;
      await writeFile(join(dir.path, file), bytes);
    }
    const again = coordinator([a, b], (bytes, count) => {
      if (count === 1) bytes[40]! ^= 1;
    });
    const data = await new DatasetHolder(cache).load(reference(a, b), again.fetchShard);
    expect(again.fetched).toEqual(['a', 'a', 'b']);
    expect([...data.train.images.pixels]).toEqual([...a.pixels, ...b.pixels]);
  });

  test('are rejected if their bytes stay wrong', async () => {
    await using dir = await temporaryFolder();
    const holder = new DatasetHolder(await openShardCache(dir.path));
    const { fetched, fetchShard } = coordinator([a, b], (bytes) => {
      bytes[60]! ^= 1;
    });
    const error = await refusal(holder.load(reference(a, b), fetchShard));
    expect([error.code, error.what]).toEqual([
      'DATASET_INVALID',
      expect.stringContaining('Shard a of the data set arrived with wrong bytes 3 times'),
    ]);
    expect(fetched).toEqual(['a', 'a', 'a']);
    const { fetchShard: honest } = coordinator([a, b]);
    expect((await holder.load(reference(a, b), honest)).train.records).toHaveLength(20);
  });
});

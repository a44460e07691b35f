import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodePart, encodedBytes, partDigest, type Part } from '../../src/dataset/shards/shard.ts';
import { openPartCache } from '../../src/dataset/shards/shard-cache.ts';
import { datasetKey, type DatasetReference } from '../../src/study/spec/dataset-reference.ts';
import { DatasetHolder, type FetchPart } from '../../src/worker/dataset-holder.ts';
import {
  parts as named,
  smallPart,
  temporaryFolder,
  refusal,
} from '../dataset/support/fixtures.ts';

const [a, b, c] = ['a', 'b', 'c'].map((name, salt) => smallPart(name, 20 + salt, salt)) as [
  Part,
  Part,
  Part,
];

function reference(...parts: readonly Part[]): DatasetReference {
  return {
    parts: parts.map((part) => ({
      name: part.name,
      digest: partDigest(part),
      bytes: encodedBytes(part),
      count: part.labels.length,
    })),
    seed: 0,
    train: named(parts[0]!.name),
    validation: named(parts[1]!.name),
    test: parts[2] === undefined ? null : named(parts[2].name),
  };
}

/** A coordinator that has these parts; `spoil` may change what it sends. */
function coordinator(
  parts: readonly Part[],
  spoil: (bytes: Uint8Array, count: number) => void = () => undefined,
) {
  const fetched: string[] = [];
  const fetchPart: FetchPart = async function* (digest) {
    const part = parts.find((candidate) => partDigest(candidate) === digest)!;
    fetched.push(part.name);
    const bytes = new Uint8Array(Buffer.concat(encodePart(part)));
    spoil(bytes, fetched.length);
    for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
  };
  return { fetched, fetchPart };
}

const never: FetchPart = () => {
  throw new Error('nothing is fetched twice');
};

describe("a node's data sets", () => {
  test('lie in shared memory once: with and without the test set, and in any order', async () => {
    await using dir = await temporaryFolder();
    const holder = new DatasetHolder(await openPartCache(dir.path));
    const { fetched, fetchPart } = coordinator([a, b, c]);
    const search = await holder.load(reference(a, b), fetchPart);
    const test_ = await holder.load(reference(a, b, c), fetchPart);
    const turned = await holder.load(reference(b, a), fetchPart);
    const { buffer } = search.train.images.pixels;
    expect(buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(test_.test!.images.pixels.buffer).toBe(buffer);
    expect(turned.train.images.pixels.buffer).toBe(buffer);
    expect(buffer.byteLength).toBe([a, b, c].reduce((sum, part) => sum + part.pixels.length, 0));
    expect(fetched).toEqual(['a', 'b', 'c']);

    const rows = ({ images, records }: typeof search.train) =>
      [...records].flatMap((r) => [
        images.labels[r],
        ...images.pixels.subarray(r * 12, r * 12 + 12),
      ]);
    const whole = (part: Part) =>
      [...part.labels].flatMap((label, r) => [label, ...part.pixels.subarray(r * 12, r * 12 + 12)]);
    expect(rows(search.train)).toEqual(whole(a));
    expect(rows(turned.train)).toEqual(whole(b));
    expect(rows(test_.test!)).toEqual(whole(c));
  });

  test('that are asked for at the same time are read once', async () => {
    await using dir = await temporaryFolder();
    const holder = new DatasetHolder(await openPartCache(dir.path));
    const { fetched, fetchPart } = coordinator([a, b, c]);
    const [one, two] = await Promise.all([
      holder.load(reference(a, b), fetchPart),
      holder.load(reference(a, b, c), fetchPart),
    ]);
    expect(fetched).toEqual(['a', 'b', 'c']);
    expect(one.train.images.pixels.buffer).toBe(two.train.images.pixels.buffer);
  });

  test('are read again from disk when others took their place', async () => {
    await using dir = await temporaryFolder();
    const holder = new DatasetHolder(await openPartCache(dir.path));
    const sets = [1, 2, 3].map((salt) => [
      smallPart('x', 9, salt * 20),
      smallPart('y', 9, salt * 20 + 5),
    ]);
    const { fetched, fetchPart } = coordinator(sets.flat());
    const references = sets.map((set) => reference(...set));
    const first = await holder.load(references[0]!, fetchPart);
    for (const other of references.slice(1)) await holder.load(other, fetchPart);
    const again = await holder.get(datasetKey(references[0]!), never);
    expect(fetched).toHaveLength(6);
    expect(again.train.images.pixels).toEqual(first.train.images.pixels);
    expect(again.train.images.pixels.buffer).not.toBe(first.train.images.pixels.buffer);
  });

  test('wait for no others that are on their way, and make no room for what never came', async () => {
    await using dir = await temporaryFolder();
    const holder = new DatasetHolder(await openPartCache(dir.path));
    const [x, y] = ['x', 'y'].map((name, i) => smallPart(name, 9, 40 + i)) as [Part, Part];
    const held = await holder.load(reference(a, b), coordinator([a, b]).fetchPart);
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
    const { fetchPart } = coordinator([x, y]);
    const slow = holder.load(reference(x, y), async function* (digest) {
      await arrived.promise;
      yield* fetchPart(digest);
    });
    expect(await isHeld()).toBe(true);
    arrived.resolve();
    const late = await slow;
    expect(await holder.get(datasetKey(reference(x, y)), never)).toBe(late);
    expect(await isHeld()).toBe(true);
  });

  test('are fetched again when they were damaged on disk or on the way, and leave no hole', async () => {
    await using dir = await temporaryFolder();
    const cache = await openPartCache(dir.path);
    const { fetchPart } = coordinator([a, b]);
    await new DatasetHolder(cache).load(reference(a, b), fetchPart);
    for (const file of await readdir(dir.path)) {
      const bytes = await readFile(join(dir.path, file));
      bytes[bytes.length - 1]! ^= 1;
      await writeFile(join(dir.path, file), bytes);
    }
    const again = coordinator([a, b], (bytes, count) => {
      if (count === 1) bytes[40]! ^= 1;
    });
    const data = await new DatasetHolder(cache).load(reference(a, b), again.fetchPart);
    expect(again.fetched).toEqual(['a', 'a', 'b']);
    expect([...data.train.images.pixels]).toEqual([...a.pixels, ...b.pixels]);
  });

  test('whose bytes stay wrong are not trained on', async () => {
    await using dir = await temporaryFolder();
    const holder = new DatasetHolder(await openPartCache(dir.path));
    const { fetched, fetchPart } = coordinator([a, b], (bytes) => {
      bytes[60]! ^= 1;
    });
    const error = await refusal(holder.load(reference(a, b), fetchPart));
    expect([error.code, error.what]).toEqual([
      'DATASET_INVALID',
      expect.stringContaining('Part a of the data set arrived with wrong bytes 3 times'),
    ]);
    expect(fetched).toEqual(['a', 'a', 'a']);
    const { fetchPart: honest } = coordinator([a, b]);
    expect((await holder.load(reference(a, b), honest)).train.records).toHaveLength(20);
  });
});

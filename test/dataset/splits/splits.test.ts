import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import { assembleData } from '../../../src/dataset/splits/assemble.ts';
import { shardDigest } from '../../../src/dataset/shards/shard.ts';
import { drawSplits as draw } from '../../../src/dataset/splits/splits.ts';
import type { DatasetReference } from '../../../src/study/spec/dataset-reference.ts';
import type { CountedSelection } from '../../../src/study/spec/study-spec.ts';
import { count, shards, smallShard } from '../support/fixtures.ts';

function reference(
  sizes: Readonly<Record<string, number>>,
  seed: number,
  train: CountedSelection,
  validation: CountedSelection,
  test: CountedSelection | null,
): DatasetReference {
  const list = Object.entries(sizes).map(([name, records]) => ({
    name,
    digest: shardDigest(smallShard(name, records)),
    bytes: 0,
    count: records,
  }));
  return { shards: list, seed, train, validation, test, stratify: false };
}

/** Without stratification, labels have no effect. */
const drawSplits = (of: DatasetReference) => draw(of, new Uint8Array());

const seeds = fc.maxSafeNat();

describe('splits of whole shards', () => {
  test('a split has the records of its shards in the given order', () => {
    const splits = drawSplits(
      reference({ a: 2, b: 3, c: 1 }, 1, shards('c', 'a'), shards('b'), null),
    );
    expect([...splits.train]).toEqual([5, 0, 1]);
    expect([...splits.validation]).toEqual([2, 3, 4]);
    expect(splits.test).toBeNull();
  });

  test('there is no test split if the reference leaves its shards out', () => {
    const full = reference({ a: 2, b: 3, c: 4 }, 1, shards('a'), shards('b'), shards('c'));
    const search = { ...full, shards: full.shards.slice(0, 2) };
    expect([...(drawSplits(full).test ?? [])]).toEqual([5, 6, 7, 8]);
    expect(drawSplits(search)).toEqual({ ...drawSplits(full), test: null });
  });
});

describe('splits drawn by count', () => {
  const drawn = fc
    .record({
      sizes: fc.array(fc.nat(60), { minLength: 1, maxLength: 4 }),
      train: fc.nat(80),
      validation: fc.nat(80),
      test: fc.option(fc.nat(80)),
      seed: seeds,
    })
    .filter((d) => d.train + d.validation + (d.test ?? 0) <= d.sizes.reduce((a, b) => a + b, 0));
  const referenceOf = (d: {
    sizes: readonly number[];
    train: number;
    validation: number;
    test: number | null;
    seed: number;
  }) =>
    reference(
      Object.fromEntries(d.sizes.map((size, i) => [`shard-${i}`, size])),
      d.seed,
      count(d.train),
      count(d.validation),
      d.test === null ? null : count(d.test),
    );

  test('drawn splits never overlap, have the requested sizes, and stay inside the data', () => {
    fc.assert(
      fc.property(drawn, (d) => {
        const splits = drawSplits(referenceOf(d));
        const all = [...splits.train, ...splits.validation, ...(splits.test ?? [])];
        const total = d.sizes.reduce((a, b) => a + b, 0);
        expect(new Set(all).size).toBe(all.length);
        expect(all.every((record) => record < total)).toBe(true);
        expect([
          splits.train.length,
          splits.validation.length,
          splits.test?.length ?? null,
        ]).toEqual([d.train, d.validation, d.test]);
      }),
    );
  });

  test('drawn splits depend on the seed and the sizes alone', () => {
    fc.assert(
      fc.property(drawn, (d) => {
        const one = referenceOf(d);
        const renamed = {
          ...one,
          shards: one.shards.map((shard, i) => ({
            ...shard,
            name: `other-${i}`,
            digest: 'f'.repeat(64),
            bytes: 7,
          })),
        };
        expect(drawSplits(renamed)).toEqual(drawSplits(one));
      }),
    );
  });

  test('adding a test split changes neither train nor validation', () => {
    const without = reference({ a: 50 }, 3, count(20), count(10), null);
    const { train, validation } = drawSplits({ ...without, test: count(20) });
    expect(drawSplits(without)).toEqual({ train, validation, test: null });
  });

  test('drawn splits differ between seeds', () => {
    const records = [1, 2, 3].map((seed) =>
      drawSplits(reference({ a: 90 }, seed, count(60), count(30), null)).train.join(),
    );
    expect(new Set(records).size).toBe(3);
  });

  test('named shards are not drawn from, also if the reference leaves the test shard out', () => {
    const full = reference({ a: 10, b: 30, test: 8 }, 5, count(20), shards('a'), shards('test'));
    const splits = drawSplits(full);
    expect([...splits.train].every((record) => record >= 10 && record < 40)).toBe(true);
    expect(drawSplits({ ...full, shards: full.shards.slice(0, 2) })).toEqual({
      ...splits,
      test: null,
    });
  });

  test("drawn records equal a Fisher-Yates shuffle with the study's Philox stream", () => {
    // From Python with an independent Philox4x32-10: kind 7, seed 1, ten records.
    const splits = drawSplits(reference({ a: 10 }, 1, count(6), count(4), null));
    expect([...splits.train, ...splits.validation]).toEqual([8, 1, 9, 0, 4, 7, 5, 6, 3, 2]);
  });
});

describe('drawSplits', () => {
  test.each([
    [
      'names a shard twice',
      {
        ...reference({ a: 3 }, 1, shards('a'), shards('a'), null),
        shards: [1, 2].map(() => ({ name: 'a', digest: '', bytes: 0, count: 3 })),
      },
    ],
    ['names an absent shard', reference({ a: 3 }, 1, shards('a'), shards('b'), null)],
    ['draws more records than available', reference({ a: 3 }, 1, count(2), count(2), null)],
    ['has a count that is not a number', reference({ a: 3 }, 1, count(NaN), count(1), null)],
    ['has a negative count', reference({ a: 3 }, 1, count(-1), count(1), null)],
  ])('a reference that %s is refused', (_, wrong) => {
    expect(() => drawSplits(wrong)).toThrow(RidgelineError);
  });
});

describe('assembleData', () => {
  const a = smallShard('a', 4, 1);
  const b = smallShard('b', 3, 2);

  test('shards are copied next to each other into shared memory', () => {
    const data = assembleData(reference({ a: 4, b: 3 }, 1, shards('a'), shards('b'), null), [a, b]);
    const { images } = data.train;
    expect(images.pixels.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect([...images.pixels]).toEqual([...a.pixels, ...b.pixels]);
    expect([...images.labels]).toEqual([...a.labels, ...b.labels]);
    expect(data.validation.images).toBe(images);
    expect([...data.validation.records]).toEqual([4, 5, 6]);
    expect(data.test).toBeNull();
  });

  test('shards in another order, of another size or shape, too many or too few are refused', () => {
    const both = reference({ a: 4, b: 3 }, 1, shards('a'), shards('b'), null);
    expect(() => assembleData(both, [b, a])).toThrow(/shard b has 3 records, expected a with 4/);
    expect(() => assembleData(both, [a, smallShard('b', 2)])).toThrow(/expected b with 3/);
    expect(() => assembleData(both, [a, { ...b, height: 4, width: 1 }])).toThrow(
      /has height 4, others 2/,
    );
    expect(() => assembleData(both, [a, b, b])).toThrow(/expected no further shard/);
    expect(() => assembleData(both, [a])).toThrow(/1 of 2 shards/);
    expect(() => assembleData(both, [])).toThrow(/0 of 2 shards/);
  });
});

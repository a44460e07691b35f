/** Fractions, and stratified splits. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assembleData } from '../../../src/dataset/splits/assemble.ts';
import { openDataset } from '../../../src/dataset/open-dataset.ts';
import { Pool, shares } from '../../../src/dataset/splits/splits.ts';
import { countedSplits } from '../../../src/dataset/splits/selections.ts';
import type { DatasetSpec, Selection } from '../../../src/study/spec/study-spec.ts';
import { count, fraction, shards, refusal } from '../support/fixtures.ts';

const digits = (
  train: Selection,
  validation: Selection,
  test_?: Selection,
  stratify = false,
): DatasetSpec => ({ name: 'digits', train, validation, test: test_, stratify });
const sizes = (spec: DatasetSpec, records: number): (number | null)[] => {
  const {
    train,
    validation,
    test: test_,
  } = countedSplits(spec, {
    dataset: 'x',
    location: 'x',
    records,
    missing: [],
  });
  return [train, validation, test_].map((s) => (s !== null && 'count' in s ? s.count : null));
};

describe('fractions', () => {
  test('fractions become counts of the available records', () => {
    expect(sizes(digits(fraction(0.7), fraction(0.2), fraction(0.1)), 1797)).toEqual([
      1258, 359, 180,
    ]);
    expect(sizes(digits(count(100), fraction(0.1)), 1797)).toEqual([100, 180, null]);
  });

  test('fractions with the sum 1 use every record once', () => {
    const cuts = fc
      .tuple(
        fc.double({ min: 0.05, max: 0.9, noNaN: true }),
        fc.double({ min: 0.1, max: 0.9, noNaN: true }),
      )
      .map(([a, b]) => [a, (1 - a) * b, 1 - a - (1 - a) * b] as const);
    fc.assert(
      fc.property(cuts, fc.integer({ min: 500, max: 2 ** 31 }), ([a, b, c], records) => {
        const counts = sizes(digits(fraction(a), fraction(b), fraction(c)), records);
        expect(counts.reduce<number>((sum, n) => sum + (n ?? 0), 0)).toBe(records);
        for (const [i, share] of [a, b, c].entries()) {
          expect(Math.abs(counts[i]! - share * records)).toBeLessThanOrEqual(1.001);
        }
      }),
    );
  });

  test('a fraction without records, and fractions and counts above the number of records, are refused', async () => {
    const open = (spec: DatasetSpec) => refusal(openDataset(spec, { dataDir: '' }));
    expect((await open(digits(fraction(0.0001), count(1)))).what).toMatch(
      /dataset.train has no records: 0.0001 of the 1797 available records/,
    );
    const tooMany = await open(digits(fraction(0.5), count(1000)));
    expect(tooMany.what).toMatch(
      /request 1899 records \(train 899, validation 1000\).*1797 records to draw from/,
    );
    expect(tooMany.fix).toMatch(/^Lower the fractions and counts to 1797 records/);
  });
});

describe('a stratified draw', () => {
  test('a stratified draw divides its records by the method of the largest remainder', () => {
    // By hand: 10·(5, 3, 1)/9 = 5.56, 3.33, 1.11.
    expect(shares(10, [5, 3, 1])).toEqual([6, 3, 1]);
    expect(shares(2, [1, 1, 1])).toEqual([1, 1, 0]);
    expect(shares(0, [0, 0])).toEqual([0, 0]);
  });

  test('each class gets its share within one record, never more than its records', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(2 ** 31), { minLength: 1, maxLength: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (classes, share) => {
          const total = classes.reduce((a, b) => a + b, 0);
          const wanted = Math.floor(share * total);
          const given = shares(wanted, classes);
          expect(given.reduce((a, b) => a + b, 0)).toBe(wanted);
          for (const [i, size] of classes.entries()) {
            expect(given[i]).toBeLessThanOrEqual(size);
            expect(Math.abs(given[i]! - (total === 0 ? 0 : (wanted * size) / total))).toBeLessThan(
              1.001,
            );
          }
        },
      ),
    );
  });

  test('a stratified draw takes every record once, in the order of the pool', () => {
    const drawn = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(drawn, fc.nat(80), fc.nat(80), (classes, a, b) => {
        const labels = Uint8Array.from(classes);
        const order = Uint32Array.from(labels, (_, i) => labels.length - 1 - i);
        const pool = new Pool(order, labels);
        const first = pool.take(Math.min(a, pool.left));
        const second = pool.take(Math.min(b, pool.left));
        const all = [...first, ...second, ...pool.take(pool.left)];
        expect(all.toSorted((x, y) => y - x)).toEqual([...order]);
        expect([...first]).toEqual([...first].toSorted((x, y) => y - x));
      }),
    );
  });

  test('stratified splits of digits have equal class proportions and depend on the seed alone', async () => {
    const spec = digits(fraction(0.6), fraction(0.2), fraction(0.2), true);
    const mixture = async (seed: number) => {
      const opened = await openDataset(spec, { dataDir: '' });
      const data = assembleData(opened.reference(seed, 'test'), opened.shards);
      return [data.train, data.validation, data.test!].map(({ images, records }) => {
        const classes = Array.from({ length: 10 }, () => 0);
        for (const record of records) classes[images.labels[record]!]! += 1;
        return { classes, records: records.join() };
      });
    };
    const splits = await mixture(3);
    const whole = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180];
    for (const [i, share] of [0.6, 0.2, 0.2].entries()) {
      for (const [c, size] of whole.entries()) {
        expect(Math.abs(splits[i]!.classes[c]! - share * size)).toBeLessThan(1.5);
      }
    }
    expect(await mixture(3)).toEqual(splits);
    expect((await mixture(4))[0]!.records).not.toBe(splits[0]!.records);
  });

  test('leaving out the test split changes no stratified split', async () => {
    const opened = await openDataset(digits(count(900), count(300), count(300), true), {
      dataDir: '',
    });
    const reference = opened.reference(1, 'test');
    const with_ = assembleData(reference, opened.shards);
    const without = assembleData({ ...reference, test: null }, opened.shards);
    expect([without.train.records, without.validation.records]).toEqual([
      with_.train.records,
      with_.validation.records,
    ]);
  });

  test('a stratified draw does not use named shards, and handles a single class', async () => {
    const spec = digits(shards('digits'), count(1), undefined, true);
    expect((await refusal(openDataset(spec, { dataDir: '' }))).code).toBe('STUDY_INVALID');
    const labels = new Uint8Array(5);
    expect([...new Pool(Uint32Array.of(4, 2, 0), labels).take(2)]).toEqual([4, 2]);
  });
});

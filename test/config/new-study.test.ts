/** The study file that `ridgeline init` writes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newStudyText, type NewStudyData } from '../../src/config/new-study.ts';
import { parseStudy } from '../../src/config/parse-study.ts';
import { describeTrainer } from '../../src/trainers/registry.ts';

const image = { channels: 1, height: 8, width: 8, classes: 10 };
const digits = { reference: { key: 'name', value: 'digits' }, ...image } as const;
const places = {
  schemaPath: './study.schema.json',
  commands: { plan: 'ridgeline plan mine.yaml --data-dir d', run: 'ridgeline run mine.yaml' },
};
const spec = (data: NewStudyData) =>
  parseStudy(newStudyText('mine', data, places), 'mine.yaml', describeTrainer);

test('the header of a new study file explains the commands with their options, in two columns', () => {
  const shards = [{ name: 'digits', count: 1_797 }];
  const text = newStudyText('mine', { ...digits, shards }, places);
  expect(text.split('\n').slice(2, 5)).toEqual([
    '#   ridgeline plan mine.yaml --data-dir d  lists the trials and their cost',
    '#   ridgeline run mine.yaml                searches on this machine, and prints the results',
    '#   ridgeline help study                   explains every key',
  ]);
});

test('a new study file is valid for a data set of any size, and its splits use all records', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 50, max: 200_000 }), { minLength: 1, maxLength: 5 }),
      (counts) => {
        const shards = counts.map((count, index) => ({ name: `shard-${index}`, count }));
        const { dataset, trainer } = spec({ ...digits, shards });
        const sizes = [dataset?.train, dataset?.validation, dataset?.test].map((split) =>
          split !== undefined && 'count' in split ? split.count : NaN,
        );
        const total = counts.reduce((sum, count) => sum + count, 0);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(total);
        expect(Math.min(...sizes)).toBeGreaterThan(0);
        expect(trainer['batch']).toBeLessThanOrEqual(sizes[0] ?? 0);
      },
    ),
    { numRuns: 8 },
  );
});

test('a shard that is named as a test set is the test split, and other records are drawn', () => {
  const shards = [
    { name: 'train', count: 6_000 },
    { name: 'test', count: 1_000 },
  ];
  expect(spec({ ...digits, shards }).dataset).toMatchObject({
    train: { count: 4_800 },
    validation: { count: 1_200 },
    test: ['test'],
  });
});

test('a path of own files is written so that YAML reads it back', () => {
  for (const value of ['images.npz', '../my data/a: b #1.npz', 'on', "it's.npy"]) {
    const reference = { key: 'path', value } as const;
    const shards = [{ name: 'images', count: 500 }];
    expect(spec({ ...digits, reference, shards }).dataset?.path).toBe(value);
  }
});

test('a data set that is too small for three splits is refused', () => {
  expect(() => spec({ ...digits, shards: [{ name: 'few', count: 20 }] })).toThrow(
    /has 20 records; a study needs at least 50/,
  );
});

import { describe, expect, test } from 'vitest';
import { dataWarnings } from '../../src/dataset/data-warnings.ts';
import { unofficialData } from '../../src/dataset/official.ts';
import { shardFacts } from '../../src/dataset/shards/shard-facts.ts';
import type { Shard } from '../../src/dataset/shards/shard.ts';

function shardOf(labels: readonly number[], pixel: (index: number) => number, pixels = 16): Shard {
  return {
    name: 'train',
    labels: Uint8Array.from(labels),
    pixels: Uint8Array.from({ length: labels.length * pixels }, (_, index) => pixel(index)),
    channels: 1,
    height: pixels / 4,
    width: 4,
    classes: Math.max(...labels) + 1,
    pixelMax: 255,
    classNames: null,
  };
}

const texts = (shard: Shard, classNames: readonly string[] | null = null): string[] =>
  dataWarnings([shardFacts(shard)], classNames).map(({ code, text }) => `${code}: ${text}`);
const colourful = (index: number): number => (index * 37) % 256;

describe('labels whose numbers have gaps are reported', () => {
  test('labels from 1 leave class 0 empty', () => {
    expect(texts(shardOf([1, 2, 3, 4], colourful))).toEqual([
      'empty_class: Class 0 has no images: do the labels begin with 1? Subtract 1 from them.',
    ]);
  });

  test('labels 0, 10, 20 leave 18 classes empty', () => {
    const [text, ...more] = texts(shardOf([0, 10, 20], colourful));
    expect(more).toEqual([]);
    expect(text).toMatch(/^empty_class: Classes 1, 2, 3, 4, 5 and 13 more have no images/);
    expect(text).toContain('np.unique(labels, return_inverse=True)[1]');
  });

  test('an empty class with a name is reported by its name', () => {
    expect(texts(shardOf([0, 2], colourful), ['cat', 'dog', 'ox'])).toEqual([
      'empty_class: Class 1 (dog) has no images: no record of it is in these shards.',
    ]);
  });

  test('images of one class are reported', () => {
    expect(texts(shardOf([1, 1], colourful))).toEqual([
      'one_class: All images have the label 1: nothing to tell apart.',
    ]);
  });

  test('a class that only another shard has is not empty', () => {
    const facts = [shardFacts(shardOf([0, 2], colourful)), shardFacts(shardOf([1, 1], colourful))];
    expect(dataWarnings(facts, null)).toEqual([]);
  });
});

describe('images that lost their contents are reported', () => {
  test.each([
    ['floats that were truncated to 0', () => 0, /All pixels of shard train are 0, so/],
    [
      'one other value in 10,000',
      (i: number) => (i % 10_000 === 9 ? 200 : 7),
      /Almost all pixels of shard train are 7/,
    ],
    [
      'floats that were truncated to 0 and 1',
      (i: number) => Number(i % 60 === 0),
      /are 0 or 1, of 255 possible.*\(array \* 255\)\.round\(\)/,
    ],
  ])('%s', (_, pixel, says) => {
    const found = texts(
      shardOf(
        Array.from({ length: 40_000 }, (__, i) => i % 2),
        pixel,
      ),
    );
    expect(found).toEqual([expect.stringMatching(says)]);
    expect(found[0]).toMatch(/^constant_pixels: /);
  });

  test('mostly black images, such as drawings, are not reported', () => {
    expect(texts(shardOf([0, 1], (i) => (i % 16 === 0 ? 255 : 0)))).toEqual([]);
  });
});

test('data that is not the official release is reported with the shards of another length', () => {
  const shards = [
    { name: 'data_batch_1', count: 10_000 },
    { name: 'test_batch', count: 5000 },
  ];
  expect(unofficialData(shards).text).toBe(
    'This is not official CIFAR-10 (test_batch has 5,000 records instead of 10,000; checksums differ): do not compare with published results.',
  );
});

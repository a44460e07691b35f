import { expect, test } from 'vitest';
import { alignLabels } from '../../src/dataset/align-labels.ts';
import { RidgelineError } from '../../src/base/errors.ts';
import { smallShard } from './support/fixtures.ts';

const shard = { ...smallShard('x', 4), classNames: ['cat', 'dog', 'ox'] }; // Labels 0, 1, 2, 0.

test('labels are numbered as the model numbers the classes of the same names', () => {
  const aligned = alignLabels(shard, ['ant', 'ox', 'dog', 'cat']);
  expect([[...aligned.labels], aligned.classes]).toEqual([[3, 2, 1, 3], 4]);
  expect(alignLabels(shard, null)).toBe(shard);
  expect(alignLabels(shard, ['0', '1', '2'])).toBe(shard);
});

test('a class that the model does not have is refused if the shard has images of it', () => {
  expect(() => alignLabels(shard, ['cat', 'dog'])).toThrow(RidgelineError);
  const without = { ...shard, labels: Uint8Array.of(0, 1) };
  expect([...alignLabels(without, ['dog', 'cat']).labels]).toEqual([1, 0]);
});

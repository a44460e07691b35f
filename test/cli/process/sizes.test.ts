/** Sizes in options. */
import { expect, test } from 'vitest';
import { bytesFrom } from '../../../src/cli/process/sizes.ts';

test('a size is a number of bytes, or has a unit in powers of 1000', () => {
  const sizes = ['0', '500MB', '2GB', '1.5 gb', '12kB', '7B', '1TB'];
  expect(sizes.map(bytesFrom)).toEqual([0, 5e8, 2e9, 1.5e9, 12e3, 7, 1e12]);
});

test.each(['', 'GB', '2 GiB', '-1', '1e9', '2G', 'much'])('%j is not a size', (text) => {
  expect(bytesFrom(text)).toBeNaN();
});

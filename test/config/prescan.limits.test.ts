/** The limits of a study file, at each of them and one above. `docs/limits.md` is the table. */
import { describe, expect, test } from 'vitest';
import { fileBytesMax, prescan } from '../../src/config/prescan.ts';
import { problemsOf } from './support/problems-of.ts';

const tooDeep = /nested more than 32 levels deep/;

describe('a study file', () => {
  test('at the limit of characters is accepted, and with one more rejected', () => {
    const comment = (length: number): string => `#${'x'.repeat(length - 1)}`;
    expect(prescan(comment(fileBytesMax))).toBeNull();
    for (const length of [fileBytesMax + 1, 10 * fileBytesMax]) {
      expect(prescan(comment(length))).toMatchObject({ offset: 0 });
    }
  });

  test.each([
    ['lists', (depth: number) => `seed: ${'['.repeat(depth - 1)}1${']'.repeat(depth - 1)}`],
    ['mappings', (depth: number) => `${'{a: '.repeat(depth)}1${'}'.repeat(depth)}`],
    [
      'indented mappings',
      (depth: number) =>
        Array.from({ length: depth }, (_, i) => `${' '.repeat(i)}a:`).join('\n') + ' 1',
    ],
  ])('may nest %s 32 levels deep, but not deeper', (_, nested) => {
    // A scalar is one level below the collection that holds it.
    expect(problemsOf(nested(31))).not.toMatch(tooDeep);
    expect(problemsOf(nested(32))).toMatch(tooDeep);
    expect(problemsOf(nested(60))).toMatch(/too deep|levels deep/);
  });

  test.each([
    ['brackets', (n: number) => '[1]\n'.repeat(n), 300],
    ['dashes in a line', (n: number) => '- '.repeat(n), 32],
    ['colons in a line', (n: number) => 'a: '.repeat(n), 64],
    ['spaces of indentation', (n: number) => `${' '.repeat(n)}a`, 64],
    ['keys with "?"', (n: number) => '? a\n'.repeat(n), 32],
    ['lines', (n: number) => 'a\n'.repeat(n - 1) + 'a', 5_000],
  ])('at the limit of %s passes the prescan, and with one more does not', (_, text, most) => {
    expect(prescan(text(most))).toBeNull();
    for (const n of [most + 1, 10 * most]) expect(prescan(text(n))).not.toBeNull();
  });
});

/** Progress that is redrawn in place. */
import { expect, test } from 'vitest';
import { brokenRows } from '../../../src/cli/process/live-region.ts';

test('lines grow by the rows into which a narrower terminal breaks them, without colour codes', () => {
  expect(brokenRows(['x'.repeat(80), '\u001B[32mgreen\u001B[39m', ''], 80)).toBe(0);
  expect(brokenRows(['x'.repeat(80), 'λ'.repeat(31), ''], 30)).toBe(2 + 1);
});

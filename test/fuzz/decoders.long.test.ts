/** Long fuzz test of all decoders: takes minutes. */
import { describe, test } from 'vitest';
import { fuzzed } from './support/decoders.ts';

describe('100,000 random inputs give a value or the expected error', () => {
  test.each(fuzzed)('%s', { timeout: 1_800_000 }, (_, fuzz) => fuzz(100_000));
});

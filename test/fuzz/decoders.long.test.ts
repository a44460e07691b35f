/** A hundred thousand cases of each: minutes. */
import { describe, test } from 'vitest';
import { fuzzed } from './support/decoders.ts';

describe('a decoder is not surprised in 100,000 cases by', () => {
  test.each(fuzzed)('%s', { timeout: 1_800_000 }, (_, fuzz) => fuzz(100_000));
});

/** Short fuzz test of all decoders; `decoders.long.test.ts` runs more cases. */
import { describe, test } from 'vitest';
import { fuzzed } from './support/decoders.ts';

describe('500 random inputs give a value or the expected error', () => {
  test.each(fuzzed)('%s', (_, fuzz) => fuzz(500));
});

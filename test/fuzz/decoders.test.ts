/** A first look; `decoders.long.test.ts` looks longer. */
import { describe, test } from 'vitest';
import { fuzzed } from './support/decoders.ts';

describe('a decoder is never surprised by', () => {
  test.each(fuzzed)('%s', (_, fuzz) => fuzz(500));
});

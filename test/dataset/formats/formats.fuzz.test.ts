import { describe, test } from 'vitest';
import { temporaryFolder } from '../support/fixtures.ts';
import { fuzzReader, readerNames } from '../support/reader-fuzz.ts';

describe('a randomly changed file gives a valid shard or an error that names it', () => {
  test.each(readerNames)('%s', async (name) => {
    await using dir = await temporaryFolder();
    await fuzzReader(name, 30, dir.path);
  });
});

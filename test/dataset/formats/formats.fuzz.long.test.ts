import { describe, test } from 'vitest';
import { temporaryFolder } from '../support/fixtures.ts';
import { fuzzReader, readerNames } from '../support/reader-fuzz.ts';

const cases = 100_000;

describe(`${cases} randomly changed files give valid shards or errors that name them`, () => {
  test.each(readerNames)(
    '%s',
    async (name) => {
      await using dir = await temporaryFolder();
      await fuzzReader(name, Math.ceil(cases / readerNames.length), dir.path);
    },
    900_000,
  );
});

/** A store that is deleted while it is used. */
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { watchState } from '../../../src/cli/cluster/state-watch.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';

test('a state directory that is deleted during a run is noticed and named', async () => {
  using directory = temporaryDirectory();
  await using _store = await openStore(directory.path, { owner: 'the test' });
  const gone = new Promise<Error>((noticed) => watchState(directory.path, noticed, 5));
  rmSync(directory.path, { recursive: true });
  const error = await gone;
  expect(error).toMatchObject({ code: 'STATE_DAMAGED' });
  expect(error.message).toContain(`${directory.path}/ridgeline.db was deleted`);
});

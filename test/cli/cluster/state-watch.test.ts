/** A state directory that is deleted, or taken by another process, while it is used. */
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { watchState } from '../../../src/cli/cluster/state-watch.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { event } from '../../store/support/records.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';

test('a state directory that is deleted during a run is noticed and named', async () => {
  using directory = temporaryDirectory();
  await using store = await openStore(directory.path, { owner: 'the test' });
  const gone = new Promise<Error>((noticed) => watchState(directory.path, store, noticed, 5));
  rmSync(directory.path, { recursive: true });
  const error = await gone;
  expect(error).toMatchObject({ code: 'STATE_DAMAGED' });
  expect(error.message).toContain(`${directory.path}/ridgeline.db was deleted`);
});

test('a log that is deleted during a run is noticed, and what it contains is saved in the database', async () => {
  using directory = temporaryDirectory();
  {
    await using store = await openStore(directory.path, { owner: 'the test' });
    const gone = new Promise<Error>((noticed) => watchState(directory.path, store, noticed, 5));
    await store.commit([event('first')]);
    rmSync(join(directory.path, 'ridgeline.db-wal'));
    await store.commit([event('second')]);
    const error = await gone;
    expect(error).toMatchObject({ code: 'STATE_DAMAGED' });
    expect(error.message).toContain(`${directory.path}/ridgeline.db-wal, was deleted or replaced`);
    expect(error.message).toContain('All results are saved in the database');
    copyFileSync(join(directory.path, 'ridgeline.db'), join(directory.path, 'saved.db'));
  }
  const saved = new DatabaseSync(join(directory.path, 'saved.db'));
  const found = saved.prepare('SELECT detail FROM event ORDER BY sequence').all();
  saved.close();
  expect(found.map(({ detail }) => detail)).toEqual(['first', 'second']);
});

test('a state directory that another process has taken is noticed before the next commit, which writes nothing', async () => {
  using directory = temporaryDirectory();
  await using store = await openStore(directory.path, { owner: 'the test' });
  const taken = new Promise<Error>((noticed) => watchState(directory.path, store, noticed, 5));
  // The process would need a file system whose locks have no effect.
  const token = { id: 'other', boot: 'other', pid: 7, start: '1', place: '1 1' };
  const owner = `ridgeline run (pid 7 on other)\n${JSON.stringify(token)}\n`;
  writeFileSync(join(directory.path, 'lock.owner'), owner);
  expect(await taken).toMatchObject({
    code: 'STATE_LOCKED',
    message: expect.stringMatching(
      /was taken by another process \(ridgeline run \(pid 7 on other\)\)/,
    ),
  });
  await expect(store.commit([event('next')])).rejects.toMatchObject({ code: 'STATE_LOCKED' });
  expect(await store.events(10)).toEqual([]);
});

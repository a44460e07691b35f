/** The state directory: who may use it, and the errors when it cannot be used. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { endingOwner, isStateLocked } from '../../../src/store/sqlite/lock.ts';
import { openStore, openStoreReader } from '../../../src/store/sqlite/open-store.ts';
import { everything, startedStudy } from '../support/records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const owner = 'pid 1 on here';

function edit(stateDir: string, text: string): void {
  const raw = new DatabaseSync(join(stateDir, 'ridgeline.db'));
  raw.exec(text);
  raw.close();
}

describe('the state directory', () => {
  test('a new state directory and its files are readable by their owner alone', async () => {
    using directory = temporaryDirectory();
    const stateDir = join(directory.path, 'deep', 'state');
    await using store = await openStore(stateDir, { owner });
    await store.commit(startedStudy);
    expect(statSync(stateDir).mode & 0o777).toBe(0o700);
    for (const file of ['ridgeline.db', 'ridgeline.db-wal', 'lock.db', 'lock.owner']) {
      expect([file, statSync(join(stateDir, file)).mode & 0o077]).toEqual([file, 0]);
    }
  });

  test('a state directory that is a file is refused with its name and the cause', async () => {
    using directory = temporaryDirectory();
    const stateDir = join(directory.path, 'file');
    writeFileSync(stateDir, '');
    await expect(openStore(stateDir, { owner })).rejects.toThrow(
      /\[STATE_UNWRITABLE\].*file.*not a directory/,
    );
    await expect(openStore(join(stateDir, 'below'), { owner })).rejects.toThrow(
      /\[STATE_UNWRITABLE\].*not a directory/,
    );
  });

  test('a state directory below a file is refused to a reader, and not read as an empty one', async () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, 'file'), '');
    await expect(openStoreReader(join(directory.path, 'file'))).rejects.toThrow(/ENOTDIR/);
  });

  test('a state directory that does not exist is read as empty and is not created', async () => {
    using directory = temporaryDirectory();
    await using reader = await openStoreReader(join(directory.path, 'nothing'));
    const nothing = { studies: [], trials: [], attempts: [], ranks: [], events: [] };
    expect(await everything(reader)).toEqual({ ...nothing, exclusions: new Map() });
    expect(await reader.snapshot(async (reads) => reads.studies())).toEqual([]);
    expect(() => statSync(join(directory.path, 'nothing'))).toThrow(/ENOENT/);
  });

  test('a store of a newer release is refused to writers and readers', async () => {
    using directory = temporaryDirectory();
    await (await openStore(directory.path, { owner })).close();
    edit(directory.path, 'UPDATE meta SET schema_version = 99');
    const refusal = /\[VERSION_MISMATCH\].*ridgeline\.db.*newer.*99/;
    await expect(openStore(directory.path, { owner })).rejects.toThrow(refusal);
    await expect(openStoreReader(directory.path)).rejects.toThrow(refusal);
    // The lock was released: the error is the same again.
    await expect(openStore(directory.path, { owner })).rejects.toThrow(refusal);
  });

  test('a state directory is locked by the first store until that is closed', async () => {
    using directory = temporaryDirectory();
    const first = await openStore(directory.path, { owner: 'ridgeline run (the first)' });
    const second = async () => openStore(directory.path, { owner: 'the second' });
    await expect(second()).rejects.toThrow(
      /\[STATE_LOCKED\].*in use by ridgeline run \(the first\);[^]*Stop it, [^]*ridgeline submit/,
    );
    await first.writeOwner('ridgeline delete (the first)');
    await expect(second()).rejects.toThrow(
      /in use by ridgeline delete \(the first\);[^]*fix: Run the command again when that process has ended/,
    );
    expect(isStateLocked(directory.path)).toBe(true);
    await first.writeOwner(endingOwner('the first'));
    await expect(second()).rejects.toThrow(
      /the first, which is shutting down[^]*again when that process has ended/,
    );
    await first.close();
    await first.close();
    expect(isStateLocked(directory.path)).toBe(false);
    await using store = await second();
    expect(await store.studies()).toEqual([]);
  });

  test('a file that is not a database is refused by its name and with a fix', async () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, 'ridgeline.db'), 'a text that is no database '.repeat(300));
    await expect(openStore(directory.path, { owner })).rejects.toThrow(
      /^\[STATE_DAMAGED\] The store .*ridgeline\.db is damaged.*\n {2}fix: /,
    );
    await expect(openStoreReader(directory.path)).rejects.toThrow(/^\[STATE_DAMAGED\]/);
  });

  test('a study whose spec was edited is refused by the names of file and study', async () => {
    using directory = temporaryDirectory();
    {
      await using store = await openStore(directory.path, { owner });
      await store.commit(startedStudy);
    }
    edit(directory.path, `UPDATE study SET spec = replace(spec, '"stages"', '"stage"')`);
    await using reader = await openStoreReader(directory.path);
    await expect(reader.study('first')).rejects.toThrow(
      /\[STATE_DAMAGED\].*ridgeline\.db.*the spec of study first/,
    );
  });
});

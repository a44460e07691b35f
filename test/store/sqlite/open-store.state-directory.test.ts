/** Who may use a state directory, and what is said where it cannot be used. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { openStore, openStoreReader } from '../../../src/store/sqlite/open-store.ts';
import { everything, startedStudy } from '../support/records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const owner = 'pid 1 on here';

describe('the state directory', () => {
  test('is made for its owner alone, with everything in it', () => {
    using directory = temporaryDirectory();
    const stateDir = join(directory.path, 'deep', 'state');
    using store = openStore(stateDir, { owner });
    store.commit(startedStudy);
    expect(statSync(stateDir).mode & 0o777).toBe(0o700);
    for (const file of ['ridgeline.db', 'ridgeline.db-wal', 'lock.db', 'lock.owner']) {
      expect([file, statSync(join(stateDir, file)).mode & 0o077]).toEqual([file, 0]);
    }
  });

  test('that is a file is refused with its name and the cause', () => {
    using directory = temporaryDirectory();
    const stateDir = join(directory.path, 'file');
    writeFileSync(stateDir, '');
    expect(() => openStore(stateDir, { owner })).toThrow(
      /\[STATE_UNWRITABLE\].*file.*not a directory/,
    );
    expect(() => openStore(join(stateDir, 'below'), { owner })).toThrow(
      /\[STATE_UNWRITABLE\].*not a directory/,
    );
  });

  test('that is below a file is not taken for an empty one', () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, 'file'), '');
    expect(() => openStoreReader(join(directory.path, 'file'))).toThrow(/ENOTDIR/);
  });

  test('without a store is an empty one to a reader, who makes nothing there', () => {
    using directory = temporaryDirectory();
    using reader = openStoreReader(join(directory.path, 'nothing'));
    expect(everything(reader)).toEqual({ studies: [], trials: [], attempts: [], events: [] });
    expect(() => statSync(join(directory.path, 'nothing'))).toThrow(/ENOENT/);
  });

  test('written by a newer release is refused to writer and reader, and left as it is', () => {
    using directory = temporaryDirectory();
    openStore(directory.path, { owner }).close();
    const raw = new DatabaseSync(join(directory.path, 'ridgeline.db'));
    raw.exec('UPDATE meta SET schema_version = 99');
    raw.close();
    const refusal = /\[VERSION_MISMATCH\].*ridgeline\.db.*newer.*99/;
    expect(() => openStore(directory.path, { owner })).toThrow(refusal);
    expect(() => openStoreReader(directory.path)).toThrow(refusal);
    // The lock was let go of: the refusal is the same again, not "locked".
    expect(() => openStore(directory.path, { owner })).toThrow(refusal);
  });

  test('is locked by the first store and free when that is closed', () => {
    using directory = temporaryDirectory();
    const first = openStore(directory.path, { owner: 'the first' });
    expect(() => openStore(directory.path, { owner: 'the second' })).toThrow(
      /\[STATE_LOCKED\].*the first[^]*ridgeline submit/,
    );
    first.writeOwner('the first, 127.0.0.1:7070');
    expect(() => openStore(directory.path, { owner: 'the second' })).toThrow(/127\.0\.0\.1:7070/);
    first.close();
    first.close();
    using second = openStore(directory.path, { owner: 'the second' });
    expect(second.studies()).toEqual([]);
  });

  test('whose store is no database is refused with the name of the file and a way out', () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, 'ridgeline.db'), 'a text that is no database '.repeat(300));
    expect(() => openStore(directory.path, { owner })).toThrow(
      /^\[STATE_DAMAGED\] The store .*ridgeline\.db is damaged.*\n {2}fix: /,
    );
    expect(() => openStoreReader(directory.path)).toThrow(/^\[STATE_DAMAGED\]/);
  });

  test('whose study was edited into nonsense is refused by the name of the file and the study', () => {
    using directory = temporaryDirectory();
    {
      using store = openStore(directory.path, { owner });
      store.commit(startedStudy);
    }
    const raw = new DatabaseSync(join(directory.path, 'ridgeline.db'));
    raw.exec(`UPDATE study SET spec = replace(spec, '"hidden":50', '"hidden":"x"')`);
    raw.close();
    using reader = openStoreReader(directory.path);
    expect(() => reader.study('first')).toThrow(/\[STATE_DAMAGED\].*ridgeline\.db.*first.*hidden/);
  });
});

/** File systems that cannot hold a store, and those that keep it in memory or on another machine. */
import { readdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileSystemKind, findLack } from '../../../src/store/sqlite/file-system.ts';
import { fromSqlite, lackFrom } from '../../../src/store/sqlite/sqlite-errors.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const sqliteError = (errcode: number) => Object.assign(new Error('disk I/O error'), { errcode });

test.each([
  ['SQLITE_IOERR_LOCK (ENOSYS of fcntl)', 3_850, 'locks', /has no file locks.*flock/s],
  ['SQLITE_IOERR_SHMLOCK', 5_130, 'locks', /has no file locks/],
  ['SQLITE_IOERR_SHMMAP (ENODEV of mmap)', 5_386, 'shared memory', /cannot map files/],
] as const)('%s is reported as a file system without %3$s', (_, code, lack, message) => {
  expect(lackFrom(sqliteError(code))).toBe(lack);
  const error = fromSqlite(sqliteError(code), '/mnt/state/ridgeline.db');
  expect(error).toMatchObject({ code: 'STATE_UNSUPPORTED' });
  expect(String(error)).toMatch(message);
  expect(String(error)).toContain('The file system of /mnt/state ');
});

test('SQLITE_IOERR_SHMSIZE, which a full disk gives, is no lack of the file system', () => {
  expect(lackFrom(sqliteError(4_874))).toBe(null);
});

test('the search for lacks leaves no file, also in a directory that cannot be used', () => {
  using directory = temporaryDirectory();
  expect(findLack(directory.path)).toBe(null);
  expect(readdirSync(directory.path)).toEqual([]);
  writeFileSync(join(directory.path, 'file'), '');
  expect(findLack(join(directory.path, 'nothing'))).toBe(null);
  expect(findLack(join(directory.path, 'file'))).toBe(null);
});

test('a file system in memory is recognised by its type', () => {
  // Linux has a tmpfs for the shared memory of processes.
  const isTmpfs = process.platform === 'linux' && statfsSync('/dev/shm').type === 0x01021994;
  expect(fileSystemKind('/dev/shm')).toEqual(isTmpfs ? { name: 'tmpfs', where: 'memory' } : null);
  expect(fileSystemKind('/nonexistent')).toBe(null);
});

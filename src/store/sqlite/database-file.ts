/**
 * Database file: creates the files of a state directory, opens the store, and runs transactions.
 *
 * Not here: its tables (`schema.ts`), the checks before it is opened (`check-files.ts`), its writer
 * (`open-store.ts`), copies of it (`backup.ts`).
 */
import { closeSync, fsyncSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RidgelineError } from '../../base/errors.ts';
import { makeFolders } from '../../base/make-folders.ts';
import { fromFileSystem, storeDamaged, translated } from './sqlite-errors.ts';

/** How long a call waits for a checkpoint or a recovery of another connection. */
const busyTimeoutMs = 5_000;
/** Oldest accepted version: older ones can corrupt a write-ahead log with several connections ("WAL-reset"). */
const sqliteFloor = { text: '3.51.3', number: 3_051_003 };

/** Creates the directory and the file of its lock for their owner alone. */
export function createDirectory(stateDir: string): void {
  try {
    makeFolders(stateDir, 0o700);
    createPrivateFile(join(stateDir, 'lock.db'));
  } catch (error) {
    throw fromFileSystem(error, stateDir);
  }
}

/** An existing file is never opened: closing it would end all locks that this process holds on it. */
export function createPrivateFile(file: string): void {
  try {
    if (!fileExists(file)) closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    throw fromFileSystem(error, file);
  }
}

/** @throws RidgelineError if this cannot be determined: no permission, or a part of the path is a file */
export function fileExists(file: string): boolean {
  try {
    statSync(file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw fromFileSystem(error, file);
  }
}

/** Makes sure that a file, or the names in a directory, are on disk. */
export function syncPath(path: string, flags: 'r' | 'r+'): void {
  const handle = openSync(path, flags);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** @param location the path, or a URL with parameters of SQLite; `file` is the path for messages */
export function opened(
  file: string,
  readOnly: boolean,
  prepare: (database: DatabaseSync) => void,
  location: string | URL = file,
): DatabaseSync {
  return translated(file, () => {
    const database = new DatabaseSync(location, { readOnly, timeout: busyTimeoutMs });
    try {
      prepare(database);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}
/** Checks structure, constraints and types of every page. */
export function checkUndamaged(database: DatabaseSync, file: string): void {
  const finding = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (finding !== 'ok') throw storeDamaged(file, String(finding));
}

export function checkSqlite(): void {
  const version = process.versions['sqlite'] ?? '0';
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major * 1_000_000 + minor * 1_000 + patch >= sqliteFloor.number) return;
  throw new RidgelineError(
    'MACHINE_UNFIT',
    `This Node.js ${process.version} has SQLite ${version}; versions before ${sqliteFloor.text} can corrupt a write-ahead log.`,
    'Install Node.js 24.15 or newer.',
  );
}

/** Runs `write` in one transaction: all of its changes are stored, or none. */
export function transaction<T>(database: DatabaseSync, file: string, write: () => T): T {
  return translated(file, () => {
    database.exec('BEGIN IMMEDIATE');
    try {
      const outcome = write();
      database.exec('COMMIT');
      return outcome;
    } catch (error) {
      rollBack(database);
      throw error;
    }
  });
}

/** After some errors, such as a full disk, SQLite has rolled back already. */
function rollBack(database: DatabaseSync): void {
  try {
    if (database.isTransaction) database.exec('ROLLBACK');
  } catch {
    // The original error is reported. If the transaction is still open, the next one fails.
  }
}

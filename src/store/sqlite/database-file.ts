/**
 * The store's file: where it lies, who may look into it, and that it is whole before anybody does.
 *
 * Not here: its tables (`migrations.ts`), who writes to it (`open-store.ts`), copies (`backup.ts`).
 */
import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RidgelineError } from '../../base/errors.ts';
import { checkReadable, storedVersion } from './migrations.ts';
import { fromFileSystem, storeDamaged, translated } from './sqlite-errors.ts';

/** How long a call waits for a checkpoint or recovery of another connection before it gives up. */
const busyTimeoutMs = 5_000;
/** Older ones can corrupt a write-ahead log with several connections ("WAL-reset", fixed in 3.51.3). */
const sqliteFloor = [3, 51, 3] as const;

export function storeFile(stateDir: string): string {
  return join(stateDir, 'ridgeline.db');
}

/** What is made here is for the owner alone: join tokens and keys lie in the same directory. */
export function createDirectory(stateDir: string): void {
  try {
    makeFolders(resolve(stateDir));
    for (const file of [join(stateDir, 'lock.db'), storeFile(stateDir)]) createPrivate(file);
  } catch (error) {
    throw fromFileSystem(error, stateDir);
  }
}

/** Node's own recursive way never ends where a file system refuses new folders with ENOENT, as /proc does. */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Made by another process at the same moment.
    if (!existsSync(path)) throw error;
  }
}

/**
 * Never opens a file that is there: closing it again would drop the locks that SQLite holds on it in
 * this process (POSIX: any close of a file ends all of the process's locks on it).
 */
function createPrivate(file: string): void {
  if (isThere(file)) return;
  closeSync(openSync(file, 'wx', 0o600));
}

/** Null where there is nothing to read yet. */
export function openForReading(file: string): DatabaseSync | null {
  checkSqlite();
  if (!isThere(file)) return null;
  let isEmpty = false;
  const database = opened(file, true, (opening) => {
    isEmpty = storedVersion(opening) === 0;
    if (!isEmpty) checkReadable(opening, file);
  });
  if (!isEmpty) return database;
  database.close();
  return null;
}

/** Not allowed to look, or a file where a directory should be, is not the same as nothing there. */
export function isThere(file: string): boolean {
  try {
    statSync(file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw fromFileSystem(error, file);
  }
}

export function opened(
  file: string,
  readOnly: boolean,
  prepare: (database: DatabaseSync) => void,
): DatabaseSync {
  return translated(file, () => {
    const database = new DatabaseSync(file, { readOnly, timeout: busyTimeoutMs });
    try {
      prepare(database);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Structure, constraints and types of every page, before anything is built on them. */
export function checkUndamaged(database: DatabaseSync, file: string): void {
  const finding = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (finding !== 'ok') throw storeDamaged(file, String(finding));
}

export function checkSqlite(): void {
  const version = process.versions['sqlite'] ?? '0';
  const parts = version.split('.').map(Number);
  for (const [index, floor] of sqliteFloor.entries()) {
    const part = parts[index] ?? 0;
    if (part > floor) return;
    if (part < floor) {
      throw new RidgelineError(
        'MACHINE_UNFIT',
        `This Node.js ${process.version} has SQLite ${version}; before ${sqliteFloor.join('.')} a write-ahead log could be corrupted.`,
        'Use Node.js 24.15 or newer.',
      );
    }
  }
}

export function closeOnce(database: DatabaseSync): void {
  if (database.isOpen) database.close();
}

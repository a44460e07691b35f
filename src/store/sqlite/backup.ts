/**
 * Backup: a copy of the store in one file. It can be made while a coordinator runs, and restored while
 * none runs.
 *
 *     ridgeline.db (and its log) --one committed state, checked--> FILE
 *     FILE --checked--> ridgeline.db; the store that it replaces is kept under another name
 *
 * A backup appears under its name complete or not at all. Tokens and keys are not in it: they stay in
 * the state directory.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { checkSqlite, createDirectory, fileExists, opened, syncPath } from './database-file.ts';
import { logFile, markFile, storeFile } from './file-names.ts';
import { lockState } from './lock.ts';
import { openForReading } from './open-reader.ts';
import { checkVersion, storedVersion } from './schema.ts';
import { fromFileSystem, fromSqlite } from './sqlite-errors.ts';

interface BackupOptions {
  /** Whether an existing file may be replaced. */
  readonly force: boolean;
  /** Called every `pagesPerStep` pages, with numbers of pages. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a copy contains. */
export interface CopySummary {
  readonly studies: number;
  readonly trials: number;
}

/** Pages between two calls of `onProgress`. */
const pagesPerStep = 1_000;

/**
 * Writes one committed state of the store to `target`. A running coordinator does not wait for it.
 *
 * @throws RidgelineError STUDY_UNKNOWN if there is no store; OUTPUT_UNWRITABLE; STATE_DAMAGED
 */
export async function backUpStore(
  stateDir: string,
  target: string,
  { force, onProgress }: BackupOptions,
): Promise<CopySummary> {
  const source = storeFile(stateDir);
  refuseTarget(target, source, force);
  // The target of a link is replaced, not the link.
  const file = existsSync(target) ? realpathSync(target) : target;
  using reader = openForReading(source);
  if (reader === null) {
    throw new RidgelineError(
      'STUDY_UNKNOWN',
      `There is no store in ${stateDir}, so there is nothing to back up.`,
      'Add --state DIR with the state directory of a coordinator or a run.',
    );
  }
  const { database } = reader;
  const partial = `${file}.partial-${process.pid}`;
  try {
    // The transaction keeps this state for the copy, whatever is committed meanwhile.
    database.exec('BEGIN');
    storedVersion(database, source);
    await backup(database, partial, {
      rate: pagesPerStep,
      progress: ({ totalPages, remainingPages }) =>
        onProgress?.(totalPages - remainingPages, totalPages),
    });
    database.exec('COMMIT');
    const summary = finishCopy(partial, source);
    // A hard link fails if the file exists: without `force`, two backups at once do not replace each other.
    if (force) renameSync(partial, file);
    else linkSync(partial, file);
    syncPath(dirname(resolve(file)), 'r');
    return summary;
  } catch (error) {
    if (error instanceof RidgelineError) throw error;
    const known = fromSqlite(error, source);
    throw known instanceof RidgelineError && known.code === 'STATE_DAMAGED'
      ? known
      : unwritable(target, error);
  } finally {
    rmSync(partial, { force: true });
  }
}

/**
 * Replaces the store with a backup. No coordinator may run.
 *
 * @returns what it contains, and the new name of the store that it replaced; null if there was none
 * @throws RidgelineError STATE_LOCKED; STATE_DAMAGED or VERSION_MISMATCH if the backup cannot be used;
 *   STATE_OCCUPIED if there is a store and `force` is false. Nothing is changed then.
 */
export async function restoreStore(
  stateDir: string,
  source: string,
  { force }: { readonly force: boolean },
): Promise<CopySummary & { readonly replaced: string | null }> {
  if (!fileExists(source)) {
    throw new RidgelineError(
      'USAGE',
      `The backup ${source} does not exist.`,
      'Name a file that `ridgeline backup` has written.',
    );
  }
  createDirectory(stateDir);
  using _lock = await lockState(
    stateDir,
    `ridgeline restore (pid ${process.pid} on ${hostname()})`,
  );
  const file = storeFile(stateDir);
  const isOccupied = !isEmptyStore(file);
  if (isOccupied && !force) {
    throw new RidgelineError(
      'STATE_OCCUPIED',
      `A store exists: ${file}. Nothing was changed.`,
      'Add --force to replace it (it is kept under another name), or choose another directory with --state DIR.',
    );
  }
  const partial = `${file}.restoring`;
  try {
    // The copy is checked, since it is what will be used.
    copyFileSync(source, partial);
    const summary = finishCopy(partial, source);
    const replaced = isOccupied ? renameReplaced(file) : null;
    removeLog(file);
    renameSync(partial, file);
    syncPath(stateDir, 'r');
    return { ...summary, replaced };
  } catch (error) {
    throw error instanceof RidgelineError ? error : fromFileSystem(error, stateDir);
  } finally {
    rmSync(partial, { force: true });
  }
}

/**
 * Checks a copy completely, then makes it a private file that needs no log and is on disk.
 *
 * @param named path that the user gave, for messages
 */
function finishCopy(copy: string, named: string): CopySummary {
  checkSqlite();
  const check = (database: DatabaseSync): void => {
    if (storedVersion(database, named) === 0) throw new Error('it is not a store of Ridgeline');
    checkVersion(database, named);
    // Without damage, the first pragma returns "ok" and the second one returns nothing.
    for (const [pragma, good] of [
      ['integrity_check(1)', 'ok'],
      ['foreign_key_check', ''],
    ]) {
      const finding = Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {}).join(' ');
      if (finding !== good) throw new Error(finding);
    }
    database.exec('PRAGMA journal_mode = DELETE');
  };
  let summary: CopySummary;
  try {
    const database = opened(copy, false, check);
    const count = (table: string): number =>
      Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
    summary = { studies: count('study'), trials: count('trial') };
    database.close();
  } catch (error) {
    removeLog(copy);
    if (error instanceof RidgelineError && error.code !== 'STATE_DAMAGED') throw error;
    const cause = error instanceof RidgelineError ? (error.cause ?? error) : error;
    throw new RidgelineError(
      'STATE_DAMAGED',
      `${named} is damaged (${errorMessage(cause)}) and was not used. Nothing was changed.`,
      'Restore another backup. `ridgeline restore FILE` checks it first.',
      { cause },
    );
  }
  chmodSync(copy, 0o600);
  syncPath(copy, 'r+');
  return summary;
}

/** Renames the store that is replaced, with its log and its mark, if they exist. @returns its new name */
function renameReplaced(file: string): string {
  let number = 1;
  const asideName = (): string => `${file}.replaced-${number}`;
  while (existsSync(asideName()) || existsSync(`${asideName()}-wal`)) number += 1;
  const aside = asideName();
  // The log first: a store without its log has an older state, and a log without its store is useless.
  for (const [path, suffix] of [
    [logFile(file), '-wal'],
    [markFile(file), '-mark'],
    [file, ''],
  ] as const)
    if (existsSync(path)) renameSync(path, `${aside}${suffix}`);
  return aside;
}

function removeLog(file: string): void {
  for (const suffix of ['-wal', '-shm', '-journal', '-mark'])
    rmSync(`${file}${suffix}`, { force: true });
}

/** Whether no study is stored. A store that cannot be read is not empty. */
function isEmptyStore(file: string): boolean {
  try {
    using reader = openForReading(file);
    return reader?.database.prepare('SELECT 1 FROM study').get() === undefined;
  } catch {
    return false;
  }
}

function refuseTarget(target: string, source: string, force: boolean): void {
  const directory = dirname(resolve(target));
  if (!existsSync(directory) || !statSync(directory).isDirectory())
    throw unwritable(target, `there is no directory ${directory}`);
  if (!existsSync(target)) return;
  if (!statSync(target).isFile()) throw unwritable(target, 'it is a directory, a device or a pipe');
  if (existsSync(source) && realpathSync(target) === realpathSync(source))
    throw unwritable(target, 'it is the store itself');
  if (!force) {
    throw new RidgelineError(
      'OUTPUT_UNWRITABLE',
      `${target} exists, and a backup does not replace files by default.`,
      'Choose another name, or add --force to replace it.',
    );
  }
}

function unwritable(target: string, cause: unknown): RidgelineError {
  return new RidgelineError(
    'OUTPUT_UNWRITABLE',
    `The backup ${target} cannot be written: ${errorMessage(cause)}.`,
    'Choose another path.',
    { cause },
  );
}

/**
 * Copies of the store: made while a coordinator runs, and put back when none does.
 *
 *     ridgeline.db (+ its log) --one committed state, checked--> FILE
 *     FILE --checked, whole, known--> ridgeline.db; the one that was there is kept beside it
 *
 * A backup is one file that needs no log beside it. It appears under its name whole or not at all.
 * Tokens and keys are not in it: they stay in the state directory.
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
import { dirname, resolve } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { RidgelineError, messageOf } from '../../base/errors.ts';
import {
  checkSqlite,
  createDirectory,
  isThere,
  opened,
  openForReading,
  storeFile,
} from './database-file.ts';
import { syncDirectory, syncFile } from './file-sync.ts';
import { lockState } from './lock.ts';
import { checkNotNewer, storedVersion } from './migrations.ts';
import { fromFileSystem, fromSqlite } from './sqlite-errors.ts';

interface BackupOptions {
  /** Whether a file of that name may be replaced. */
  readonly force: boolean;
  /** Told now and then, in pages of the store. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a copy has. */
export interface CopySummary {
  readonly studies: number;
  readonly trials: number;
}

/** So many pages between two looks at the progress. */
const pagesAtOnce = 1_000;

/**
 * Writes one committed state of the store to `target`; a running coordinator is not held up.
 *
 * @throws RidgelineError STUDY_UNKNOWN where there is no store; OUTPUT_UNWRITABLE; STATE_DAMAGED
 */
export async function backUpStore(
  stateDir: string,
  target: string,
  { force, onProgress }: BackupOptions,
): Promise<CopySummary> {
  const source = storeFile(stateDir);
  refuseTarget(target, source, force);
  // What a link names is replaced, not the link.
  const file = existsSync(target) ? realpathSync(target) : target;
  const database = openForReading(source);
  if (database === null) throw nothingToBackUp(stateDir);
  const partial = `${file}.partial-${process.pid}`;
  try {
    // Held for as long as it takes: the copy is of this state, whatever is committed meanwhile.
    database.exec('BEGIN');
    storedVersion(database);
    await backup(database, partial, {
      rate: pagesAtOnce,
      progress: ({ totalPages, remainingPages }) =>
        onProgress?.(totalPages - remainingPages, totalPages),
    });
    database.exec('COMMIT');
    const summary = checkCopy(partial, source);
    chmodSync(partial, 0o600);
    syncFile(partial);
    putInPlace(partial, file, force);
    return summary;
  } catch (error) {
    if (error instanceof RidgelineError) throw error;
    const known = fromSqlite(error, source);
    throw known instanceof RidgelineError && known.code === 'STATE_DAMAGED'
      ? known
      : unwritable(target, error);
  } finally {
    rmSync(partial, { force: true });
    database.close();
  }
}

/**
 * Puts a backup in the place of the store. No coordinator may run.
 *
 * @returns what it has, and where the store that was there has gone; null where there was none
 * @throws RidgelineError STATE_LOCKED; STATE_DAMAGED or VERSION_MISMATCH where the backup is no good,
 *   STATE_OCCUPIED where there is a store and `force` was not given; nothing was changed then
 */
export function restoreStore(
  stateDir: string,
  source: string,
  { force }: { readonly force: boolean },
): CopySummary & { readonly replaced: string | null } {
  if (!isThere(source)) {
    throw new RidgelineError(
      'USAGE',
      `There is no file ${source}.`,
      'Give the file that `ridgeline backup` wrote.',
    );
  }
  createDirectory(stateDir);
  using _lock = lockState(stateDir, `pid ${process.pid}, restoring a backup`);
  const file = storeFile(stateDir);
  const isOccupied = !isEmptyStore(file);
  if (isOccupied && !force) throw occupied(file);
  const partial = `${file}.restoring`;
  try {
    // What is checked is what will be used: the copy, not the original.
    copyFileSync(source, partial);
    const summary = checkCopy(partial, source);
    chmodSync(partial, 0o600);
    syncFile(partial);
    const replaced = isOccupied ? setAside(file) : null;
    removeLog(file);
    renameSync(partial, file);
    syncDirectory(stateDir);
    return { ...summary, replaced };
  } catch (error) {
    throw error instanceof RidgelineError ? error : fromFileSystem(error, stateDir);
  } finally {
    rmSync(partial, { force: true });
  }
}

/**
 * Everything that can be wrong with a copy is looked for before anybody relies on it; then it is made
 * one that needs no log beside it.
 *
 * @param named the file that people know, for messages
 */
function checkCopy(copy: string, named: string): CopySummary {
  checkSqlite();
  const check = (database: DatabaseSync): void => {
    if (storedVersion(database) === 0) throw new Error('it is no store of Ridgeline');
    checkNotNewer(database, named);
    for (const [pragma, isGood] of wholeness) {
      const found = database.prepare(`PRAGMA ${pragma}`).get();
      if (!isGood(found)) throw new Error(Object.values(found ?? {}).join(' '));
    }
    database.exec('PRAGMA journal_mode = DELETE');
  };
  try {
    const database = opened(copy, false, check);
    const count = (table: string): number =>
      Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
    const summary = { studies: count('study'), trials: count('trial') };
    database.close();
    return summary;
  } catch (error) {
    removeLog(copy);
    if (error instanceof RidgelineError && error.code !== 'STATE_DAMAGED') throw error;
    throw damagedCopy(named, error instanceof RidgelineError ? (error.cause ?? error) : error);
  }
}

type Row = Record<string, unknown> | undefined;

const wholeness: readonly (readonly [string, (found: Row) => boolean])[] = [
  ['integrity_check(1)', (found) => found?.['integrity_check'] === 'ok'],
  ['foreign_key_check', (found) => found === undefined],
];

/** A hard link fails where there is a file: two backups at once cannot replace each other unasked. */
function putInPlace(partial: string, target: string, force: boolean): void {
  if (force) renameSync(partial, target);
  else linkSync(partial, target);
  syncDirectory(dirname(resolve(target)));
}

/** The store that is replaced stays there under another name, with its log. */
function setAside(file: string): string {
  let number = 1;
  while (existsSync(`${file}.replaced-${number}`)) number += 1;
  const aside = `${file}.replaced-${number}`;
  // The log first: without its store it is nothing, but a store without its log is an older store.
  if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${aside}-wal`);
  renameSync(file, aside);
  return aside;
}

function removeLog(file: string): void {
  for (const suffix of ['-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true });
}

/** Nothing was ever written there; one that cannot be read is not empty. */
function isEmptyStore(file: string): boolean {
  try {
    const database = openForReading(file);
    if (database === null) return true;
    const found = database.prepare('SELECT 1 FROM study').get();
    database.close();
    return found === undefined;
  } catch {
    return false;
  }
}

function refuseTarget(target: string, source: string, force: boolean): void {
  const directory = dirname(resolve(target));
  if (!existsSync(directory) || !statSync(directory).isDirectory())
    throw unwritable(target, new Error(`there is no directory ${directory}`));
  if (!existsSync(target)) return;
  if (!statSync(target).isFile())
    throw unwritable(target, new Error('it is a directory, a device or a pipe'));
  if (resolvedStore(target) === resolvedStore(source))
    throw unwritable(target, new Error('it is the store itself'));
  if (!force) {
    throw new RidgelineError(
      'OUTPUT_UNWRITABLE',
      `${target} is there already, and backups are not replaced unasked.`,
      'Give another name, or --force to replace it.',
    );
  }
}

function resolvedStore(file: string): string {
  return existsSync(file) ? realpathSync(file) : file;
}

function nothingToBackUp(stateDir: string): RidgelineError {
  return new RidgelineError(
    'STUDY_UNKNOWN',
    `There is no store in ${stateDir}, so there is nothing to back up.`,
    'Give the directory of a coordinator or run with --state DIR.',
  );
}

function unwritable(target: string, cause: unknown): RidgelineError {
  return new RidgelineError(
    'OUTPUT_UNWRITABLE',
    `The backup ${target} cannot be written: ${messageOf(cause)}.`,
    'Give another path.',
    { cause },
  );
}

function occupied(file: string): RidgelineError {
  return new RidgelineError(
    'STATE_OCCUPIED',
    `There is a store already: ${file}. Nothing was changed.`,
    'Give --force to put the backup in its place (it is kept beside it under another name), or another --state DIR.',
  );
}

function damagedCopy(named: string, cause: unknown): RidgelineError {
  return new RidgelineError(
    'STATE_DAMAGED',
    `${named} is damaged (${messageOf(cause)}), so no copy of it is used. Nothing was changed.`,
    'Use another backup; `ridgeline restore FILE` checks each before it uses it.',
    { cause },
  );
}

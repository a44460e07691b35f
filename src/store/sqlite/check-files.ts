/**
 * Checks of a store's files before SQLite opens them for writing, or at all. SQLite takes a store without its log
 * for one with less in it, and deletes a log that has no database.
 */
import type { DatabaseSync } from 'node:sqlite';
import { dirname } from 'node:path';
import { RidgelineError } from '../../base/errors.ts';
import { fileExists } from './database-file.ts';
import { fileBytes, logFile, markFile } from './file-names.ts';
import { isStateLocked } from './lock.ts';
import { readLog } from './log-check.ts';
import { compareLog, readMark, storedGeneration, type Mark } from './progress-mark.ts';
import { storeDamaged } from './sqlite-errors.ts';

/**
 * Checks that a database exists if anything else says so.
 *
 * @returns false if there is no store yet
 * @throws RidgelineError STATE_DAMAGED
 */
export function checkPresence(file: string): boolean {
  if (fileExists(file) && fileBytes(file) > 0) return true;
  const logBytes = fileBytes(logFile(file));
  if (logBytes > 0) throw missing(file, `its log exists (${logBytes} bytes)`, logFile(file));
  if (readMark(file) !== null)
    throw missing(file, 'its progress mark says that studies were stored', markFile(file));
  return false;
}

function missing(file: string, evidence: string, rest: string): RidgelineError {
  return new RidgelineError(
    'STATE_DAMAGED',
    `The store ${file} is empty or does not exist, but ${evidence}, so its studies are missing. Nothing was changed.`,
    `Put the file back, or restore a backup with \`ridgeline restore FILE --force --state ${dirname(file)}\`. To start with an empty store, delete ${rest}.`,
  );
}

/**
 * Checks the log for damage and missing transactions.
 *
 * @param mark read before this call
 * @throws RidgelineError STATE_DAMAGED
 */
export function checkLog(file: string, mark: Mark | null): void {
  const log = readLog(logFile(file));
  if (log.damage !== null) throw storeDamaged(file, log.damage);
  const compared = compareLog(mark, log);
  if (compared === 'shorter') throw incomplete(file, 'its log is shorter than it was');
  if (compared === 'foreign')
    throw incomplete(file, `${logFile(file)} is the log of another store`, logFile(file));
}

/** The same for a reader: a process that writes has checked the log, which changes meanwhile. */
export function checkUnusedLog(file: string, mark: Mark | null): void {
  try {
    if (!isStateLocked(dirname(file))) checkLog(file, mark);
  } catch (error) {
    // A process may have begun to write during the check.
    if (!isStateLocked(dirname(file))) throw error;
  }
}

/**
 * Checks that the newest commits are in the store.
 *
 * @param mark read before the database was opened, since both grow
 * @throws RidgelineError STATE_DAMAGED
 */
export function checkGeneration(database: DatabaseSync, file: string, mark: Mark | null): void {
  if (mark === null || storedGeneration(database) >= mark.generation) return;
  throw incomplete(file, 'its log was deleted or replaced, or the file is an old copy');
}

/** @param foreign a file that must not be used */
function incomplete(file: string, problem: string, foreign?: string): RidgelineError {
  const rest = [markFile(file), ...(foreign === undefined ? [] : [foreign])].join(' and ');
  return new RidgelineError(
    'STATE_DAMAGED',
    `The store ${file} lacks results that were acknowledged: ${problem}. It was not changed.`,
    `Put the missing file back, or restore a backup with \`ridgeline restore FILE --force --state ${dirname(file)}\`. To continue without these results, delete ${rest}.`,
  );
}

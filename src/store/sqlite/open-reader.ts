/**
 * Reader: opens the database of a store for reading only, also where nothing can be written.
 *
 * SQLite's readers write, too: a file of shared memory next to the log. Where they cannot, because the disk is
 * read-only or the directory belongs to another user, a store without a log is read as a file that does not
 * change, and one with a log from a private copy. Neither shows later commits.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { RidgelineError } from '../../base/errors.ts';
import { checkGeneration, checkPresence, checkUnusedLog } from './check-files.ts';
import { checkSqlite, opened } from './database-file.ts';
import { fileBytes, logFile } from './file-names.ts';
import { findLack } from './file-system.ts';
import { readMark, type Mark } from './progress-mark.ts';
import { checkReadable, storedVersion } from './schema.ts';
import { fromFileSystem, isBusy } from './sqlite-errors.ts';

interface ReadingOptions {
  /** Whether the whole log is checked, which takes 0.2 s for 100 MB; true by default. */
  readonly checksLog?: boolean;
}

export interface OpenedReader extends Disposable {
  readonly database: DatabaseSync;
  /** Whether later commits are not visible. */
  readonly isFixed: boolean;
}

/**
 * Null if there is no store yet.
 *
 * @throws RidgelineError STATE_DAMAGED, STATE_UNWRITABLE, VERSION_MISMATCH
 */
export function openForReading(
  file: string,
  { checksLog = true }: ReadingOptions = {},
): OpenedReader | null {
  checkSqlite();
  if (!checkPresence(file)) return null;
  const mark = readMark(file);
  if (checksLog) checkUnusedLog(file, mark);
  try {
    return openAt(file, mark, file);
  } catch (error) {
    if (!needsNoWriting(error, file)) throw error;
    return fileBytes(logFile(file)) > 0
      ? openCopy(file, mark)
      : openAt(file, mark, immutable(file), { isFixed: true });
  }
}

/** Whether the store can be read without writing: the error is that nothing can be written, or locked. */
function needsNoWriting(error: unknown, file: string): boolean {
  if (!(error instanceof RidgelineError)) return false;
  if (error.code === 'STATE_UNSUPPORTED') return true;
  if (error.code !== 'STATE_UNWRITABLE') return false;
  return !isBusy(error.cause) || findLack(dirname(file)) === 'locks';
}

function openAt(
  file: string,
  mark: Mark | null,
  location: string | URL,
  { isFixed = false, end = () => {} } = {},
): OpenedReader | null {
  let isEmpty = false;
  const read = (opening: DatabaseSync): void => {
    isEmpty = storedVersion(opening, file) === 0;
    checkGeneration(opening, file, mark);
    if (!isEmpty) checkReadable(opening, file);
  };
  const database = opened(file, true, read, location);
  const dispose = (): void => {
    database[Symbol.dispose]();
    end();
  };
  if (!isEmpty) return { database, isFixed, [Symbol.dispose]: dispose };
  dispose();
  return null;
}

function immutable(file: string): URL {
  const url = pathToFileURL(resolve(file));
  url.searchParams.set('immutable', '1');
  return url;
}

function openCopy(file: string, mark: Mark | null): OpenedReader | null {
  const folder = mkdtempSync(join(tmpdir(), 'ridgeline-read-'));
  const end = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, 'ridgeline.db');
    copyFileSync(logFile(file), `${copy}-wal`);
    copyFileSync(file, copy);
    return openAt(file, mark, copy, { isFixed: true, end });
  } catch (error) {
    end();
    throw fromFileSystem(error, file);
  }
}

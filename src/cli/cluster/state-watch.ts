/**
 * State watch: notices that the store's file or its log was deleted or replaced while a coordinator uses it. SQLite
 * continues to write to the deleted file, so nothing else fails, and all results would be lost at the end. It
 * also notices that another process has taken the state directory, where file locks have no effect.
 */
import { statSync } from 'node:fs';
import { errorMessage, RidgelineError } from '../../base/errors.ts';
import { logFile, storeFile } from '../../store/sqlite/file-names.ts';
import type { SqliteStore } from '../../store/sqlite/open-store.ts';

const checkMs = 2_000;

/** @param onGone called once */
export function watchState(
  stateDir: string,
  store: Pick<SqliteStore, 'lockProblem' | 'saveLog'>,
  onGone: (error: RidgelineError) => void,
  everyMs = checkMs,
): Disposable {
  const file = storeFile(stateDir);
  const log = logFile(file);
  const opened = identity(file);
  // SQLite keeps one log as long as the store is open.
  let openedLog = identity(log);
  const problem = (): RidgelineError | null => {
    if (identity(file) !== opened) return gone(file);
    openedLog ??= identity(log);
    if (identity(log) !== openedLog) return logGone(log, store);
    return store.lockProblem();
  };
  const timer = setInterval(() => {
    const error = problem();
    if (error === null) return;
    clearInterval(timer);
    onGone(error);
  }, everyMs);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function gone(file: string): RidgelineError {
  return new RidgelineError(
    'STATE_DAMAGED',
    `The store ${file} was deleted or replaced while this command used it, so nothing can be stored.`,
    'Restore it with `ridgeline restore`, or run the command again, which starts the study over.',
  );
}

/** The process can still read the deleted log, so the results in it are saved first. */
function logGone(log: string, store: Pick<SqliteStore, 'saveLog'>): RidgelineError {
  const what = `The log of the store, ${log}, was deleted or replaced while this command used it.`;
  try {
    store.saveLog();
  } catch (error) {
    return new RidgelineError(
      'STATE_DAMAGED',
      `${what} What it contained could not be saved: ${errorMessage(error)}.`,
      'Restore a backup with `ridgeline restore`.',
      { cause: error },
    );
  }
  return new RidgelineError(
    'STATE_DAMAGED',
    `${what} All results are saved in the database.`,
    'Run the command again, which resumes the study. Do not delete files of the state directory.',
  );
}

/** Null without a file. */
function identity(file: string): string | null {
  const facts = statSync(file, { throwIfNoEntry: false });
  return facts === undefined ? null : `${facts.dev} ${facts.ino}`;
}

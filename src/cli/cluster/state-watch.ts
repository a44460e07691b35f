/**
 * State watch: notices that the store's file was deleted or replaced while a coordinator uses it. SQLite continues
 * to write to the deleted file, so nothing else fails, and all results would be lost at the end. It also
 * notices that another process has taken the state directory, where file locks have no effect.
 */
import { statSync } from 'node:fs';
import { RidgelineError } from '../../base/errors.ts';
import { storeFile } from '../../store/sqlite/file-names.ts';
import type { SqliteStore } from '../../store/sqlite/open-store.ts';

const checkMs = 2_000;

/** @param onGone called once */
export function watchState(
  stateDir: string,
  store: Pick<SqliteStore, 'lockProblem'>,
  onGone: (error: RidgelineError) => void,
  everyMs = checkMs,
): Disposable {
  const file = storeFile(stateDir);
  const opened = identity(file);
  const timer = setInterval(() => {
    const error = identity(file) === opened ? store.lockProblem() : gone(file);
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

/** Null without a file. */
function identity(file: string): string | null {
  const facts = statSync(file, { throwIfNoEntry: false });
  return facts === undefined ? null : `${facts.dev} ${facts.ino}`;
}

/**
 * State lock: lets one process per state directory write, the one that holds `BEGIN EXCLUSIVE` on
 * `lock.db`.
 *
 * The operating system releases the lock when the process ends for any reason, so there are no stale
 * locks. The store's own file is not locked: others may read it at any time.
 *
 * `lock.owner` names the holder, for the error of a second process. The file remains after a crash; it is
 * read only while the lock is held.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RidgelineError } from '../../base/errors.ts';
import { fromFileSystem, fromSqlite, isBusy, translated } from './sqlite-errors.ts';

/** How long a lock waits for a process that only looks at it (`isStateLocked`). */
const lookMs = 200;
/** End of the holder's text while it ends. */
const endingText = 'which is shutting down';

export interface StateLock extends Disposable {
  /** Records the holder, for people: "pid 123 on host, 127.0.0.1:7070". */
  writeOwner(owner: string): void;
}

/** The text of a holder that ends. */
export function endingOwner(owner: string): string {
  return `${owner}, ${endingText}`;
}

/** Whether a process holds the lock, which it does as long as it may write the store. */
export function isStateLocked(stateDir: string): boolean {
  const file = join(stateDir, 'lock.db');
  if (!existsSync(file)) return false;
  try {
    using database = new DatabaseSync(file, { readOnly: true, timeout: 0 });
    database.exec('SELECT 1 FROM sqlite_master');
    return false;
  } catch (error) {
    return isBusy(error);
  }
}

/** @throws RidgelineError STATE_LOCKED if another process, or another store in this one, holds the lock */
export function lockState(stateDir: string, owner: string): StateLock {
  const file = join(stateDir, 'lock.db');
  const ownerFile = join(stateDir, 'lock.owner');
  const database = translated(file, () => new DatabaseSync(file, { timeout: lookMs }));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw fromSqlite(error, file);
    const holder = readOwner(ownerFile);
    throw new RidgelineError(
      'STATE_LOCKED',
      `The state directory ${stateDir} is in use by a running coordinator (${holder}); only one can use it.`,
      holder.endsWith(endingText)
        ? 'Run the command again in some seconds.'
        : `Stop it, or choose another directory with --state DIR. To add a study to it, run \`ridgeline submit STUDY.yaml --state ${stateDir}\`.`,
    );
  }
  const lock = {
    writeOwner: (text: string) => {
      try {
        writeFileSync(ownerFile, `${text}\n`, { mode: 0o600 });
      } catch (error) {
        throw fromFileSystem(error, ownerFile);
      }
    },
    [Symbol.dispose]: () => {
      if (!database.isOpen) return;
      rmSync(ownerFile, { force: true });
      database.close();
    },
  };
  try {
    lock.writeOwner(owner);
  } catch (error) {
    database.close();
    throw error;
  }
  return lock;
}

function readOwner(file: string): string {
  try {
    const owner = readFileSync(file, 'utf8').trim();
    return owner === '' ? 'another process' : owner;
  } catch {
    return 'another process';
  }
}

/**
 * State lock: lets one process per state directory write, the one that holds `BEGIN EXCLUSIVE` on
 * `lock.db`.
 *
 * The operating system releases the lock when the process ends for any reason, so there are no stale
 * locks. The store's own file is not locked: others may read it at any time. `lock.owner` names the holder,
 * and stops one of two processes where locks have no effect (`lock-owner.ts`).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RidgelineError } from '../../base/errors.ts';
import { findLack } from './file-system.ts';
import { beatMs, isAlive, OwnerFile, readOwner } from './lock-owner.ts';
import { fromSqlite, isBusy, storeUnsupported, translated } from './sqlite-errors.ts';

/** How long a lock waits for a process that only looks at it (`isStateLocked`). */
const lookMs = 200;
/** How often commits look at `lock.owner` at most. */
const checkMs = 1_000;
/** End of the holder's text while it ends. */
const endingText = 'which is shutting down';

export interface StateLock extends Disposable {
  /** Records the holder, for people: "ridgeline run (pid 123 on host, listening on 127.0.0.1:7070)". */
  writeOwner(owner: string): void;
  /** STATE_LOCKED if another process has taken the directory, so that this one must stop; otherwise null. */
  problem(): RidgelineError | null;
  /** The same before a write: reads the disk once a second. @throws RidgelineError STATE_LOCKED */
  requireHeld(): void;
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

/**
 * @throws RidgelineError STATE_LOCKED if another process, or another store in this one, holds the lock;
 *   STATE_UNSUPPORTED if the file system has no locks
 */
export async function lockState(stateDir: string, owner: string): Promise<StateLock> {
  const file = join(stateDir, 'lock.db');
  const database = translated(file, () => new DatabaseSync(file, { timeout: lookMs }));
  try {
    takeLock(database, file, stateDir);
    const last = readOwner(stateDir);
    if (last !== null && (await isAlive(last, stateDir)))
      throw locked(stateDir, `${last.text}; file locks have no effect there`);
    return holdLock(database, stateDir, owner);
  } catch (error) {
    database.close();
    throw error;
  }
}

function takeLock(database: DatabaseSync, file: string, stateDir: string): void {
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    if (!isBusy(error)) throw fromSqlite(error, file);
    // Some file systems without locks answer as if another process had the lock.
    const lack = findLack(stateDir);
    if (lack !== null) throw storeUnsupported(file, lack, error);
    throw locked(stateDir, readOwner(stateDir)?.text ?? 'another process');
  }
}

function holdLock(database: DatabaseSync, stateDir: string, owner: string): StateLock {
  const file = new OwnerFile(stateDir);
  file.write(owner);
  const timer = setInterval(() => file.beat(), beatMs).unref();
  let checkedMs = -Infinity;
  const problem = (): RidgelineError | null => {
    const other = file.replacedBy();
    return other === null ? null : taken(stateDir, other);
  };
  return {
    writeOwner: (text) => file.write(text),
    problem,
    requireHeld: () => {
      if (performance.now() - checkedMs < checkMs) return;
      const found = problem();
      if (found !== null) throw found;
      checkedMs = performance.now();
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      if (!database.isOpen) return;
      file.remove();
      database.close();
    },
  };
}

function locked(stateDir: string, holder: string): RidgelineError {
  const serves = /^ridgeline (run|coordinator)\b/.test(holder);
  return new RidgelineError(
    'STATE_LOCKED',
    `The state directory ${stateDir} is in use by ${holder}; only one process can use it.`,
    serves && !holder.endsWith(endingText)
      ? `Stop it, or choose another directory with --state DIR. To add a study to it, run \`ridgeline submit STUDY.yaml --state ${stateDir}\`.`
      : 'Run the command again when that process has ended, or choose another directory with --state DIR.',
  );
}

function taken(stateDir: string, other: string): RidgelineError {
  return new RidgelineError(
    'STATE_LOCKED',
    `The state directory ${stateDir} was taken by another process (${other}), since file locks have no effect there. This process stops before it writes anything else.`,
    'Run one process at a time on this directory, or choose a directory on a file system with locks with --state DIR.',
  );
}

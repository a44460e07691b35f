/**
 * One coordinator for a state directory: `BEGIN EXCLUSIVE` held on a database of its own.
 *
 * The operating system lets go of the lock when the process ends, however it ends, so there is no
 * stale lock to clean up. The store's own file is not locked: others may read it at any time.
 *
 * Beside the lock stands who holds it, for the message to the second. After a crash that file is
 * still there and means nothing: only the lock counts.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RidgelineError } from '../../base/errors.ts';
import { fromFileSystem, fromSqlite, isBusy, translated } from './sqlite-errors.ts';

export interface StateLock extends Disposable {
  /** Says who holds it, in words for people: "pid 123 on host, 127.0.0.1:7070". */
  writeOwner(owner: string): void;
}

/** @throws RidgelineError STATE_LOCKED when another process, or another store in this one, holds it */
export function lockState(stateDir: string, owner: string): StateLock {
  const file = join(stateDir, 'lock.db');
  const ownerFile = join(stateDir, 'lock.owner');
  const database = translated(file, () => new DatabaseSync(file, { timeout: 0 }));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) throw stateLocked(stateDir, readOwner(ownerFile));
    throw fromSqlite(error, file);
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

function stateLocked(stateDir: string, owner: string): RidgelineError {
  return new RidgelineError(
    'STATE_LOCKED',
    `The state directory ${stateDir} is in use by a running coordinator (${owner}); there can be only one.`,
    `Hand the study to it with \`ridgeline submit STUDY.yaml --state ${stateDir}\`, stop it, or give another directory with --state DIR.`,
  );
}

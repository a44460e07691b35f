/**
 * File lock: lets one process at a time do something, by an exclusive lock of SQLite on a file.
 *
 * The operating system releases it when the process ends for any reason, so there are no stale locks.
 * Processes of containers that share the folder exclude each other, which process ids in a file do not do.
 * On a file system without locks nothing is locked.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { DatabaseSync } from 'node:sqlite';

export type LockAttempt =
  | ({ readonly kind: 'locked' } & Disposable)
  /** `holder` names the process: "process 12 on host". */
  | { readonly kind: 'held'; readonly holder: string };

const unlocked: LockAttempt = { kind: 'locked', [Symbol.dispose]: () => undefined };

/** Tries to lock the file, which is created and removed with the lock. @throws errors of the file system */
export function tryLock(path: string): LockAttempt {
  for (;;) {
    const database = lockOnce(path);
    if (database === 'replaced') continue;
    if (database === null) {
      if (!hasLocks(path)) return unlocked;
      return { kind: 'held', holder: readHolder(path) };
    }
    writeFileSync(ownerFile(path), `process ${process.pid} on ${hostname()}\n`, { mode: 0o600 });
    return {
      kind: 'locked',
      [Symbol.dispose]: () => {
        if (!database.isOpen) return;
        rmSync(ownerFile(path), { force: true });
        // Before the lock is released: a process that has opened the removed file notices it.
        rmSync(path, { force: true });
        database.close();
      },
    };
  }
}

/** @returns null if another process holds the lock; `replaced` if the holder removed the file meanwhile */
function lockOnce(path: string): DatabaseSync | null | 'replaced' {
  const before = createIfMissing(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // Without a journal, which would be another file.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) return null;
    throw error;
  }
  if (inode(path) === before) return database;
  database.close();
  return 'replaced';
}

/** Whether a file that no other process knows can be locked. Some network file systems have no locks. */
function hasLocks(path: string): boolean {
  const probe = `${path}.${randomUUID()}`;
  try {
    const database = lockOnce(probe);
    if (database === null || database === 'replaced') return false;
    database.close();
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { force: true });
  }
}

/** An existing file is never opened: closing it would end all locks that this process holds on it. */
function createIfMissing(path: string): number | null {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return inode(path);
}

function inode(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

const ownerFile = (path: string): string => `${path}.owner`;

function readHolder(path: string): string {
  try {
    return readFileSync(ownerFile(path), 'utf8').trim() || 'another process';
  } catch {
    return 'another process';
  }
}

/** SQLITE_BUSY. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && Number(error.errcode) % 256 === 5;
}

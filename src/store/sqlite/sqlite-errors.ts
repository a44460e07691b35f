/**
 * SQLite errors: errors of SQLite and of the file system become errors that a user can act on.
 *
 * A violated constraint is not among them: it is a bug of Ridgeline and is reported as one.
 */
import { dirname } from 'node:path';
import { assert } from '../../base/assert.ts';
import { errorMessage, RidgelineError } from '../../base/errors.ts';

/** Extended result codes (https://www.sqlite.org/rescode.html) of a failed fsync, of a file or of a directory. */
const unconfirmedCodes: readonly number[] = [10 | (4 << 8), 10 | (5 << 8)];

/** What a file system may lack. */
export type Lack = 'locks' | 'shared memory';

/** Extended result codes of locks that fail for another reason than a lock of another process. */
const lockCodes: readonly number[] = [8, 9, 14, 15, 20].map((detail) => 10 | (detail << 8));
/** Extended result code of a file that cannot be mapped into memory. */
const mapCode = 10 | (21 << 8);

/** Primary result codes. */
const [busy, corrupt, constraint, notADatabase] = [5, 11, 19, 26];

/** Calls `action`. Errors of SQLite in it are thrown as a RidgelineError or as a broken invariant. */
export function translated<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw fromSqlite(error, file);
  }
}

/** The extended result code of an error of SQLite; 0 for any other error. Its last byte is the primary code. */
function extendedCode(error: unknown): number {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : 0;
  return typeof code === 'number' ? code : 0;
}

export function isBusy(error: unknown): boolean {
  return (extendedCode(error) & 0xff) === busy;
}

/** What the file system lacks, by an error of SQLite; null for other errors. */
export function lackFrom(error: unknown): Lack | null {
  const code = extendedCode(error);
  if (lockCodes.includes(code)) return 'locks';
  return code === mapCode ? 'shared memory' : null;
}

const checkFile = [null, 'Check the disk and the permissions of that file.'] as const;
const inUse = [
  'another program is writing to it',
  'Close the other program that uses this file.',
] as const;

/** By primary result code: why the file cannot be written (null: the message of SQLite), and the fix. */
const unwritableCodes: Readonly<Record<number, readonly [why: string | null, fix: string]>> = {
  3: checkFile, // SQLITE_PERM
  [busy]: inUse,
  6: inUse, // SQLITE_LOCKED
  8: checkFile, // SQLITE_READONLY
  10: checkFile, // SQLITE_IOERR
  13: ['the disk is full', 'Free some space on that disk; the work then resumes.'], // SQLITE_FULL
  14: [
    null,
    'Check the permissions of the directory, to which readers also write, or copy it to a disk that is not read-only.',
  ], // SQLITE_CANTOPEN
};

export function fromSqlite(error: unknown, file: string): unknown {
  const what = errorMessage(error);
  const extended = extendedCode(error);
  if (unconfirmedCodes.includes(extended)) return storeUncertain(file, what, error);
  const lack = lackFrom(error);
  if (lack !== null) return storeUnsupported(file, lack, error);
  const code = extended & 0xff;
  if (code === corrupt || code === notADatabase) return storeDamaged(file, what, error);
  if (code === constraint)
    return new Error(`Invariant broken: the store refuses a row: ${what}`, { cause: error });
  const [why, fix] = unwritableCodes[code] ?? [null, null];
  return fix === null ? error : storeUnwritable(file, why ?? what, fix, error);
}

export function storeUnsupported(file: string, lack: Lack, cause: unknown): RidgelineError {
  const what = {
    locks: 'has no file locks, so nothing could keep two processes apart',
    'shared memory': 'cannot map files into shared memory, which the log of the store needs',
  }[lack];
  return new RidgelineError(
    'STATE_UNSUPPORTED',
    `The file system of ${dirname(file)} ${what}.`,
    'Choose a directory on a local disk with --state DIR, such as one below /var/tmp (`df -T DIR` prints the type). Or mount this one with locks: Lustre with `flock`, NFS without `nolock`.',
    { cause },
  );
}

/** @param path the state directory or a file in it */
export function fromFileSystem(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const causes: Record<string, string> = {
    EACCES: 'permission denied (EACCES)',
    EPERM: 'operation not permitted (EPERM)',
    EROFS: 'the file system is read-only (EROFS)',
    ENOSPC: 'the disk is full (ENOSPC)',
    ENOTDIR: 'a part of the path is a file, not a directory (ENOTDIR)',
    EEXIST: 'it is a file, not a directory (EEXIST)',
  };
  const why = causes[String(error.code)] ?? error.message;
  const fix = 'Make it writable, or choose another directory with --state DIR.';
  return storeUnwritable(path, why, fix, error);
}

function storeUnwritable(path: string, why: string, fix: string, cause: unknown): RidgelineError {
  const what = `The state in ${path} cannot be used: ${why}.`;
  return new RidgelineError('STATE_UNWRITABLE', what, fix, { cause });
}

/**
 * The error of a failed fsync. Linux marks the pages as clean nevertheless, so the next fsync may succeed
 * without having written them. Only a new process reads the actual content of the file.
 */
function storeUncertain(file: string, why: string, cause: unknown): RidgelineError {
  return new RidgelineError(
    'STATE_UNCERTAIN',
    `The disk did not confirm a write to the store ${file} (${why}), so its contents are uncertain and this process stops. Only confirmed results were acknowledged.`,
    'Check the disk (`dmesg`, its SMART values), then start again. If acknowledged results are missing, the start reports it.',
    { cause },
  );
}

export function storeDamaged(file: string, finding: string, cause?: unknown): RidgelineError {
  assert(finding !== '', 'damage has a description');
  return new RidgelineError(
    'STATE_DAMAGED',
    `The store ${file} is damaged (${finding.replaceAll(/\s+/g, ' ')}), so its results cannot be trusted. It was not changed.`,
    `Restore a backup with \`ridgeline restore FILE --force --state ${dirname(file)}\` (the damaged store is kept under another name), or choose another directory with --state DIR.`,
    { cause },
  );
}

/**
 * What SQLite and the file system say, in words that an operator can act on: disk full, no permission,
 * damaged, in use. A broken constraint is not among them: it is a bug, and stays one.
 */
import { dirname } from 'node:path';
import { assert } from '../../base/assert.ts';
import { messageOf, RidgelineError } from '../../base/errors.ts';

/** Primary result codes, https://www.sqlite.org/rescode.html */
const resultCode = {
  permission: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  inputOutput: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
} as const;

/** Extended result codes of `inputOutput`: the disk did not confirm what was written to it. */
const unconfirmedCodes: readonly number[] = [10 | (4 << 8), 10 | (5 << 8)];

/** Runs `action`; what SQLite throws in it comes out as an operating error or an assertion. */
export function translated<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw fromSqlite(error, file);
  }
}

/** The extended result code of an error that SQLite gave; null for any other. */
function extendedCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode : null;
}

function primaryCode(error: unknown): number | null {
  const code = extendedCode(error);
  return code === null ? null : code & 0xff;
}

export function isBusy(error: unknown): boolean {
  return primaryCode(error) === resultCode.busy;
}

export function fromSqlite(error: unknown, file: string): unknown {
  if (unconfirmedCodes.includes(extendedCode(error) ?? 0))
    return storeUncertain(file, messageOf(error), error);
  const code = primaryCode(error);
  switch (code) {
    case resultCode.corrupt:
    case resultCode.notADatabase:
      return storeDamaged(file, messageOf(error), error);
    case resultCode.full:
      return storeUnwritable(
        file,
        'the disk is full',
        'Free some space on that disk; work then goes on by itself.',
        error,
      );
    case resultCode.busy:
    case resultCode.locked:
      return storeUnwritable(
        file,
        'another program is writing to it',
        'Close the other program that has this file open.',
        error,
      );
    case resultCode.cannotOpen:
      return storeUnwritable(
        file,
        `${messageOf(error)} (readers, too, write to its directory)`,
        'Check the permissions of the directory, or copy it to a disk that is not read-only.',
        error,
      );
    case resultCode.permission:
    case resultCode.readOnly:
    case resultCode.inputOutput:
      return storeUnwritable(
        file,
        messageOf(error),
        'Check the disk and the permissions of that file.',
        error,
      );
    case resultCode.constraint:
      return new Error(`Invariant broken: the store refused a row: ${messageOf(error)}`, {
        cause: error,
      });
    default:
      return error;
  }
}

/** An error of the file system about the state directory or a file in it. */
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
  const cause = causes[String(error.code)] ?? error.message;
  return storeUnwritable(
    path,
    cause,
    'Make it writable, or give another directory with --state DIR.',
    error,
  );
}

function storeUnwritable(path: string, why: string, fix: string, cause: unknown): RidgelineError {
  return new RidgelineError(
    'STATE_UNWRITABLE',
    `The state in ${path} cannot be used: ${why}.`,
    fix,
    {
      cause,
    },
  );
}

/**
 * An fsync failed. Linux marks the pages as clean all the same, so the next fsync may succeed without
 * them: only a process that reads the file anew knows what is in it.
 */
function storeUncertain(file: string, why: string, cause: unknown): RidgelineError {
  return new RidgelineError(
    'STATE_UNCERTAIN',
    `The disk did not confirm a write to the store ${file} (${why}), so what is on it is uncertain; this process goes no further. Nothing unconfirmed was acknowledged.`,
    'Check the disk (`dmesg`, its SMART values), then start again: what was acknowledged is there, or the start says so.',
    { cause },
  );
}

export function storeDamaged(file: string, finding: string, cause?: unknown): RidgelineError {
  assert(finding !== '', 'damage has a description');
  return new RidgelineError(
    'STATE_DAMAGED',
    `The store ${file} is damaged (${finding.replaceAll(/\s+/g, ' ')}), so its results cannot be trusted. It was left as it is.`,
    `Put a backup in its place with \`ridgeline restore FILE --force --state ${dirname(file)}\` (the damaged store is kept beside it), or start anew with another --state DIR.`,
    { cause },
  );
}

/** Private files: files with secrets, which only their owner may read, in a private state directory. */
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { makeFolders } from '../../base/make-folders.ts';

/** Replaces the file atomically: a concurrent reader sees the old content or the new content. */
export function writePrivateFile(path: string, text: string): void {
  const unfinished = `${path}.${process.pid}.new`;
  try {
    makeFolders(dirname(path), 0o700);
    writeFileSync(unfinished, text, { mode: 0o600, flush: true });
    renameSync(unfinished, path);
  } catch (error) {
    throw new RidgelineError(
      'STATE_UNWRITABLE',
      `${path} cannot be written: ${errorMessage(error)}.`,
      'Make the state directory writable for this user, or choose another one with --state.',
      { cause: error },
    );
  }
}

/**
 * @returns null if the file does not exist
 * @throws RidgelineError STATE_DAMAGED if other users may read the file, or it cannot be read
 */
export function readPrivateFile(path: string): string | null {
  try {
    const { mode } = statSync(path);
    if ((mode & 0o077) !== 0) {
      throw new RidgelineError(
        'STATE_DAMAGED',
        `${path} contains secrets, but other users of this machine may read it (mode ${(mode & 0o777).toString(8)}).`,
        `Run \`chmod 600 ${path}\`. If others may have read it, delete it and restart the coordinator.`,
      );
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    if (error instanceof RidgelineError) throw error;
    throw new RidgelineError(
      'STATE_DAMAGED',
      `${path} cannot be read: ${errorMessage(error)}.`,
      'Make it readable for this user, or choose another state directory with --state.',
      { cause: error },
    );
  }
}

/**
 * Checks a state directory, which its user may have created with other permissions: a user who can write
 * there can add a token file.
 *
 * @throws RidgelineError STATE_DAMAGED if other users may enter the directory
 */
export function requirePrivateDirectory(path: string): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o077) === 0) return;
  throw new RidgelineError(
    'STATE_DAMAGED',
    `The state directory ${path} contains tokens and keys, but other users of this machine may enter it (mode ${(mode & 0o777).toString(8)}).`,
    `Run \`chmod 700 ${path}\`, or choose another directory with --state.`,
  );
}

/** Private files: files with secrets, which only their owner may read, in a private directory (`keys-directory.ts`). */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { exposedPaths, makePrivate } from './keys-directory.ts';
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
 * Narrows the permissions of the file if others may read it.
 *
 * @returns null if the file does not exist
 * @throws RidgelineError STATE_EXPOSED if other users may read the file; STATE_DAMAGED if it cannot be read
 */
export function readPrivateFile(path: string): string | null {
  try {
    if (!makePrivate(path)) throw exposedPaths([path]);
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

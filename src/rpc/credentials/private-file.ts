/** Files with secrets, and the state directory around them: written whole, their owner's alone. */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { RidgelineError, messageOf } from '../../base/errors.ts';

/** Replaces the file in one step: who reads it meanwhile finds the old one or the new one. */
export function writePrivateFile(path: string, text: string): void {
  const unfinished = `${path}.${process.pid}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(unfinished, text, { mode: 0o600, flush: true });
    renameSync(unfinished, path);
  } catch (error) {
    throw new RidgelineError(
      'STATE_UNWRITABLE',
      `${path} cannot be written: ${messageOf(error)}.`,
      'Make the state directory writable for this user, or choose another one with --state.',
      { cause: error },
    );
  }
}

/**
 * @returns null where there is no such file
 * @throws RidgelineError STATE_DAMAGED when others may read it: then its secrets are no longer secret
 */
export function readPrivateFile(path: string): string | null {
  try {
    const { mode } = statSync(path);
    if ((mode & 0o077) !== 0) {
      throw new RidgelineError(
        'STATE_DAMAGED',
        `${path} holds secrets, but other users of this machine may read it (mode ${(mode & 0o777).toString(8)}).`,
        `Run \`chmod 600 ${path}\`; if others had access, delete it and start the coordinator again.`,
      );
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    if (error instanceof RidgelineError) throw error;
    throw new RidgelineError(
      'STATE_DAMAGED',
      `${path} cannot be read: ${messageOf(error)}.`,
      'Make it readable for this user, or choose another state directory with --state.',
      { cause: error },
    );
  }
}

/**
 * A directory that was made by hand may be open to everybody: who can write there can put a file of
 * tokens of his own in it.
 *
 * @throws RidgelineError STATE_DAMAGED when others than its owner may look into it
 */
export function requirePrivateDirectory(path: string): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o077) === 0) return;
  throw new RidgelineError(
    'STATE_DAMAGED',
    `The state directory ${path} holds tokens and keys, but other users of this machine may enter it (mode ${(mode & 0o777).toString(8)}).`,
    `Run \`chmod 700 ${path}\`, or choose another directory with --state.`,
  );
}

/**
 * A result written to a file that the user named: whole or not at all. What is there already stays until
 * the new content is complete; a device or a pipe is written to as it is.
 */
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { RidgelineError, messageOf } from '../base/errors.ts';

/** @throws RidgelineError OUTPUT_UNWRITABLE */
export function writeOutputFile(path: string, content: string | Uint8Array): void {
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there !== undefined && !there.isFile()) writeFileSync(path, content);
    // Through a link to the file itself, so that the link stays one.
    else replaceFile(there === undefined ? path : realpathSync(path), content);
  } catch (error) {
    throw new RidgelineError(
      'OUTPUT_UNWRITABLE',
      `${path} cannot be written: ${messageOf(error)}`,
      'Give another path with -o.',
      { cause: error },
    );
  }
}

function replaceFile(path: string, content: string | Uint8Array): void {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, content);
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

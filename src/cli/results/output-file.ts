/**
 * A result written to a file that the user named: whole or not at all. What is there already stays until
 * the new content is complete; a device or a pipe is written to as it is, and a link stays one.
 */
import {
  accessSync,
  constants,
  lstatSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { RidgelineError, messageOf } from '../../base/errors.ts';

/** Told before the work whose result goes there. @throws RidgelineError OUTPUT_UNWRITABLE */
export function refuseUnwritable(path: string): void {
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there?.isDirectory() === true) throw new Error('it is a folder');
    // A file is replaced, so its folder must take a new one; a device stays.
    const isReplaced = there?.isFile() ?? true;
    accessSync(isReplaced ? dirname(targetOf(path)) : path, constants.W_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** @throws RidgelineError OUTPUT_UNWRITABLE */
export function writeOutputFile(path: string, content: string | Uint8Array): void {
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there?.isFile() ?? !isLink(path)) replaceFile(targetOf(path), content);
    // Also through a link to what is not there yet: nothing can be lost.
    else writeFileSync(path, content);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** To `path`; to standard output where none was named, or `-`. */
export function writeOutput(
  path: string | null | undefined,
  content: string | Uint8Array,
  stdout: NodeJS.WritableStream,
): void {
  if (path === undefined || path === null || path === '-') stdout.write(content);
  else writeOutputFile(path, content);
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Through a link to the file itself. */
function targetOf(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? path : realpathSync(path);
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

/** Without the system's own words for the call, which name a file beside it that nobody asked for. */
function unwritable(path: string, error: unknown): RidgelineError {
  const isSystem = error instanceof Error && 'errno' in error && typeof error.errno === 'number';
  const why = isSystem ? getSystemErrorMessage(Number(error.errno)) : messageOf(error);
  return new RidgelineError(
    'OUTPUT_UNWRITABLE',
    `${path} cannot be written: ${why}.`,
    'Give another path, in a folder that is there and that you may write to.',
    { cause: error },
  );
}

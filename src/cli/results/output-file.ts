/**
 * Output file: writes a result to a file that the user names, whole or not at all. An existing file stays
 * until the new content is complete. Devices and pipes are written directly; links stay links.
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
import { dirname, extname } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { say, type Context } from '../process/context.ts';
import { usageError } from '../process/options.ts';

/** @param kind of file, for the error, such as `chart file` @throws RidgelineError USAGE */
export function checkEnding(path: string, kind: string, endings: readonly string[]): void {
  if (endings.includes(extname(path).toLowerCase())) return;
  throw usageError(
    `A ${kind} must end with ${endings.join(' or ')}, got ${JSON.stringify(path)}.`,
    `Give a path that ends with ${endings.join(' or ')}.`,
  );
}

/** Call it before long work. @throws RidgelineError OUTPUT_UNWRITABLE */
export function checkWritable(path: string): void {
  try {
    const existing = statSync(path, { throwIfNoEntry: false });
    if (existing?.isDirectory() === true) throw new Error('it is a folder');
    // A file is replaced, so its folder must be writable; a device is not.
    const isReplaced = existing?.isFile() ?? true;
    accessSync(isReplaced ? dirname(resolveLink(path)) : path, constants.W_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** @throws RidgelineError OUTPUT_UNWRITABLE */
export function writeOutputFile(path: string, content: string | Uint8Array): void {
  try {
    const existing = statSync(path, { throwIfNoEntry: false });
    const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    if (existing?.isFile() ?? !isLink) replaceFile(resolveLink(path), content);
    // A device, a pipe, or a link to a missing file: there is no content to lose.
    else writeFileSync(path, content);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Writes to `path` and reports it, or to standard output if it is absent or `-`. */
export function writeOutput(
  path: string | undefined,
  content: string | Uint8Array,
  context: Context,
): void {
  if (path === undefined || path === '-') return void context.stdout.write(content);
  writeOutputFile(path, content);
  say(context, `wrote ${path}`);
}

/** The file that a link points to. */
function resolveLink(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? path : realpathSync(path);
}

function replaceFile(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The system's full message would name the temporary file, so only its reason is quoted. */
function unwritable(path: string, error: unknown): RidgelineError {
  const isSystem = error instanceof Error && 'errno' in error && typeof error.errno === 'number';
  const why = isSystem ? getSystemErrorMessage(Number(error.errno)) : errorMessage(error);
  return new RidgelineError(
    'OUTPUT_UNWRITABLE',
    `${path} cannot be written: ${why}.`,
    'Give a path in an existing folder that you may write to.',
    { cause: error },
  );
}

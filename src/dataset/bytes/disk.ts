/**
 * The disk as readers see it: what the system refuses is said with the path, as an operating problem.
 * Streams of bytes are `file-stream.ts`'s subject.
 */
import { constants } from 'node:fs';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { RidgelineError, messageOf } from '../../base/errors.ts';

/** Without O_NONBLOCK, opening a pipe waits for somebody to write to it. */
export const toRead = constants.O_RDONLY | constants.O_NONBLOCK;

/** What lies there; null: nothing. @throws RidgelineError DATASET_MISSING */
export async function kindOf(path: string): Promise<'file' | 'folder' | null> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw unreadable(path, error);
  }
}

/** Names of what lies in a folder and is no folder itself, sorted. @throws RidgelineError DATASET_MISSING */
export async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await explained(folder, () => readdir(folder, { withFileTypes: true }));
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

/** Bytes of a file. @throws RidgelineError DATASET_MISSING */
export async function sizeOf(path: string): Promise<number> {
  return (await explained(path, () => stat(path))).size;
}

/** @throws RidgelineError DATASET_MISSING */
export async function openToRead(path: string): Promise<FileHandle> {
  return await explained(path, () => open(path, toRead));
}

async function explained<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unreadable(path, error);
  }
}

export function unreadable(path: string, cause: unknown): RidgelineError {
  return new RidgelineError(
    'DATASET_MISSING',
    `${path} could not be read: ${messageOf(cause)}.`,
    'Check that it is there and that you may read it.',
    { cause },
  );
}

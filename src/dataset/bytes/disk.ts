/** File system access for readers: every failure becomes an operating error that names the path. */
import { constants } from 'node:fs';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { RidgelineError, errorMessage } from '../../base/errors.ts';

/** With O_NONBLOCK, opening a named pipe without a writer does not block. */
export const readFlags = constants.O_RDONLY | constants.O_NONBLOCK;

/** Code of a system error, such as ENOENT; null for any other error. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null;
}

/** Returns null if the path does not exist. @throws RidgelineError DATASET_MISSING */
export async function pathKind(path: string): Promise<'file' | 'folder' | null> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return null;
    throw unreadable(path, error);
  }
}

/** Names of everything in a folder except folders, sorted. @throws RidgelineError DATASET_MISSING */
export async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await explained(folder, () => readdir(folder, { withFileTypes: true }));
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

/** Names of the folders in a folder, also by symbolic links, sorted; without hidden ones. @throws RidgelineError DATASET_MISSING */
export async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await explained(folder, () => readdir(folder, { withFileTypes: true }));
  const names: string[] = [];
  for (const entry of entries) {
    if (/^(?:\.|__MACOSX$)/.test(entry.name)) continue;
    const isFolder = entry.isSymbolicLink()
      ? (await pathKind(join(folder, entry.name))) === 'folder'
      : entry.isDirectory();
    if (isFolder) names.push(entry.name);
  }
  return names.toSorted();
}

/** Size of a file in bytes. @throws RidgelineError DATASET_MISSING */
export async function fileSize(path: string): Promise<number> {
  return (await explained(path, () => stat(path))).size;
}

/** @throws RidgelineError DATASET_MISSING */
export async function openToRead(path: string): Promise<FileHandle> {
  return await explained(path, () => open(path, readFlags));
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
    `${path} could not be read: ${errorMessage(cause)}.`,
    'Check that it exists and that you have permission to read it.',
    { cause },
  );
}

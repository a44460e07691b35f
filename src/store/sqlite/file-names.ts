/** File names: the files of a store. SQLite keeps the log next to the file itself, not next to a link to it. */
import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fromFileSystem } from './sqlite-errors.ts';

export function storeFile(stateDir: string): string {
  return join(stateDir, 'ridgeline.db');
}

export function logFile(file: string): string {
  return `${target(file)}-wal`;
}

/** The progress mark (`progress-mark.ts`). */
export function markFile(file: string): string {
  return `${target(file)}-mark`;
}

/** Size in bytes; 0 if the file does not exist. @throws RidgelineError STATE_UNWRITABLE */
export function fileBytes(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch (error) {
    throw fromFileSystem(error, path);
  }
}

function target(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file; // It does not exist yet.
  }
}

/** File sync: makes sure that files and their names are on disk. */
import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Not for the store itself: closing a file ends SQLite's locks on it in this process. */
export function syncFile(path: string): void {
  sync(path, 'r+');
}

/** After a file in it was created or renamed. */
export function syncDirectory(path: string): void {
  sync(path, 'r');
}

function sync(path: string, flags: string): void {
  const handle = openSync(path, flags);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

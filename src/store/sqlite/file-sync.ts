/** Making sure that files, and the names under which they appear, are on the disk. */
import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Never of the store itself: closing a file drops SQLite's locks on it in this process. */
export function syncFile(path: string): void {
  sync(path, 'r+');
}

/** After a file in it was made or renamed. */
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

/** A disk that is small enough to be filled. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { temporaryDirectory, type TemporaryDirectory } from './temporary-directory.ts';

/** @returns its directory; null if this process may not mount it, which needs root */
export function smallDisk(megabytes: number): TemporaryDirectory | null {
  const directory = temporaryDirectory();
  const { path } = directory;
  try {
    const args = ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path];
    execFileSync('mount', args, { stdio: 'ignore' });
  } catch {
    directory[Symbol.dispose]();
    return null;
  }
  const unmount = () => {
    // Lazily: open files on it do not prevent it.
    execFileSync('umount', ['-l', path]);
    directory[Symbol.dispose]();
  };
  return { path, [Symbol.dispose]: unmount };
}

/** Writes to the disk until it is full. */
export function fillDisk(file: string): void {
  for (const bytes of [65_536, 4_096, 1]) {
    const piece = new Uint8Array(bytes);
    try {
      for (;;) writeFileSync(file, piece, { flag: 'a' });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
}

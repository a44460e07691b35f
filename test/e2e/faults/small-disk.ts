/** A disk that is small enough to be filled. Needs root; null elsewhere. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OnEnd } from '../processes.ts';

/** @returns where it is mounted, until the test ends */
export function smallDisk(onEnd: OnEnd): string | null {
  const path = mkdtempSync(join(tmpdir(), 'ridgeline-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    rmSync(path, { recursive: true });
    return null;
  }
  onEnd(() => {
    // Lazily: whoever still has a file open there does not hold it up.
    execFileSync('umount', ['-l', path]);
    rmSync(path, { recursive: true });
  });
  return path;
}

/** Takes the disk's last byte. */
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

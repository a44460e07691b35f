/**
 * Cache files: how the files of the shard cache are written, and when they are removed.
 *
 * A file is written under another name and renamed, so it is complete or absent. Nothing is flushed to
 * the disk: each file contains or has a digest, which is verified when it is read. Files that no process
 * has used for a month are removed, and the least recently used ones beyond the size limit.
 */
import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { makeFolders } from '../../base/make-folders.ts';
import { errorCode } from '../bytes/disk.ts';

const dayMs = 24 * 60 * 60 * 1_000;
/** Age at which a temporary file is removed: writing takes much less time, so its process was killed. */
const abandonedAfterMs = dayMs;
const unusedAfterMs = 30 * dayMs;
/** Two data sets of the largest size. */
const bytesMax = 8 * 2 ** 30;
const cacheFile = /\.(?:part|source|tmp)$/;

interface CacheFile {
  readonly path: string;
  readonly bytes: number;
  /** When it was written or last read. */
  readonly usedMs: number;
}

/** Creates the folder if it is missing, for this user only, and removes what is not used any more. */
export async function openCacheFolder(dir: string, limitBytes = bytesMax): Promise<void> {
  makeFolders(dir, 0o700);
  let bytes = 0;
  const nowMs = systemClock.wallMs();
  for (const file of await cacheFiles(dir)) {
    const isTemporary = file.path.endsWith('.tmp');
    bytes += isTemporary ? 0 : file.bytes;
    const unusedMs = nowMs - file.usedMs;
    const isUnused = unusedMs > (isTemporary ? abandonedAfterMs : unusedAfterMs);
    // In a shared folder, another user's files stay.
    if (isUnused || (!isTemporary && bytes > limitBytes))
      await rm(file.path).catch(() => undefined);
  }
}

/** Bytes of the cached files; 0 if there is no such folder. */
export async function cacheBytes(dir: string): Promise<number> {
  try {
    return (await cacheFiles(dir)).reduce((sum, { bytes }) => sum + bytes, 0);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

/** A name in the same folder, for a file that is not complete. */
export function partialPath(path: string): string {
  return `${path}.${randomUUID()}.tmp`;
}

/** Writes a small file, which only this user may read. */
export async function writeCacheFile(path: string, text: string): Promise<void> {
  const partial = partialPath(path);
  try {
    await writeFile(partial, text, { mode: 0o600, flag: 'wx' });
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

/** Marks a file as used now. Does nothing if another user owns it. */
export async function touchCacheFile(path: string): Promise<void> {
  const now = new Date(systemClock.wallMs());
  await utimes(path, now, now).catch(() => undefined);
}

/** Most recently used first. */
async function cacheFiles(dir: string): Promise<CacheFile[]> {
  const files: CacheFile[] = [];
  for (const name of await readdir(dir)) {
    if (!cacheFile.test(name)) continue;
    const path = join(dir, name);
    try {
      const { size, mtimeMs } = await stat(path);
      files.push({ path, bytes: size, usedMs: mtimeMs });
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error; // Another process may have removed it.
    }
  }
  return files.toSorted((a, b) => b.usedMs - a.usedMs);
}

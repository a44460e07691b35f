/**
 * File system: whether that of a directory can hold a store. SQLite needs file locks, and memory that is
 * shared through a mapped file.
 */
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isBusy, lackFrom, type Lack } from './sqlite-errors.ts';

export interface FileSystemKind {
  readonly name: string;
  /** memory: the content is lost when the machine restarts. network: other machines may use it, too. */
  readonly where: 'memory' | 'network';
}

/** By the type that Linux reports (statfs(2)). */
const kinds = new Map<number, FileSystemKind>([
  [0x01021994, { name: 'tmpfs', where: 'memory' }],
  [0x858458f6, { name: 'ramfs', where: 'memory' }],
  [0x6969, { name: 'NFS', where: 'network' }],
  [0xff534d42, { name: 'CIFS', where: 'network' }],
  [0xfe534d42, { name: 'SMB', where: 'network' }],
  [0x01021997, { name: '9P', where: 'network' }],
  [0x0bd00bd0, { name: 'Lustre', where: 'network' }],
  [0x47504653, { name: 'GPFS', where: 'network' }],
  [0x19830326, { name: 'BeeGFS', where: 'network' }],
  [0x00c36400, { name: 'CephFS', where: 'network' }],
  [0x5346414f, { name: 'AFS', where: 'network' }],
]);

/** Null for other file systems, and if unknown. */
export function fileSystemKind(dir: string): FileSystemKind | null {
  if (process.platform !== 'linux') return null;
  try {
    return kinds.get(statfsSync(dir).type) ?? null;
  } catch {
    return null;
  }
}

/**
 * Tries locks and shared memory with a temporary database.
 *
 * @returns what the file system lacks, or null. Null, too, if the directory cannot be written.
 */
export function findLack(dir: string): Lack | null {
  let folder: string;
  try {
    folder = mkdtempSync(join(dir, 'probe-'));
  } catch {
    return null;
  }
  try {
    using database = new DatabaseSync(join(folder, 'probe.db'), { timeout: 0 });
    database.exec('PRAGMA synchronous = OFF; BEGIN EXCLUSIVE; CREATE TABLE probe (one); COMMIT');
    database.exec('PRAGMA journal_mode = WAL; INSERT INTO probe VALUES (1)');
    return null;
  } catch (error) {
    // No other process knows the file.
    return isBusy(error) ? 'locks' : lackFrom(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Progress mark: a small file next to the store that says how much the store must contain at least, so that
 * lost commits are noticed. SQLite itself takes a missing log, or an older one, for a store with less in it.
 *
 *     ridgeline.db-mark   {"generation": 7, "log": {"salts": "58caaaacb8c303d4", "frames": 120}}
 *
 * The generation is SQLite's `user_version`. The first commit after each checkpoint raises it, so as long as
 * the log has commits that the database lacks, the newest generation is in the log only. The salts identify
 * the log, and the frames say how long it was. The mark is written after the commits that it counts are on
 * disk, so it never promises too much. A store without a mark has no such check.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { logFile, markFile } from './file-names.ts';
import { readSalts, type LogState } from './log-check.ts';

export interface Mark {
  readonly generation: number;
  /** The log at that time; null if the log may have begun since. */
  readonly log: { readonly salts: string; readonly frames: number } | null;
}

/** How often the log starts over at most between two marks: SQLite adds 1 to the first salt each time. */
const restartsMax = 65_535;

/** Null without a mark, or with one that a power cut has damaged. */
export function readMark(file: string): Mark | null {
  try {
    const { generation, log }: Mark = JSON.parse(readFileSync(markFile(file), 'utf8'));
    return Number.isSafeInteger(generation) ? { generation, log } : null;
  } catch {
    return null;
  }
}

export function storedGeneration(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}

/** @returns whether the log belongs to the mark's store, and is not shorter than it was */
export function compareLog(
  mark: Mark | null,
  { salts, frames }: LogState,
): 'complete' | 'foreign' | 'shorter' {
  if (salts === null || mark === null || mark.log === null) return 'complete';
  if (salts === mark.log.salts) return frames < mark.log.frames ? 'shorter' : 'complete';
  const [now = 0, then = 0] = [salts, mark.log.salts].map((text) => parseInt(text.slice(0, 8), 16));
  const restarts = (now - then) >>> 0;
  return restarts >= 1 && restarts <= restartsMax ? 'complete' : 'foreign';
}

/** Raises the generation and writes the mark of a store that is open for writing. */
export class MarkWriter {
  readonly #database: DatabaseSync;
  readonly #file: string;
  #generation: number;
  /** Whether the next commit raises the generation. */
  #isDue = true;
  #isChanged = false;

  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
    this.#generation = storedGeneration(database);
    // A log that SQLite begins later is the log of this store, too.
    if (readMark(file) !== null) this.#write();
  }

  /** After a checkpoint, the database has the newest generation, and the log may start over. */
  checkpointed(): void {
    this.#isDue = true;
  }

  /** Runs `write` and raises the generation in the same transaction if it is due. */
  within<T>(commit: (write: () => T) => T, write: () => T): T {
    const isDue = this.#isDue;
    const next = this.#generation + 1;
    const outcome = commit(() => {
      const written = write();
      if (isDue) this.#database.exec(`PRAGMA user_version = ${next}`);
      return written;
    });
    this.#isChanged = true;
    if (!isDue) return outcome;
    this.#generation = next;
    this.#isDue = false;
    this.refresh();
    return outcome;
  }

  /** Counts the commits since the last mark; to be called every few seconds. */
  refresh(): void {
    if (!this.#isChanged || !this.#database.isOpen) return;
    this.#write();
    this.#isChanged = false;
  }

  #log(): Mark['log'] {
    // NOOP writes nothing; it reports the length of the log.
    const counted = this.#database.prepare('PRAGMA wal_checkpoint(NOOP)').get();
    const frames = Number(counted?.['log'] ?? 0);
    const salts = readSalts(logFile(this.#file));
    return salts === null || frames <= 0 ? null : { salts, frames };
  }

  /** An older mark stays valid, so a disk that is full does not fail the commit. */
  #write(): void {
    const partial = `${markFile(this.#file)}.new`;
    try {
      const mark: Mark = { generation: this.#generation, log: this.#log() };
      writeFileSync(partial, `${JSON.stringify(mark)}\n`, { mode: 0o600, flush: true });
      renameSync(partial, markFile(this.#file));
    } catch {
      rmSync(partial, { force: true });
    }
  }
}

/**
 * The durable record of studies: one SQLite file in the state directory.
 *
 * The coordinator opens it for writing, alone (`lock.ts`); anybody may read it, while a coordinator
 * runs, when none does, and right after one was killed. Write-ahead log with `synchronous=FULL`: when
 * `commit` returns, its rows are on the disk, and a power cut does not take them back. Many rows go
 * into one commit (`coordinator/shell/group-commit.ts`), so this costs no throughput.
 */
import { DatabaseSync } from 'node:sqlite';
import { unreachable } from '../../base/assert.ts';
import { RidgelineError } from '../../base/errors.ts';
import {
  checkSqlite,
  checkUndamaged,
  closeOnce,
  createDirectory,
  opened,
  openForReading,
  storeFile,
} from './database-file.ts';
import { lockState, type StateLock } from './lock.ts';
import { logDamage } from './log-check.ts';
import { migrate } from './migrations.ts';
import { readerOf, type StoreReader } from './read.ts';
import type { StoreRow } from '../rows.ts';
import { storeDamaged, translated } from './sqlite-errors.ts';
import { attemptWriter } from './write-attempt.ts';
import { logWriter } from './write-log.ts';
import { stageWriter } from './write-stage.ts';
import { studyWriter } from './write-study.ts';
import { trialWriter } from './write-trial.ts';

export interface Store extends StoreReader {
  /**
   * One transaction: all rows in order, or none. On the disk when it returns.
   *
   * @throws RidgelineError STATE_UNWRITABLE when the disk is full or refuses; nothing was applied then.
   *   STATE_UNCERTAIN when an fsync failed: the process must end. An assertion when a row finds another
   *   state than it expects, which is a bug of the sender.
   */
  commit(rows: readonly StoreRow[]): void;
  /** Forgets a study with everything in it. @returns whether there was one */
  removeStudy(study: string): boolean;
  /** Says who holds the state directory, once more is known: the address, say. */
  writeOwner(owner: string): void;
}

interface OpenOptions {
  /** Who opens it, for the message to whoever comes second: "pid 123 on host, 127.0.0.1:7070". */
  readonly owner: string;
}

/** After a checkpoint the log's file is cut to this, lest a burst's size stay on the disk for good. */
const logBytesKept = 64 * 1024 * 1024;
/** About as many as SQLite's own thousand pages. */
const rowsPerCheckpoint = 1_000;
/**
 * Opens the store for writing; makes the directory and the tables where they are missing.
 *
 * @throws RidgelineError STATE_LOCKED, STATE_UNWRITABLE, STATE_DAMAGED, VERSION_MISMATCH, MACHINE_UNFIT
 */
export function openStore(stateDir: string, { owner }: OpenOptions): Store {
  createDirectory(stateDir);
  const lock = lockState(stateDir, owner);
  try {
    return storeOf(openForWriting(storeFile(stateDir)), storeFile(stateDir), lock);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/**
 * Opens the store for reading only. Where there is none yet, it is empty.
 *
 * @throws RidgelineError STATE_UNWRITABLE (no permission), STATE_DAMAGED, VERSION_MISMATCH, MACHINE_UNFIT
 */
export function openStoreReader(stateDir: string): StoreReader {
  const file = storeFile(stateDir);
  const database = openForReading(file) ?? emptyStore();
  const close = (): void => closeOnce(database);
  return { ...readerOf(database, file), close, [Symbol.dispose]: close };
}

/** SQLite's own 2 MB hold no large study: each commit of one with 100,000 trials read its pages anew. */
const pageCacheKib = 65_536;

function openForWriting(file: string): DatabaseSync {
  checkSqlite();
  const damage = logDamage(`${file}-wal`);
  if (damage !== null) throw storeDamaged(file, damage);
  return opened(file, false, (database) => {
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON;
      PRAGMA journal_size_limit = ${logBytesKept};
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA cache_size = -${pageCacheKib};`);
    checkUndamaged(database, file);
    migrate(database, file);
  });
}

function emptyStore(): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  migrate(database, ':memory:');
  return database;
}

/** Writes any row. */
function rowWriter(
  database: DatabaseSync,
  study: ReturnType<typeof studyWriter>,
): (row: StoreRow) => void {
  const stage = stageWriter(database);
  const trial = trialWriter(database);
  const attempt = attemptWriter(database);
  const log = logWriter(database);

  return (row) => {
    switch (row.kind) {
      case 'study-created':
        return study.created(row);
      case 'study-extended':
        return study.extended(row);
      case 'study-status':
        return study.status(row);
      case 'stage-opened':
        return stage.opened(row);
      case 'stage-closed':
        return stage.closed(row);
      case 'winner':
        return study.winner(row);
      case 'event':
        return log.event(row);
      case 'trial-created':
        return trial.created(row);
      case 'attempt-opened':
        return attempt.opened(row);
      case 'attempt-closed':
        return attempt.closed(row);
      case 'trial-status':
        return trial.status(row);
      case 'attempt-reported':
        return attempt.reported(row);
      case 'trial-ended':
        return trial.ended(row);
      case 'result-replaced':
        return trial.replaced(row);
      case 'trial-audited':
        return trial.audited(row);
      case 'worker-quarantined':
        return log.quarantined(row);
      default:
        return unreachable(row);
    }
  };
}

function storeOf(database: DatabaseSync, file: string, lock: StateLock): Store {
  const study = studyWriter(database);
  const apply = rowWriter(database, study);
  const checkpoint = checkpoints(database, file);
  const close = (): void => {
    closeOnce(database);
    lock[Symbol.dispose]();
  };
  return {
    ...readerOf(database, file),
    commit: (rows) => {
      transaction(database, file, () => rows.forEach(apply));
      checkpoint.wrote(rows.length);
    },
    removeStudy: (name) => transaction(database, file, () => study.removed(name)),
    writeOwner: (owner) => lock.writeOwner(owner),
    close,
    [Symbol.dispose]: close,
  };
}

function transaction<T>(database: DatabaseSync, file: string, write: () => T): T {
  return translated(file, () => {
    database.exec('BEGIN IMMEDIATE');
    try {
      const outcome = write();
      database.exec('COMMIT');
      return outcome;
    } catch (error) {
      rollBack(database);
      throw error;
    }
  });
}

/** SQLite has rolled back by itself after some errors: a full disk, a failed write. */
function rollBack(database: DatabaseSync): void {
  try {
    if (database.isTransaction) database.exec('ROLLBACK');
  } catch {
    // What made it necessary says more; an open transaction makes the next one fail as well.
  }
}

/**
 * Moves the log's pages into the database every so many rows. SQLite would do it by itself, but says
 * nothing when an fsync fails in it, and the next checkpoint would then throw away the only good copy.
 */
function checkpoints(database: DatabaseSync, file: string) {
  let rowsSince = 0;
  return {
    wrote(rows: number): void {
      rowsSince += rows;
      if (rowsSince < rowsPerCheckpoint) return;
      rowsSince = 0;
      try {
        translated(file, () => database.exec('PRAGMA wal_checkpoint(PASSIVE)'));
      } catch (error) {
        // The rows themselves are on the disk; a full one fails the next commit, which says so.
        if (error instanceof RidgelineError && error.code === 'STATE_UNWRITABLE') return;
        throw error;
      }
    },
  };
}

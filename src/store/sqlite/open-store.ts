/**
 * SQLite store: opens the store of a state directory, one file, as the ports of `store.ts`.
 *
 * One process opens it for writing (`lock.ts`). Others may read it at any time: while a coordinator runs,
 * while none runs, and right after one was killed. The write-ahead log is synchronised fully: when a commit
 * returns, its rows are on disk and survive a power cut. The coordinator puts many rows into one commit,
 * so this costs no throughput.
 */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { RidgelineError } from '../../base/errors.ts';
import type { RowWriters, StoreRow } from '../rows.ts';
import type { RankTrials, Store, StoreReader, StoreReads } from '../store.ts';
import {
  checkSqlite,
  checkUndamaged,
  createDirectory,
  opened,
  openForReading,
  storeFile,
  transaction,
} from './database-file.ts';
import { lockState, type StateLock } from './lock.ts';
import { keepStudy, restoreCopy, type DeletedStudy } from './deleted-studies.ts';
import { logDamage } from './log-check.ts';
import { migrate } from './migrate.ts';
import { storeReads } from './read.ts';
import { storeDamaged, translated } from './sqlite-errors.ts';
import { bytesOf, renameRows } from './study-rows.ts';
import { attemptWriter } from './write-attempt.ts';
import {
  clusterWriter,
  removeStudy,
  stageWriter,
  studyWriter,
  winnerWriter,
} from './write-study.ts';
import { resultWriter, trialWriter } from './write-trial.ts';

interface OpenOptions {
  /** The process that opens the store, for the error of a second process: "pid 123 on host, 127.0.0.1:7070". */
  readonly owner: string;
  /** Ranks the trials of a store of release 0.1.0, which stored no ranks; without it they stay empty. */
  readonly rank?: RankTrials;
}

export interface SqliteReader extends StoreReader {
  /** Approximate size of the rows of a study, in bytes; 0 if there is no such study. */
  studyBytes(study: string): Promise<number>;
}

/** What people do with stored studies while no coordinator runs, besides the port. */
export interface SqliteStore extends Store {
  /** `to` is free. @returns whether there is a study `from` */
  renameStudy(from: string, to: string): Promise<boolean>;
  /** Puts a deleted study back under the name `as`, which is free, and removes its copy. @throws RidgelineError STATE_DAMAGED */
  restoreStudy(deleted: DeletedStudy, as: string): Promise<void>;
}

/** The log's file is cut to this size after a checkpoint. */
const logBytesKept = 64 * 1024 * 1024;
/** A checkpoint synchronises two files, so it costs as much as several commits. */
const rowsPerCheckpoint = 16_000;
/** Rows after which a log that is larger than `logBytesKept` is moved: results of long curves are large. */
const largeRowsPerCheckpoint = 1_000;
/** SQLite's default of 2 MB is too small for large studies: each commit would read its pages again. */
const pageCacheKib = 65_536;

/**
 * Opens the store for writing; creates the directory and the tables if they are missing.
 *
 * @throws RidgelineError STATE_LOCKED, STATE_UNWRITABLE, STATE_DAMAGED, VERSION_MISMATCH, MACHINE_UNFIT
 */
export async function openStore(
  stateDir: string,
  { owner, rank }: OpenOptions,
): Promise<SqliteStore> {
  createDirectory(stateDir);
  const lock = lockState(stateDir, owner);
  try {
    const file = storeFile(stateDir);
    return buildStore(openForWriting(file, rank), file, lock);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/**
 * Opens the store for reading only. If there is none yet, it is empty.
 *
 * @throws RidgelineError STATE_UNWRITABLE (no permission), STATE_DAMAGED, VERSION_MISMATCH, MACHINE_UNFIT
 */
export async function openStoreReader(stateDir: string): Promise<SqliteReader> {
  const file = storeFile(stateDir);
  const database = openForReading(file);
  if (database !== null) return buildReader(database, file, buildReads(database, file));
  const empty = new DatabaseSync(':memory:');
  migrate(empty, ':memory:');
  const reads: StoreReads = storeReads(empty, ':memory:', async (read) => read(reads));
  return buildReader(empty, ':memory:', reads);
}

function buildReader(database: DatabaseSync, file: string, reads: StoreReads): SqliteReader {
  const studyBytes = async (study: string) => translated(file, () => bytesOf(database, study));
  return { ...reads, studyBytes, ...buildClose(database) };
}

function openForWriting(file: string, rank: RankTrials | undefined): DatabaseSync {
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
    migrate(database, file, rank);
  });
}

function buildReads(database: DatabaseSync, file: string): StoreReads {
  return storeReads(database, file, async (read) => {
    const own = openForReading(file);
    if (own === null) throw storeDamaged(file, 'its tables are gone');
    try {
      // A transaction begins with its first read, not with BEGIN.
      translated(file, () => own.exec('BEGIN; SELECT 1 FROM meta'));
      const reads: StoreReads = storeReads(own, file, async (inner) => inner(reads));
      return await read(reads);
    } finally {
      own.close();
    }
  });
}

function buildClose(database: DatabaseSync, lock?: StateLock) {
  const close = async (): Promise<void> => {
    if (database.isOpen) database.close();
    lock?.[Symbol.dispose]();
  };
  return { close, [Symbol.asyncDispose]: close };
}

function buildStore(database: DatabaseSync, file: string, lock: StateLock): SqliteStore {
  const writers: RowWriters<StoreRow['kind']> = {
    ...studyWriter(database),
    ...stageWriter(database),
    ...winnerWriter(database),
    ...trialWriter(database),
    ...resultWriter(database),
    ...attemptWriter(database),
    ...clusterWriter(database),
  };
  const checkpoint = checkpointer(database, file);
  return {
    ...buildReads(database, file),
    commit: async (rows) => {
      transaction(database, file, () => {
        for (const row of rows) write(writers, row);
      });
      checkpoint(rows.length);
    },
    removeStudy: async (name) => {
      const copy = keepStudy(database, file, name);
      const isRemoved = transaction(database, file, () => removeStudy(database, name));
      return isRemoved ? { copy } : null;
    },
    renameStudy: async (from, to) =>
      transaction(database, file, () => renameRows(database, from, to)),
    restoreStudy: async (deleted, as) => restoreCopy(database, file, deleted, as),
    writeOwner: async (owner) => lock.writeOwner(owner),
    ...buildClose(database, lock),
  };
}

function write<Kind extends StoreRow['kind']>(
  writers: RowWriters<Kind>,
  row: StoreRow<Kind>,
): void {
  writers[row.kind](row);
}

/**
 * Moves the log's pages into the database after some number of rows. SQLite's automatic checkpoints are not
 * used: they do not report a failed fsync, and the next checkpoint would discard the only good copy.
 */
function checkpointer(database: DatabaseSync, file: string): (rows: number) => void {
  let rowsSince = 0;
  return (rows) => {
    rowsSince += rows;
    const isLarge =
      rowsSince >= largeRowsPerCheckpoint && statSync(`${file}-wal`).size > logBytesKept;
    if (rowsSince < rowsPerCheckpoint && !isLarge) return;
    rowsSince = 0;
    try {
      translated(file, () => database.exec('PRAGMA wal_checkpoint(PASSIVE)'));
    } catch (error) {
      // The rows are on disk. If the disk is full, the next commit fails and reports it.
      if (error instanceof RidgelineError && error.code === 'STATE_UNWRITABLE') return;
      throw error;
    }
  };
}

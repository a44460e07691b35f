/**
 * SQLite store: opens the store of a state directory, one file, as the ports of `store.ts`.
 *
 * One process opens it for writing (`lock.ts`). Others may read it at any time: while a coordinator runs,
 * while none runs, and right after one was killed. The write-ahead log is synchronised fully: when a commit
 * returns, its rows are on disk and survive a power cut. The coordinator puts many rows into one commit,
 * so this costs no throughput.
 */
import { DatabaseSync } from 'node:sqlite';
import { RidgelineError } from '../../base/errors.ts';
import type { RowWriters, StoreRow } from '../rows.ts';
import type { RankTrials, Store, StoreReader, StoreReads } from '../store.ts';
import { checkGeneration, checkLog, checkPresence } from './check-files.ts';
import {
  checkSqlite,
  checkUndamaged,
  createDirectory,
  createPrivateFile,
  opened,
  transaction,
} from './database-file.ts';
import { fileBytes, logFile, storeFile } from './file-names.ts';
import { beatMs } from './lock-owner.ts';
import { lockState, type StateLock } from './lock.ts';
import { keepStudy, restoreCopy, type DeletedStudy } from './deleted-studies.ts';
import { migrate } from './migrate.ts';
import { openForReading, type OpenedReader } from './open-reader.ts';
import { MarkWriter, readMark } from './progress-mark.ts';
import { storeReads } from './read.ts';
import { checkVersion } from './schema.ts';
import { storeDamaged, translated } from './sqlite-errors.ts';
import { bytesOf, renameRows } from './study-rows.ts';
import { attemptWriter } from './write-attempt.ts';
import { logWriter } from './write-logs.ts';
import { budgetWriter } from './write-budget.ts';
import {
  clusterWriter,
  removeStudy,
  stageWriter,
  studyWriter,
  winnerWriter,
} from './write-study.ts';
import { rungWriter } from './write-rungs.ts';
import { resultWriter, trialWriter } from './write-trial.ts';

interface OpenOptions {
  /** The process that opens the store, for the error of a second process: "ridgeline run (pid 123 on host)". */
  readonly owner: string;
  /** Ranks the trials of a store of release 0.1.0, which stored no ranks; without it they stay empty. */
  readonly rank?: RankTrials;
}

export interface SqliteReader extends StoreReader {
  /** Whether later commits are not visible, since nothing can be written next to the store. */
  readonly isFixed: boolean;
  /** Approximate size of the rows of a study, in bytes; 0 if there is no such study. */
  studyBytes(study: string): Promise<number>;
}

/** What people do with stored studies while no coordinator runs, besides the port. */
export interface SqliteStore extends Store {
  /** `to` is free. @returns whether there is a study `from` */
  renameStudy(from: string, to: string): Promise<boolean>;
  /** Records how much is stored, as a timer does every few seconds (`progress-mark.ts`). */
  recordProgress(): void;
  /** Moves everything that is in the log into the database, also if the log's file was deleted. */
  saveLog(): void;
  /** STATE_LOCKED if another process has taken the directory, so that this one must stop; otherwise null. */
  lockProblem(): RidgelineError | null;
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
  const lock = await lockState(stateDir, owner);
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
  const opening = openForReading(file);
  if (opening !== null) {
    const { database, isFixed } = opening;
    const reads = isFixed ? buildFixedReads(database, file) : buildReads(database, file);
    return buildReader(opening, file, reads);
  }
  const database = new DatabaseSync(':memory:');
  migrate(database, ':memory:');
  const end = (): void => database[Symbol.dispose]();
  const empty = { database, isFixed: false, [Symbol.dispose]: end };
  return buildReader(empty, ':memory:', buildFixedReads(database, ':memory:'));
}

function buildReader(opening: OpenedReader, file: string, reads: StoreReads): SqliteReader {
  const { database, isFixed } = opening;
  const studyBytes = async (study: string) => translated(file, () => bytesOf(database, study));
  return { ...reads, isFixed, studyBytes, ...buildClose(opening) };
}

/** Everything is checked on a connection that cannot write, so a store that is refused stays as it is. */
function openForWriting(file: string, rank: RankTrials | undefined): DatabaseSync {
  checkSqlite();
  const mark = readMark(file);
  if (!checkPresence(file)) createPrivateFile(file);
  checkLog(file, mark);
  const check = (database: DatabaseSync): void => {
    checkVersion(database, file);
    checkUndamaged(database, file);
    checkGeneration(database, file, mark);
  };
  // The journal of another mode, which only a writer can apply.
  const hasJournal = fileBytes(`${file}-journal`) > 0;
  // It stays open until the store is: otherwise SQLite would read the log twice.
  using _checked = hasJournal ? null : opened(file, true, check);
  return opened(file, false, (database) => {
    if (hasJournal) check(database);
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON;
      PRAGMA journal_size_limit = ${logBytesKept};
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA cache_size = -${pageCacheKib};`);
    migrate(database, file, rank);
  });
}

/** Reads of a database that no process writes. */
function buildFixedReads(database: DatabaseSync, file: string): StoreReads {
  const reads: StoreReads = storeReads(database, file, async (read) => read(reads));
  return reads;
}

function buildReads(database: DatabaseSync, file: string): StoreReads {
  return storeReads(database, file, async (read) => {
    using own = openForReading(file, { checksLog: false });
    if (own === null) throw storeDamaged(file, 'its tables are gone');
    // A transaction begins with its first read, not with BEGIN.
    translated(file, () => own.database.exec('BEGIN; SELECT 1 FROM meta'));
    return await read(buildFixedReads(own.database, file));
  });
}

function buildClose(...parts: readonly Disposable[]) {
  const close = async (): Promise<void> => {
    for (const part of parts) part[Symbol.dispose]();
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
    ...rungWriter(database),
    ...attemptWriter(database),
    ...logWriter(database),
    ...budgetWriter(database),
    ...clusterWriter(database),
  };
  const mark = new MarkWriter(database, file);
  const checkpoint = checkpointer(database, file, mark);
  const timer = setInterval(() => mark.refresh(), beatMs).unref();
  const commit = <T>(change: () => T): T => {
    lock.requireHeld();
    return mark.within((marked) => transaction(database, file, marked), change);
  };
  return {
    ...buildReads(database, file),
    commit: async (rows) => {
      commit(() => {
        for (const row of rows) write(writers, row);
      });
      checkpoint(rows.length);
    },
    removeStudy: async (name) => {
      const copy = keepStudy(database, file, name);
      const isRemoved = commit(() => removeStudy(database, name));
      return isRemoved ? { copy } : null;
    },
    renameStudy: async (from, to) => commit(() => renameRows(database, from, to)),
    restoreStudy: async (deleted, as) => restoreCopy(database, file, deleted, as),
    recordProgress: () => mark.refresh(),
    saveLog: () => {
      translated(file, () => database.exec('PRAGMA wal_checkpoint(FULL)'));
      mark.checkpointed();
      mark.refresh();
    },
    lockProblem: () => lock.problem(),
    writeOwner: async (owner) => lock.writeOwner(owner),
    ...buildClose({ [Symbol.dispose]: () => clearInterval(timer) }, database, lock),
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
function checkpointer(
  database: DatabaseSync,
  file: string,
  mark: MarkWriter,
): (rows: number) => void {
  let rowsSince = 0;
  return (rows) => {
    rowsSince += rows;
    const isLarge = rowsSince >= largeRowsPerCheckpoint && fileBytes(logFile(file)) > logBytesKept;
    if (rowsSince < rowsPerCheckpoint && !isLarge) return;
    rowsSince = 0;
    try {
      translated(file, () => database.exec('PRAGMA wal_checkpoint(PASSIVE)'));
      mark.checkpointed();
    } catch (error) {
      // The rows are on disk. If the disk is full, the next commit fails and reports it.
      if (error instanceof RidgelineError && error.code === 'STATE_UNWRITABLE') return;
      throw error;
    }
  };
}

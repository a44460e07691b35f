/**
 * Schema: the tables and the view of the store, and which versions of them this release can open.
 *
 * The constraints are the last line of defence: a coordinator with a bug stops with an error instead of
 * storing a contradiction, such as a trial that ends twice.
 *
 * The tables are not STRICT: programs with SQLite before 3.37 could not read any of them. The compiler
 * checks the types of what is written (`tables.ts`, `statements.ts`).
 */
import type { DatabaseSync } from 'node:sqlite';
import { RidgelineError } from '../../base/errors.ts';

/** What this release reads and writes. */
export const schemaVersion = 6;
/** The oldest version that `migrate.ts` accepts: the one of release 0.1.0. */
const oldestVersion = 5;

const trialKey =
  'study TEXT NOT NULL, stage TEXT NOT NULL, trial_index INTEGER NOT NULL, replicate INTEGER NOT NULL';
const trialReference =
  'FOREIGN KEY (study, stage, trial_index, replicate) REFERENCES trial ON DELETE CASCADE';

/** SQLite builds a temporary table for `IN` with a list, at each write of a row. */
const isOneOf = (column: string, words: readonly string[]): string =>
  words.map((word) => `${column} = '${word}'`).join(' OR ');

export const tablesText = `
CREATE TABLE study (
  name TEXT NOT NULL PRIMARY KEY,
  ordinal INTEGER NOT NULL UNIQUE,
  spec TEXT NOT NULL,
  objective_metric TEXT NOT NULL,
  status TEXT NOT NULL CHECK (${isOneOf('status', ['waiting', 'running', 'paused', 'complete', 'cancelled', 'failed'])}),
  reason TEXT,
  created_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  self_test_digest TEXT NOT NULL,
  shard_digests TEXT NOT NULL,
  official_data INTEGER CHECK (official_data IN (0, 1)),
  data_warnings TEXT NOT NULL,
  image_counts TEXT,
  priority INTEGER NOT NULL CHECK (priority >= 1),
  budget_end TEXT,
  active_ms INTEGER NOT NULL CHECK (active_ms >= 0),
  reuse INTEGER NOT NULL CHECK (reuse IN (0, 1)),
  CHECK ((ended_at_ms IS NULL) = (status IN ('waiting', 'running', 'paused')))
) WITHOUT ROWID;

CREATE TABLE program_file (
  study TEXT NOT NULL REFERENCES study ON DELETE CASCADE,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  content BLOB NOT NULL,
  PRIMARY KEY (study, name)
);

CREATE TABLE stage (
  study TEXT NOT NULL REFERENCES study ON DELETE CASCADE,
  name TEXT NOT NULL,
  ordinal INTEGER NOT NULL CHECK (ordinal >= 1),
  trials INTEGER NOT NULL CHECK (trials >= 1),
  space TEXT,
  reason TEXT,
  closed INTEGER NOT NULL CHECK (closed IN (0, 1)),
  PRIMARY KEY (study, name),
  UNIQUE (study, ordinal),
  CHECK (closed = 0 OR space IS NOT NULL)
) WITHOUT ROWID;

CREATE TABLE trial (
  ${trialKey},
  params TEXT NOT NULL,
  status TEXT NOT NULL CHECK (${isOneOf('status', ['waiting', 'running', 'paused', 'complete', 'stopped', 'failed', 'cancelled'])}),
  reason TEXT,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  failures INTEGER NOT NULL CHECK (failures >= 0 AND failures <= attempts),
  audit TEXT CHECK (${isOneOf('audit', ['verified', 'repeated', 'unchecked', 'disputed'])}),
  PRIMARY KEY (study, stage, trial_index, replicate),
  FOREIGN KEY (study, stage) REFERENCES stage ON DELETE CASCADE,
  CHECK (trial_index >= 1 AND replicate >= 1)
) WITHOUT ROWID;

-- A separate table with a rowid, so that results are appended: a row of trial that grew would split the
-- pages of its neighbours.
CREATE TABLE result (
  ${trialKey},
  worker TEXT NOT NULL,
  steps INTEGER NOT NULL CHECK (steps >= 0),
  seconds REAL NOT NULL CHECK (seconds >= 0),
  digest TEXT CHECK (length(digest) = 64),
  fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
  measured_step INTEGER,
  metrics TEXT,
  curve TEXT NOT NULL,
  bits BLOB,
  source TEXT,
  PRIMARY KEY (study, stage, trial_index, replicate),
  ${trialReference},
  CHECK (digest IS NULL OR measured_step IS NOT NULL),
  CHECK ((measured_step IS NULL) = (metrics IS NULL)),
  CHECK ((digest IS NULL) = (bits IS NULL))
);

-- Only trials with rungs have a row here, and one in rung_result for each rung that they have reached.
CREATE TABLE rung_progress (
  ${trialKey},
  to_step INTEGER CHECK (to_step >= 1),
  stop_rung INTEGER CHECK (stop_rung >= 1),
  stop_step INTEGER,
  leader_stage TEXT,
  leader_index INTEGER,
  only_leader INTEGER,
  only_trial INTEGER,
  PRIMARY KEY (study, stage, trial_index, replicate),
  ${trialReference},
  CHECK ((stop_rung IS NULL) = (leader_index IS NULL)),
  CHECK (stop_rung IS NULL OR only_leader > only_trial)
) WITHOUT ROWID;

CREATE TABLE rung_result (
  ${trialKey},
  step INTEGER NOT NULL CHECK (step >= 1),
  worker TEXT NOT NULL,
  seconds REAL NOT NULL CHECK (seconds >= 0),
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
  metrics TEXT NOT NULL,
  curve TEXT NOT NULL,
  bits BLOB NOT NULL,
  audit TEXT CHECK (${isOneOf('audit', ['verified', 'repeated', 'unchecked', 'disputed'])}),
  source TEXT,
  PRIMARY KEY (study, stage, trial_index, replicate, step),
  ${trialReference}
);

CREATE TABLE attempt (
  ${trialKey},
  attempt INTEGER NOT NULL CHECK (attempt >= 1),
  kind TEXT NOT NULL CHECK (${isOneOf('kind', ['search', 'test', 'audit'])}),
  worker TEXT NOT NULL,
  session TEXT NOT NULL,
  machine_id TEXT NOT NULL,
  token_id TEXT NOT NULL,
  pack TEXT NOT NULL,
  assigned_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  outcome TEXT CHECK (${isOneOf('outcome', ['accepted', 'duplicate', 'disputed', 'diverged', 'returned', 'lost', 'crashed', 'timeout', 'obsolete', 'cancelled'])}),
  reason TEXT,
  fingerprint TEXT CHECK (length(fingerprint) = 64),
  to_step INTEGER CHECK (to_step >= 1),
  PRIMARY KEY (study, stage, trial_index, replicate, attempt),
  ${trialReference},
  CHECK ((outcome IS NULL) = (ended_at_ms IS NULL))
) WITHOUT ROWID;

CREATE UNIQUE INDEX attempt_one_open ON attempt (study, stage, trial_index, replicate, kind)
  WHERE outcome IS NULL AND kind <> 'test';

-- With a rowid: the oldest rows are removed first.
CREATE TABLE attempt_log (
  ${trialKey},
  attempt INTEGER NOT NULL,
  text TEXT NOT NULL,
  UNIQUE (study, stage, trial_index, replicate, attempt),
  FOREIGN KEY (study, stage, trial_index, replicate, attempt) REFERENCES attempt ON DELETE CASCADE
);

CREATE TABLE ranking (
  ${trialKey},
  rank_in_stage INTEGER NOT NULL CHECK (rank_in_stage >= 1),
  rank_in_study INTEGER NOT NULL CHECK (rank_in_study >= 1),
  PRIMARY KEY (study, stage, trial_index, replicate),
  ${trialReference}
) WITHOUT ROWID;

CREATE TABLE winner (
  study TEXT NOT NULL PRIMARY KEY,
  stage TEXT NOT NULL,
  trial_index INTEGER NOT NULL,
  replicate INTEGER NOT NULL,
  test_accuracy REAL,
  test_loss REAL,
  test_worker TEXT,
  reproduced INTEGER CHECK (reproduced IN (0, 1)),
  tests TEXT NOT NULL,
  attempts_before TEXT NOT NULL,
  ${trialReference},
  CHECK ((reproduced IS NULL) = (test_worker IS NULL))
) WITHOUT ROWID;

CREATE TABLE event (
  sequence INTEGER NOT NULL PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  study TEXT,
  what TEXT NOT NULL,
  detail TEXT NOT NULL
);

CREATE TABLE exclusion (
  session TEXT NOT NULL PRIMARY KEY,
  worker TEXT NOT NULL,
  reason TEXT NOT NULL,
  machine TEXT,
  at_ms INTEGER NOT NULL
) WITHOUT ROWID;
`;

/**
 * 0 if there is no store yet: the file is new, or its creation was interrupted.
 *
 * @throws RidgelineError STATE_DAMAGED if it is a database of another program
 */
export function storedVersion(database: DatabaseSync, file: string): number {
  const names = database.prepare('SELECT name FROM sqlite_schema ORDER BY rowid').all();
  if (names.length === 0 && pragma(database, 'application_id') === 0) return 0;
  try {
    const meta = database.prepare('SELECT application, schema_version FROM meta').get();
    if (meta?.['application'] === 'ridgeline') return Number(meta['schema_version']);
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error && error.errcode === genericError))
      throw error;
  }
  throw foreignDatabase(
    file,
    names.map(({ name }) => String(name)),
  );
}

/** SQLite's result code for a table or column that does not exist. */
const genericError = 1;

function pragma(database: DatabaseSync, name: string): unknown {
  return database.prepare(`PRAGMA ${name}`).get()?.[name];
}

function foreignDatabase(file: string, names: readonly string[]): RidgelineError {
  const shown = names.slice(0, 3).join(', ');
  return new RidgelineError(
    'STATE_DAMAGED',
    `${file} is a database of another program${shown === '' ? '' : ` (it contains ${shown}${names.length > 3 ? ', …' : ''})`}. It was not changed.`,
    'Choose another directory with --state DIR, or move that file to another directory.',
  );
}

/**
 * Checks that this release can migrate the store.
 *
 * @returns its version; 0 if there is no store yet
 * @throws RidgelineError VERSION_MISMATCH
 */
export function checkVersion(database: DatabaseSync, file: string): number {
  const stored = storedVersion(database, file);
  const since = `its schema version is ${stored}, and this release opens versions ${oldestVersion} to ${schemaVersion}`;
  if (stored > schemaVersion) {
    throw new RidgelineError(
      'VERSION_MISMATCH',
      `${file} was written by a newer Ridgeline: ${since}. Nothing was changed.`,
      'Use that release or a newer one, or choose another directory with --state DIR.',
    );
  }
  if (stored !== 0 && stored < oldestVersion) {
    throw new RidgelineError(
      'VERSION_MISMATCH',
      `${file} was written before release 0.1.0: ${since}. Nothing was changed.`,
      'Open it once with Ridgeline 0.1.0, which brings it to version 5, or choose another directory with --state DIR.',
    );
  }
  return stored;
}

/**
 * Checks that the store needs no migration, which a reader must not do.
 *
 * @throws RidgelineError VERSION_MISMATCH
 */
export function checkReadable(database: DatabaseSync, file: string): void {
  const stored = checkVersion(database, file);
  if (stored === schemaVersion) return;
  throw new RidgelineError(
    'VERSION_MISMATCH',
    `${file} was written by an older Ridgeline: its schema version is ${stored}, and this release reads version ${schemaVersion}.`,
    'Start `ridgeline coordinator` or `ridgeline run` on this state directory once; it migrates the store.',
  );
}

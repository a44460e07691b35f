/**
 * How the tables came to be: every version of the schema as the step from the one before it.
 *
 * A step that was released is never changed; a new one is put behind it. Steps run under the lock,
 * each in one transaction with its version number, so that a crash leaves whole versions only.
 *
 * The constraints are the last line: a bug in the coordinator stops with an error instead of counting
 * something twice. STRICT, WITHOUT ROWID and the types are SQLite's; PostgreSQL will take the rest
 * (there BYTEA for BLOB and DOUBLE PRECISION for REAL, which has four bytes there).
 */
import type { DatabaseSync } from 'node:sqlite';
import { RidgelineError } from '../../base/errors.ts';

const trialKey =
  'study TEXT NOT NULL, stage TEXT NOT NULL, k INTEGER NOT NULL, replicate INTEGER NOT NULL';
const trialReference =
  'FOREIGN KEY (study, stage, k, replicate) REFERENCES trial ON DELETE CASCADE';

const version1 = `
CREATE TABLE study (
  name TEXT NOT NULL PRIMARY KEY,
  ordinal INTEGER NOT NULL UNIQUE,
  spec TEXT NOT NULL,
  objective_metric TEXT NOT NULL,
  objective_direction TEXT NOT NULL CHECK (objective_direction IN ('maximize', 'minimize')),
  status TEXT NOT NULL CHECK (status IN ('waiting', 'running', 'paused', 'complete', 'cancelled', 'failed')),
  reason TEXT,
  created_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  known_answer TEXT NOT NULL,
  part_digests TEXT NOT NULL,
  official_data INTEGER CHECK (official_data IN (0, 1)),
  CHECK ((ended_at_ms IS NULL) = (status IN ('waiting', 'running', 'paused')))
) STRICT, WITHOUT ROWID;

CREATE TABLE stage (
  study TEXT NOT NULL REFERENCES study ON DELETE CASCADE,
  name TEXT NOT NULL,
  ordinal INTEGER NOT NULL CHECK (ordinal >= 1),
  trials INTEGER NOT NULL CHECK (trials >= 1),
  range_min REAL CHECK (range_min > 0),
  range_max REAL CHECK (range_max >= range_min),
  reason TEXT,
  closed INTEGER NOT NULL CHECK (closed IN (0, 1)),
  warnings TEXT NOT NULL,
  PRIMARY KEY (study, name),
  UNIQUE (study, ordinal),
  CHECK ((range_min IS NULL) = (range_max IS NULL)),
  CHECK (closed = 0 OR range_min IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE TABLE trial (
  ${trialKey},
  lambda REAL NOT NULL CHECK (lambda >= 0),
  status TEXT NOT NULL CHECK (status IN ('waiting', 'running', 'complete', 'failed', 'cancelled')),
  reason TEXT,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  charged INTEGER NOT NULL CHECK (charged >= 0 AND charged <= attempts),
  worker TEXT,
  steps INTEGER CHECK (steps >= 0),
  seconds REAL CHECK (seconds >= 0),
  digest TEXT CHECK (length(digest) = 64),
  measured_step INTEGER,
  PRIMARY KEY (study, stage, k, replicate),
  FOREIGN KEY (study, stage) REFERENCES stage ON DELETE CASCADE,
  CHECK (k >= 1 AND replicate >= 1),
  CHECK ((status = 'complete') = (digest IS NOT NULL)),
  CHECK (digest IS NULL OR measured_step IS NOT NULL),
  CHECK ((steps IS NULL) = (worker IS NULL) AND (steps IS NULL) = (seconds IS NULL)),
  CHECK (steps IS NOT NULL OR measured_step IS NULL),
  CHECK (steps IS NULL OR (attempts >= 1 AND status IN ('complete', 'failed')))
) STRICT, WITHOUT ROWID;

-- Beside the trial, lest every list of trials read past them. With a rowid: a large row of a table
-- without one takes a page of its own.
CREATE TABLE correctness (
  ${trialKey},
  bits BLOB NOT NULL,
  PRIMARY KEY (study, stage, k, replicate),
  ${trialReference}
) STRICT;

CREATE TABLE attempt (
  ${trialKey},
  attempt INTEGER NOT NULL CHECK (attempt >= 1),
  purpose TEXT NOT NULL CHECK (purpose IN ('search', 'test', 'audit')),
  worker TEXT NOT NULL,
  session TEXT NOT NULL,
  pack TEXT NOT NULL,
  granted_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  outcome TEXT CHECK (outcome IN ('accepted', 'duplicate', 'disputed', 'diverged', 'returned',
    'lost', 'crashed', 'timeout', 'superseded', 'cancelled')),
  reason TEXT,
  PRIMARY KEY (study, stage, k, replicate, attempt),
  ${trialReference},
  CHECK ((outcome IS NULL) = (ended_at_ms IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX attempt_one_open ON attempt (study, stage, k, replicate)
  WHERE outcome IS NULL AND purpose = 'search';

CREATE TABLE measurement (
  ${trialKey},
  step INTEGER NOT NULL CHECK (step >= 0),
  epoch REAL NOT NULL,
  learning_rate REAL NOT NULL,
  train_loss REAL,
  train_cost REAL,
  train_accuracy REAL,
  validation_loss REAL,
  validation_cost REAL,
  validation_accuracy REAL,
  test_loss REAL,
  test_accuracy REAL,
  PRIMARY KEY (study, stage, k, replicate, step),
  ${trialReference}
) STRICT, WITHOUT ROWID;

CREATE TABLE winner (
  study TEXT NOT NULL PRIMARY KEY,
  stage TEXT NOT NULL,
  k INTEGER NOT NULL,
  replicate INTEGER NOT NULL,
  test_accuracy REAL,
  test_loss REAL,
  test_worker TEXT,
  reproduced INTEGER CHECK (reproduced IN (0, 1)),
  ${trialReference},
  CHECK ((reproduced IS NULL) = (test_worker IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  sequence INTEGER NOT NULL PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  study TEXT,
  what TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;

CREATE VIEW trials_ranked AS
WITH valued AS (
  SELECT t.*, g.ordinal, m.train_accuracy, m.train_loss, m.validation_accuracy, m.validation_loss, m.validation_cost,
    coalesce(w.test_accuracy, m.test_accuracy) AS test_accuracy, s.objective_direction,
    CASE s.objective_metric WHEN 'validation_accuracy' THEN m.validation_accuracy WHEN 'validation_loss' THEN m.validation_loss
      WHEN 'validation_cost' THEN m.validation_cost WHEN 'train_accuracy' THEN m.train_accuracy
      WHEN 'train_loss' THEN m.train_loss END AS value
  FROM trial t JOIN study s ON s.name = t.study JOIN stage g ON g.study = t.study AND g.name = t.stage
  LEFT JOIN measurement m ON m.study = t.study AND m.stage = t.stage AND m.k = t.k AND m.replicate = t.replicate AND m.step = t.measured_step
  LEFT JOIN winner w ON w.study = t.study AND w.stage = t.stage AND w.k = t.k AND w.replicate = t.replicate
), placed AS (
  SELECT valued.*, CASE objective_direction WHEN 'maximize' THEN -value ELSE value END AS placing FROM valued
)
SELECT study, stage, k, replicate, lambda, status, value,
  CASE status WHEN 'complete' THEN row_number() OVER (PARTITION BY study, stage ORDER BY status <> 'complete', placing, k, replicate) END AS rank_in_stage,
  CASE status WHEN 'complete' THEN row_number() OVER (PARTITION BY study ORDER BY status <> 'complete', placing, ordinal, k, replicate) END AS rank_in_study,
  train_accuracy, train_loss, validation_accuracy, validation_loss, validation_cost, test_accuracy,
  reason, attempts, worker, steps, seconds, digest
FROM placed;
`;

const version2 = `
ALTER TABLE trial ADD COLUMN fingerprint TEXT CHECK (length(fingerprint) = 64);
ALTER TABLE trial ADD COLUMN audit TEXT CHECK (audit IN ('verified', 'repeated', 'unchecked', 'disputed'));
ALTER TABLE attempt ADD COLUMN fingerprint TEXT CHECK (length(fingerprint) = 64);

CREATE UNIQUE INDEX attempt_one_open_audit ON attempt (study, stage, k, replicate)
  WHERE outcome IS NULL AND purpose = 'audit';

CREATE TABLE quarantine (
  session TEXT NOT NULL PRIMARY KEY,
  worker TEXT NOT NULL,
  reason TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

DROP VIEW trials_ranked;
CREATE VIEW trials_ranked AS
WITH valued AS (
  SELECT t.*, g.ordinal, m.train_accuracy, m.train_loss, m.validation_accuracy, m.validation_loss, m.validation_cost,
    coalesce(w.test_accuracy, m.test_accuracy) AS test_accuracy, s.objective_direction,
    CASE WHEN t.status = 'complete' AND coalesce(t.audit, '') <> 'disputed' THEN 1 ELSE 0 END AS counts,
    CASE s.objective_metric WHEN 'validation_accuracy' THEN m.validation_accuracy WHEN 'validation_loss' THEN m.validation_loss
      WHEN 'validation_cost' THEN m.validation_cost WHEN 'train_accuracy' THEN m.train_accuracy
      WHEN 'train_loss' THEN m.train_loss END AS value
  FROM trial t JOIN study s ON s.name = t.study JOIN stage g ON g.study = t.study AND g.name = t.stage
  LEFT JOIN measurement m ON m.study = t.study AND m.stage = t.stage AND m.k = t.k AND m.replicate = t.replicate AND m.step = t.measured_step
  LEFT JOIN winner w ON w.study = t.study AND w.stage = t.stage AND w.k = t.k AND w.replicate = t.replicate
), placed AS (
  SELECT valued.*, CASE objective_direction WHEN 'maximize' THEN -value ELSE value END AS placing FROM valued
)
SELECT study, stage, k, replicate, lambda, status, value,
  CASE counts WHEN 1 THEN row_number() OVER (PARTITION BY study, stage ORDER BY counts DESC, placing, k, replicate) END AS rank_in_stage,
  CASE counts WHEN 1 THEN row_number() OVER (PARTITION BY study ORDER BY counts DESC, placing, ordinal, k, replicate) END AS rank_in_study,
  train_accuracy, train_loss, validation_accuracy, validation_loss, validation_cost, test_accuracy,
  reason, attempts, worker, steps, seconds, digest, audit
FROM placed;
`;

/** Ranks are those of a λ, by the mean of its replicates (`search/ranking/ranking.ts` has the rule). */
const version3 = `
DROP VIEW trials_ranked;
CREATE VIEW trials_ranked AS
WITH valued AS (
  SELECT t.*, g.ordinal, m.train_accuracy, m.train_loss, m.validation_accuracy, m.validation_loss, m.validation_cost,
    coalesce(w.test_accuracy, m.test_accuracy) AS test_accuracy, s.objective_direction,
    CASE WHEN t.status = 'complete' AND coalesce(t.audit, '') <> 'disputed' THEN 1 ELSE 0 END AS counts,
    CASE s.objective_metric WHEN 'validation_accuracy' THEN m.validation_accuracy WHEN 'validation_loss' THEN m.validation_loss
      WHEN 'validation_cost' THEN m.validation_cost WHEN 'train_accuracy' THEN m.train_accuracy
      WHEN 'train_loss' THEN m.train_loss END AS value
  FROM trial t JOIN study s ON s.name = t.study JOIN stage g ON g.study = t.study AND g.name = t.stage
  LEFT JOIN measurement m ON m.study = t.study AND m.stage = t.stage AND m.k = t.k AND m.replicate = t.replicate AND m.step = t.measured_step
  LEFT JOIN winner w ON w.study = t.study AND w.stage = t.stage AND w.k = t.k AND w.replicate = t.replicate
), meant AS (
  SELECT valued.*, avg(CASE counts WHEN 1 THEN value END) OVER same AS mean_value, count(*) OVER same AS replicates,
    sum(counts) OVER same > 0 AND sum(counts = 0 AND status NOT IN ('waiting', 'running')) OVER same = 0 AS is_ranked
  FROM valued WINDOW same AS (PARTITION BY study, stage, k)
), placed AS (
  SELECT meant.*, CASE objective_direction WHEN 'maximize' THEN -mean_value ELSE mean_value END AS placing FROM meant
)
SELECT study, stage, k, replicate, lambda, status, value,
  CASE is_ranked WHEN 1 THEN dense_rank() OVER (PARTITION BY study, stage ORDER BY is_ranked DESC, replicates DESC, placing, k) END AS rank_in_stage,
  CASE is_ranked WHEN 1 THEN dense_rank() OVER (PARTITION BY study ORDER BY is_ranked DESC, replicates DESC, placing, ordinal, k) END AS rank_in_study,
  train_accuracy, train_loss, validation_accuracy, validation_loss, validation_cost, test_accuracy,
  reason, attempts, worker, steps, seconds, digest, audit,
  CASE is_ranked WHEN 1 THEN mean_value END AS mean_value, replicates
FROM placed;
`;

const version4 = `
ALTER TABLE winner ADD COLUMN tests TEXT NOT NULL DEFAULT '[]';
`;

/**
 * Means that differ by nothing but rounding are equal, whichever SQLite adds them up (`search/ranking/ranking.ts`).
 * A trial's own test accuracy stands before the winner's, which is the mean of all its replicates.
 */
const version5 = version3
  .replace('-mean_value ELSE mean_value', '-round(mean_value * 1e12) ELSE round(mean_value * 1e12)')
  .replace(
    'coalesce(w.test_accuracy, m.test_accuracy)',
    'coalesce(m.test_accuracy, w.test_accuracy)',
  );

const steps: readonly string[] = [version1, version2, version3, version4, version5];

/** The schema that this release reads and writes. */
const schemaVersion = steps.length;

/** 0 where there is no store yet: the file is new, or its making was cut off. */
export function storedVersion(database: DatabaseSync): number {
  const found = database
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'")
    .get();
  if (found === undefined) return 0;
  return Number(database.prepare('SELECT schema_version FROM meta').get()?.['schema_version'] ?? 0);
}

/**
 * Brings the tables to this release's schema.
 *
 * @throws RidgelineError VERSION_MISMATCH when a newer release has written them
 */
export function migrate(database: DatabaseSync, file: string): void {
  const stored = storedVersion(database);
  if (stored > schemaVersion) throw newerStore(file, stored);
  if (stored === 0) createMeta(database);
  for (let version = stored + 1; version <= schemaVersion; version++) {
    database.exec(
      `BEGIN IMMEDIATE; ${steps[version - 1] ?? ''} UPDATE meta SET schema_version = ${version}; COMMIT`,
    );
  }
}

function createMeta(database: DatabaseSync): void {
  database.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS meta (
      one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
      application TEXT NOT NULL CHECK (application = 'ridgeline'),
      schema_version INTEGER NOT NULL CHECK (schema_version >= 0)
    ) STRICT;
    INSERT INTO meta VALUES (1, 'ridgeline', 0) ON CONFLICT DO NOTHING;
    COMMIT`);
}

/** @throws RidgelineError VERSION_MISMATCH when a newer release has written it */
export function checkNotNewer(database: DatabaseSync, file: string): void {
  const stored = storedVersion(database);
  if (stored > schemaVersion) throw newerStore(file, stored);
}

/** What a reader says, who may not migrate. */
export function checkReadable(database: DatabaseSync, file: string): void {
  checkNotNewer(database, file);
  const stored = storedVersion(database);
  if (stored < schemaVersion) {
    throw new RidgelineError(
      'VERSION_MISMATCH',
      `${file} was written by an older Ridgeline: its schema is ${stored}, this one reads ${schemaVersion}.`,
      'Start a coordinator (or `ridgeline run`) on this state directory once; it brings the store up to date.',
    );
  }
}

function newerStore(file: string, stored: number): RidgelineError {
  return new RidgelineError(
    'VERSION_MISMATCH',
    `${file} was written by a newer Ridgeline: its schema is ${stored}, this one knows up to ${schemaVersion}. Nothing was changed.`,
    'Use that release or a newer one, or give another directory with --state DIR.',
  );
}

/**
 * Checker: compares the books with a copy of the store, by SQL.
 *
 * It uses the tables and no code of the program, so it finds what a person would find in the file,
 * independent of the coordinator's memory.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Books } from './books.ts';

export interface Findings {
  /** Results that were acknowledged and are not in the store as they were computed. */
  readonly lost: string[];
  /** Trials that were accepted more than once. */
  readonly twice: string[];
  /** Rules that the tables break. */
  readonly broken: string[];
  /** Number of stored results without a received acknowledgement; allowed after a crash. */
  readonly unheard: number;
  readonly acknowledged: number;
  readonly trials: StoredTrial[];
  readonly attempts: StoredAttempt[];
}

interface StoredTrial {
  readonly name: string;
  readonly lambda: number;
  readonly status: string;
  readonly digest: string | null;
  readonly attempts: number;
  readonly failures: number;
}

interface StoredAttempt {
  readonly trial: string;
  readonly attempt: number;
  readonly kind: string;
  readonly worker: string;
  readonly assigned_at_ms: number;
  readonly ended_at_ms: number | null;
  readonly outcome: string | null;
}

/** @param stateDir of a cluster whose coordinator is not running */
export function check(stateDir: string, study: string, books: Books): Findings {
  const copy = mkdtempSync(join(tmpdir(), 'ridgeline-check-'));
  try {
    for (const name of ['ridgeline.db', 'ridgeline.db-wal'])
      if (existsSync(join(stateDir, name))) copyFileSync(join(stateDir, name), join(copy, name));
    const database = new DatabaseSync(join(copy, 'ridgeline.db'));
    try {
      return findings(database, study, books);
    } finally {
      database.close();
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const nameSql = `stage || '/' || trial_index || CASE replicate WHEN 1 THEN '' ELSE '.' || replicate END`;

function findings(database: DatabaseSync, study: string, books: Books): Findings {
  const rows = <Row>(sql: string): Row[] => database.prepare(sql).all(study) as unknown as Row[];
  const trials = rows<StoredTrial>(
    `SELECT ${nameSql} AS name, params ->> 'lambda' AS lambda, status, digest, attempts, failures
     FROM trial LEFT JOIN result USING (study, stage, trial_index, replicate)
     WHERE study = ? ORDER BY stage, trial_index`,
  );
  const attempts = rows<StoredAttempt>(
    `SELECT ${nameSql} AS trial, attempt, kind, worker, assigned_at_ms, ended_at_ms, outcome
     FROM attempt WHERE study = ? ORDER BY stage, trial_index, replicate, attempt`,
  );
  const byName = new Map(trials.map((trial) => [trial.name, trial]));
  const lost: string[] = [];
  const twice: string[] = [];
  const digests = new Map<string, string | null>();
  for (const { trial, attempt, digest } of books.trained)
    digests.set(`${trial}#${attempt}`, digest);
  const heard = new Set<string>();
  const accepted = new Map<string, number>();
  const testAttempts = new Set(
    attempts.filter(({ kind }) => kind === 'test').map((a) => `${a.trial}#${a.attempt}`),
  );
  let acknowledged = 0;
  for (const { trial, attempt, answer } of books.answered) {
    if (answer !== 'accepted' && answer !== 'duplicate') continue;
    acknowledged += 1;
    const key = `${trial}#${attempt}`;
    const stored = byName.get(trial);
    const computed = digests.get(key);
    if (stored?.status !== 'complete' || stored.digest !== computed)
      lost.push(`${key}: computed ${computed}, the store has ${stored?.status} ${stored?.digest}`);
    if (testAttempts.has(key)) continue;
    heard.add(trial);
    if (answer === 'accepted') accepted.set(trial, (accepted.get(trial) ?? 0) + 1);
  }
  for (const [trial, times] of accepted)
    if (times > 1) twice.push(`${trial}: accepted ${times} times`);
  for (const { trial, times } of rows<{ trial: string; times: number }>(
    `SELECT ${nameSql} AS trial, count(*) AS times FROM attempt
     WHERE study = ? AND kind = 'search' AND outcome IN ('accepted', 'diverged')
     GROUP BY stage, trial_index, replicate HAVING count(*) > 1`,
  ))
    twice.push(`${trial}: ${times} accepted attempts`);
  return {
    lost,
    twice,
    broken: brokenNumbers(rows),
    unheard: trials.filter((trial) => trial.digest !== null && !heard.has(trial.name)).length,
    acknowledged,
    trials,
    attempts,
  };
}

/** Rules that hold after any faults, once the study has ended. */
function brokenNumbers(rows: <Row>(sql: string) => Row[]): string[] {
  const rules: Record<string, string> = {
    'trials are numbered from 1 without a gap': `
      SELECT g.name AS found FROM stage g LEFT JOIN trial t ON t.study = g.study AND t.stage = g.name
      WHERE g.study = ? GROUP BY g.name
      HAVING count(t.trial_index) <> g.trials OR min(t.trial_index) <> 1 OR max(t.trial_index) <> g.trials OR count(DISTINCT t.trial_index) <> g.trials`,
    'every trial has ended': `
      SELECT ${nameSql} || ' ' || status AS found FROM trial WHERE study = ? AND status <> 'complete'`,
    'no attempt is open': `
      SELECT ${nameSql} AS found FROM attempt WHERE study = ? AND outcome IS NULL`,
    'attempts are numbered from 1 without a gap': `
      SELECT ${nameSql} AS found FROM attempt WHERE study = ?
      GROUP BY stage, trial_index, replicate HAVING count(*) <> max(attempt) OR min(attempt) <> 1`,
    'a trial counts its attempts': `
      SELECT ${nameSql} AS found FROM trial t WHERE study = ? AND attempts <> (SELECT count(*) FROM attempt a
        WHERE a.study = t.study AND a.stage = t.stage AND a.trial_index = t.trial_index AND a.replicate = t.replicate AND kind = 'search')`,
    'a trial counts its failures': `
      SELECT ${nameSql} AS found FROM trial t WHERE study = ? AND failures <> (SELECT count(*) FROM attempt a
        WHERE a.study = t.study AND a.stage = t.stage AND a.trial_index = t.trial_index AND a.replicate = t.replicate
        AND kind = 'search' AND outcome IN ('crashed', 'timeout'))`,
    'a complete trial has a result with a digest and its last measurement': `
      SELECT ${nameSql} AS found FROM trial t WHERE study = ? AND status = 'complete'
      AND NOT EXISTS (SELECT 1 FROM result r WHERE r.study = t.study AND r.stage = t.stage
        AND r.trial_index = t.trial_index AND r.replicate = t.replicate AND r.digest IS NOT NULL
        AND r.metrics IS NOT NULL AND r.measured_step = r.curve ->> '$.steps[#-1]')`,
  };
  return Object.entries(rules).flatMap(([rule, sql]) =>
    rows<{ found: string }>(sql).map(({ found }) => `${rule}: ${found}`),
  );
}

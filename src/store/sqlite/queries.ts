/** Queries: every statement that reads. `read.ts` combines their rows into records. */
import type { DatabaseSync } from 'node:sqlite';
import { isTrial, prepare } from './statements.ts';
import type { Tables, TrialKey } from './tables.ts';

/** A trial with the metrics of its last measurement, which are null if there is none. */
export type TrialRow = Tables['trial'] & { metrics: string | null };

interface StudyKey {
  study: string;
}
interface StageKey extends StudyKey {
  stage: string;
}
/** The next `limit` rows after a trial, in the order of the table's key, so that nothing is sorted. */
type NextTrials = TrialKey & { limit: number };
type NextAttempts = NextTrials & { attempt: number };
/** From one trial of a stage to another, both included. */
export interface TrialRange extends StageKey {
  from_index: number;
  from_replicate: number;
  to_index: number;
  to_replicate: number;
}

export function studyQueries(database: DatabaseSync) {
  return {
    studies: prepare<object, Tables['study']>(database, 'SELECT * FROM study ORDER BY ordinal'),
    study: prepare<StudyKey, Tables['study']>(database, 'SELECT * FROM study WHERE name = :study'),
    stages: prepare<StudyKey, Tables['stage']>(
      database,
      'SELECT * FROM stage WHERE study = :study ORDER BY ordinal',
    ),
    winner: prepare<StudyKey, Tables['winner']>(
      database,
      'SELECT * FROM winner WHERE study = :study',
    ),
    ranks: prepare<StudyKey, Tables['ranking']>(
      database,
      `SELECT ranking.* FROM stage JOIN ranking ON ranking.study = stage.study AND ranking.stage = stage.name
       WHERE stage.study = :study ORDER BY ordinal, trial_index, replicate`,
    ),
    events: prepare<{ limit: number }, Tables['event']>(
      database,
      'SELECT * FROM event ORDER BY sequence DESC LIMIT :limit',
    ),
    exclusions: prepare<object, Tables['exclusion']>(
      database,
      'SELECT * FROM exclusion ORDER BY at_ms, session',
    ),
  };
}

const isInStage = 'study = :study AND stage = :stage';
const isInRange = `${isInStage} AND (trial_index, replicate) >= (:from_index, :from_replicate)
  AND (trial_index, replicate) <= (:to_index, :to_replicate)`;

export function trialQueries(database: DatabaseSync) {
  const trials = `SELECT *, (SELECT metrics FROM measurement AS m WHERE m.study = trial.study AND m.stage = trial.stage
    AND m.trial_index = trial.trial_index AND m.replicate = trial.replicate AND m.step = trial.measured_step) AS metrics
    FROM trial`;
  return {
    next: prepare<NextTrials, TrialRow>(
      database,
      `${trials} WHERE ${isInStage} AND (trial_index, replicate) > (:trial_index, :replicate)
       ORDER BY trial_index, replicate LIMIT :limit`,
    ),
    one: prepare<TrialKey, TrialRow>(database, `${trials} WHERE ${isTrial}`),
    correctness: prepare<TrialRange, Tables['correctness']>(
      database,
      `SELECT * FROM correctness WHERE ${isInRange}`,
    ),
    measurements: prepare<TrialRange, Tables['measurement']>(
      database,
      `SELECT * FROM measurement WHERE ${isInRange} ORDER BY trial_index, replicate, step`,
    ),
  };
}

export function attemptQueries(database: DatabaseSync) {
  const order = 'ORDER BY trial_index, replicate, attempt';
  return {
    next: prepare<NextAttempts, Tables['attempt']>(
      database,
      `SELECT * FROM attempt WHERE ${isInStage}
       AND (trial_index, replicate, attempt) > (:trial_index, :replicate, :attempt) ${order} LIMIT :limit`,
    ),
    /** Attempts that gave a result for a trial that had one. */
    verifications: prepare<StageKey, Tables['attempt']>(
      database,
      `SELECT * FROM attempt WHERE ${isInStage} AND (outcome IN ('duplicate', 'disputed')
       OR (outcome = 'accepted' AND kind <> 'search')) ${order}`,
    ),
    ofTrial: prepare<TrialKey, Tables['attempt']>(
      database,
      `SELECT * FROM attempt WHERE ${isTrial} ${order}`,
    ),
  };
}

/** Queries: every statement that reads. `read.ts` combines their rows into records. */
import type { DatabaseSync } from 'node:sqlite';
import { isTrial, prepare } from './statements.ts';
import type { Tables, TrialKey } from './tables.ts';

/** A trial with the metrics of its last measurement, which are null if there is none. */
export type TrialRow = Tables['trial'] & { metrics: string | null };

interface StageKey {
  study: string;
  stage: string;
}
/** The next `limit` rows after a trial, in the order of the table's key, so that nothing is sorted. */
type NextTrials = TrialKey & { limit: number };
/** From one trial of a stage to another, both included. */
export interface TrialRange extends StageKey {
  from_index: number;
  from_replicate: number;
  to_index: number;
  to_replicate: number;
}

export function studyQueries(database: DatabaseSync) {
  const query = <Row, Values extends object = { study: string }>(text: string) =>
    prepare<Values, Row>(database, text);
  return {
    studies: query<Tables['study'], object>('SELECT * FROM study ORDER BY ordinal'),
    study: query<Tables['study']>('SELECT * FROM study WHERE name = :study'),
    stages: query<Tables['stage']>('SELECT * FROM stage WHERE study = :study ORDER BY ordinal'),
    winner: query<Tables['winner']>('SELECT * FROM winner WHERE study = :study'),
    ranks: query<Tables['ranking']>(
      `SELECT ranking.* FROM stage JOIN ranking ON ranking.study = stage.study AND ranking.stage = stage.name
       WHERE stage.study = :study ORDER BY ordinal, trial_index, replicate`,
    ),
    events: query<Tables['event'], { limit: number }>(
      'SELECT * FROM event ORDER BY sequence DESC LIMIT :limit',
    ),
    exclusions: query<Tables['exclusion'], object>(
      'SELECT * FROM exclusion ORDER BY at_ms, session',
    ),
  };
}

const isInStage = 'study = :study AND stage = :stage';
const isInRange = `${isInStage} AND (trial_index, replicate) >= (:from_index, :from_replicate)
  AND (trial_index, replicate) <= (:to_index, :to_replicate)`;

export function trialQueries(database: DatabaseSync) {
  const query = <Row, Values extends object>(text: string) => prepare<Values, Row>(database, text);
  const trials = `SELECT *, (SELECT metrics FROM measurement AS m WHERE m.study = trial.study AND m.stage = trial.stage
    AND m.trial_index = trial.trial_index AND m.replicate = trial.replicate AND m.step = trial.measured_step) AS metrics
    FROM trial`;
  return {
    next: query<TrialRow, NextTrials>(
      `${trials} WHERE ${isInStage} AND (trial_index, replicate) > (:trial_index, :replicate)
       ORDER BY trial_index, replicate LIMIT :limit`,
    ),
    one: query<TrialRow, TrialKey>(`${trials} WHERE ${isTrial}`),
    correctness: query<Tables['correctness'], TrialRange>(
      `SELECT * FROM correctness WHERE ${isInRange}`,
    ),
    measurements: query<Tables['measurement'], TrialRange>(
      `SELECT * FROM measurement WHERE ${isInRange} ORDER BY trial_index, replicate, step`,
    ),
  };
}

export function attemptQueries(database: DatabaseSync) {
  const query = <Values extends object>(condition: string, limit = '') =>
    prepare<Values, Tables['attempt']>(
      database,
      `SELECT * FROM attempt WHERE ${condition} ORDER BY trial_index, replicate, attempt ${limit}`,
    );
  return {
    next: query<NextTrials & { attempt: number }>(
      `${isInStage} AND (trial_index, replicate, attempt) > (:trial_index, :replicate, :attempt)`,
      'LIMIT :limit',
    ),
    /** Attempts that reported a result after the first result of their trial. */
    verifications: query<StageKey>(
      `${isInStage} AND (outcome IN ('duplicate', 'disputed')
       OR (outcome = 'accepted' AND kind <> 'search'))`,
    ),
    ofTrial: query<TrialKey>(isTrial),
  };
}

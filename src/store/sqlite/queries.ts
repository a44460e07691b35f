/** Queries: every statement that reads. `read.ts` combines their rows into records. */
import type { DatabaseSync } from 'node:sqlite';
import { isTrial, keyColumns, prepare } from './statements.ts';
import type { Tables, TrialKey } from './tables.ts';

/** The columns of a result; all are null if the trial has none. */
type ResultColumns<Column extends keyof Tables['result']> = {
  [C in Column]: Tables['result'][C] | null;
};
/** A trial with its result, without the curve and the bits. */
export type TrialRow = Pick<Tables['trial'], (typeof trialColumns)[number]> &
  ResultColumns<(typeof resultColumns)[number]>;
export type DetailedTrialRow = TrialRow & ResultColumns<'curve' | 'bits'>;

// Without the study, which the caller knows: a text takes longer to read than a number.
const trialColumns = [
  'stage',
  'trial_index',
  'replicate',
  'params',
  'status',
  'reason',
  'attempts',
  'failures',
  'audit',
] as const;

const attemptColumns = [
  'stage',
  'trial_index',
  'replicate',
  'attempt',
  'kind',
  'worker',
  'session',
  'machine_id',
  'token_id',
  'pack',
  'assigned_at_ms',
  'ended_at_ms',
  'outcome',
  'reason',
  'fingerprint',
  'to_step',
] as const;
export type AttemptRow = Pick<Tables['attempt'], (typeof attemptColumns)[number]>;

const resultColumns = [
  'worker',
  'steps',
  'seconds',
  'digest',
  'fingerprint',
  'measured_step',
  'metrics',
  'source',
] as const;

/** The next `limit` rows after a trial, in the order of the table's key, so that nothing is sorted. */
type NextTrials = TrialKey & { limit: number };
export function studyQueries(database: DatabaseSync) {
  const query = <Row, Values extends object = { study: string }>(text: string) =>
    prepare<Values, Row>(database, text);
  return {
    studies: query<Tables['study'], object>('SELECT * FROM study ORDER BY ordinal'),
    study: query<Tables['study']>('SELECT * FROM study WHERE name = :study'),
    stages: query<Tables['stage']>('SELECT * FROM stage WHERE study = :study ORDER BY ordinal'),
    files: query<Pick<Tables['program_file'], 'name' | 'sha256' | 'content'>>(
      'SELECT name, sha256, content FROM program_file WHERE study = :study ORDER BY name',
    ),
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
export function trialQueries(database: DatabaseSync) {
  const query = <Row, Values extends object>(text: string) => prepare<Values, Row>(database, text);
  const select = (columns: readonly string[]) =>
    `SELECT ${trialColumns.join(', ')}, ${columns.join(', ')} FROM trial LEFT JOIN result USING (${keyColumns.join(', ')})`;
  const trials = select(resultColumns);
  const withDetails = select([...resultColumns, 'curve', 'bits']);
  const follows = `${isInStage} AND (trial_index, replicate) > (:trial_index, :replicate)
    ORDER BY trial_index, replicate LIMIT :limit`;
  return {
    next: query<TrialRow, NextTrials>(`${trials} WHERE ${follows}`),
    nextWithDetails: query<DetailedTrialRow, NextTrials>(`${withDetails} WHERE ${follows}`),
    one: query<DetailedTrialRow, TrialKey>(`${withDetails} WHERE ${isTrial}`),
  };
}

export function attemptQueries(database: DatabaseSync) {
  const query = <Values extends object>(condition: string, limit = '') =>
    prepare<Values, AttemptRow>(
      database,
      `SELECT ${attemptColumns.join(', ')} FROM attempt WHERE ${condition} ORDER BY trial_index, replicate, attempt ${limit}`,
    );
  return {
    next: query<NextTrials & { attempt: number }>(
      `${isInStage} AND (trial_index, replicate, attempt) > (:trial_index, :replicate, :attempt)`,
      'LIMIT :limit',
    ),
    ofTrial: query<TrialKey>(isTrial),
    logs: prepare<TrialKey, Pick<Tables['attempt_log'], 'attempt' | 'text'>>(
      database,
      `SELECT attempt, text FROM attempt_log WHERE ${isTrial}`,
    ),
  };
}

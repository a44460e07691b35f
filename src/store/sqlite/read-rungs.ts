/** Rung reads: adds their progress, and their results at rungs, to trials that have rungs. */
import type { DatabaseSync } from 'node:sqlite';
import {
  noCorrectness,
  type RungProgress,
  type RungResult,
  type StopDecision,
  type TrialRecord,
} from '../../study/trial.ts';
import type { TrialOptions } from '../store.ts';
import { parseCurve } from './curve-text.ts';
import { prepare } from './statements.ts';
import type { Tables } from './tables.ts';

type Progress = Omit<Tables['rung_progress'], 'study'>;
type Result = Omit<Tables['rung_result'], 'study' | 'curve' | 'bits'> & {
  readonly curve?: string;
  readonly bits?: Uint8Array;
};

/** Trials of one stage, from one index to another. */
interface Extent {
  readonly study: string;
  readonly stage: string;
  readonly first: number;
  readonly last: number;
}

const isWithin =
  'study = :study AND stage = :stage AND trial_index BETWEEN :first AND :last ORDER BY trial_index, replicate';
const columns =
  'stage, trial_index, replicate, step, worker, seconds, digest, fingerprint, metrics, audit, source';

/** @returns adds the rungs of trials of one stage, which are in order; of studies without rungs it reads one row */
export function rungReader(
  database: DatabaseSync,
): (study: string, trials: TrialRecord[], options: TrialOptions) => TrialRecord[] {
  const exists = prepare<{ study: string }, object>(
    database,
    'SELECT 1 FROM rung_progress WHERE study = :study LIMIT 1',
  );
  const progress = prepare<Extent, Progress>(
    database,
    `SELECT * FROM rung_progress WHERE ${isWithin}`,
  );
  const results = prepare<Extent, Result>(
    database,
    `SELECT ${columns} FROM rung_result WHERE ${isWithin}, step`,
  );
  const detailed = prepare<Extent, Result>(
    database,
    `SELECT ${columns}, curve, bits FROM rung_result WHERE ${isWithin}, step`,
  );
  return (study, trials, options) => {
    const [first, last] = [trials[0], trials.at(-1)];
    if (first === undefined || last === undefined) return trials;
    if (exists.first({ study }) === undefined) return trials;
    const extent = { study, stage: first.id.stage, first: first.id.index, last: last.id.index };
    const hasDetails = options.curves === true || options.correctness === true;
    const found = (hasDetails ? detailed : results).all(extent);
    const resultsOf = Map.groupBy(found, toKey);
    const progressOf = new Map(progress.all(extent).map((row) => [toKey(row), row]));
    return trials.map((trial) => {
      const key = toKey({ trial_index: trial.id.index, replicate: trial.id.replicate });
      const row = progressOf.get(key);
      if (row === undefined) return trial;
      const own = (resultsOf.get(key) ?? []).map((result) => rungResult(result, options));
      return { ...trial, rungs: rungProgress(row, own) };
    });
  };
}

function toKey({ trial_index: index, replicate }: Pick<Progress, 'trial_index' | 'replicate'>) {
  return `${index}.${replicate}`;
}

function rungProgress(row: Progress, results: readonly RungResult[]): RungProgress {
  return { toStep: row.to_step, results, stop: stopDecision(row) };
}

function stopDecision(row: Progress): StopDecision | null {
  const { stop_rung: rung, stop_step: step, leader_stage: stage, leader_index: index } = row;
  if (rung === null || step === null || stage === null || index === null) return null;
  return {
    rung,
    step,
    leader: { stage, index, replicate: 1 },
    onlyLeader: row.only_leader ?? 0,
    onlyTrial: row.only_trial ?? 0,
  };
}

function rungResult(row: Result, options: TrialOptions): RungResult {
  const { step: steps, seconds, digest, worker, fingerprint, audit, source } = row;
  const curve =
    options.curves === true && row.curve !== undefined
      ? parseCurve(row.curve)
      : [{ step: steps, metrics: JSON.parse(row.metrics) }];
  const validationCorrect = (options.correctness === true && row.bits) || noCorrectness;
  const result = { kind: 'complete', steps, seconds, digest, curve, validationCorrect } as const;
  return { result, worker, fingerprint, audit, ...(source !== null && { source }) };
}

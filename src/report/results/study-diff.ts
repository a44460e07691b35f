/**
 * Study comparison: the differences between two study files and their results. Two trials correspond if
 * stage, index, replicate and parameters are equal; with equal settings they must have the same digest.
 */
import { paramsText } from '../../study/search-space.ts';
import { specFile } from '../../study/spec/canonical-spec.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { TrainerDescription } from '../../study/trainer-description.ts';
import type { TrialRecord } from '../../study/trial.ts';
import { bestBits, bestDifference, type BestDifference, type BestSide } from './best-difference.ts';
import type { ResultRow } from './result-row.ts';
import { studyResults, type StudyResults } from './study-results.ts';

export interface DiffSide extends BestSide {
  /** One row for each replicate. */
  readonly trials: readonly ResultRow[];
}

/** @param trials with their validation bits */
export function diffSide(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  trainer: TrainerDescription,
): DiffSide {
  const each = studyResults(study, trials, trainer, { rows: 'trial' });
  const results = studyResults(study, trials, trainer);
  return {
    study,
    results,
    bestBits: bestBits(results, trials),
    trials: each.stages.flatMap(({ rows }) => rows),
  };
}

interface FieldDifference {
  /** As the study file spells it: `trainer.hidden`. */
  readonly field: string;
  /** As in the study file: a number, a text, true or false, or a list. Null if the study has no such field. */
  readonly a: unknown;
  readonly b: unknown;
}

export interface StageFacts {
  readonly complete: number;
  readonly trials: number;
  readonly best: ResultRow | null;
  /** Median value of the completed trials. */
  readonly median: number | null;
}

export interface StudyDiff {
  readonly fields: readonly FieldDifference[];
  readonly stages: readonly {
    readonly stage: string;
    readonly a: StageFacts | null;
    readonly b: StageFacts | null;
  }[];
  /** Null if a study has no value, or they have different objectives. */
  readonly difference: BestDifference | null;
  readonly trials: {
    /** Number of trials that have the same name and parameters in both studies. */
    readonly shared: number;
    /** Number of shared trials that are complete in both studies. */
    readonly compared: number;
    readonly digestEqual: number;
    /** Names of the first trials with different digests. */
    readonly digestDifferent: readonly string[];
  };
}

const namedMax = 10;

export function studyDiff(a: DiffSide, b: DiffSide): StudyDiff {
  const stages = [...new Set([...a.results.stages, ...b.results.stages].map(({ name }) => name))];
  return {
    fields: fieldDifferences(a.study.spec, b.study.spec),
    difference: bestDifference(a, b),
    stages: stages.map((stage) => ({
      stage,
      a: stageFacts(a.results, stage),
      b: stageFacts(b.results, stage),
    })),
    trials: trialDifference(a.trials, b.trials),
  };
}

function fieldDifferences(a: StudySpec, b: StudySpec): FieldDifference[] {
  const [left, right] = [flatten(specFile(a), []), flatten(specFile(b), [])];
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((field) => ({ field, a: left.get(field) ?? null, b: right.get(field) ?? null }))
    .filter(({ field, a: own, b: other }) => field !== 'study' && !isEqual(own, other));
}

/** Values by path; a stage is identified by its name; any other list is one value. */
function flatten(value: unknown, path: readonly string[]): Map<string, unknown> {
  const isStages = Array.isArray(value) && value.some((item) => typeof item === 'object');
  if (typeof value !== 'object' || value === null || (Array.isArray(value) && !isStages))
    return new Map([[path.join('.'), value]]);
  return new Map(
    Object.entries(value).flatMap(([key, inner]: [string, unknown]) => [
      ...flatten(inner, [...path, isStages ? stageName(inner, key) : key]),
    ]),
  );
}

function isEqual(own: unknown, other: unknown): boolean {
  return JSON.stringify(own) === JSON.stringify(other);
}

function stageName(stage: unknown, key: string): string {
  const hasName = typeof stage === 'object' && stage !== null && 'name' in stage;
  return hasName ? String(stage.name) : key;
}

function stageFacts(results: StudyResults, name: string): StageFacts | null {
  const stage = results.stages.find((one) => one.name === name);
  if (stage === undefined) return null;
  const complete = stage.rows.filter(({ rank }) => rank !== null);
  // After a race, the order by rank is not the order of the values.
  const values = complete.flatMap(({ value }) => value ?? []).toSorted((a, b) => a - b);
  return {
    complete: stage.counts.complete,
    trials: stage.trials,
    best: complete[0] ?? null,
    median: median(values),
  };
}

/** @param values ascending */
function median(values: readonly number[]): number | null {
  const [low, high] = [values[(values.length - 1) >> 1], values[values.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

function trialDifference(a: readonly ResultRow[], b: readonly ResultRow[]): StudyDiff['trials'] {
  const others = new Map(b.map((row) => [row.trial, row]));
  const shared = a.flatMap((row) => {
    const other = others.get(row.trial);
    if (other === undefined || paramsText(other.params) !== paramsText(row.params)) return [];
    return [{ row, other }];
  });
  const compared = shared.filter(({ row, other }) => row.digest !== null && other.digest !== null);
  const different = compared.filter(({ row, other }) => row.digest !== other.digest);
  return {
    shared: shared.length,
    compared: compared.length,
    digestEqual: compared.length - different.length,
    digestDifferent: different.slice(0, namedMax).map(({ row }) => row.trial),
  };
}

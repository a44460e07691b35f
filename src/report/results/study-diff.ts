/**
 * Two studies side by side: what differs in their files, what came out, and how many trials are the same
 * to the last bit. Pure; `diff-text.ts` prints it.
 *
 * Trials are the same where stage, k, replicate and λ are, and then ought to have the same digest, unless
 * the settings differ. Equal digests are the strongest sign there is that two searches computed the same.
 */
import { fileShape } from '../../study/spec/file-shape.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { TrialRecord } from '../../study/trial.ts';
import {
  studyResults,
  type ResultRow,
  type StageResults,
  type StudyResults,
} from './study-results.ts';

export interface DiffSide {
  readonly spec: StudySpec;
  readonly results: StudyResults;
  /** A row for each trial, replicates one by one. */
  readonly trials: readonly ResultRow[];
}

/** @param trials with their bits */
export function diffSide(study: StudyRecord, trials: readonly TrialRecord[]): DiffSide {
  const each = studyResults(study, trials, 'trial');
  return {
    spec: study.spec,
    results: studyResults(study, trials),
    trials: each.stages.flatMap(({ rows }) => rows),
  };
}

export interface FieldDifference {
  /** As the study file spells it: `trainer.hidden`. */
  readonly field: string;
  /** Null where the study has no such field. */
  readonly a: string | null;
  readonly b: string | null;
}

interface StageDifference {
  readonly stage: string;
  readonly a: StageFacts | null;
  readonly b: StageFacts | null;
}

export interface StageFacts {
  readonly complete: number;
  readonly trials: number;
  readonly best: ResultRow | null;
  /** Of the completed trials' values. */
  readonly median: number | null;
}

export interface StudyDiff {
  readonly fields: readonly FieldDifference[];
  readonly stages: readonly StageDifference[];
  readonly trials: {
    /** In both, under the same name and with the same λ. */
    readonly shared: number;
    /** Of these, completed in both. */
    readonly compared: number;
    readonly digestEqual: number;
    /** The first that are not equal, for a closer look. */
    readonly digestDifferent: readonly string[];
  };
}

const namedMax = 10;

export function studyDiff(a: DiffSide, b: DiffSide): StudyDiff {
  const stages = [...new Set([...a.results.stages, ...b.results.stages].map(({ name }) => name))];
  return {
    fields: fieldDifferences(a.spec, b.spec),
    stages: stages.map((stage) => ({
      stage,
      a: stageFacts(a.results, stage),
      b: stageFacts(b.results, stage),
    })),
    trials: trialDifference(a.trials, b.trials),
  };
}

function fieldDifferences(a: StudySpec, b: StudySpec): FieldDifference[] {
  const [left, right] = [flatten(fileShape(a), []), flatten(fileShape(b), [])];
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((field) => ({ field, a: left.get(field) ?? null, b: right.get(field) ?? null }))
    .filter((difference) => difference.field !== 'study' && difference.a !== difference.b);
}

/** Leaves by path; a list of stages goes by their names, other lists are one value. */
function flatten(value: unknown, path: readonly string[]): Map<string, string> {
  const isStages = Array.isArray(value) && value.some((item) => typeof item === 'object');
  if (typeof value !== 'object' || value === null || (Array.isArray(value) && !isStages))
    return new Map([[path.join('.'), JSON.stringify(value)]]);
  const entries = Object.entries(value).flatMap(([key, inner]: [string, unknown]) => [
    ...flatten(inner, [...path, isStages ? nameOf(inner, key) : key]),
  ]);
  return new Map(entries);
}

function nameOf(stage: unknown, key: string): string {
  const hasName = typeof stage === 'object' && stage !== null && 'name' in stage;
  return hasName ? String(stage.name) : key;
}

function stageFacts(results: StudyResults, name: string): StageFacts | null {
  const stage = results.stages.find((candidate) => candidate.name === name);
  if (stage === undefined) return null;
  const complete = completeRows(stage);
  // After a race the order by rank is not that of the values.
  const values = complete.flatMap(({ value }) => value ?? []).toSorted((a, b) => a - b);
  return {
    complete: stage.counts.complete,
    trials: stage.trials,
    best: complete[0] ?? null,
    median: medianOf(values),
  };
}

/** @param values ascending */
function medianOf(values: readonly number[]): number | null {
  const [low, high] = [values[(values.length - 1) >> 1], values[values.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

function completeRows({ rows }: StageResults): readonly ResultRow[] {
  return rows.filter(({ rank }) => rank !== null);
}

function trialDifference(a: readonly ResultRow[], b: readonly ResultRow[]): StudyDiff['trials'] {
  const others = new Map(b.map((row) => [row.trial, row]));
  const shared = a.flatMap((row) => {
    const other = others.get(row.trial);
    return other !== undefined && other.lambda === row.lambda ? [{ row, other }] : [];
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

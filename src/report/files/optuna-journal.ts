/**
 * Results as an Optuna journal: a file that `optuna.storages.JournalStorage` opens, for Optuna's own plots and
 * for optuna-dashboard.
 *
 * The journal is a log of operations, one JSON object per line. One operation creates the study, then one
 * creates each trial with its final state; a curve becomes intermediate values by step. Times have a zone:
 * Optuna reads a time without one as local. Failed, cancelled and disputed trials are FAIL.
 */
import { numberRange, type ParameterName, type ParamValue } from '../../study/search-space.ts';
import { specFile } from '../../study/spec/canonical-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { trialName, type TrialRecord, type TrialStatus } from '../../study/trial.ts';
import { resultFields, type FieldValue, type ResultField } from '../results/result-fields.ts';
import type { ResultRow } from '../results/result-row.ts';
import type { StudyResults } from '../results/study-results.ts';
import { meanCurve } from '../results/training-means.ts';

/** Operations of the journal, and Optuna's states: the numbers of every version since 3.1. */
const createStudy = 0;
const setStudyAttribute = 2;
const createTrial = 4;
const directions = { minimize: 1, maximize: 2 } as const;
const states: Readonly<Record<TrialStatus, number>> = {
  running: 0,
  complete: 1,
  // Optuna calls a stopped trial pruned.
  stopped: 2,
  paused: 0,
  failed: 3,
  cancelled: 3,
  waiting: 4,
};

export interface OptunaSource {
  readonly study: StudyRecord;
  /** The rows to write; their times come from attempts. */
  readonly results: StudyResults;
  /** Trials with whole curves. */
  readonly trials: readonly TrialRecord[];
}

/** One journal with all studies. */
export function formatOptuna(sources: readonly OptunaSource[]): string {
  return [...journalLines(sources)].join('');
}

/** The journal as bytes: that of a million trials is longer than a string can be. */
export function encodeOptuna(sources: readonly OptunaSource[]): Uint8Array {
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [];
  let lines: string[] = [];
  const encode = (): void => {
    pieces.push(encoder.encode(lines.join('')));
    lines = [];
  };
  for (const line of journalLines(sources)) if (lines.push(line) === linesAtOnce) encode();
  encode();
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

const linesAtOnce = 1_000;

function* journalLines(sources: readonly OptunaSource[]): Generator<string> {
  for (const [index, source] of sources.entries())
    for (const line of studyLines(source, index))
      yield `${JSON.stringify({ worker_id: 'ridgeline', ...line })}\n`;
}

/** @param study_id the number of the study in the journal, from 0: Optuna counts the operations that create one */
function* studyLines(
  { study, results, trials }: OptunaSource,
  study_id: number,
): Generator<object> {
  const rows = new Map(
    results.stages.flatMap(({ rows: own }) => own.map((row) => [row.trial, row])),
  );
  const byConfiguration = Map.groupBy(trials, ({ id }) => `${id.stage}/${id.index}`);
  yield {
    op_code: createStudy,
    study_name: study.spec.study,
    directions: [directions[study.spec.objective.direction]],
  };
  for (const [name, value] of Object.entries(studyAttributes(study, results)))
    yield { op_code: setStudyAttribute, study_id, user_attr: { [name]: value } };
  for (const trial of trials) {
    const row = rows.get(trialName(trial.id));
    if (row === undefined) continue;
    const replicates = byConfiguration.get(`${trial.id.stage}/${trial.id.index}`) ?? [];
    const values = intermediateValues(row, trial, replicates, study.spec.objective.metric);
    yield { study_id, ...trialLine(study, results, trial, row), intermediate_values: values };
  }
}

function studyAttributes({ spec, winner, status }: StudyRecord, results: StudyResults): object {
  return {
    seed: spec.seed,
    objective: spec.objective.metric,
    status,
    winner: winner === null ? null : trialName(winner.trial),
    test_accuracy: winner?.testAccuracy ?? null,
    stages: results.stages.map(({ name, trials, space }) => ({ name, trials, search: space })),
    data: results.provenance.data,
    trainer: specFile(spec)['trainer'],
  };
}

function trialLine(
  study: StudyRecord,
  results: StudyResults,
  trial: TrialRecord,
  row: ResultRow,
): object {
  const parameters = parameterEntries(results, trial);
  const hasEnded = row.status !== 'running' && row.status !== 'waiting';
  return {
    op_code: createTrial,
    // Optuna looks for the best among the complete trials and fails on one without a value.
    state: row.status === 'complete' && row.value === null ? states.failed : states[row.status],
    ...(row.value === null ? {} : { value: row.value }),
    params: Object.fromEntries(parameters.map(([name, value]) => [name, value])),
    distributions: Object.fromEntries(
      parameters.map(([name, , distribution]) => [name, JSON.stringify(distribution)]),
    ),
    user_attrs: userAttributes(
      results,
      row,
      parameters.map(([name]) => name),
    ),
    // Optuna 4 subtracts the start of a running trial from its local time, which fails for a time with a zone.
    datetime_start: hasEnded ? dateText(row.startedAtMs) : null,
    // Optuna requires an end time with an end state, also of a trial that was cancelled before it began.
    ...(hasEnded && {
      datetime_complete: dateText(row.endedAtMs ?? study.endedAtMs ?? study.createdAtMs),
    }),
  };
}

/** The objective by step: the mean of the replicates if the row is a mean, so that it ends at the row's value. */
function intermediateValues(
  row: ResultRow,
  trial: TrialRecord,
  replicates: readonly TrialRecord[],
  metric: string,
): Record<string, number> {
  const seeds = replicates.flatMap(({ id, status, result }) =>
    status === 'complete' && result !== null ? [{ seed: id.replicate, result }] : [],
  );
  const curve = row.replicates > 1 ? meanCurve(seeds) : (trial.result?.curve ?? []);
  const points = curve
    .map(({ step, metrics }): [string, number] => [String(step), metrics[metric] ?? NaN])
    .filter(([, value]) => Number.isFinite(value));
  const last = points.at(-1);
  // The mean of equal values may differ from them by one rounding.
  if (last !== undefined && row.value !== null) last[1] = row.value;
  return Object.fromEntries(points);
}

type Parameter = readonly [name: ParameterName, value: ParamValue, distribution: object];

/**
 * The values of a trial with their distributions; Optuna stores these as JSON text, and a choice as its number in
 * the list. A known value that its distribution cannot have, such as 0 on a logarithmic scale, is left out:
 * Optuna shows it among the user attributes.
 */
function parameterEntries(
  { stages, scales }: StudyResults,
  { id, params }: TrialRecord,
): Parameter[] {
  const space = stages.find(({ name }) => name === id.stage)?.space ?? null;
  return Object.entries(params).flatMap(([name, value]): Parameter[] => {
    const scale = scales[name];
    if (scale?.kind === 'list') {
      const attributes = { choices: scale.values };
      return [[name, scale.values.indexOf(value), { name: 'CategoricalDistribution', attributes }]];
    }
    const range = numberRange(space?.[name]) ?? scale;
    if (range === undefined || typeof value !== 'number') return [];
    const log = scale?.kind === 'log';
    if (log && value <= 0) return [];
    const isWhole = scale?.isWhole === true;
    const [low, high] = [Math.min(range.min, value), Math.max(range.max, value)];
    const attributes = { step: isWhole ? 1 : null, low, high, log };
    return [[name, value, { name: isWhole ? 'IntDistribution' : 'FloatDistribution', attributes }]];
  });
}

/** @param shown parameters that Optuna has among its own */
function userAttributes(
  results: StudyResults,
  row: ResultRow,
  shown: readonly ParameterName[],
): Record<string, FieldValue> {
  const isActive = ({ name }: ResultField): boolean => row.params[name] !== undefined;
  const fields = resultFields(results).filter(
    (field) => field.isParameter !== true || (isActive(field) && !shown.includes(field.name)),
  );
  return Object.fromEntries(fields.map(({ name, value }) => [name, value(row)]));
}

/** With the zone as digits: Python before 3.11 does not read `Z`. */
function dateText(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString().replace('Z', '000+00:00');
}

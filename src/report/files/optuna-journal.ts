/**
 * Results as an Optuna journal: a file that `optuna.storages.JournalStorage` opens, for Optuna's own plots and
 * for optuna-dashboard.
 *
 * The journal is a log of operations, one JSON object per line. One operation creates the study, then one
 * creates each trial with its final state; a curve becomes intermediate values by step. Times are UTC without
 * a zone, as Optuna reads them. Failed, cancelled and disputed trials are FAIL.
 */
import type { StudyRecord } from '../../study/study-record.ts';
import {
  trialName,
  type AttemptRecord,
  type TrialRecord,
  type TrialStatus,
} from '../../study/trial.ts';
import { resultFields, type FieldValue } from '../results/result-fields.ts';
import type { ResultRow } from '../results/result-row.ts';
import type { StudyResults } from '../results/study-results.ts';

/** Operations of the journal, and Optuna's states: the numbers of every version since 3.1. */
const createStudy = 0;
const setStudyAttribute = 2;
const createTrial = 4;
const directions = { minimize: 1, maximize: 2 } as const;
const states: Readonly<Record<TrialStatus, number>> = {
  running: 0,
  complete: 1,
  failed: 3,
  cancelled: 3,
  waiting: 4,
};

export interface OptunaSource {
  readonly study: StudyRecord;
  /** The rows to write. */
  readonly results: StudyResults;
  /** Trials with whole curves. */
  readonly trials: readonly TrialRecord[];
  readonly attempts: readonly AttemptRecord[];
}

export function formatOptuna({ study, results, trials, attempts }: OptunaSource): string {
  const { spec, winner } = study;
  const rows = new Map(
    results.stages.flatMap(({ rows: own }) => own.map((row) => [row.trial, row])),
  );
  const byTrial = Map.groupBy(attempts, ({ trial }) => trialName(trial));
  const { direction, metric } = spec.objective;
  const attributes = {
    seed: spec.seed,
    objective: metric,
    winner: winner === null ? null : trialName(winner.trial),
    test_accuracy: winner?.testAccuracy ?? null,
  };
  const lines: object[] = [
    { op_code: createStudy, study_name: spec.study, directions: [directions[direction]] },
    ...Object.entries(attributes).map(([name, value]) => ({
      op_code: setStudyAttribute,
      study_id: 0,
      user_attr: { [name]: value },
    })),
    ...trials.flatMap((trial) => {
      const row = rows.get(trialName(trial.id));
      const own = byTrial.get(trialName(trial.id)) ?? [];
      return row === undefined ? [] : [trialLine(study, results, trial, row, own)];
    }),
  ];
  return lines.map((line) => `${JSON.stringify({ worker_id: 'ridgeline', ...line })}\n`).join('');
}

function trialLine(
  study: StudyRecord,
  results: StudyResults,
  trial: TrialRecord,
  row: ResultRow,
  attempts: readonly AttemptRecord[],
): object {
  const { metric } = study.spec.objective;
  const searches = attempts.filter(({ kind }) => kind === 'search');
  const ended = searches.findLast(({ endedAtMs }) => endedAtMs !== null)?.endedAtMs ?? null;
  const hasEnded = row.status !== 'running' && row.status !== 'waiting';
  const intermediate = (trial.result?.curve ?? [])
    .map(({ step, metrics }): [string, number] => [String(step), metrics[metric] ?? NaN])
    .filter(([, value]) => Number.isFinite(value));
  return {
    op_code: createTrial,
    study_id: 0,
    // Optuna looks for the best among the complete trials and fails on one without a value.
    state: row.status === 'complete' && row.value === null ? states.failed : states[row.status],
    ...(row.value === null ? {} : { value: row.value }),
    params: trial.params,
    distributions: distributions(results, trial),
    intermediate_values: Object.fromEntries(intermediate),
    user_attrs: userAttributes(results, row),
    datetime_start: dateText(searches[0]?.assignedAtMs ?? null),
    // Optuna requires an end time with an end state, also of a trial that was cancelled before it began.
    ...(hasEnded && { datetime_complete: dateText(ended ?? study.endedAtMs ?? study.createdAtMs) }),
  };
}

/** Each parameter's distribution; Optuna stores it as JSON text. */
function distributions({ stages }: StudyResults, { id, params }: TrialRecord): object {
  const space = stages.find(({ name }) => name === id.stage)?.space ?? null;
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      const { min: low = value, max: high = value } = space?.[name] ?? {};
      const attributes = { step: null, low, high, log: true };
      return [name, JSON.stringify({ name: 'FloatDistribution', attributes })];
    }),
  );
}

function userAttributes(results: StudyResults, row: ResultRow): Record<string, FieldValue> {
  const fields = resultFields(results).filter(({ isParameter }) => isParameter !== true);
  return Object.fromEntries(fields.map(({ name, value }) => [name, value(row)]));
}

function dateText(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString().replace('Z', '000');
}

/**
 * Results as an Optuna journal: a file that `optuna.storages.JournalStorage` opens, and with it Optuna's
 * own plots and optuna-dashboard.
 *
 * The journal is a log of operations, one JSON object a line: a study is created, then each trial at once
 * with all that is known of it. Values are the objective's; a curve becomes intermediate values by step.
 * Times are UTC without a zone, since Optuna reads them so. Failed, cancelled and disputed trials are FAIL.
 * Of a λ with replicates there is one trial, with their mean and state, unless each has a row of its own.
 *
 * It is a copy: what is changed in it does not come back.
 */
import { measuredValue } from '../../search/ranking/configurations.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import {
  trialName,
  type AttemptRecord,
  type TrialRecord,
  type TrialStatus,
} from '../../study/trial.ts';
import { chosenFields, type FieldValue } from '../results/result-fields.ts';
import type { ResultRow, StudyResults } from '../results/study-results.ts';

/** Operations of the journal, and Optuna's states: their numbers are in the files of every version since 3.1. */
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
  /** What is to be written: rows may have been left out. */
  readonly results: StudyResults;
  /** With whole curves. */
  readonly trials: readonly TrialRecord[];
  readonly attempts: readonly AttemptRecord[];
}

export function formatOptuna({ study, results, trials, attempts }: OptunaSource): string {
  const { spec, winner } = study;
  const rows = new Map(
    results.stages.flatMap((stage) => stage.rows).map((row) => [row.trial, row]),
  );
  const attemptsOf = Map.groupBy(attempts, ({ trial }) => trialName(trial));
  const attributes = {
    seed: spec.seed,
    objective: spec.objective.metric,
    winner: winner === null ? null : trialName(winner.trial),
    test_accuracy: winner?.testAccuracy ?? null,
  };
  const lines: object[] = [
    {
      op_code: createStudy,
      study_name: spec.study,
      directions: [directions[spec.objective.direction]],
    },
    ...Object.entries(attributes).map(([name, value]) => ({
      op_code: setStudyAttribute,
      study_id: 0,
      user_attr: { [name]: value },
    })),
    ...trials.flatMap((trial) => {
      const row = rows.get(trialName(trial.id));
      const attempted = attemptsOf.get(trialName(trial.id)) ?? [];
      return row === undefined ? [] : [trialLine(study, results, trial, row, attempted)];
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
  const range = results.stages.find(({ name }) => name === trial.id.stage)?.range ?? null;
  const searches = attempts.filter(({ kind }) => kind === 'search');
  const ended = searches.findLast(({ endedAtMs }) => endedAtMs !== null)?.endedAtMs ?? null;
  const hasEnded = row.status !== 'running' && row.status !== 'waiting';
  const distribution = {
    name: 'FloatDistribution',
    attributes: {
      step: null,
      low: range?.min ?? trial.lambda,
      high: range?.max ?? trial.lambda,
      log: true,
    },
  };
  const intermediate = (trial.result?.curve ?? [])
    .map((point): [string, number] => [String(point.step), measuredValue(point, metric)])
    .filter(([, value]) => Number.isFinite(value));
  return {
    op_code: createTrial,
    study_id: 0,
    // Optuna looks for the best among the complete ones, and stumbles over one without a value.
    state: row.status === 'complete' && row.value === null ? states.failed : states[row.status],
    ...(row.value === null ? {} : { value: row.value }),
    params: { lambda: trial.lambda },
    distributions: { lambda: JSON.stringify(distribution) },
    intermediate_values: Object.fromEntries(intermediate),
    user_attrs: attributesOf(study, row),
    datetime_start: dateText(searches[0]?.grantedAtMs ?? null),
    // A trial that was cancelled before it began has neither; Optuna wants an end with an end state.
    ...(hasEnded
      ? { datetime_complete: dateText(ended ?? study.endedAtMs ?? study.createdAtMs) }
      : {}),
  };
}

/** All fields but λ, which is the parameter. */
function attributesOf({ spec }: StudyRecord, row: ResultRow): Record<string, FieldValue> {
  return Object.fromEntries(
    chosenFields(spec.objective, null)
      .filter(({ name }) => name !== 'lambda')
      .map(({ name, value }) => [name, value(row)]),
  );
}

function dateText(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString().replace('Z', '000');
}

/** Everything about one trial, for people, and the command that trains it again. */
import { fileShape } from '../../study/spec/file-shape.ts';
import type { Selection } from '../../study/spec/study-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import {
  trialName,
  type AttemptRecord,
  type Measurement,
  type TrialRecord,
  type AuditVerdict,
} from '../../study/trial.ts';
import { wrapText } from '../text/display-width.ts';
import { gridLines, reasonLines, type Column } from './text-table.ts';
import {
  bareText,
  durationText,
  isAccuracy,
  lambdaText,
  lossText,
  metricText,
  percentText,
} from '../text/number-format.ts';
import { recomputationOf } from '../results/verification.ts';
import type { ResultRow, StudyResults } from '../results/study-results.ts';
import { shown, widthOf, type TextOptions } from '../text/text-options.ts';

export interface TrialSource {
  readonly study: StudyRecord;
  readonly results: StudyResults;
  readonly row: ResultRow;
  /** With its whole curve. */
  readonly trial: TrialRecord;
  readonly attempts: readonly AttemptRecord[];
  /** What trains it again, ready to paste. */
  readonly command: string;
}

export function formatTrial(source: TrialSource, options: TextOptions): string {
  const { trial, row, attempts } = source;
  const { result } = trial;
  const facts: readonly (readonly [string, string | null])[] = [
    ['trial', `${trialName(trial.id)} of study ${source.study.spec.study}`],
    ['λ', `${trial.lambda} (${lambdaText(trial.lambda)})`],
    ...replicateFact(source),
    ['status', trial.reason === null ? trial.status : `${trial.status}: ${trial.reason}`],
    ['place', placeWords(source)],
    ['value', valueWords(source)],
    ['worker', trial.worker],
    ['steps', result === null ? null : String(result.steps)],
    ['seconds', result === null ? null : result.seconds.toFixed(3)],
    ['digest', row.digest],
    ['verified', recomputationOf(source.study, trial, attempts).words],
    ...(trial.audit === null ? [] : [['audit', auditWords[trial.audit]] as const]),
    ['trainer', specWords(source.study)],
    ['data', dataWords(source.study)],
  ];
  const lines = facts.flatMap(([name, value]) => factLines(name, value ?? '-', options));
  // Not wrapped: it is there to be copied.
  lines.push(options.color('bold', 'train again'), `  ${shown(source.command, options)}`);
  lines.push('', ...attemptLines(attempts, options));
  if (result !== null && result.curve.length > 0)
    lines.push('', 'measurements', ...curveLines(result.curve, options));
  return `${lines.join('\n')}\n`;
}

/** Which one of several it is, and what all of them say together. */
function replicateFact({ results, study, trial }: TrialSource): [string, string][] {
  const { stage, index: k, replicate } = trial.id;
  const names = new Set(
    Array.from({ length: study.spec.replicates }, (_, index) =>
      trialName({ stage, index: k, replicate: index + 1 }),
    ),
  );
  const rows = results.stages.flatMap((of) => of.rows).filter((row) => names.has(row.trial));
  return rows.length < 2 ? [] : [['replicate', `${replicate} of ${rows.length} of this λ`]];
}

const auditWords: Readonly<Record<AuditVerdict, string>> = {
  verified: 'verified: another worker computed the same result before the stage closed',
  repeated: 'repeated: only its own worker could compute it again',
  unchecked:
    'unchecked: nobody could compute it again: every attempt was lost, or its worker was found to compute wrongly when the stage had closed',
  disputed: 'disputed: workers computed different results, and none could settle it; not ranked',
};

function placeWords({ results, row }: TrialSource): string | null {
  if (row.rank === null) return null;
  const stage = results.stages.find(({ name }) => name === row.stage);
  const words = [`rank ${row.rank} of ${stage?.counts.complete ?? '?'} in stage ${row.stage}`];
  if (results.winner?.trial === row.trial) words.push('the winner of the study');
  else if (row.tied === true) words.push('tied with the best of the study');
  else if (row.tied === false) words.push('clearly worse than the best of the study');
  return words.join('; ');
}

function valueWords({ results, row }: TrialSource): string | null {
  const { metric } = results.objective;
  const value = metricText(metric, row.value);
  if (value === null) return null;
  const unit = isAccuracy(metric) ? ' points' : '';
  const error =
    row.standardError === null ? '' : ` ± ${bareText(metric, row.standardError)}${unit}`;
  const test =
    row.testAccuracy === null ? '' : `; test accuracy ${percentText(row.testAccuracy)} %`;
  return `${metric.replace('_', ' ')} ${value}${error}${test}`;
}

/** The settings that all trials of the study share, in the words of the study file. */
function specWords({ spec }: StudyRecord): string {
  const { trainer, seed } = fileShape(spec);
  const { learning_rate: rate, measure: _measure, ...rest } = trainer;
  const settings = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`);
  const rates = `learning_rate ${rate.min} … ${rate.max}, step_size ${rate.step_size}`;
  return `seed ${seed}, ${settings.join(', ')}, ${rates}`;
}

function dataWords({ spec }: StudyRecord): string {
  const { source, ...splits } = spec.dataset;
  const name = source.kind === 'named' ? source.name : source.path;
  const words = (['train', 'validation', 'test'] as const).flatMap((split) => {
    const selection = splits[split];
    if (selection === null) return [];
    return [`${split} ${selectionWords(selection)}`];
  });
  return `${name}: ${words.join(', ')}`;
}

function selectionWords(selection: Selection): string {
  switch (selection.kind) {
    case 'parts':
      return selection.parts.join(' ');
    case 'count':
      return `${selection.count} drawn by the seed`;
    case 'fraction':
      return `a share of ${selection.fraction}, drawn by the seed`;
  }
}

const factColumns = 12;

function factLines(name: string, value: string, options: TextOptions): string[] {
  const indent = ' '.repeat(factColumns);
  const label = shown(name, options).padEnd(factColumns);
  const [first = '', ...rest] = wrapText(shown(value, options), widthOf(options) - factColumns, '');
  return [options.color('bold', label) + first, ...rest.map((line) => indent + line)];
}

/** Times are of one clock for everybody who looks, wherever they are. */
function attemptLines(attempts: readonly AttemptRecord[], options: TextOptions): string[] {
  const [first] = attempts;
  if (first === undefined) return ['attempts', '  none yet'];
  const [firstDay] = dayAndTime(first.grantedAtMs);
  const reasons = attempts.map(({ attempt, reason }) => ({ name: `attempt ${attempt}`, reason }));
  return [
    `attempts (the first on ${firstDay}, UTC)`,
    ...gridLines(attemptColumns(firstDay), attempts, options),
    ...reasonLines(reasons, options),
  ];
}

function dayAndTime(atMs: number): [day: string, time: string] {
  const text = new Date(atMs).toISOString();
  return [text.slice(0, 10), text.slice(11, 19)];
}

/** The time alone where it was the day that stands above. */
function grantedText({ grantedAtMs }: AttemptRecord, firstDay: string): string {
  const [day, time] = dayAndTime(grantedAtMs);
  return day === firstDay ? time : `${day} ${time}`;
}

/** A learning curve as a table: one row a measurement. */
export function curveLines(curve: readonly Measurement[], options: TextOptions): readonly string[] {
  return gridLines(curveColumns, curve, options);
}

const attemptColumns = (firstDay: string): readonly Column<AttemptRecord>[] => [
  right('attempt', null, (row) => String(row.attempt)),
  left('kind', 50, (row) => row.kind),
  left('worker', null, (row) => row.worker),
  left('outcome', null, (row) => row.outcome ?? 'open'),
  { head: 'granted', align: 'left', importance: 40, cell: (row) => grantedText(row, firstDay) },
  left('took', 35, (row) =>
    row.endedAtMs === null ? null : durationText(row.endedAtMs - row.grantedAtMs),
  ),
];

const curveColumns: readonly Column<Measurement>[] = [
  right('step', null, (row) => String(row.step)),
  right('epoch', 40, (row) => row.epoch.toFixed(2)),
  right('rate', 30, (row) => row.learningRate.toExponential(2)),
  right('train loss', 60, (row) => lossText(row.trainLoss)),
  right('train %', 70, (row) => percentText(row.trainAccuracy)),
  right('validation loss', 80, (row) => lossText(row.validationLoss), 'val loss'),
  right('validation cost', 20, (row) => lossText(row.validationCost), 'val cost'),
  right('validation %', null, (row) => percentText(row.validationAccuracy), 'val %'),
  right('test %', 10, (row) => percentText(row.testAccuracy)),
];

function left<Row>(
  head: string,
  importance: number | null,
  cell: (row: Row) => string | null,
): Column<Row> {
  return { head, align: 'left', importance, shrink: { widthMin: 8, lost: 'end' }, cell };
}

function right<Row>(
  head: string,
  importance: number | null,
  cell: (row: Row) => string | null,
  short = head,
): Column<Row> {
  return { head, short, align: 'right', importance, cell };
}

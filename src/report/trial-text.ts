/** Everything about one trial, for a terminal, and the command that trains it again. */
import {
  trialName,
  type AttemptRecord,
  type Measurement,
  type TrialRecord,
} from '../study/trial.ts';
import { gridLines, type Column } from './grid.ts';
import { lossText, percentText } from './number-format.ts';
import { shown, type TextOptions } from './text-options.ts';

/** @param command what trains it again, ready to paste */
export function formatTrial(
  trial: TrialRecord,
  attempts: readonly AttemptRecord[],
  command: string,
  options: TextOptions,
): string {
  const { result } = trial;
  const facts: readonly (readonly [string, string | null])[] = [
    ['trial', trialName(trial.id)],
    ['λ', String(trial.lambda)],
    ['status', trial.reason === null ? trial.status : `${trial.status}: ${trial.reason}`],
    ['worker', trial.worker],
    ['steps', result === null ? null : String(result.steps)],
    ['seconds', result === null ? null : result.seconds.toFixed(3)],
    ['digest', result?.kind === 'complete' ? result.digest : null],
    ['computed again', trial.audit],
    ['train it again', command],
  ];
  const lines = facts.map(
    ([name, value]) =>
      `${options.color('bold', shown(name.padEnd(14), options))} ${shown(value ?? '-', options)}`,
  );
  lines.push('', 'attempts', ...gridLines(attemptColumns, attempts, options));
  if (result !== null && result.curve.length > 0)
    lines.push('', 'measurements', ...curveLines(result.curve, options));
  return `${lines.join('\n')}\n`;
}

/** A learning curve as a table: one row a measurement. */
export function curveLines(curve: readonly Measurement[], options: TextOptions): readonly string[] {
  return gridLines(curveColumns, curve, options);
}

const attemptColumns: readonly Column<AttemptRecord>[] = [
  right('attempt', null, (row) => String(row.attempt)),
  left('purpose', 50, (row) => row.purpose),
  left('worker', null, (row) => row.worker),
  left('outcome', null, (row) => row.outcome ?? 'open'),
  left('granted', 40, (row) => new Date(row.grantedAtMs).toISOString()),
  left('reason', 30, (row) => row.reason),
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

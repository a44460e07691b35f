/** Trial text: one trial in full for a terminal, with the command that trains it again. */
import { specFile } from '../../study/spec/canonical-spec.ts';
import {
  formatParam,
  parameterSymbol,
  type NumberStyle,
  type ParamValue,
} from '../../study/search-space.ts';
import type { Selection } from '../../study/spec/study-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { trialName, type AttemptRecord, type AuditVerdict } from '../../study/trial.ts';
import { objectiveMetric, rankText } from '../results/result-fields.ts';
import { statusText } from '../results/ended-words.ts';
import { datasetText, testText } from '../results/result-words.ts';
import type { TrialSource } from '../results/study-results.ts';
import { trialVerification } from '../results/verification.ts';
import { wrapText } from '../text/display-width.ts';
import {
  bareText,
  durationText,
  metricName,
  metricText,
  pValueText,
  secondsText,
  timeText,
} from '../text/number-format.ts';
import { printable, textWidth, type TextOptions } from '../text/text-options.ts';
import { curveLines } from './curve-table.ts';
import { numberColumn, reasonLines, tableLines, textColumn, type Column } from './text-table.ts';

/** All digits, and the text of tables if it is another one: `0.0126432 (1.26e-2)`. */
function bothTexts(value: ParamValue, style: NumberStyle | undefined): string {
  const text = formatParam(value, style);
  return text === String(value) ? text : `${value} (${text})`;
}

export function formatTrial(source: TrialSource, options: TextOptions): string {
  const { trial, row, attempts, study, results } = source;
  const { result } = trial;
  const facts: readonly (readonly [string, string | null])[] = [
    ['trial', `${trialName(trial.id)} of study ${study.spec.study}`],
    ...Object.entries(trial.params).map(
      ([name, value]) => [parameterSymbol(name), bothTexts(value, results.styles?.[name])] as const,
    ),
    ...replicateFact(source),
    ['status', statusText(trial)],
    ['rank', rankWords(source)],
    ['value', valueText(source)],
    ...differenceFact(source),
    ['worker', trial.worker],
    ...(trial.source === undefined ? [] : [['reused', `from ${trial.source}`] as const]),
    ['steps', result === null ? null : String(result.steps)],
    ['seconds', result === null ? null : result.seconds.toFixed(3)],
    ['digest', row.digest],
    ['verified', trialVerification(study, trial, attempts).words],
    ...(trial.audit === null ? [] : [['audit', auditTexts[trial.audit]] as const]),
    ['trainer', trainerText(study)],
    ['data', dataText(study)],
  ];
  const column = Math.max(factColumns, ...facts.map(([name]) => name.length + 2));
  const lines = facts.flatMap(([name, value]) => factLines(name, value ?? '-', column, options));
  // Not wrapped, so that it can be copied.
  if (source.command !== null)
    lines.push(options.color('bold', 'train again'), `  ${printable(source.command, options)}`);
  lines.push('', ...attemptLines(trial, attempts, options));
  if (result !== null && result.curve.length > 0)
    lines.push('', 'measurements', ...curveLines(result.curve, results.metrics, options));
  return `${lines.join('\n')}\n`;
}

/** Which replicate it is, if its configuration has several. */
function replicateFact({ results, study, trial }: TrialSource): [string, string][] {
  const { stage, index, replicate } = trial.id;
  const names = Array.from({ length: study.spec.replicates }, (_, at) =>
    trialName({ stage, index, replicate: at + 1 }),
  );
  const rows = results.stages.flatMap((one) => one.rows).filter((row) => names.includes(row.trial));
  if (rows.length < 2) return [];
  return [['replicate', `${replicate} of ${rows.length} of this configuration`]];
}

const auditTexts: Readonly<Record<AuditVerdict, string>> = {
  verified:
    'verified: a worker with another token, or the coordinator itself, computed the same result before the stage closed',
  repeated: 'repeated: only workers with the same token could compute it again',
  unchecked:
    'unchecked: it was not computed again: every attempt was lost, or the worker was excluded after the stage had closed',
  disputed:
    'disputed: workers computed different results, and neither the coordinator nor another token could settle it; not ranked',
};

function rankWords({ results, row }: TrialSource): string | null {
  if (row.rank === null) return null;
  const stage = results.stages.find(({ name }) => name === row.stage);
  const words = [`${rankText(row)} of ${stage?.counts.complete ?? '?'} in stage ${row.stage}`];
  if (row.isWinner) words.push('the winner of the study');
  else if (row.tied === true) words.push('not significantly worse than the best of the study');
  else if (row.tied === false) words.push('significantly worse than the best of the study');
  return words.join('; ');
}

function valueText({ results, row }: TrialSource): string | null {
  const metric = objectiveMetric(results);
  const value = metricText(metric, row.value);
  if (value === null) return null;
  const unit = metric.unit === 'share' ? ' points' : '';
  const error = bareText(metric, row.standardError);
  const test = testText(row, results);
  const parts = [
    `${metricName(metric)} ${value}`,
    error === null ? '' : ` ± ${error}${unit}`,
    test === null ? '' : `; test accuracy ${test}`,
  ];
  return parts.join('');
}

/** `difference  -1.25 ± 0.40 points to fine/2, the best (paired); p 0.0012, adjusted for 31 comparisons 0.03`. */
function differenceFact({ results, row }: TrialSource): [string, string][] {
  const { comparison } = row;
  const { best, ties } = results;
  if (comparison === null || best === null || ties === null || comparison.standardError === 0)
    return [];
  const metric = objectiveMetric(results);
  const [difference, error] = [comparison.difference, comparison.standardError].map((value) =>
    bareText(metric, value),
  );
  const unit = metric.unit === 'share' ? ' points' : '';
  const adjusted = `adjusted for ${ties.compared - 1} comparisons ${pValueText(comparison.adjustedPValue)}`;
  const text = `${difference} ± ${error}${unit} to the best, ${best.trial} (paired); p ${pValueText(comparison.pValue)}, ${adjusted}`;
  return [['difference', text]];
}

/** The settings that all trials of the study share, as in the study file. */
function trainerText({ spec }: StudyRecord): string {
  return [`seed ${spec.seed}`, ...settingTexts(specFile(spec)['trainer'])].join(', ');
}

/** `hidden 50`, then sections such as `learning_rate (min 0.00001, max 0.1)`; without empty ones. */
function settingTexts(section: unknown): string[] {
  if (typeof section !== 'object' || section === null) return [];
  const entries = Object.entries(section)
    .map(([name, value]): [string, unknown] => [name, listText(value) ?? value])
    .filter(([, value]) => typeof value !== 'object' || Object.keys(Object(value)).length > 0);
  const isSection = ([, value]: [string, unknown]): boolean => typeof value === 'object';
  return [
    ...entries.filter((entry) => !isSection(entry)).map((entry) => entry.join(' ')),
    ...entries
      .filter(isSection)
      .map(([name, value]) => `${name} (${settingTexts(value).join(', ')})`),
  ];
}

/** `python3 train.py`; of a list of files, their names. Null for what is no list. */
function listText(value: unknown): string | null {
  if (!Array.isArray(value)) return null;
  const items: unknown[] = value;
  return items
    .map((item) => (typeof item === 'object' && item !== null && 'name' in item ? item.name : item))
    .join(' ');
}

function dataText({ spec: { dataset } }: StudyRecord): string {
  if (dataset === undefined) return datasetText(dataset);
  const splits = (['train', 'validation', 'test'] as const).flatMap((split) => {
    const selection = dataset[split];
    return selection === undefined ? [] : [`${split} ${selectionText(selection)}`];
  });
  return `${datasetText(dataset)}: ${splits.join(', ')}`;
}

function selectionText(selection: Selection): string {
  if ('count' in selection) return `${selection.count} drawn by the seed`;
  if ('fraction' in selection) return `a share of ${selection.fraction}, drawn by the seed`;
  return selection.join(' ');
}

/** Least width of the names. */
const factColumns = 12;

function factLines(name: string, value: string, column: number, options: TextOptions): string[] {
  const label = printable(name, options).padEnd(column);
  const lines = wrapText(printable(value, options), textWidth(options) - column, '');
  return lines.map((line, index) =>
    index === 0 ? options.color('bold', label) + line : ' '.repeat(column) + line,
  );
}

/** Times are in UTC, so that they are the same for every reader. */
function attemptLines(
  { source }: Pick<TrialSource['trial'], 'source'>,
  attempts: readonly AttemptRecord[],
  options: TextOptions,
): string[] {
  const [first] = attempts;
  if (first === undefined)
    return ['attempts', source === undefined ? '  none yet' : '  none: the result was reused'];
  const firstDay = timeText(first.assignedAtMs).slice(0, 10);
  const reasons = attempts.map(({ attempt, reason }) => ({ name: `attempt ${attempt}`, reason }));
  return [
    `attempts (the first on ${firstDay}, UTC)`,
    ...tableLines(attemptColumns(firstDay), attempts, options),
    ...reasonLines(reasons, options),
  ];
}

const attemptColumns = (firstDay: string): readonly Column<AttemptRecord>[] => [
  numberColumn('attempt', null, (row) => String(row.attempt)),
  textColumn('kind', 50, (row) => row.kind),
  textColumn('worker', null, (row) => row.worker),
  // A second training with the same bits is what an audit hopes for.
  textColumn('outcome', null, ({ outcome }) =>
    outcome === 'duplicate' ? 'same result' : (outcome ?? 'open'),
  ),
  { head: 'assigned', align: 'left', importance: 40, cell: (row) => assignedText(row, firstDay) },
  textColumn('took', 35, ({ endedAtMs, assignedAtMs }) =>
    endedAtMs === null ? null : tookText(endedAtMs - assignedAtMs),
  ),
];

/** Short times with hundredths: next to the seconds of the training, `0 s` would look wrong. */
function tookText(ms: number): string {
  return ms < 60_000 ? `${secondsText(ms / 1_000)} s` : durationText(ms);
}

/** Time of the assignment; without the day if that is the day above the table. */
function assignedText({ assignedAtMs }: AttemptRecord, firstDay: string): string {
  const [day = '', time = ''] = timeText(assignedAtMs).replace('Z', '').split(' ');
  return day === firstDay ? time : `${day} ${time}`;
}

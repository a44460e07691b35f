/**
 * Everything about one trial: what it was, who ran it, how it went, and the command that trains it
 * again. The same training gives the same digest, on any machine.
 */
import type { StudyRecord } from '../study/study-record.ts';
import type { TrainerSettings } from '../study/study-spec.ts';
import { trialName, type AttemptRecord, type TrialRecord } from '../study/trial.ts';
import { curveJson, curveLines } from './curve-table.ts';
import { wrapText } from './display-width.ts';
import { renderGrid, type Column } from './grid.ts';
import { jsonText, schemaVersion } from './json-value.ts';
import { durationText, percentText, secondsText } from './number-format.ts';
import { studyResults, type ResultRow } from './study-results.ts';
import { shown, widthOf, type TextOptions } from './text-options.ts';

export interface TrialDetail {
  readonly study: StudyRecord;
  /** Of the trial's stage at least: its rank is counted among them. */
  readonly trials: readonly TrialRecord[];
  /** With its whole curve. */
  readonly trial: TrialRecord;
  readonly attempts: readonly AttemptRecord[];
  /** Where the study file lies, for the command; null where nobody knows: STUDY.yaml stands for it. */
  readonly studyFile: string | null;
}

export function formatTrial(detail: TrialDetail, options: TextOptions): string {
  const { trial, attempts } = detail;
  const curve = trial.result?.curve ?? [];
  const blocks = [
    [
      options.color(
        'bold',
        shown(`${detail.study.spec.study}  ${trialName(trial.id)}  ${trial.status}`, options),
      ),
    ],
    factLines(factsOf(detail), options),
    ...(attempts.length === 0 ? [] : [attemptLines(attempts, options)]),
    ...(curve.length === 0 ? [] : [curveLines(curve, options)]),
    // Not wrapped: it is there to be copied.
    ['train it again:', `  ${shown(trainCommand(detail), options)}`],
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

export function formatTrialJson(detail: TrialDetail): string {
  const { study, trial, attempts } = detail;
  const { result } = trial;
  const row = rowOf(detail);
  return jsonText({
    schema_version: schemaVersion,
    study: study.spec.study,
    seed: study.spec.seed,
    trial: trialName(trial.id),
    stage: trial.id.stage,
    replicate: trial.id.replicate,
    lambda: trial.lambda,
    rank: row?.rank ?? null,
    status: trial.status,
    reason: trial.reason,
    test_accuracy: row?.testAccuracy ?? null,
    steps: result?.steps ?? null,
    seconds: result?.seconds ?? null,
    digest: result?.kind === 'complete' ? result.digest : null,
    attempts: attempts.map((attempt) => ({
      attempt: attempt.attempt,
      purpose: attempt.purpose,
      worker: attempt.worker,
      granted_at: timeText(attempt.grantedAtMs),
      ended_at: attempt.endedAtMs === null ? null : timeText(attempt.endedAtMs),
      outcome: attempt.outcome,
      reason: attempt.reason,
    })),
    curve: curveJson(result?.curve ?? []),
    command: trainCommand(detail),
  });
}

/** What to type to train it again, with quotes where a shell needs them. */
export function trainCommand({ studyFile, trial }: TrialDetail): string {
  const file = studyFile ?? 'STUDY.yaml';
  const quoted = /^[\w./@%+:,=-]+$/.test(file)
    ? file
    : `'${file.replaceAll("'", String.raw`'\''`)}'`;
  // A path may start with a dash, which would read as an option.
  return `ridgeline train ${quoted.startsWith('-') ? './' : ''}${quoted} --trial ${trialName(trial.id)}`;
}

function rowOf({ study, trials, trial }: TrialDetail): ResultRow | null {
  const name = trialName(trial.id);
  const rows = studyResults(study, trials).stages.flatMap((stage) => stage.rows);
  return rows.find((row) => row.trial === name) ?? null;
}

function factsOf(detail: TrialDetail): [string, string][] {
  const { study, trial } = detail;
  const { result } = trial;
  const row = rowOf(detail);
  const facts: [string, string][] = [['λ', String(trial.lambda)]];
  if (row !== null && row.rank !== null) facts.push(['rank', `${row.rank} in stage ${row.stage}`]);
  if (study.winner !== null && trialName(study.winner.trial) === trialName(trial.id))
    facts.push(['winner', 'yes']);
  if (trial.reason !== null) facts.push(['reason', trial.reason]);
  facts.push(
    ['seed', `${study.spec.seed}, replicate ${trial.id.replicate}`],
    ['trainer', settingsText(study.spec.trainer)],
  );
  if (trial.worker !== null) facts.push(['worker', trial.worker]);
  if (result !== null)
    facts.push(['steps', `${result.steps} in ${secondsText(result.seconds) ?? '-'} s`]);
  if (row !== null && row.testAccuracy !== null)
    facts.push(['test', `${percentText(row.testAccuracy) ?? '-'} %`]);
  if (result?.kind === 'complete') facts.push(['digest', result.digest]);
  return facts;
}

function settingsText(settings: TrainerSettings): string {
  const { learningRate: rate, length } = settings;
  return [
    `hidden ${settings.hidden}`,
    `batch ${settings.batch}`,
    `rate ${rate.min} to ${rate.max} in ${rate.stepSize} steps`,
    length.kind === 'cycles' ? `cycles ${length.cycles}` : `epochs ${length.epochs}`,
    `dropout ${settings.dropout}`,
    `mirror ${settings.mirror ? 'yes' : 'no'}`,
    `shift ${settings.shift}`,
  ].join(', ');
}

function factLines(facts: readonly [string, string][], options: TextOptions): string[] {
  const indent = ' '.repeat(10);
  return facts.flatMap(([name, value]) =>
    wrapText(
      `${shown(name, options).padEnd(8)}  ${shown(value, options)}`,
      widthOf(options),
      indent,
    ),
  );
}

function attemptLines(attempts: readonly AttemptRecord[], options: TextOptions): string[] {
  const shownColumns = attemptColumns.filter(
    ({ head }) => head !== 'reason' || attempts.some(({ reason }) => reason !== null),
  );
  const grid = renderGrid(shownColumns, attempts, options);
  const dropped =
    grid.dropped.length === 0
      ? []
      : [options.color('dim', `not shown here: ${grid.dropped.join(', ')}`)];
  return [...grid.lines, ...dropped];
}

const attemptColumns: readonly Column<AttemptRecord>[] = [
  {
    head: 'attempt',
    short: 'att.',
    align: 'right',
    importance: null,
    cell: (row) => String(row.attempt),
  },
  { head: 'purpose', align: 'left', importance: 40, cell: (row) => row.purpose },
  {
    head: 'worker',
    align: 'left',
    importance: null,
    shrink: { widthMin: 8, lost: 'end' },
    cell: (row) => row.worker,
  },
  { head: 'outcome', align: 'left', importance: 90, cell: (row) => row.outcome ?? 'running' },
  { head: 'granted', align: 'left', importance: 20, cell: (row) => timeText(row.grantedAtMs) },
  {
    head: 'took',
    align: 'right',
    importance: 30,
    cell: (row) => (row.endedAtMs === null ? null : durationText(row.endedAtMs - row.grantedAtMs)),
  },
  {
    head: 'reason',
    align: 'left',
    importance: 60,
    shrink: { widthMin: 16, lost: 'end' },
    cell: (row) => row.reason,
  },
];

/** RFC 3339, UTC. */
function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

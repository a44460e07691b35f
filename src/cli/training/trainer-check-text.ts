/** Trainer check text: what `check-trainer` prints. */
import { formatParams, type NumberStyles, type Params } from '../../study/search-space.ts';
import type { TrialResult } from '../../study/trial.ts';
import { allowOption } from '../../study/program-needs.ts';
import type { CommandSettings } from '../../trainers/command/settings.ts';
import {
  trainingDifferences,
  type CheckedTraining,
  type CheckReport,
} from '../../worker/command/check-command.ts';

export interface TrainerCheck {
  readonly trial: string;
  readonly parameters: Params;
  /** How numbers of the parameters are written. */
  readonly styles: NumberStyles;
  readonly settings: Pick<CommandSettings, 'repeatable' | 'rungs' | 'metrics' | 'records'>;
  /** How the program adds what it does not report yet. */
  readonly howTo: HowTo;
  /** What workers must allow. */
  readonly needs: string;
  readonly report: CheckReport;
}

interface HowTo {
  readonly addProgress: string;
  readonly addRecords: string;
}

export const howToOfCommands: HowTo = {
  addProgress: 'print {"step": …, "metrics": {…}} as it trains',
  addRecords:
    'set `records` to the number of validation records, and print `correct`, a 0 or 1 for each',
};

export const howToOfModules: HowTo = {
  addProgress: 'call hooks.onMeasured as it trains, or add rungs',
  addRecords:
    'declare `records`, the number of validation records, and return `correct` from measure, a 0 or 1 for each',
};

/** Whether the program does what its section says. */
export function isCheckPassed({ settings, report }: TrainerCheck): boolean {
  const { first, second, resumed } = report;
  if (first.kind === 'failed' || second?.kind !== 'trained') return false;
  if (resumed?.kind === 'failed') return false;
  if (settings.repeatable === false) return true;
  const others = [second, ...(resumed === null ? [] : [resumed])];
  return others.every((other) => differences(first.result, other).length === 0);
}

export function checkLines(check: TrainerCheck): string[] {
  const { trial, parameters, styles, report, needs } = check;
  const { first, second, resumed } = report;
  const lines = [
    `${trial}  ${formatParams(parameters, styles)}`,
    ...trainingLines('first training', first),
    ...(second === null ? [] : trainingLines('second training', second)),
    ...(resumed === null ? [] : trainingLines('rung to rung', resumed)),
  ];
  if (first.kind === 'failed') return lines;
  return [
    ...lines,
    ...(second?.kind === 'trained' ? [repeatLine(check, first.result, second.result)] : []),
    ...(resumed?.kind === 'trained' ? [resumeLine(check, first.result, resumed.result)] : []),
    ...missingLines(check),
    `to allow it on another machine: ridgeline worker ${allowOption(needs)}`,
  ];
}

const labelWidth = 17;

function trainingLines(label: string, training: CheckedTraining): string[] {
  const start = label.padEnd(labelWidth);
  if (training.kind === 'failed')
    return [
      `${start}failed: ${training.reason}`,
      ...training.log
        .trimEnd()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => `    ${line}`),
    ];
  const { result } = training;
  const time = `${result.seconds.toFixed(2)} s`;
  if (result.kind === 'diverged') return [`${start}${time}  diverged at step ${result.steps}`];
  const metrics = Object.entries(result.curve.at(-1)?.metrics ?? {});
  const texts = metrics.map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`);
  return [`${start}${time}  ${texts.join(', ')}`];
}

function differences(a: TrialResult, other: CheckedTraining): string[] {
  return other.kind === 'failed' ? [other.reason] : trainingDifferences(a, other.result);
}

const seedAdvice =
  'Seed every generator with the seed of the task, and use deterministic algorithms';

function repeatLine({ settings }: TrainerCheck, a: TrialResult, b: TrialResult): string {
  const differing = trainingDifferences(a, b);
  const label = 'repeatable'.padEnd(labelWidth);
  if (differing.length === 0)
    return settings.repeatable === 'exact'
      ? `${label}exact, as the section says`
      : `${label}both trainings are equal to the last digit: the section may say \`repeatable: exact\`, and results can be audited`;
  const what = `the trainings differ in ${differing.join(', ')}`;
  return settings.repeatable === 'exact'
    ? `${label}NOT exact: ${what}. Remove \`repeatable: exact\`; or: ${seedAdvice}`
    : `${label}false: ${what}. That is fine; for audits: ${seedAdvice}`;
}

function resumeLine({ settings }: TrainerCheck, a: TrialResult, b: TrialResult): string {
  const differing = trainingDifferences(a, b);
  const label = 'resumes'.padEnd(labelWidth);
  if (differing.length === 0) return `${label}from each rung, with the same result`;
  const what = `from each rung, with another result: ${differing.join(', ')}`;
  const advice = 'Save the optimizer, the schedule and the state of every generator, too';
  return settings.repeatable === 'exact'
    ? `${label}NOT exact: ${what}. ${advice}`
    : `${label}${what}`;
}

function missingLines({ settings, report, howTo }: TrainerCheck): string[] {
  const { first } = report;
  const isMeasured = first.kind === 'trained' && first.result.curve.length > 1;
  const advice = [
    ...(isMeasured || settings.rungs.at(-1) === 1
      ? []
      : [`no progress: ${howTo.addProgress}, for curves and live views`]),
    ...(settings.records === undefined && 'validation_accuracy' in settings.metrics
      ? [`no ± and no ties: ${howTo.addRecords}`]
      : []),
  ];
  return advice.map((text) => `${'note'.padEnd(labelWidth)}${text}`);
}

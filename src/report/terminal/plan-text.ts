/** What a study would do, before it does it. */
import type { LambdaRange } from '../../study/spec/study-spec.ts';
import { foreignText } from '../text/escape-terminal.ts';
import { jsonText, schemaVersion } from '../text/json-value.ts';
import { durationText, lambdaText } from '../text/number-format.ts';

export interface Plan {
  readonly study: string;
  /** Where the data was read. */
  readonly source: string;
  readonly counts: {
    readonly train: number;
    readonly validation: number;
    readonly test: number | null;
  };
  readonly steps: number;
  /** On one thread of this machine, measured on a few steps. */
  readonly secondsPerTrial: number;
  /** Of each λ; in a race the most that one may be given. */
  readonly replicates: number;
  readonly racing: boolean;
  readonly stages: readonly PlannedStage[];
  /** What will happen otherwise than the file seems to say. */
  readonly warnings: readonly string[];
}

interface PlannedStage {
  readonly name: string;
  readonly trials: number;
  /** Null where it is found from another stage's results. */
  readonly range: LambdaRange | null;
  readonly narrows: string | null;
  readonly lambdas: readonly { readonly trial: string; readonly lambda: number }[];
}

export function formatPlan(plan: Plan): string {
  const { counts } = plan;
  const lambdas = plan.stages.reduce((sum, stage) => sum + stage.trials, 0);
  const most = lambdas * plan.replicates;
  const least = plan.racing ? lambdas : most;
  const lines = [
    `study ${plan.study}: ${rangeText(least, most)} trials of ${plan.steps} steps`,
    ...replicateLines(plan),
    `data: ${foreignText(plan.source)}`,
    `records: ${counts.train} train, ${counts.validation} validate, ${counts.test ?? 'none'} test`,
    `cost: about ${plan.secondsPerTrial.toFixed(2)} s a trial, ${costText(plan, least, most)} on one thread of this machine`,
    ...plan.warnings.map((warning) => `warning: ${warning}`),
  ];
  for (const stage of plan.stages) {
    lines.push('');
    if (stage.range === null) {
      lines.push(
        `stage ${stage.name}: ${stage.trials} trials; the range is found from ${stage.narrows}: around its best trial, as far as`,
        '  the mean of the next two trials stays within two standard errors of it; it always contains the best λ',
      );
      continue;
    }
    lines.push(
      `stage ${stage.name}: ${stage.trials} trials, λ log-uniform from ${lambdaText(stage.range.min)} to ${lambdaText(stage.range.max)}`,
    );
    for (const { trial, lambda } of stage.lambdas) lines.push(`  ${trial.padEnd(16)} ${lambda}`);
  }
  return `${lines.join('\n')}\n`;
}

function replicateLines({ replicates, racing }: Plan): string[] {
  if (replicates === 1) return [];
  return racing
    ? [
        `race: every λ is trained once, those that may be the best of their stage up to ${replicates} times`,
      ]
    : [`replicates: every λ is trained ${replicates} times, the same seeds for each`];
}

function rangeText(least: number, most: number): string {
  return least === most ? String(most) : `${least} to ${most}`;
}

function costText({ secondsPerTrial }: Plan, least: number, most: number): string {
  const [from, to] = [least, most].map((trials) => durationText(1_000 * secondsPerTrial * trials));
  return from === to ? `${to}` : `${from} to ${to}`;
}

export function planJson(plan: Plan): string {
  return jsonText({
    schema_version: schemaVersion,
    study: plan.study,
    source: plan.source,
    counts: plan.counts,
    steps: plan.steps,
    seconds_per_trial: plan.secondsPerTrial,
    replicates: plan.replicates,
    racing: plan.racing,
    stages: plan.stages,
    warnings: plan.warnings,
  });
}

/** What a study would do, before it does it. */
import type { LambdaRange } from '../study/study-spec.ts';
import { foreignText } from './foreign-text.ts';
import { jsonText, schemaVersion } from './json-value.ts';
import { durationText, lambdaText } from './number-format.ts';

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
  readonly stages: readonly PlannedStage[];
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
  const trials = plan.stages.reduce((sum, stage) => sum + stage.trials, 0);
  const lines = [
    `study ${plan.study}: ${trials} trials of ${plan.steps} steps`,
    `data: ${foreignText(plan.source)}`,
    `records: ${counts.train} train, ${counts.validation} validate, ${counts.test ?? 'none'} test`,
    `cost: about ${plan.secondsPerTrial.toFixed(2)} s a trial, ${durationText(1_000 * plan.secondsPerTrial * trials)} on one thread of this machine`,
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

export function planJson(plan: Plan): string {
  return jsonText({
    schema_version: schemaVersion,
    study: plan.study,
    source: plan.source,
    counts: plan.counts,
    steps: plan.steps,
    seconds_per_trial: plan.secondsPerTrial,
    stages: plan.stages,
  });
}

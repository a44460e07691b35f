/** The output of `plan`: what a study will do. */
import {
  formatParam,
  parameterSymbol,
  type Params,
  type SearchSpace,
} from '../../study/search-space.ts';
import { toSnake } from '../../study/spec/case-codec.ts';
import { foreignText } from '../text/escape-terminal.ts';
import { documentText } from '../text/json-value.ts';
import { durationText } from '../text/number-format.ts';

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
  /** Estimate for one thread of this machine, measured over a few steps. */
  readonly secondsPerTrial: number;
  /** Number of replicates of each configuration; in a race, the most that one can have. */
  readonly replicates: number;
  readonly racing: boolean;
  readonly stages: readonly {
    readonly name: string;
    readonly trials: number;
    /** Null if another stage's results give it; then there are no configurations yet. */
    readonly space: SearchSpace | null;
    readonly narrows: string | null;
    readonly configurations: readonly { readonly trial: string; readonly params: Params }[];
  }[];
  /** Effects of the file that the user may not expect. */
  readonly warnings: readonly string[];
}

export function formatPlan(plan: Plan): string {
  const { counts } = plan;
  const configurations = plan.stages.reduce((sum, stage) => sum + stage.trials, 0);
  const most = configurations * plan.replicates;
  const least = plan.racing ? configurations : most;
  const trials = least === most ? String(most) : `${least} to ${most}`;
  const lines = [
    `study ${plan.study}: ${trials} trials of ${plan.steps} steps`,
    ...replicateLines(plan),
    `data: ${foreignText(plan.source)}`,
    `records: ${counts.train} train, ${counts.validation} validate, ${counts.test ?? 'none'} test`,
    `cost: about ${plan.secondsPerTrial.toFixed(2)} s a trial, ${costText(plan, least, most)} on one thread of this machine`,
    ...plan.warnings.map((warning) => `warning: ${warning}`),
    ...plan.stages.flatMap((stage) => ['', ...stageLines(stage)]),
  ];
  return `${lines.join('\n')}\n`;
}

function stageLines(stage: Plan['stages'][number]): string[] {
  const { name, trials, space, narrows, configurations } = stage;
  if (space === null) {
    return [
      `stage ${name}: ${trials} trials; the results of ${narrows} give the range: it extends from its best trial as far as`,
      '  the mean of the next two trials stays within two standard errors of it, and always contains the best trial',
    ];
  }
  const ranges = Object.entries(space).map(
    ([parameter, { min, max }]) =>
      `${parameterSymbol(parameter)} log-uniform from ${formatParam(min)} to ${formatParam(max)}`,
  );
  return [
    `stage ${name}: ${trials} trials, ${ranges.join(', ')}`,
    ...configurations.map(({ trial, params }) => `  ${trial.padEnd(16)} ${exactText(params)}`),
  ];
}

/** Full precision; the name is left out if there is one parameter. */
function exactText(params: Params): string {
  const entries = Object.entries(params);
  if (entries.length === 1) return String(entries[0]?.[1]);
  return entries.map(([name, value]) => `${name} ${value}`).join(', ');
}

function replicateLines({ replicates, racing }: Plan): string[] {
  if (replicates === 1) return [];
  const text = racing
    ? `race: every configuration is trained once, those that may be the best of their stage up to ${replicates} times`
    : `replicates: every configuration is trained ${replicates} times, with the same seeds`;
  return [text];
}

function costText({ secondsPerTrial }: Plan, least: number, most: number): string {
  const times = [least, most].map((trials) => durationText(1_000 * secondsPerTrial * trials));
  return [...new Set(times)].join(' to ');
}

export function planJson({ stages, warnings, ...facts }: Plan): string {
  return documentText({
    ...toSnake(facts),
    stages: stages.map(({ name, trials, space, narrows, configurations }) => ({
      name,
      trials,
      range: space?.['lambda'] ? { min: space['lambda'].min, max: space['lambda'].max } : null,
      search: space,
      narrows,
      lambdas: configurations.map(({ trial, params }) => ({ trial, ...params, params })),
    })),
    warnings,
  });
}

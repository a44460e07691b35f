/** The output of `plan`: what a study will do. */
import type { PlannedCost } from '../../search/planning/planned-cost.ts';
import {
  distinctTexts,
  numberRange,
  numberStyle,
  numberStyles,
  paramTexts,
  parameterSymbol,
  type NumberStyles,
  type Params,
  type SearchSpace,
} from '../../study/search-space.ts';
import type { SamplerName } from '../../study/spec/sampler-keys.ts';
import { toSnake } from '../../study/spec/case-codec.ts';
import { foreignText } from '../text/escape-terminal.ts';
import { documentText } from '../text/json-value.ts';
import { countText, durationText, groupedNumber } from '../text/number-format.ts';

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
  /** Steps of the whole study. */
  readonly stepsTotal: PlannedCost;
  /** Estimates of the time that a trial takes of one thread of this machine: the median, and a range. */
  readonly secondsPerTrial: number;
  readonly secondsPerTrialLow: number;
  readonly secondsPerTrialHigh: number;
  /** Number of trials side by side in one thread, for which the times were measured. */
  readonly pack: number;
  /** Threads of this machine. */
  readonly threads: number;
  /** Why a search may take longer; null if nothing is known. */
  readonly busy: string | null;
  /** Number of replicates of each configuration; in a race, the most that one can have. */
  readonly replicates: number;
  readonly racing: boolean;
  readonly stages: readonly {
    readonly name: string;
    readonly trials: number;
    readonly sampler: SamplerName;
    /** Sampled configurations that need no results. The model proposes the others. */
    readonly start: number;
    /** As in the study file; null if they do not apply. */
    readonly round: number | null;
    readonly lag: number | null;
    readonly after: string | null;
    /** Null if another stage's results give it; then there are no configurations yet. */
    readonly space: SearchSpace | null;
    readonly narrows: string | null;
    readonly configurations: readonly { readonly trial: string; readonly params: Params }[];
  }[];
  /** Effects of the file that the user may not expect. */
  readonly warnings: readonly string[];
}

/** @param all whether all trials of a long stage are listed */
export function formatPlan(plan: Plan, all: boolean): string {
  const { counts } = plan;
  const configurations = plan.stages.reduce((sum, stage) => sum + stage.trials, 0);
  const most = configurations * plan.replicates;
  const least = plan.racing ? configurations : most;
  const trials = least === most ? String(most) : `${least} to ${most}`;
  const lines = [
    `study ${plan.study}: ${trials} trials of ${plan.steps} steps`,
    ...replicateLines(plan),
    `data: ${foreignText(plan.source)}`,
    ...(counts.train === 0 ? [] : [recordsText(counts)]),
    `cost: ${costText(plan, least, most)}`,
    stepsText(plan),
    ...(plan.busy === null ? [] : [`  ${plan.busy}`]),
    ...plan.warnings.map((warning) => `warning: ${warning}`),
    ...plan.stages.flatMap((stage) => ['', ...stageLines(stage, all)]),
  ];
  return `${lines.join('\n')}\n`;
}

function stepsText({ stepsTotal: { most, expected } }: Plan): string {
  const largest = `steps: at most ${groupedNumber(most)} in all`;
  if (expected === null) return largest;
  const range = `${groupedNumber(expected.low)} to ${groupedNumber(expected.high)}`;
  return `${largest}; ${range} are expected with stop: clearly_worse, as measured on CIFAR-10`;
}

function recordsText({ train, validation, test }: Plan['counts']): string {
  return `records: ${train} train, ${validation} validate, ${test ?? 'none'} test`;
}

type PlannedStage = Plan['stages'][number];

function stageLines(stage: PlannedStage, all: boolean): string[] {
  const { name, trials, space, narrows, configurations } = stage;
  if (space === null) {
    return [
      `stage ${name}: ${trials} trials; the results of ${narrows} give the range: it starts at the best trial and extends`,
      '  on each side until the mean of the next two trials is clearly worse (docs/study-file.md)',
      ...samplerLines(stage),
    ];
  }
  const ranges = Object.entries(space).map(([parameter, distribution]) => {
    const symbol = parameterSymbol(parameter);
    if (distribution.distribution === 'values')
      return `${symbol} one of ${distribution.values.map(String).join(', ')}`;
    const { min, max } = distribution;
    const text = distinctTexts([min, max], numberStyle(distribution));
    const kind = distribution.distribution.replace('_', '-');
    return `${symbol} ${kind} from ${text(min)} to ${text(max)}`;
  });
  return [
    `stage ${name}: ${trials} trials, ${ranges.join(', ')}`,
    ...samplerLines(stage),
    ...configurationLines(configurations, numberStyles([{ search: space }]), all),
  ];
}

/** How configurations are chosen; nothing for random search. */
function samplerLines({ sampler, trials, start, round, lag, after }: PlannedStage): string[] {
  if (sampler === 'random') return [];
  if (sampler === 'spread') return ['  sampler spread: evenly over the space'];
  if (sampler === 'grid') return ['  sampler grid: all combinations'];
  const pace =
    lag === null ? `in rounds of ${round ?? trials}` : `with a lag of ${countText(lag, 'trial')}`;
  const from = after === null ? '' : `; the results of ${after} are used from the start`;
  const begin = start === 0 ? '' : `${start} trials evenly over the space, then `;
  return [`  sampler model: ${begin}${trials - start} near the best results, ${pace}${from}`];
}

/** By the first parameter, ascending. */
function configurationLines(
  configurations: PlannedStage['configurations'],
  styles: NumberStyles,
  all: boolean,
): string[] {
  const first = ({ params }: PlannedStage['configurations'][number]): number =>
    Number(Object.values(params)[0]);
  const names = [...new Set(configurations.flatMap(({ params }) => Object.keys(params)))];
  const texts = names.map((name) => {
    const text = paramTexts(
      configurations.map(({ params }) => params[name]),
      styles[name],
    );
    return (params: Params) => `${parameterSymbol(name)} ${text(params[name])}`;
  });
  const lines = configurations
    .toSorted((a, b) => first(a) - first(b))
    .map(
      ({ trial, params }) =>
        `  ${trial.padEnd(16)} ${texts.map((text) => text(params)).join(', ')}`,
    );
  const left = lines.length - 2 * listedAtEnds;
  if (all || left <= 1) return lines;
  const middle = `  … ${groupedNumber(left)} more between; --all lists them`;
  return [...lines.slice(0, listedAtEnds), middle, ...lines.slice(-listedAtEnds)];
}

/** Number of trials with the smallest, and with the largest, values that are listed of a long stage. */
const listedAtEnds = 10;

function replicateLines({ replicates, racing }: Plan): string[] {
  if (replicates === 1) return [];
  const text = racing
    ? `race: every configuration is trained once, those that may be the best of their stage up to ${replicates} times`
    : `replicates: every configuration is trained ${replicates} times, with the same seeds`;
  return [text];
}

/** A range: the machine is not always as fast as it was during the measurement. */
function costText(plan: Plan, least: number, most: number): string {
  if (Number.isNaN(plan.secondsPerTrial))
    return 'unknown until the program has trained a trial; `ridgeline check-trainer` trains one';
  const { secondsPerTrialLow: low, secondsPerTrialHigh: high, pack, threads } = plan;
  const each = rangeText(shortTime(low), shortTime(high));
  const whole = rangeText(
    durationText((1_000 * low * least) / threads),
    durationText((1_000 * high * most) / threads),
  );
  const side = pack === 1 ? '' : `, ${pack} side by side in a thread`;
  return `${each} a trial${side}; ${whole} in all on ${countText(threads, 'thread')} of this machine`;
}

/** Below a second, the end of the range says enough. */
function rangeText(low: string, high: string): string {
  if (low === '0 s') return high === '0 s' ? 'less than 1 s' : `at most ${high}`;
  return low === high ? `about ${low}` : `${low} to ${high}`;
}

/** Two significant digits below 10 s. */
function shortTime(seconds: number): string {
  return seconds < 10 ? `${Number(seconds.toPrecision(2))} s` : durationText(1_000 * seconds);
}

function lambdaRange(space: SearchSpace | null): { min: number; max: number } | null {
  const range = numberRange(space?.['lambda']);
  return range === null ? null : { min: range.min, max: range.max };
}

export function planJson({ stages, warnings, busy: _busy, ...facts }: Plan): string {
  return documentText({
    ...toSnake(facts),
    stages: stages.map(({ name, trials, space, narrows, configurations, ...how }) => ({
      name,
      trials,
      ...how,
      range: lambdaRange(space),
      search: space,
      narrows,
      lambdas: configurations.map(({ trial, params }) => ({ trial, ...params, params })),
    })),
    warnings,
  });
}

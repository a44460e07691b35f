/**
 * What the scatter of λ against the objective has to show: which dots, over which ranges of both axes.
 * `lambda-scatter.ts` draws it.
 */
import { log } from '../../base/elementary.ts';
import type { SmoothFit } from '../../search/statistics/smooth-fit.ts';
import type { LambdaRange, Objective } from '../../study/spec/study-spec.ts';
import { isAccuracy } from '../text/number-format.ts';
import type { ChartTheme } from './chart-style.ts';
import { lambdaDomain } from './lambda-axis.ts';
import { paddedDomain } from './value-axis.ts';

export interface ScatterTrial {
  readonly stage: string;
  /** `coarse/7`. */
  readonly trial: string;
  readonly lambda: number;
  /** The objective's value; null for a trial that failed. */
  readonly value: number | null;
  /** Of the value; drawn as a bar where given. */
  readonly standardError?: number | null;
  /** Whether it cannot be told from the best; null where that was not tested. */
  readonly tied?: boolean | null;
}

interface ScatterStage {
  readonly name: string;
  readonly range: LambdaRange | null;
  /** Whether the range was found from another stage: then it is drawn as a band. */
  readonly isNarrowed: boolean;
}

/** What `search/statistics/smooth-fit.ts` found, without its words. */
type ScatterFit = Pick<SmoothFit, 'points' | 'bestLambda'>;

export interface LambdaScatterInput {
  readonly title: string;
  readonly subtitle?: string | undefined;
  readonly objective: Objective;
  readonly stages: readonly ScatterStage[];
  readonly trials: readonly ScatterTrial[];
  readonly fit?: ScatterFit | null;
  /** The name of the trial that is labelled, and what is called. */
  readonly best?: { readonly trial: string; readonly label: string } | null;
  /** Only this part of the λ axis; what lies outside is left out. */
  readonly zoom?: LambdaRange | null;
  readonly showErrors?: boolean;
  readonly width?: number;
  readonly height?: number;
}

export interface Dot {
  readonly stage: string;
  readonly lambda: number;
  readonly value: number;
  readonly error: number;
  readonly isHollow: boolean;
  readonly trial: string;
}

/** What is to be drawn, in the units of the axes. */
export interface Scene {
  readonly input: LambdaScatterInput;
  readonly theme: ChartTheme;
  readonly range: LambdaRange;
  readonly scale: number;
  readonly yDomain: readonly [number, number];
  readonly dots: ReadonlyMap<string, readonly Dot[]>;
  readonly best: Dot | null;
  readonly failed: readonly ScatterTrial[];
}

/** More dots than this are a cloud: every n-th is drawn, and the subtitle says so. */
export const dotsMax = 3000;

export function sceneOf(input: LambdaScatterInput, theme: ChartTheme): Scene {
  const range =
    input.zoom ??
    lambdaDomain(
      input.trials.map(({ lambda }) => lambda),
      input.stages.map((stage) => stage.range),
    );
  const inside = input.trials.filter((t) => t.lambda >= range.min && t.lambda <= range.max);
  const scale = isAccuracy(input.objective.metric) ? 100 : 1;
  const finite = inside.flatMap((trial): (ScatterTrial & { readonly value: number })[] =>
    trial.value !== null && Number.isFinite(trial.value)
      ? [{ ...trial, value: scale * trial.value }]
      : [],
  );
  const every = Math.ceil(finite.length / dotsMax);
  const kept = finite.filter(
    ({ trial }, index) => index % every === 0 || trial === input.best?.trial,
  );
  const dotOf = (trial: (typeof finite)[number]): Dot => ({
    stage: trial.stage,
    lambda: trial.lambda,
    value: trial.value,
    error: input.showErrors === true ? scale * (trial.standardError ?? 0) : 0,
    isHollow: trial.tied === false,
    trial: trial.trial,
  });
  const best = finite.find(({ trial }) => trial === input.best?.trial);
  const fitValues = withinRange(input.fit?.points ?? [], range).flatMap(({ low, high }) => [
    scale * low,
    scale * high,
  ]);
  const values = kept.map(dotOf).flatMap(({ value, error }) => [value - error, value + error]);
  return {
    input,
    theme,
    range,
    scale,
    yDomain: yDomainOf(values, fitValues, input.objective),
    dots: Map.groupBy(kept.map(dotOf), ({ stage }) => stage),
    best: best === undefined ? null : dotOf(best),
    failed: inside.filter(({ value }) => value === null || !Number.isFinite(value)),
  };
}

/** The dots decide; the fit's band may widen it by a tenth. Room is left for the winner's label. */
function yDomainOf(
  values: readonly number[],
  fitValues: readonly number[],
  objective: Objective,
): [number, number] {
  const [low, high] = paddedDomain(values);
  const height = high - low;
  const fitLow = fitValues.reduce((a, b) => Math.min(a, b), low);
  const fitHigh = fitValues.reduce((a, b) => Math.max(a, b), high);
  const [below, above] = objective.direction === 'maximize' ? [0.03, 0.09] : [0.09, 0.03];
  return [
    Math.max(fitLow, low - 0.1 * height) - below * height,
    Math.min(fitHigh, high + 0.1 * height) + above * height,
  ];
}

type FitPoint = ScatterFit['points'][number];

/** The fit's points within the range, and those where it crosses the range's ends. */
export function withinRange(points: readonly FitPoint[], range: LambdaRange): FitPoint[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    const crossed =
      before === undefined
        ? []
        : [range.min, range.max]
            .filter((lambda) => before.lambda < lambda && lambda < point.lambda)
            .map((lambda) => between(before, point, lambda));
    const isInside = point.lambda >= range.min && point.lambda <= range.max;
    return isInside ? [...crossed, point] : crossed;
  });
}

function between(a: FitPoint, b: FitPoint, lambda: number): FitPoint {
  const share = log(lambda / a.lambda) / log(b.lambda / a.lambda);
  const mix = (from: number, to: number): number => from + share * (to - from);
  return { lambda, fit: mix(a.fit, b.fit), low: mix(a.low, b.low), high: mix(a.high, b.high) };
}

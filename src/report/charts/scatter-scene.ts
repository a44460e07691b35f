/** Scatter scene: the dots of a parameter scatter and the ranges of its axes; `parameter-scatter.ts` draws it. */
import { log } from '../../base/elementary.ts';
import type { Range } from '../../search/samplers/distribution.ts';
import type { SmoothFit } from '../../search/statistics/smooth-fit.ts';
import type { Metric } from '../../study/metrics.ts';
import type { Objective } from '../../study/spec/study-spec.ts';
import type { ChartTheme } from './chart-style.ts';
import { paddedDomain, parameterDomain } from './axes.ts';

export interface ScatterTrial {
  readonly stage: string;
  /** `coarse/7`. */
  readonly trial: string;
  /** The parameter's value. */
  readonly at: number;
  /** The objective's value; null for a trial that failed. */
  readonly value: number | null;
  /** Standard error of `value`, drawn as a bar. */
  readonly standardError?: number | null;
  /** Whether it cannot be distinguished from the best; null if it was not compared. */
  readonly tied?: boolean | null;
}

type ScatterFit = Pick<SmoothFit, 'points' | 'bestAt'>;

export interface ScatterInput {
  readonly title: string;
  readonly subtitle?: string | undefined;
  /** Symbol of the parameter. */
  readonly symbol: string;
  /** The objective. */
  readonly metric: Metric;
  readonly direction: Objective['direction'];
  readonly stages: readonly {
    readonly name: string;
    readonly range: Range | null;
    /** Whether another stage's results gave the range, which is then drawn as a band. */
    readonly isNarrowed: boolean;
  }[];
  readonly trials: readonly ScatterTrial[];
  readonly fit?: ScatterFit | null;
  /** The trial with a label, such as the winner. */
  readonly best?: { readonly trial: string; readonly label: string } | null;
  /** The part of the parameter's axis to draw; null for all. */
  readonly zoom?: Range | null;
  readonly showErrors?: boolean;
  readonly width?: number;
  readonly height?: number;
}

export interface Dot {
  readonly stage: string;
  readonly at: number;
  readonly value: number;
  readonly error: number;
  readonly isHollow: boolean;
  readonly trial: string;
}

/** What is drawn, in the units of the axes. */
export type Scene = ReturnType<typeof scatterScene>;

/** Most dots. Of more, every n-th is drawn, and the subtitle reports it. */
export const dotsMax = 3000;

export function scatterScene(input: ScatterInput, theme: ChartTheme) {
  const places = input.trials.map(({ at }) => at);
  const ranges = input.stages.map((stage) => stage.range);
  const range = input.zoom ?? parameterDomain(places, ranges);
  const inside = input.trials.filter(({ at }) => at >= range.min && at <= range.max);
  const scale = input.metric.unit === 'share' ? 100 : 1;
  const isFinite = ({ value }: ScatterTrial): boolean => value !== null && Number.isFinite(value);
  const finite = inside.filter(isFinite).map((trial): Dot => ({
    stage: trial.stage,
    at: trial.at,
    value: scale * (trial.value ?? 0),
    error: input.showErrors === true ? scale * (trial.standardError ?? 0) : 0,
    isHollow: trial.tied === false,
    trial: trial.trial,
  }));
  const every = Math.ceil(finite.length / dotsMax);
  const kept = finite.filter(
    ({ trial }, index) => index % every === 0 || trial === input.best?.trial,
  );
  const fitValues = withinRange(input.fit?.points ?? [], range).flatMap(({ low, high }) => [
    scale * low,
    scale * high,
  ]);
  const values = kept.flatMap(({ value, error }) => [value - error, value + error]);
  return {
    input,
    theme,
    range,
    scale,
    yDomain: valueDomain(values, fitValues, input.direction),
    dots: Map.groupBy(kept, ({ stage }) => stage),
    best: finite.find(({ trial }) => trial === input.best?.trial) ?? null,
    bestLabel: input.best?.label ?? null,
    fit: input.fit ?? null,
    failed: inside.filter((trial) => !isFinite(trial)),
  };
}

/** Range of the y axis: the dots, a part of the fit's band (at most a tenth more), and space for the label. */
function valueDomain(
  values: readonly number[],
  fitValues: readonly number[],
  direction: Objective['direction'],
): [number, number] {
  const [low, high] = paddedDomain(values);
  const height = high - low;
  const fitLow = fitValues.reduce((a, b) => Math.min(a, b), low);
  const fitHigh = fitValues.reduce((a, b) => Math.max(a, b), high);
  const [below, above] = direction === 'maximize' ? [0.03, 0.09] : [0.09, 0.03];
  return [
    Math.max(fitLow, low - 0.1 * height) - below * height,
    Math.min(fitHigh, high + 0.1 * height) + above * height,
  ];
}

type FitPoint = ScatterFit['points'][number];

/** The fit's points within the range, and interpolated points at the ends of the range. */
export function withinRange(points: readonly FitPoint[], range: Range): FitPoint[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1] ?? point;
    const crossed = [range.min, range.max]
      .filter((end) => before.at < end && end < point.at)
      .map((end) => between(before, point, end));
    const isInside = point.at >= range.min && point.at <= range.max;
    return isInside ? [...crossed, point] : crossed;
  });
}

function between(a: FitPoint, b: FitPoint, at: number): FitPoint {
  const share = log(at / a.at) / log(b.at / a.at);
  const mix = (from: number, to: number): number => from + share * (to - from);
  return { at, fit: mix(a.fit, b.fit), low: mix(a.low, b.low), high: mix(a.high, b.high) };
}

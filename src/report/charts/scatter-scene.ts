/** Scatter scene: the dots of a parameter scatter and the ranges of its axes; `parameter-scatter.ts` draws it. */
import { log } from '../../base/elementary.ts';
import type { Range } from '../../search/samplers/distribution.ts';
import type { SmoothFit } from '../../search/statistics/smooth-fit.ts';
import type { Metric } from '../../study/metrics.ts';
import type { Objective } from '../../study/spec/study-spec.ts';
import type { ChartTheme } from './chart-style.ts';
import {
  paddedDomain,
  parameterDomain,
  placeOn,
  zoomedDomain,
  type ParameterDomain,
} from './axes.ts';
import { focusDomain } from './focus-domain.ts';

export interface ScatterTrial {
  readonly stage: string;
  /** `coarse/7`. */
  readonly trial: string;
  /** The parameter's value. */
  readonly at: number;
  /** The objective's value; null for a trial that failed. */
  readonly value: number | null;
  /** Whether it is not significantly worse than the best; null if it was not compared. */
  readonly tied?: boolean | null;
  /** Whether it has no value because it was stopped. */
  readonly isStopped?: boolean;
}

/** A replicate of a configuration with several. */
export type ScatterReplicate = Pick<ScatterTrial, 'stage' | 'at'> & { readonly value: number };

type ScatterFit = Pick<SmoothFit, 'points' | 'bestAt'>;

export interface ScatterInput {
  readonly title: string;
  readonly subtitle?: string | undefined;
  /** Symbol of the parameter. */
  readonly symbol: string;
  /** Scale of the parameter's axis; default: logarithmic. */
  readonly scale?: ParameterDomain['kind'];
  /** Label of the parameter's axis; default: the symbol. */
  readonly parameterLabel?: string | undefined;
  /** The objective. */
  readonly metric: Metric;
  readonly direction: Objective['direction'];
  readonly stages: readonly {
    readonly name: string;
    readonly range: Range | null;
    /** Whether another stage's results gave the range, which is then drawn as a bar. */
    readonly isNarrowed: boolean;
  }[];
  readonly trials: readonly ScatterTrial[];
  /** Single runs behind their means; none if each trial is one run. */
  readonly replicates?: readonly ScatterReplicate[];
  readonly fit?: ScatterFit | null;
  /** The trial with a label, such as the winner. */
  readonly best?: { readonly trial: string; readonly label: string } | null;
  /** The part of the parameter's axis to draw; null for all. */
  readonly zoom?: Range | null;
  /** False: never a second panel for the best values. */
  readonly hasFocus?: boolean;
  /** The part of the axis of values to draw, in the units of the axis; null for all. */
  readonly valueZoom?: readonly [number, number] | null;
  readonly width?: number;
  readonly height?: number;
}

export interface Dot {
  readonly stage: string;
  /** Its place on the axis. */
  readonly at: number;
  /** The parameter's value. */
  readonly parameter: number;
  readonly value: number;
  readonly isHollow: boolean;
  readonly trial: string;
}

/** What is drawn, in the units of the axes. */
export type Scene = ReturnType<typeof scatterScene>;

/** Most dots. Of more, every n-th is drawn, and the subtitle reports it. */
export const dotsMax = 3000;
/** Values that differ by less are equal. */
const exactness = 1e-10;

export function scatterScene(input: ScatterInput, theme: ChartTheme) {
  const places = input.trials.map(({ at }) => at);
  const ranges = input.stages.map((stage) => stage.range);
  const range =
    input.zoom === null || input.zoom === undefined
      ? parameterDomain(places, ranges, input.scale)
      : zoomedDomain(input.zoom, input.scale);
  const valueZoom = input.valueZoom ?? null;
  const scale = input.metric.unit === 'share' ? 100 : 1;
  const isShown = (value: number | null): boolean =>
    value === null ||
    valueZoom === null ||
    (scale * value >= valueZoom[0] && scale * value <= valueZoom[1]);
  const placed = input.trials.map((trial) => ({ ...trial, place: placeOn(range, trial.at) }));
  const inside = placed.filter(
    ({ place, value }) => place >= range.min && place <= range.max && isShown(value),
  );
  const isFinite = ({ value }: ScatterTrial): boolean => value !== null && Number.isFinite(value);
  const finite = inside.filter(isFinite).map((trial): Dot => ({
    stage: trial.stage,
    at: trial.place,
    parameter: trial.at,
    value: scale * (trial.value ?? 0),
    isHollow: trial.tied === false,
    trial: trial.trial,
  }));
  const every = Math.ceil(finite.length / dotsMax);
  const kept = finite.filter(
    ({ trial }, index) => index % every === 0 || trial === input.best?.trial,
  );
  const best = finite.find(({ trial }) => trial === input.best?.trial) ?? null;
  const fit =
    input.fit === undefined || input.fit === null ? null : scaledFit(input.fit, range, scale);
  const replicates = (input.replicates ?? [])
    .map((one) => ({ ...one, at: placeOn(range, one.at), value: scale * one.value }))
    .filter(({ at }) => at >= range.min && at <= range.max);
  const values = [...kept, ...replicates].map(({ value }) => value);
  return {
    input,
    theme,
    range,
    scale,
    domain: valueZoom ?? valueDomain(values, fit, input.direction),
    /** The axis of a second panel that enlarges the good values; null if no value hides them. */
    focus:
      input.hasFocus === false || valueZoom !== null
        ? null
        : focusDomain(values, input.direction, input.metric),
    dots: Map.groupBy(kept, ({ stage }) => stage),
    replicates,
    best,
    /** How many trials have the best trial's value, that one included. */
    sharing: finite.filter(({ value }) => Math.abs(value - (best?.value ?? NaN)) < exactness)
      .length,
    bestLabel: input.best?.label ?? null,
    fit,
    failed: inside
      .filter((trial) => !isFinite(trial))
      .map(({ place, ...trial }) => ({ ...trial, at: place })),
  };
}

/** Range of the y axis: the dots, a part of the fit's band (at most a tenth more), and space for the label. */
function valueDomain(
  values: readonly number[],
  fit: ScatterFit | null,
  direction: Objective['direction'],
): readonly [number, number] {
  const [low, high] = paddedDomain(values);
  const height = high - low;
  const finite = (fit?.points ?? []).filter((point) => Number.isFinite(point.fit));
  const fitLow = finite.reduce((least, point) => Math.min(least, point.low), low);
  const fitHigh = finite.reduce((most, point) => Math.max(most, point.high), high);
  const [below, above] = direction === 'maximize' ? [0.03, 0.09] : [0.09, 0.03];
  return [
    Math.max(fitLow, low - 0.1 * height) - below * height,
    Math.min(fitHigh, high + 0.1 * height) + above * height,
  ];
}

type FitPoint = ScatterFit['points'][number];

/** The fit within the range, in the units of the axis, with interpolated points at the ends of the range. */
function scaledFit({ points, bestAt }: ScatterFit, range: Range, scale: number): ScatterFit {
  const inside = points.flatMap((point, index) => {
    const previous = points[index - 1];
    const before = previous?.segment === point.segment ? previous : point;
    const crossed = [range.min, range.max]
      .filter((end) => before.at < end && end < point.at)
      .map((end) => between(before, point, log(end / before.at) / log(point.at / before.at)));
    return point.at >= range.min && point.at <= range.max ? [...crossed, point] : crossed;
  });
  const scaled = inside.map(({ fit, low, high, ...point }) => {
    return { ...point, fit: scale * fit, low: scale * low, high: scale * high };
  });
  const isInside = bestAt !== null && bestAt >= range.min && bestAt <= range.max;
  return { points: scaled, bestAt: isInside ? bestAt : null };
}

/** The curve inside a domain of values: cut where it leaves it, with the crossing as its end. */
export function insideDomain(
  points: readonly FitPoint[],
  [low, high]: readonly [number, number],
): FitPoint[] {
  const isInside = ({ fit }: FitPoint): boolean => fit >= low && fit <= high;
  const limit = (value: number): number => Math.min(high, Math.max(low, value));
  const cut = points.flatMap((point, index): FitPoint[] => {
    const before = points[index - 1];
    const own = isInside(point) ? point : { ...point, fit: NaN };
    if (before?.segment !== point.segment || isInside(before) === isInside(point)) return [own];
    const end = (isInside(before) ? point : before).fit < low ? low : high;
    const crossing = between(before, point, (end - before.fit) / (point.fit - before.fit));
    return [{ ...crossing, fit: end }, own];
  });
  return cut.map((point) => ({ ...point, low: limit(point.low), high: limit(point.high) }));
}

/** The point at a share of the way from `a` to `b` of the same segment, on the logarithmic axis. */
function between(a: FitPoint, b: FitPoint, share: number): FitPoint {
  const mix = (from: number, to: number): number => from + share * (to - from);
  return {
    segment: a.segment,
    at: a.at * (b.at / a.at) ** share,
    fit: mix(a.fit, b.fit),
    low: mix(a.low, b.low),
    high: mix(a.high, b.high),
  };
}

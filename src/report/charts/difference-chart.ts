/**
 * Difference chart: how much worse each configuration is than the best one, with intervals that hold for all
 * of them at once. All are scored on the same images, so a difference is more exact than the two values: the
 * images that are difficult for every network cancel.
 *
 * An interval contains 0 exactly if the configuration is not significantly worse. Of many trials, a band
 * replaces the intervals.
 */
import * as Plot from '@observablehq/plot';
import { log } from '../../base/elementary.ts';
import type { Range } from '../../search/samplers/distribution.ts';
import type { Metric } from '../../study/metrics.ts';
import type { Objective } from '../../study/spec/study-spec.ts';
import { mean } from '../../search/statistics/mean.ts';
import { countText } from '../text/number-format.ts';
import { zeroMarks } from './axis-break.ts';
import {
  paddedDomain,
  parameterDomain,
  parameterScale,
  placeOn,
  scientificText,
  valueScale,
  type ParameterDomain,
} from './axes.ts';
import { framed, grid } from './chart-frame.ts';
import type { LegendItem } from './chart-legend.ts';
import { colorAt, ink, shapeAt, type ChartTheme, type DrawChart } from './chart-style.ts';
import { edgeLegend, edgeMarks } from './edge-marks.ts';
import { focusDomain } from './focus-domain.ts';
import { labelMark, ringRadius } from './label-mark.ts';

export interface DifferenceInput {
  readonly title: string;
  readonly subtitle: string;
  /** Symbol of the parameter, and the label of its axis. */
  readonly symbol: string;
  readonly parameterLabel: string;
  /** Scale of its axis; default: logarithmic. */
  readonly scale?: ParameterDomain['kind'];
  readonly metric: Metric;
  readonly direction: Objective['direction'];
  readonly stages: readonly string[];
  /** Ranges of the parameter that the axis contains. */
  readonly ranges: readonly (Range | null)[];
  readonly trials: readonly DifferenceTrial[];
  readonly best: { readonly trial: string; readonly label: string };
}

interface DifferenceTrial {
  readonly stage: string;
  readonly trial: string;
  /** Value of the parameter. */
  readonly at: number;
  /** To the best, in the unit of the objective: 0 for the best itself. */
  readonly difference: number;
  /** Ends of the interval; null if there is none. */
  readonly low: number | null;
  readonly high: number | null;
  /** Whether it is not significantly worse. */
  readonly tied: boolean;
}

/** Of more trials, a band replaces the intervals. */
const barsMax = 100;
const bandPlaces = 40;

export const differenceChart: DrawChart<DifferenceInput> = (document, input, theme) => {
  const scale = input.metric.unit === 'share' ? 100 : 1;
  const range = parameterDomain(
    input.trials.map(({ at }) => at),
    input.ranges,
    input.scale,
  );
  const trials = input.trials.map((one) => ({
    ...one,
    at: placeOn(range, one.at),
    parameter: one.at,
    difference: scale * one.difference,
    low: one.low === null ? null : scale * one.low,
    high: one.high === null ? null : scale * one.high,
  }));
  const domain = differenceDomain(trials, input);
  const inside = trials.filter(({ difference }) => isWithin(difference, domain));
  const outside = trials.filter(({ difference }) => !isWithin(difference, domain));
  return framed(document, theme, {
    title: input.title,
    subtitle: input.subtitle,
    description: describe(input),
    legend: legend(input, outside.length, theme),
    panels: [
      {
        height: 400,
        draw: ({ innerWidth }) => ({
          x: parameterScale(range, input.parameterLabel, innerWidth),
          y: valueScale(differenceLabel(input.metric), domain, 7),
          marks: [
            ...(trials.length > barsMax ? [bandMark(inside, domain, range)] : []),
            grid(7),
            Plot.ruleY([0], { stroke: ink }),
            ...zeroMarks(range, domain[0]),
            ...stageMarks(inside, domain, input.stages, theme),
            edgeMarks(
              outside.map(({ stage, at }) => ({ stage, x: at })),
              { ...input, domain },
              theme,
            ),
            ...bestMarks(inside, input, theme),
          ],
        }),
      },
    ],
  });
};

function isWithin(value: number, [low, high]: readonly [number, number]): boolean {
  return value >= low && value <= high;
}

/** `difference to the best, points`: points of percent. */
function differenceLabel({ unit }: Metric): string {
  const name = 'difference to the best trial';
  if (unit === null) return name;
  return `${name}, ${unit === 'share' ? 'points of accuracy' : unit}`;
}

/** All trials and their intervals, or those near the best if worse ones would hide them. */
function differenceDomain(
  trials: readonly DifferenceTrial[],
  { direction, metric }: DifferenceInput,
): readonly [number, number] {
  const differences = trials.map(({ difference }) => difference);
  const focus = focusDomain(differences, direction, metric);
  const near = focus === null ? trials : trials.filter((one) => isWithin(one.difference, focus));
  const ends = near.flatMap(({ difference, low, high }) => [low ?? difference, high ?? difference]);
  const [least, most] = paddedDomain([0, ...ends], 0.1);
  if (focus === null) return [least, most];
  return direction === 'maximize' ? [focus[0], most] : [least, focus[1]];
}

function stageMarks(
  trials: readonly DifferenceTrial[],
  domain: readonly [number, number],
  stages: readonly string[],
  theme: ChartTheme,
): Plot.Markish[] {
  const limit = (value: number): number => Math.min(domain[1], Math.max(domain[0], value));
  const isMany = trials.length > barsMax;
  return stages.flatMap((name, index): Plot.Markish[] => {
    const own = trials.filter(({ stage }) => stage === name);
    const color = colorAt(index, theme);
    const dot = { x: 'at', y: 'difference', symbol: shapeAt(index), stroke: color };
    const r = trials.length > 1000 ? 2 : isMany ? 2.5 : 4.5;
    const bars = own.filter(({ low, high }) => low !== null && high !== null);
    return [
      isMany
        ? null
        : Plot.ruleX(bars, {
            x: 'at',
            y1: ({ low }: DifferenceTrial) => limit(low ?? 0),
            y2: ({ high }: DifferenceTrial) => limit(high ?? 0),
            stroke: color,
            strokeOpacity: 0.7,
            strokeWidth: 1.2,
          }),
      Plot.dot(
        own.filter(({ tied }) => !tied),
        { ...dot, r, strokeWidth: 1.3, fill: theme.background },
      ),
      Plot.dot(
        own.filter(({ tied }) => tied),
        { ...dot, r, fill: color, fillOpacity: 0.85, strokeWidth: 0.8 },
      ),
    ];
  });
}

/** The mean ends of the intervals, at places of equal distance. */
function bandMark(
  trials: readonly DifferenceTrial[],
  [least, most]: readonly [number, number],
  { kind }: ParameterDomain,
): Plot.Markish {
  const measured = trials.flatMap(({ at, low, high }) =>
    low === null || high === null ? [] : [{ at, low, high }],
  );
  const { min, max } = parameterDomain(
    measured.map(({ at }) => at),
    [],
    kind,
  );
  const toShare = (at: number): number =>
    kind === 'log' ? log(at / min) / log(max / min) : (at - min) / (max - min);
  const toPlace = (share: number): number =>
    kind === 'log' ? min * (max / min) ** share : min + share * (max - min);
  const place = (at: number): number =>
    Math.min(bandPlaces - 1, Math.floor(bandPlaces * toShare(at)));
  const places = Map.groupBy(measured, ({ at }) => place(at));
  const points = [...places]
    .toSorted(([a], [b]) => a - b)
    .map(([index, own]) => ({
      at: toPlace((index + 0.5) / bandPlaces),
      low: Math.max(least, mean(own.map(({ low }) => low))),
      high: Math.min(most, mean(own.map(({ high }) => high))),
    }));
  return Plot.areaY(points, { x: 'at', y1: 'low', y2: 'high', fill: ink, fillOpacity: 0.12 });
}

function bestMarks(
  trials: readonly (DifferenceTrial & { readonly parameter: number })[],
  { best, symbol }: DifferenceInput,
  theme: ChartTheme,
): Plot.Markish[] {
  const own = trials.find(({ trial }) => trial === best.trial);
  if (own === undefined) return [];
  const obstacles = trials.flatMap(({ at, difference, low, high }) =>
    [difference, low, high].flatMap((y) => (y === null ? [] : [{ x: at, y }])),
  );
  return [
    Plot.dot([own], { x: 'at', y: 'difference', r: ringRadius, stroke: ink, strokeWidth: 1.8 }),
    labelMark(
      [`${best.label}: ${symbol} ${scientificText(own.parameter)}`],
      { x: own.at, y: own.difference },
      obstacles,
      theme,
    ),
  ];
}

function legend(
  { stages, direction, trials }: DifferenceInput,
  outside: number,
  theme: ChartTheme,
): LegendItem[] {
  const isMany = trials.length > barsMax;
  return [
    ...stages.map((label, index): LegendItem => {
      return { label, color: colorAt(index, theme), mark: shapeAt(index) };
    }),
    ...(trials.some(({ tied }) => !tied)
      ? [{ label: 'hollow: significantly worse', color: ink, mark: 'ring' as const }]
      : []),
    {
      label: 'simultaneous 95 % intervals',
      color: ink,
      mark: isMany ? ('area' as const) : ('interval' as const),
    },
    ...edgeLegend(outside, direction),
  ];
}

function describe({ trials, best, symbol }: DifferenceInput): string {
  const tied = trials.filter((one) => one.tied).length;
  return `Differences of ${countText(trials.length, 'trial')} to ${best.label} against ${symbol}, with simultaneous 95 % intervals; ${tied} are not significantly worse.`;
}

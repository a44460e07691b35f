/**
 * Learning curves: cost, loss and accuracy in panels on one axis of steps, with the learning rate below and a
 * rule at the end of each cycle.
 *
 * The rules help to read the curves: a high rate in the middle of a cycle makes values worse, and they
 * recover as it falls. The value at the end of a cycle is the one to compare, so the last point shows its
 * value.
 *
 * One series has a colour for each split; several have a colour for each series, and training is dashed.
 */
import * as Plot from '@observablehq/plot';
import { classificationMetrics, type Metric } from '../../study/metrics.ts';
import type { Measurement } from '../../study/trial.ts';
import { chartPoints, metricIn, metricOn } from '../results/metric-values.ts';
import { thinnedCurve } from '../results/thinned-curve.ts';
import { metricNamed, metricText } from '../text/number-format.ts';
import { framed, grid, type LegendItem, type Panel } from './chart-frame.ts';
import {
  blue,
  colorAt,
  shapeAt,
  stepText,
  vermilion,
  type DrawChart,
  type ChartTheme,
  type Shape,
} from './chart-style.ts';
import { rateCorners, type CyclicalRate, type RatePoint } from './rate-cycles.ts';
import { cycleRules, ratePanel } from './rate-panel.ts';
import { paddedDomain, valueScale } from './value-axis.ts';

export interface CurveSeries {
  readonly label: string;
  /** By step, ascending. Points that are not finite are left out. */
  readonly curve: readonly Measurement[];
}

export interface LearningCurveInput {
  readonly title: string;
  readonly subtitle?: string | undefined;
  readonly series: readonly CurveSeries[];
  /** Of the trainer; without them, those of a classifier. */
  readonly metrics?: readonly Metric[];
  /** Null for a trainer without cycles: then the measured rate is drawn. */
  readonly learningRate: CyclicalRate | null;
  readonly width?: number;
  /** Without the panel of costs, which are similar to losses. */
  readonly isSmall?: boolean;
}

type Quantity = 'cost' | 'loss' | 'accuracy';
type Point = RatePoint;

interface Line {
  readonly label: string;
  readonly split: 'train' | 'validation';
  readonly color: string;
  readonly isDashed: boolean;
  readonly shape: Shape;
  readonly points: readonly Point[];
}

/** More points of a line cannot be distinguished. */
const pointsMax = 2_000;
/** More dots would hide their line. */
const dotsMax = 60;
const panelHeight = 170;

export const learningCurve: DrawChart<LearningCurveInput> = (document, input, theme) => {
  const { learningRate: rate, metrics = classificationMetrics } = input;
  const series = input.series.map(({ label, curve }) => ({
    label,
    curve: thinnedCurve(curve, pointsMax),
  }));
  const stepMax = Math.max(1, ...input.series.map(({ curve }) => curve.at(-1)?.step ?? 0));
  // Costs of trials with different λ cannot be compared, so only a single series has a panel of them.
  const quantities: readonly Quantity[] =
    series.length === 1 && input.isSmall !== true
      ? ['cost', 'loss', 'accuracy']
      : ['loss', 'accuracy'];
  const panels = quantities
    .filter((quantity) => metricOn(metrics, quantity, 'validation') !== null)
    .map((quantity) =>
      valuePanel(quantity, toLines(series, metrics, quantity), stepMax, rate, theme),
    );
  const points =
    rate === null
      ? chartPoints(series[0]?.curve ?? [], metricNamed('learning_rate', metrics))
      : rateCorners(rate, stepMax);
  return framed(document, theme, {
    title: input.title,
    subtitle: input.subtitle,
    description: describe(input.series, metrics),
    legend: legend(input.series),
    width: input.width,
    panels: [...panels, ratePanel(points, rate, stepMax)],
  });
};

function toLines(
  series: readonly CurveSeries[],
  metrics: readonly Metric[],
  quantity: Quantity,
): Line[] {
  const isSingle = series.length === 1;
  return series.flatMap(({ label, curve }, index) =>
    (['train', 'validation'] as const).map((split): Line => {
      const isTraining = split === 'train';
      return {
        label,
        split,
        color: isSingle ? (isTraining ? blue : vermilion) : colorAt(index),
        isDashed: isSingle ? false : isTraining,
        shape: isSingle ? (isTraining ? 'circle' : 'triangle') : shapeAt(index),
        points: chartPoints(curve, metricOn(metrics, quantity, split)),
      };
    }),
  );
}

function valuePanel(
  quantity: Quantity,
  lines: readonly Line[],
  stepMax: number,
  rate: CyclicalRate | null,
  theme: ChartTheme,
): Panel {
  const isAccuracy = quantity === 'accuracy';
  const domain = paddedDomain(lines.flatMap(({ points }) => points.map(({ value }) => value)));
  return {
    height: panelHeight,
    options: {
      marginTop: 24,
      marginBottom: 8,
      marginRight: 64,
      x: { domain: [0, stepMax], axis: null },
      y: valueScale(isAccuracy ? 'accuracy, %' : quantity, domain, 5),
      marks: [
        grid(5),
        cycleRules(rate, stepMax),
        ...lines.flatMap((line) => lineMarks(line)),
        ...endMarks(lines, isAccuracy ? 2 : 3, domain, theme),
      ],
    },
  };
}

function lineMarks({ points, color, isDashed, shape }: Line): Plot.Markish[] {
  return [
    Plot.line(points, {
      x: 'step',
      y: 'value',
      stroke: color,
      strokeWidth: 1.8,
      ...(isDashed ? { strokeDasharray: '5 3' } : {}),
    }),
    points.length > dotsMax || isDashed
      ? null
      : Plot.dot(points, { x: 'step', y: 'value', fill: color, symbol: shape, r: 2.5 }),
  ];
}

/** The last value of each line next to its end; of several series only validation, which is compared. */
function endMarks(
  lines: readonly Line[],
  digits: number,
  domain: readonly [number, number],
  theme: ChartTheme,
): Plot.Markish[] {
  const ends = lines.flatMap(({ points, color, shape, split, isDashed }) => {
    const end = points.at(-1);
    return end === undefined || isDashed ? [] : [{ ...end, color, shape, split }];
  });
  return spreadLabels(ends, domain).flatMap((end): Plot.Markish[] => [
    Plot.dot([end], {
      x: 'step',
      y: 'value',
      fill: end.color,
      symbol: end.shape,
      r: 4.5,
      stroke: theme.background,
    }),
    Plot.text([end], {
      x: 'step',
      y: 'at',
      text: () => end.value.toFixed(digits),
      dx: 9,
      textAnchor: 'start',
      fill: 'currentColor',
      fontWeight: end.split === 'validation' ? 'bold' : 'normal',
    }),
  ]);
}

/** Positions of the labels: at their values, or moved so that none covers another. */
function spreadLabels<End extends Point>(
  ends: readonly End[],
  [low, high]: readonly [number, number],
): (End & { readonly at: number })[] {
  const gap = (13 * (high - low)) / (panelHeight - 32);
  let above = Infinity;
  const down = ends
    .toSorted((a, b) => b.value - a.value)
    .map((end) => {
      above = Math.min(end.value, above - gap);
      return { ...end, at: above };
    });
  // Labels below the panel move up and move the others up.
  let below = low - gap;
  return down.toReversed().map((end) => {
    below = Math.max(end.at, below + gap);
    return { ...end, at: below };
  });
}

function legend(series: readonly CurveSeries[]): LegendItem[] {
  if (series.length === 1) {
    return [
      { label: 'training', color: blue, mark: 'circle' },
      { label: 'validation', color: vermilion, mark: 'triangle' },
    ];
  }
  return [
    ...series.map(({ label }, index) => ({ label, color: colorAt(index), mark: shapeAt(index) })),
    { label: 'validation', color: 'currentColor', mark: 'line' },
    { label: 'training', color: 'currentColor', mark: 'dashed' },
  ];
}

function describe(series: readonly CurveSeries[], metrics: readonly Metric[]): string {
  const ends = series.map(({ label, curve }) => {
    const last = curve.at(-1);
    if (last === undefined) return `${label}: no measurements`;
    const accuracy = (split: Line['split']): string => {
      const metric = metricOn(metrics, 'accuracy', split);
      return (metric && metricText(metric, metricIn(last, metric.name))) ?? 'unknown';
    };
    return `${label}: after ${stepText(last.step)} steps training accuracy ${accuracy('train')}, validation accuracy ${accuracy('validation')}`;
  });
  return `Learning curves over the steps of training, with the learning rate below. ${ends.join('; ')}.`;
}

/**
 * Learning curves: cost, loss and accuracy in panels on one axis of steps, with the learning rate below and a
 * rule at the end of each cycle, where values can be compared: a high rate within a cycle makes them worse.
 *
 * Validation is solid and training is dashed. One series has ink and grey; several have a colour for each.
 */
import * as Plot from '@observablehq/plot';
import { classificationMetrics, type Metric } from '../../study/metrics.ts';
import type { Measurement } from '../../study/trial.ts';
import { chartPoints, metricIn, metricOn, thinnedCurve } from '../results/metric-values.ts';
import { groupedNumber, metricText } from '../text/number-format.ts';
import { centeredScale, paddedDomain, valueScale } from './axes.ts';
import { framed, grid, type Panel } from './chart-frame.ts';
import { splitLegend, type LegendItem } from './chart-legend.ts';
import {
  grey,
  ink,
  seriesColorAt,
  shapeAt,
  type DrawChart,
  type ChartTheme,
  type Shape,
} from './chart-style.ts';
import { cycleEnds, ratePoints, type CyclicalRate, type RatePoint } from './rate-cycles.ts';

interface CurveSeries {
  readonly label: string;
  /** By step, ascending. Points that are not finite are left out. */
  readonly curve: readonly Measurement[];
}

export interface LearningCurveInput {
  readonly title: string;
  readonly subtitle?: string | undefined;
  readonly series: readonly CurveSeries[];
  /** Metrics of the trainer; default: those of a classifier. */
  readonly metrics?: readonly Metric[];
  /** Null for a trainer without cycles: then the measured rate is drawn, if it is one of the metrics. */
  readonly learningRate: CyclicalRate | null;
  readonly width?: number;
  /** Whether to leave out the panel of costs, which are similar to losses. */
  readonly isSmall?: boolean;
}

type Quantity = 'cost' | 'loss' | 'accuracy';

interface Line {
  readonly label: string;
  readonly split: 'train' | 'validation';
  readonly color: string;
  readonly isDashed: boolean;
  readonly shape: Shape;
  readonly points: readonly RatePoint[];
}

/** Most points of a line: more cannot be distinguished. */
const pointsMax = 2_000;
/** Most dots of a line: more would hide it. */
const dotsMax = 60;
/** Most rules at cycle ends: more would hide the curves. */
const rulesMax = 60;
/** Room for the last values. */
const marginRight = 64;
/** Axis labels. Costs and losses of classifiers are in nats. */
export const quantityLabels: Readonly<Record<Quantity, string>> = {
  cost: 'cost (loss + L2 penalty), nats',
  loss: 'loss (cross-entropy), nats',
  accuracy: 'accuracy, %',
};
/** The channels of every mark. */
const place = { x: 'step', y: 'value' };

export const learningCurve: DrawChart<LearningCurveInput> = (document, input, theme) => {
  const { learningRate: rate, metrics = classificationMetrics } = input;
  const series = input.series.map(({ label, curve }) => ({
    label,
    curve: thinnedCurve(curve, pointsMax),
  }));
  const stepMax = Math.max(1, ...input.series.map(({ curve }) => curve.at(-1)?.step ?? 0));
  // Costs of trials with different λ cannot be compared, so only a single series has a panel of them.
  const hasCost = series.length === 1 && input.isSmall !== true;
  const panels = (['cost', 'loss', 'accuracy'] as const)
    .filter((quantity) => quantity !== 'cost' || hasCost)
    .filter((quantity) => metricOn(metrics, quantity, 'validation') !== null)
    .map((quantity) =>
      valuePanel(quantity, toLines(series, metrics, quantity), stepMax, rate, theme),
    );
  const points = ratePoints(series[0]?.curve ?? [], metrics, rate, stepMax);
  return framed(document, theme, {
    title: input.title,
    subtitle: input.subtitle,
    description: describe(input.series, metrics, points.length > 0),
    legend: legend(input.series),
    width: input.width,
    panels:
      points.length === 0
        ? panels.map((panel, i) => (i < panels.length - 1 ? panel : withSteps(panel, stepMax)))
        : [...panels, ratePanel(points, rate, stepMax)],
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
        color: isSingle ? (isTraining ? grey : ink) : seriesColorAt(index),
        isDashed: isTraining,
        shape: shapeAt(index),
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
  const domain = paddedDomain(lines.flatMap(({ points }) => points.map(({ value }) => value)));
  return {
    height: 170,
    margins: { marginTop: 24, marginBottom: 8, marginRight },
    draw: ({ innerHeight }) => ({
      x: { domain: [0, stepMax], axis: null },
      y: valueScale(quantityLabels[quantity], domain, 5),
      marks: [
        grid(5),
        cycleRules(rate, stepMax),
        // The first series is the most important one, so it is drawn over the others.
        ...lines.toReversed().flatMap((line) => lineMarks(line)),
        ...endMarks(lines, quantity === 'accuracy' ? 2 : 3, { domain, innerHeight }, theme),
      ],
    }),
  };
}

function lineMarks({ points, color, isDashed, shape }: Line): Plot.Markish[] {
  const dash = isDashed ? { strokeDasharray: '5 3' } : {};
  return [
    Plot.line(points, { ...place, stroke: color, strokeWidth: 1.8, ...dash }),
    points.length > dotsMax || isDashed
      ? null
      : Plot.dot(points, { ...place, fill: color, symbol: shape, r: 2.5 }),
  ];
}

/** The last value of each line next to its end; of several series only validation, which is compared. */
function endMarks(
  lines: readonly Line[],
  digits: number,
  panel: PanelScale,
  theme: ChartTheme,
): Plot.Markish[] {
  const ends = lines.flatMap(({ points, color, shape, split, isDashed }) => {
    const end = points.at(-1);
    return end === undefined || (isDashed && lines.length > 2)
      ? []
      : [{ ...end, color, shape, split }];
  });
  const dot = { ...place, r: 4.5, stroke: theme.background };
  return [
    ...ends
      .toReversed()
      .map((end) => Plot.dot([end], { ...dot, fill: end.color, symbol: end.shape })),
    ...spreadLabels(ends, panel).map((end) =>
      Plot.text([end], {
        x: 'step',
        y: 'at',
        text: () => end.value.toFixed(digits),
        dx: 9,
        textAnchor: 'start',
        fill: ink,
        fontWeight: end.split === 'validation' ? 'bold' : 'normal',
      }),
    ),
  ];
}

interface PanelScale {
  readonly domain: readonly [number, number];
  /** In pixels. */
  readonly innerHeight: number;
}

/** Positions of the labels: at their values, or moved so that none covers another. */
function spreadLabels<End extends RatePoint>(
  ends: readonly End[],
  { domain: [low, high], innerHeight }: PanelScale,
): (End & { readonly at: number })[] {
  const gap = (13 * (high - low)) / innerHeight;
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

function cycleRules(rate: CyclicalRate | null, stepMax: number): Plot.Markish {
  const ends = rate === null ? [] : cycleEnds(rate, stepMax);
  if (ends.length === 0 || ends.length > rulesMax) return null;
  return Plot.ruleX(ends, { stroke: ink, strokeOpacity: 0.35, strokeDasharray: '2 3' });
}

/** The learning rate, on the axis of steps. */
function ratePanel(
  points: readonly RatePoint[],
  rate: CyclicalRate | null,
  stepMax: number,
): Panel {
  const top = points.reduce((max, { value }) => Math.max(max, value), rate?.max ?? 0);
  const line = { ...place, stroke: ink, strokeOpacity: 0.55, strokeWidth: 1.5 };
  return {
    height: 110,
    margins: { marginTop: 22, marginBottom: 38, marginRight },
    draw: ({ innerWidth }) => ({
      x: stepScale(stepMax, innerWidth),
      y: { ...valueScale('learning rate', [0, top || 1], 0), ticks: [0, top], tickFormat: String },
      marks: [
        cycleRules(rate, stepMax),
        Plot.areaY(points, { ...place, fill: ink, fillOpacity: 0.12 }),
        Plot.line(points, line),
      ],
    }),
  };
}

/** The panel with the axis of steps, for the last panel of a chart without rates. */
function withSteps(panel: Panel, stepMax: number): Panel {
  return {
    ...panel,
    height: panel.height + 30,
    margins: { ...panel.margins, marginBottom: 38 },
    draw: (size) => ({ ...panel.draw(size), x: stepScale(stepMax, size.innerWidth) }),
  };
}

/** The x axis of steps. @param width of the axis in pixels */
export function stepScale(stepMax: number, width: number) {
  const ticks = Math.max(2, Math.min(8, Math.floor(width / 75)));
  return { ...centeredScale('step'), domain: [0, stepMax], tickFormat: groupedNumber, ticks };
}

function legend(series: readonly CurveSeries[]): LegendItem[] {
  if (series.length === 1) return [...splitLegend];
  return [
    ...series.map(({ label }, index) => ({
      label,
      color: seriesColorAt(index),
      mark: shapeAt(index),
    })),
    ...splitLegend.map((item) => ({ ...item, color: ink })),
  ];
}

function describe(
  series: readonly CurveSeries[],
  metrics: readonly Metric[],
  hasRate: boolean,
): string {
  const ends = series.map(({ label, curve }) => {
    const last = curve.at(-1);
    if (last === undefined) return `${label}: no measurements`;
    const accuracy = (split: Line['split']): string => {
      const metric = metricOn(metrics, 'accuracy', split);
      return (metric && metricText(metric, metricIn(last, metric.name))) ?? 'unknown';
    };
    return `${label}: after ${groupedNumber(last.step)} steps training accuracy ${accuracy('train')}, validation accuracy ${accuracy('validation')}`;
  });
  const rate = hasRate ? ', with the learning rate below' : '';
  return `Learning curves over the steps of training${rate}. ${ends.join('; ')}.`;
}

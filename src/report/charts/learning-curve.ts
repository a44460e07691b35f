/**
 * Learning curves over the cyclical rate: cost, loss and accuracy in panels on one axis of steps, the
 * rate as a strip below, a rule where each cycle ends.
 *
 * The rule matters for reading: inside a cycle the high rate shakes the weights, and a curve that
 * looks as if it got worse only waits for the rate to fall. What counts is where a cycle ends; the
 * last point carries its value.
 *
 * One series is coloured by data split; several are coloured by series, and training is dashed.
 */
import * as Plot from '@observablehq/plot';
import type { CyclicalRate } from '../../study/spec/study-spec.ts';
import type { Measurement } from '../../study/trial.ts';
import { thinnedCurve } from '../results/thinned-curve.ts';
import { framed, type LegendItem, type Panel } from './chart-frame.ts';
import {
  blue,
  colorAt,
  faint,
  shapeAt,
  stepText,
  vermilion,
  type ChartDocument,
  type ChartElement,
  type ChartTheme,
  type Shape,
} from './chart-style.ts';
import { cycleEndsUpTo, rateCorners } from './rate-cycles.ts';
import { paddedDomain, plainNumber } from './value-axis.ts';

export interface CurveSeries {
  readonly label: string;
  /** By step, ascending. Points that are not finite are left out. */
  readonly curve: readonly Measurement[];
}

export interface LearningCurveInput {
  readonly title: string;
  readonly subtitle?: string | undefined;
  readonly series: readonly CurveSeries[];
  readonly learningRate: CyclicalRate;
  readonly width?: number;
  /** Without the panel of costs, which is little more than that of losses: for small places. */
  readonly isSmall?: boolean;
}

type Quantity = 'cost' | 'loss' | 'accuracy';

interface Line {
  readonly label: string;
  readonly split: 'training' | 'validation';
  readonly color: string;
  readonly isDashed: boolean;
  readonly shape: Shape;
  readonly points: readonly Point[];
}

interface Point {
  readonly step: number;
  readonly value: number;
}

/** More points of a line than this are nearer to each other than can be seen. */
const pointsMax = 2_000;
/** Beyond this many points of a line, dots would hide it. */
const dotsMax = 60;
/** And with more cycles than this their ends would hide everything. */
const rulesMax = 60;
const panelHeight = 170;
const rateHeight = 110;

export function learningCurve(
  document: ChartDocument,
  input: LearningCurveInput,
  theme: ChartTheme,
): ChartElement {
  const series = input.series.map(({ label, curve }) => ({
    label,
    curve: thinnedCurve(curve, pointsMax),
  }));
  const stepMax = Math.max(1, ...input.series.map(({ curve }) => curve.at(-1)?.step ?? 0));
  // Costs of trials with different λ are not comparable: they have a panel only for one series.
  const quantities: Quantity[] =
    input.series.length === 1 && input.isSmall !== true
      ? ['cost', 'loss', 'accuracy']
      : ['loss', 'accuracy'];
  const panels = quantities.map((quantity) =>
    valuePanel(quantity, linesOf(series, quantity), stepMax, input.learningRate, theme),
  );
  return framed(document, theme, {
    title: input.title,
    subtitle: input.subtitle,
    description: describe(input.series),
    legend: legendOf(input.series),
    width: input.width,
    panels: [...panels, ratePanel(input.learningRate, stepMax)],
  });
}

function linesOf(series: readonly CurveSeries[], quantity: Quantity): Line[] {
  const isSingle = series.length === 1;
  return series.flatMap(({ label, curve }, index) =>
    (['training', 'validation'] as const).map((split): Line => {
      const isTraining = split === 'training';
      return {
        label,
        split,
        color: isSingle ? (isTraining ? blue : vermilion) : colorAt(index),
        isDashed: isSingle ? false : isTraining,
        shape: isSingle ? (isTraining ? 'circle' : 'triangle') : shapeAt(index),
        points: curve
          .map((m) => ({ step: m.step, value: valueOf(m, split, quantity) }))
          .filter(({ value }) => Number.isFinite(value)),
      };
    }),
  );
}

function valueOf(m: Measurement, split: Line['split'], quantity: Quantity): number {
  const isTraining = split === 'training';
  switch (quantity) {
    case 'cost':
      return isTraining ? m.trainCost : m.validationCost;
    case 'loss':
      return isTraining ? m.trainLoss : m.validationLoss;
    case 'accuracy':
      return 100 * (isTraining ? m.trainAccuracy : m.validationAccuracy);
  }
}

function valuePanel(
  quantity: Quantity,
  lines: readonly Line[],
  stepMax: number,
  rate: CyclicalRate,
  theme: ChartTheme,
): Panel {
  const isAccuracy = quantity === 'accuracy';
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value));
  return {
    height: panelHeight,
    options: {
      marginTop: 24,
      marginBottom: 8,
      marginRight: 64,
      x: { domain: [0, stepMax], axis: null },
      y: {
        label: isAccuracy ? 'accuracy, %' : quantity,
        labelArrow: 'none',
        labelOffset: 48,
        ticks: 5,
        domain: paddedDomain(values),
        tickFormat: plainNumber,
      },
      marks: [
        Plot.gridY({ strokeOpacity: 0.12, ticks: 5 }),
        cycleRules(rate, stepMax),
        ...lines.flatMap((line) => lineMarks(line)),
        ...endMarks(lines, isAccuracy, paddedDomain(values), theme),
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

/** The last value of each line beside its end; of several series only validation, which is compared. */
function endMarks(
  lines: readonly Line[],
  isAccuracy: boolean,
  domain: readonly [number, number],
  theme: ChartTheme,
): Plot.Markish[] {
  const ends = lines.flatMap(({ points, color, shape, split, isDashed }) => {
    const end = points.at(-1);
    return end === undefined || isDashed ? [] : [{ ...end, color, shape, split }];
  });
  return apart(ends, domain).flatMap((end): Plot.Markish[] => [
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
      text: () => (isAccuracy ? end.value.toFixed(2) : end.value.toFixed(3)),
      dx: 9,
      textAnchor: 'start',
      fill: 'currentColor',
      fontWeight: end.split === 'validation' ? 'bold' : 'normal',
    }),
  ]);
}

/** Where the labels of the ends stand: at their value, or moved so that none covers another. */
function apart<End extends Point>(
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
  // Those that were pushed out at the bottom push the others up again.
  let below = low - gap;
  return down.toReversed().map((end) => {
    below = Math.max(end.at, below + gap);
    return { ...end, at: below };
  });
}

function cycleRules(rate: CyclicalRate, stepMax: number): Plot.Markish {
  const ends = cycleEndsUpTo(rate, stepMax);
  if (ends.length > rulesMax) return null;
  return Plot.ruleX(ends, { stroke: 'currentColor', strokeOpacity: 0.35, strokeDasharray: '2 3' });
}

function ratePanel(rate: CyclicalRate, stepMax: number): Panel {
  const corners = rateCorners(rate, stepMax);
  return {
    height: rateHeight,
    options: {
      marginTop: 22,
      marginBottom: 38,
      marginRight: 64,
      x: {
        domain: [0, stepMax],
        label: 'step',
        labelAnchor: 'center',
        labelArrow: 'none',
        tickFormat: stepText,
        ticks: 8,
      },
      y: {
        domain: [0, rate.max],
        ticks: [0, rate.max],
        tickFormat: (value: number) => (value === 0 ? '0' : String(value)),
        label: 'learning rate',
        labelArrow: 'none',
        labelOffset: 48,
      },
      marks: [
        cycleRules(rate, stepMax),
        Plot.areaY(corners, {
          x: 'step',
          y: 'value',
          fill: 'currentColor',
          fillOpacity: 0.12,
        }),
        Plot.line(corners, {
          x: 'step',
          y: 'value',
          stroke: 'currentColor',
          strokeOpacity: faint,
          strokeWidth: 1.5,
        }),
      ],
    },
  };
}

function legendOf(series: readonly CurveSeries[]): LegendItem[] {
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

function describe(series: readonly CurveSeries[]): string {
  const ends = series.map(({ label, curve }) => {
    const last = curve.at(-1);
    if (last === undefined) return `${label}: no measurements`;
    const percent = (share: number): string =>
      Number.isFinite(share) ? `${(100 * share).toFixed(2)} %` : 'not a number';
    return `${label}: after ${stepText(last.step)} steps training accuracy ${percent(last.trainAccuracy)}, validation accuracy ${percent(last.validationAccuracy)}`;
  });
  return `Learning curves over the steps of training, with the cyclical learning rate below. ${ends.join('; ')}.`;
}

/**
 * History chart: the objective of each trial in the order of sampling, and the best value so far as a line.
 * Values far below the best are marks at the edge, so that they do not hide the progress.
 *
 * The order is that of stages and indices, not of time: it is the same on any number of workers.
 */
import * as Plot from '@observablehq/plot';
import type { Metric } from '../../study/metrics.ts';
import type { Objective } from '../../study/spec/study-spec.ts';
import {
  axisLabel,
  countText,
  groupedNumber,
  metricName,
  metricText,
} from '../text/number-format.ts';
import { centeredScale, paddedDomain, valueScale } from './axes.ts';
import { framed, grid } from './chart-frame.ts';
import type { LegendItem } from './chart-legend.ts';
import { colorAt, ink, shapeAt, type ChartTheme, type DrawChart } from './chart-style.ts';
import { edgeLegend, edgeMarks } from './edge-marks.ts';
import { focusDomain } from './focus-domain.ts';
import { labelMark, ringRadius } from './label-mark.ts';

export interface HistoryInput {
  readonly title: string;
  readonly metric: Metric;
  readonly direction: Objective['direction'];
  readonly stages: readonly string[];
  /** In the order of stages and indices. */
  readonly trials: readonly {
    readonly stage: string;
    readonly trial: string;
    /** The objective; null for a trial without a value. */
    readonly value: number | null;
    /** Replicates in `value`: in a race, the best has the most. */
    readonly replicates: number;
  }[];
  readonly best: { readonly trial: string; readonly label: string } | null;
}

interface Dot {
  readonly stage: string;
  readonly trial: string;
  /** From 1. */
  readonly number: number;
  readonly value: number;
  /** Best value up to this trial. */
  readonly best: number;
}

export const historyChart: DrawChart<HistoryInput> = (document, input, theme) => {
  const dots = toDots(input);
  const values = dots.map(({ value }) => value);
  const focus = focusDomain(values, input.direction, input.metric);
  const domain = focus ?? paddedDomain(values, 0.1);
  const isInside = ({ value }: Dot): boolean => value >= domain[0] && value <= domain[1];
  const outside = dots.filter((dot) => !isInside(dot));
  const best = dots.find(({ trial }) => trial === input.best?.trial) ?? null;
  return framed(document, theme, {
    title: input.title,
    description: describe(input, dots, best),
    legend: legend(input, outside.length, theme),
    panels: [
      {
        height: 360,
        draw: ({ innerWidth }) => ({
          x: {
            ...centeredScale('trial, in the order of sampling'),
            domain: [0.5, Math.max(1, input.trials.length) + 0.5],
            ticks: Math.max(2, Math.min(8, Math.floor(innerWidth / 75))),
            tickFormat: (tick: number) => (Number.isInteger(tick) ? groupedNumber(tick) : ''),
          },
          y: valueScale(axisLabel(input.metric), domain, 6),
          marks: [
            grid(6),
            Plot.line(
              dots.filter((dot) => dot.best >= domain[0] && dot.best <= domain[1]),
              {
                x: 'number',
                y: 'best',
                curve: 'step-after',
                stroke: ink,
                strokeWidth: 1.6,
              },
            ),
            ...stageMarks(dots.filter(isInside), input.stages, theme),
            edgeMarks(
              outside.map(({ stage, number }) => ({ stage, x: number })),
              { ...input, domain },
              theme,
            ),
            ...(best === null ? [] : bestMarks(best, input, dots.filter(isInside), theme)),
          ],
        }),
      },
    ],
  });
};

/** Trials with a value, and the best up to each: of those with the most replicates so far. */
function toDots({ trials, direction, metric }: HistoryInput): Dot[] {
  const sign = direction === 'maximize' ? 1 : -1;
  const scale = metric.unit === 'share' ? 100 : 1;
  let most = 0;
  let best = NaN;
  return trials.flatMap(({ stage, trial, value, replicates }, index) => {
    if (value === null || !Number.isFinite(value)) return [];
    const own = scale * value;
    const isBetter = Number.isNaN(best) || sign * own > sign * best;
    if (replicates > most || (replicates === most && isBetter)) best = own;
    most = Math.max(most, replicates);
    return [{ stage, trial, number: index + 1, value: own, best }];
  });
}

function stageMarks(
  dots: readonly Dot[],
  stages: readonly string[],
  theme: ChartTheme,
): Plot.Markish[] {
  const r = dots.length > 1000 ? 2 : dots.length > 200 ? 2.5 : 4;
  return stages.map((name, index) =>
    Plot.dot(
      dots.filter(({ stage }) => stage === name),
      {
        x: 'number',
        y: 'value',
        r,
        symbol: shapeAt(index),
        fill: colorAt(index, theme),
        fillOpacity: 0.8,
      },
    ),
  );
}

function bestMarks(
  best: Dot,
  input: HistoryInput,
  dots: readonly Dot[],
  theme: ChartTheme,
): Plot.Markish[] {
  const at = { x: best.number, y: best.value };
  const obstacles = dots.flatMap((dot) => [
    { x: dot.number, y: dot.value },
    { x: dot.number, y: dot.best },
  ]);
  return [
    Plot.dot([best], { x: 'number', y: 'value', r: ringRadius, stroke: ink, strokeWidth: 1.8 }),
    labelMark([bestText(best, input)], at, obstacles, theme),
  ];
}

function bestText(best: Dot, { metric, best: named }: HistoryInput): string {
  const value = metricText(metric, metric.unit === 'share' ? best.value / 100 : best.value);
  return `${named?.label ?? best.trial}: ${value}`;
}

function legend({ stages, direction }: HistoryInput, outside: number, theme: ChartTheme) {
  return [
    ...stages.map((label, index): LegendItem => {
      return { label, color: colorAt(index, theme), mark: shapeAt(index) };
    }),
    { label: 'best so far', color: ink, mark: 'line' as const },
    ...edgeLegend(outside, direction),
  ];
}

function describe(input: HistoryInput, dots: readonly Dot[], best: Dot | null): string {
  const found = best === null ? '' : `; ${bestText(best, input)}, trial number ${best.number}`;
  return `History of ${metricName(input.metric)} over ${countText(dots.length, 'trial')} in the order of sampling, with the best so far${found}.`;
}

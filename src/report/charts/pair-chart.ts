/**
 * Pair chart: the objective that the random forest predicts over two hyperparameters, as a map of cells, and
 * the trials on it. Better cells have more ink, on a light and on a dark page, so that no colour is needed.
 */
import * as Plot from '@observablehq/plot';
import { metricName, metricText } from '../text/number-format.ts';
import { centeredScale } from './axes.ts';
import { framed } from './chart-frame.ts';
import type { LegendItem } from './chart-legend.ts';
import { colorAt, ink, shapeAt, type ChartTheme, type DrawChart } from './chart-style.ts';
import { ringRadius } from './label-mark.ts';
import { namedDots } from './page-hooks.ts';
import { axisBreakMark } from './axis-break.ts';
import { axisBreak, axisDomain, axisPosition, axisTicks, axisWords } from './parameter-axis.ts';
import { spread, type SliceInput, type SliceTrial } from './slice-chart-input.ts';

type Parameter = SliceInput['parameters'][number];

export interface PairInput extends Omit<SliceInput, 'parameters'> {
  /** Across and upwards. */
  readonly parameters: readonly [Parameter, Parameter];
  /** `values[row][column]`, with equal cells along both axes, in the unit of the objective. */
  readonly values: readonly (readonly number[])[];
}

/** Steps of the legend, from the worst to the best. */
const tones = [0, 0.5, 1] as const;
const inkMax = 0.45;

export const pairChart: DrawChart<PairInput> = (document, input, theme) => {
  const all = input.values.flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const toTone = (value: number): number => {
    const share = high > low ? (value - low) / (high - low) : 0.5;
    return input.direction === 'maximize' ? share : 1 - share;
  };
  const [across, up] = input.parameters;
  return framed(document, theme, {
    title: input.title,
    description: describe(input),
    legend: legend(input, [low, high], theme),
    panels: [
      {
        height: 400,
        margins: { marginLeft: 72 },
        draw: ({ innerWidth, innerHeight }) => ({
          x: { ...centeredScale(axisTitle(across)), ...ticksOf(across, innerWidth / 55) },
          y: {
            label: axisTitle(up),
            labelArrow: 'none' as const,
            labelOffset: 56,
            ...ticksOf(up, innerHeight / 40),
          },
          marks: [
            Plot.rect(toCells(input.values), {
              x1: 'x1',
              x2: 'x2',
              y1: 'y1',
              y2: 'y2',
              fill: ink,
              fillOpacity: ({ value }: Cell) => inkMax * toTone(value),
              shapeRendering: 'crispEdges',
            }),
            ...breakMarks(input),
            ...dotMarks(input, theme),
          ],
        }),
      },
    ],
  });
};

interface Cell {
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
  readonly value: number;
}

function toCells(values: PairInput['values']): Cell[] {
  return values.flatMap((row, y) =>
    row.map((value, x): Cell => {
      const [width, height] = [1 / row.length, 1 / values.length];
      return {
        x1: x * width,
        x2: (x + 1) * width,
        y1: y * height,
        y2: (y + 1) * height,
        value,
      };
    }),
  );
}

function axisTitle({ symbol, scale }: Parameter): string {
  const words = axisWords(scale);
  return words === null ? symbol : `${symbol} (${words})`;
}

function ticksOf({ scale }: Parameter, most: number) {
  const ticks = axisTicks(scale, Math.max(2, Math.min(10, most)));
  const texts = new Map(ticks.map(({ at, text }) => [at, text]));
  return {
    domain: [...axisDomain(scale)],
    ticks: ticks.map(({ at }) => at),
    tickFormat: (at: number) => texts.get(at) ?? '',
    inset: 6,
  };
}

/** On both axes. */
function breakMarks({ parameters: [across, up] }: PairInput): Plot.Markish[] {
  const y = axisBreak(up.scale);
  return [
    axisBreakMark(axisBreak(across.scale), axisDomain(up.scale)[0]),
    y === null ? null : axisBreakMark(axisDomain(across.scale)[0], y),
  ];
}

interface Dot {
  readonly trial: string;
  readonly x: number;
  readonly y: number;
}

function dotMarks(input: PairInput, theme: ChartTheme): Plot.Markish[] {
  const [across, up] = input.parameters;
  const toDots = (trials: readonly SliceTrial[]): Dot[] =>
    trials.flatMap(({ trial, params }) => {
      const [x, y] = [params[across.name], params[up.name]];
      if (x === undefined || y === undefined) return [];
      const index = input.trials.findIndex((one) => one.trial === trial);
      const place = {
        x: axisPosition(across.scale, x) + spread(across.scale, index),
        y: axisPosition(up.scale, y) + spread(up.scale, 7 * index),
      };
      return [{ trial, ...place }];
    });
  const withValue = input.trials.filter(({ value }) => value !== null);
  const without = toDots(input.trials.filter(({ value }) => value === null));
  const best = toDots(input.trials.filter(({ trial }) => trial === input.best?.trial));
  return [
    ...input.stages.map((stage, index) => {
      const dots = toDots(withValue.filter((trial) => trial.stage === stage));
      return Plot.dot(dots, {
        x: 'x',
        y: 'y',
        r: 3.6,
        symbol: shapeAt(index),
        fill: colorAt(index, theme),
        stroke: theme.background,
        strokeWidth: 0.8,
        ...namedDots(dots, theme),
      });
    }),
    Plot.dot(without, {
      x: 'x',
      y: 'y',
      symbol: 'times',
      r: 3.5,
      stroke: ink,
      strokeWidth: 1.5,
      ...namedDots(without, theme),
    }),
    Plot.dot(best, { x: 'x', y: 'y', r: ringRadius, stroke: ink, strokeWidth: 1.8 }),
  ];
}

/** The tones from the worst to the best cell, and the marks. */
function legend(
  input: PairInput,
  [low, high]: readonly [number, number],
  theme: ChartTheme,
): LegendItem[] {
  const { stages, best, trials, metric, direction } = input;
  const ends = direction === 'maximize' ? [low, high] : [high, low];
  const [worst = low, top = high] = ends;
  const sign = (label: string): string => `predicted ${label}`;
  return [
    ...tones.map((tone, index): LegendItem => {
      const value = metricText(metric, worst + tone * (top - worst)) ?? '';
      return {
        mark: 'tone',
        color: ink,
        tone: inkMax * tone,
        label: index === 0 ? sign(value) : value,
      };
    }),
    ...stages.map((label, index): LegendItem => {
      return { mark: shapeAt(index), color: colorAt(index, theme), label };
    }),
    ...(trials.some(({ value }) => value === null)
      ? [{ mark: 'cross' as const, color: ink, label: 'diverged or stopped' }]
      : []),
    ...(best === null ? [] : [{ mark: 'halo' as const, color: ink, label: best.label }]),
  ];
}

function describe({ parameters, metric, values, direction, best }: PairInput): string {
  const [across, up] = parameters.map(({ symbol }) => symbol);
  const all = values.flat();
  const top = direction === 'maximize' ? Math.max(...all) : Math.min(...all);
  const end = best === null ? '' : `; ${best.label} has a ring`;
  return `Map of the predicted ${metricName(metric)} over ${across} and ${up}; the best cell has ${metricText(metric, top)}${end}.`;
}

/**
 * Parallel coordinates: an axis for each hyperparameter below each other, the objective as the last one, and a
 * line for each trial through its values. Better trials have thicker lines. The axes are horizontal, so that
 * their names and values can be read on a phone, too.
 *
 * An inactive parameter has a separate place at the right end of its axis.
 */
import * as Plot from '@observablehq/plot';
import {
  axisLabel,
  countText,
  groupedNumber,
  metricName,
  plainNumber,
} from '../text/number-format.ts';
import { paddedDomain } from './axes.ts';
import { framed } from './chart-frame.ts';
import type { LegendItem } from './chart-legend.ts';
import { colorAt, grey, ink, type ChartTheme, type DrawChart } from './chart-style.ts';
import { focusDomain } from './focus-domain.ts';
import { axisBreak, axisPosition, axisTicks, axisWords, type AxisTick } from './parameter-axis.ts';
import { roundTicks } from './round-ticks.ts';
import { spread, type SliceInput, type SliceTrial } from './slice-chart-input.ts';

/** Most lines: the best ones are drawn, and the subtitle reports it. */
const linesMax = 500;
/** The position of inactive parameters. */
const inactiveAt = 1.1;
const axisHeight = 58;
/** The share of the trials whose lines are emphasized. */
const goodShare = 0.25;

type Group = 'best' | 'good' | 'other' | 'without value';

interface Line {
  readonly trial: SliceTrial;
  readonly group: Group;
  /** Positions on the axes, the objective's last. */
  readonly places: readonly number[];
}

interface Axis {
  readonly label: string;
  readonly ticks: readonly AxisTick[];
  readonly break: number | null;
  readonly hasInactive: boolean;
  readonly place: (trial: SliceTrial, index: number) => number;
}

export const parallelCoordinates: DrawChart<SliceInput> = (document, input, theme) => {
  const trials = bestFirst(input).slice(0, linesMax);
  const axes = (width: number): Axis[] => [
    ...input.parameters.map((one) => parameterAxis(one, trials, width)),
    valueAxis(input, trials, width),
  ];
  const counts = `the best ${groupedNumber(linesMax)} of ${groupedNumber(input.trials.length)} trials`;
  return framed(document, theme, {
    title: input.title,
    subtitle: trials.length < input.trials.length ? counts : undefined,
    description: describe(input),
    legend: legend(input, trials, theme),
    panels: [
      {
        height: axisHeight * (input.parameters.length + 1) + 16,
        margins: { marginLeft: 24, marginTop: 4, marginBottom: 8 },
        draw: ({ innerWidth }) => {
          const all = axes(innerWidth);
          return {
            x: { axis: null, domain: [leftEnd(all), all.some(isWide) ? inactiveAt : 1], inset: 10 },
            y: { axis: null, domain: [all.length - 0.45, -0.55] },
            marks: [
              ...lineMarks(toLines(all, trials, input), theme),
              ...all.flatMap((axis, y) => axisMarks(axis, y, theme)),
            ],
          };
        },
      },
    ],
  });
};

function isWide({ hasInactive }: Axis): boolean {
  return hasInactive;
}

function leftEnd(axes: readonly Axis[]): number {
  return Math.min(0, ...axes.flatMap(({ ticks }) => ticks.map(({ at }) => at)));
}

/** Trials with a value, best first, then those without. */
function bestFirst({ trials, direction }: SliceInput): SliceTrial[] {
  const sign = direction === 'maximize' ? 1 : -1;
  const score = ({ value }: SliceTrial): number => (value === null ? -Infinity : sign * value);
  return trials.toSorted((a, b) => (score(b) === score(a) ? 0 : score(b) - score(a)));
}

function parameterAxis(
  { name, symbol, scale }: SliceInput['parameters'][number],
  trials: readonly SliceTrial[],
  width: number,
): Axis {
  const longest =
    scale.kind === 'list' ? Math.max(...scale.values.map((one) => `${one}`.length)) : 6;
  const words = axisWords(scale);
  return {
    label: words === null ? symbol : `${symbol} (${words})`,
    ticks: axisTicks(scale, Math.max(2, Math.floor(width / Math.max(50, 9 * longest)))),
    break: axisBreak(scale),
    hasInactive: trials.some(({ params }) => params[name] === undefined),
    place: ({ params }, index) => {
      const value = params[name];
      return value === undefined ? inactiveAt : axisPosition(scale, value) + spread(scale, index);
    },
  };
}

/** The better end is on the right. Trials without a value are at the worse end. */
function valueAxis(
  { metric, direction }: SliceInput,
  trials: readonly SliceTrial[],
  width: number,
): Axis {
  const factor = metric.unit === 'share' ? 100 : 1;
  const values = trials.flatMap(({ value }) => (value === null ? [] : [factor * value]));
  const [low, high] = focusDomain(values, direction, metric) ?? paddedDomain(values);
  const toShare = (value: number): number => {
    const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
    return direction === 'maximize' ? share : 1 - share;
  };
  const ticks = roundTicks(low, high, Math.max(2, Math.min(8, width / 70)));
  return {
    label: axisLabel(metric),
    ticks: ticks.map((tick) => ({ at: toShare(tick), text: plainNumber(tick) })),
    break: null,
    hasInactive: false,
    place: ({ value }) => (value === null ? 0 : toShare(factor * value)),
  };
}

function toLines(
  axes: readonly Axis[],
  trials: readonly SliceTrial[],
  { best }: SliceInput,
): Line[] {
  const withValue = trials.filter(({ value }) => value !== null).length;
  return trials.map((trial, index): Line => {
    const isGood = index < Math.ceil(goodShare * withValue);
    const group =
      trial.trial === best?.trial
        ? 'best'
        : trial.value === null
          ? 'without value'
          : isGood
            ? 'good'
            : 'other';
    return { trial, group, places: axes.map((axis) => axis.place(trial, index)) };
  });
}

/** Worse lines first, so that better ones cover them. */
function lineMarks(lines: readonly Line[], theme: ChartTheme): Plot.Markish[] {
  return (['without value', 'other', 'good', 'best'] as const).map((group) => {
    const points = lines
      .filter((line) => line.group === group)
      .flatMap(({ trial, places }) => places.map((x, y) => ({ x, y, trial: trial.trial })));
    return Plot.line(points, { x: 'x', y: 'y', z: 'trial', ...lineLook(group, theme) });
  });
}

function lineLook(group: Group, theme: ChartTheme) {
  switch (group) {
    case 'best':
      return { stroke: ink, strokeWidth: 2.6 };
    case 'good':
      return { stroke: colorAt(0, theme), strokeWidth: 1.5, strokeOpacity: 0.85 };
    case 'other':
      return { stroke: grey, strokeWidth: 0.8, strokeOpacity: 0.6 };
    case 'without value':
      return { stroke: grey, strokeWidth: 0.8, strokeOpacity: 0.5, strokeDasharray: '3 3' };
  }
}

/** The axis with its name above, and its values below. */
function axisMarks(axis: Axis, y: number, theme: ChartTheme): Plot.Markish[] {
  const ticks = axis.hasInactive ? [...axis.ticks, { at: inactiveAt, text: '–' }] : axis.ticks;
  // Behind the text, so that lines do not cross it.
  const halo = { fill: ink, stroke: theme.background, strokeWidth: 4 };
  return [
    Plot.ruleY([y], { x1: Math.min(0, ...axis.ticks.map(({ at }) => at)), x2: 1, stroke: ink }),
    Plot.ruleX(ticks, { x: 'at', y1: y, y2: y + 0.07, stroke: ink }),
    Plot.text(ticks, { x: 'at', y: () => y, dy: 14, text: 'text', ...halo }),
    axis.break === null
      ? null
      : Plot.text([axis.break], { x: (at: number) => at, y: () => y, text: () => '//', ...halo }),
    Plot.text([axis.label], {
      frameAnchor: 'left',
      y: () => y,
      dy: -12,
      text: (label: string) => label,
      textAnchor: 'start',
      fontWeight: 'bold',
      ...halo,
    }),
  ];
}

function legend(
  { best, direction, parameters }: SliceInput,
  trials: readonly SliceTrial[],
  theme: ChartTheme,
): LegendItem[] {
  const without = trials.some(({ value }) => value === null);
  return [
    ...(best === null ? [] : [{ mark: 'line' as const, color: ink, label: best.label }]),
    { mark: 'line', color: colorAt(0, theme), label: 'best quarter' },
    { mark: 'line', color: grey, label: 'other trials' },
    ...(without ? [{ mark: 'dashed' as const, color: grey, label: 'diverged or stopped' }] : []),
    ...(parameters.some(({ name }) => trials.some(({ params }) => params[name] === undefined))
      ? [{ mark: 'none' as const, color: ink, label: '–  inactive' }]
      : []),
    ...(direction === 'minimize'
      ? [{ mark: 'none' as const, color: ink, label: 'right: better' }]
      : []),
  ];
}

function describe({ parameters, metric, trials, best }: SliceInput): string {
  const symbols = parameters.map(({ symbol }) => symbol).join(', ');
  const end = best === null ? '' : `; the thickest line is ${best.label}`;
  return `Lines of ${countText(trials.length, 'trial')} through their values of ${symbols} to their ${metricName(metric)}${end}.`;
}

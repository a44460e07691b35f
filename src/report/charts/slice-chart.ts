/**
 * Slice chart: the objective against each hyperparameter, a panel for each, with the same axis of values. Dots
 * show the stages by colour and shape; hollow ones are significantly worse than the best, and the best has a
 * ring. Diverged and stopped trials have no value: they are signs at the edge, as are values far below the best.
 *
 * Dots of equal values from a list are spread over its cell, so that they do not cover each other.
 */
import * as Plot from '@observablehq/plot';
import {
  axisLabel,
  countText,
  groupedNumber,
  metricName,
  metricText,
} from '../text/number-format.ts';
import { centeredScale, paddedDomain, valueScale } from './axes.ts';
import { framed, grid, panelColumns, type Panel, type PanelSize } from './chart-frame.ts';
import type { LegendItem } from './chart-legend.ts';
import { colorAt, ink, shapeAt, type ChartTheme, type DrawChart } from './chart-style.ts';
import { edgeLegend, edgeMarks } from './edge-marks.ts';
import { focusDomain } from './focus-domain.ts';
import { ringRadius } from './label-mark.ts';
import { namedDots } from './page-hooks.ts';
import { axisBreakMark } from './axis-break.ts';
import { axisBreak, axisDomain, axisPosition, axisTicks, axisWords } from './parameter-axis.ts';
import { spread, type SliceInput, type SliceTrial } from './slice-chart-input.ts';

/** Most dots of a panel. Of more, every n-th is drawn, and the subtitle reports it. */
const dotsMax = 1500;
const panelWidthMin = 240;
type Parameter = SliceInput['parameters'][number];

interface Dot extends SliceTrial {
  /** Position on the axis of the parameter. */
  readonly at: number;
  readonly y: number;
}

interface Scene {
  readonly input: SliceInput;
  readonly trials: readonly SliceTrial[];
  readonly theme: ChartTheme;
  readonly domain: readonly [number, number];
  readonly scale: number;
}

export const sliceChart: DrawChart<SliceInput> = (document, input, theme) => {
  const scene = toScene(input, theme);
  const { trials } = scene;
  const columns = panelColumns(input.parameters.length, panelWidthMin, theme);
  const outside = trials.filter(({ value }) => value !== null && !isInside(scene, value)).length;
  const isCut = trials.length < input.trials.length;
  const counts = `${groupedNumber(trials.length)} of ${groupedNumber(input.trials.length)}`;
  return framed(document, theme, {
    title: input.title,
    subtitle: isCut ? `${counts} trials drawn` : undefined,
    description: describe(input),
    legend: legend(scene, outside),
    columns,
    panels: input.parameters.map((parameter, index) => panel(scene, parameter, index % columns)),
  });
};

function toScene(input: SliceInput, theme: ChartTheme): Scene {
  const scale = input.metric.unit === 'share' ? 100 : 1;
  const every = Math.ceil(input.trials.length / dotsMax);
  const trials = input.trials.filter(
    ({ trial }, index) => index % every === 0 || trial === input.best?.trial,
  );
  const values = trials.flatMap(({ value }) => (value === null ? [] : [scale * value]));
  const domain = focusDomain(values, input.direction, input.metric) ?? paddedDomain(values, 0.08);
  return { input, trials, theme, domain, scale };
}

function isInside({ domain, scale }: Scene, value: number): boolean {
  return scale * value >= domain[0] && scale * value <= domain[1];
}

function panel(scene: Scene, parameter: Parameter, column: number): Panel {
  const { input, domain } = scene;
  const [low, high] = axisDomain(parameter.scale);
  return {
    height: 270,
    margins: { marginTop: 36, marginLeft: 56, marginRight: 12 },
    draw: (size) => {
      const ticks = panelTicks(parameter, size);
      const texts = new Map(ticks.map(({ at, text }) => [at, text]));
      const isList = parameter.scale.kind === 'list';
      return {
        x: {
          ...centeredScale(axisTitle(parameter)),
          domain: [low, high],
          ticks: ticks.map(({ at }) => at),
          tickFormat: (at: number) => texts.get(at) ?? '',
          inset: isList ? 0 : 8,
        },
        y: valueScale(column === 0 ? axisLabel(input.metric) : '', domain, 5),
        marks: [
          grid(5),
          axisBreakMark(axisBreak(parameter.scale), domain[0]),
          ...dotMarks(scene, parameter),
        ],
      };
    },
  };
}

function panelTicks({ scale }: Parameter, { innerWidth }: PanelSize) {
  const longest =
    scale.kind === 'list' ? Math.max(...scale.values.map((one) => `${one}`.length)) : 6;
  return axisTicks(scale, Math.max(2, Math.floor(innerWidth / Math.max(40, 8 * longest))));
}

function axisTitle({ symbol, scale }: Parameter): string {
  const words = axisWords(scale);
  return words === null ? symbol : `${symbol} (${words})`;
}

function dotMarks(scene: Scene, { name, scale }: Parameter): Plot.Markish[] {
  const { input, trials, theme, domain } = scene;
  const placed = trials.flatMap((trial, index): Dot[] => {
    const value = trial.params[name];
    if (value === undefined) return [];
    const at = axisPosition(scale, value) + spread(scale, index);
    return [{ ...trial, at, y: scene.scale * (trial.value ?? NaN) }];
  });
  const dots = placed.filter(({ value }) => value !== null && isInside(scene, value));
  const outside = placed.filter(({ value }) => value !== null && !isInside(scene, value));
  const ended = placed.filter(({ value }) => value === null);
  const best = dots.filter(({ trial }) => trial === input.best?.trial);
  const r = trials.length > 600 ? 1.8 : trials.length > 150 ? 2.4 : 3.6;
  return [
    ...input.stages.flatMap((stage, index): Plot.Markish[] => {
      const own = dots.filter((dot) => dot.stage === stage);
      const color = colorAt(index, theme);
      const look = { x: 'at', y: 'y', symbol: shapeAt(index), r, stroke: color };
      const [hollow, filled] = [true, false].map((isHollow) =>
        own.filter(({ tied }) => (tied === false) === isHollow),
      );
      return [
        Plot.dot(hollow, {
          ...look,
          ...namedDots(hollow ?? [], theme),
          strokeWidth: 1.2,
          fill: theme.background,
        }),
        Plot.dot(filled, {
          ...look,
          ...namedDots(filled ?? [], theme),
          fill: color,
          fillOpacity: 0.85,
          strokeWidth: 0.8,
        }),
      ];
    }),
    ...endMarks(ended, scene),
    edgeMarks(
      outside.map(({ stage, at }) => ({ stage, x: at })),
      { ...input, domain },
      theme,
    ),
    Plot.dot(best, { x: 'at', y: 'y', r: ringRadius - 2, stroke: ink, strokeWidth: 1.8 }),
  ];
}

/** Trials without a value, at the worse end of the axis: a cross if they diverged, a bar if they were stopped. */
function endMarks(ended: readonly Dot[], { input, domain, theme }: Scene): Plot.Markish[] {
  const isDown = input.direction === 'maximize';
  const edge = { x: 'at', y: () => domain[isDown ? 0 : 1], dy: isDown ? -5 : 5 };
  const [diverged, stopped] = (['diverged', 'stopped'] as const).map((end) =>
    ended.filter((dot) => dot.end === end),
  );
  const line = { stroke: ink, strokeWidth: 1.5 };
  return [
    Plot.dot(diverged, {
      ...edge,
      ...line,
      ...namedDots(diverged ?? [], theme),
      symbol: 'times',
      r: 3.5,
    }),
    Plot.dot(stopped, {
      ...edge,
      ...namedDots(stopped ?? [], theme),
      stroke: ink,
      strokeOpacity: 0.7,
      symbol: 'square2',
      r: 2.5,
    }),
  ];
}

function legend({ input, trials, theme }: Scene, outside: number): LegendItem[] {
  const has = (test: (trial: SliceTrial) => boolean): boolean => trials.some(test);
  const item = (
    isShown: boolean,
    mark: LegendItem['mark'],
    label: string,
    color = ink,
  ): LegendItem[] => (isShown ? [{ mark, label, color }] : []);
  return [
    ...input.stages.flatMap((name, index) =>
      item(true, shapeAt(index), name, colorAt(index, theme)),
    ),
    ...item(
      has(({ tied }) => tied === false),
      'ring',
      'hollow: significantly worse',
    ),
    ...item(
      has(({ end }) => end === 'diverged'),
      'cross',
      'diverged',
    ),
    ...item(
      has(({ end }) => end === 'stopped'),
      'square',
      'stopped',
    ),
    ...edgeLegend(outside, input.direction),
    ...(input.best === null ? [] : item(true, 'halo', bestText(input))),
  ];
}

function bestText({ best, trials, metric }: SliceInput): string {
  const row = trials.find(({ trial }) => trial === best?.trial);
  const value = metricText(metric, row?.value ?? null);
  return value === null ? (best?.label ?? '') : `${best?.label ?? ''}, ${value}`;
}

function describe(input: SliceInput): string {
  const { metric, parameters, trials, best } = input;
  const symbols = parameters.map(({ symbol }) => symbol).join(', ');
  const start = `${metricName(metric)} of ${countText(trials.length, 'trial')} against each of ${symbols}`;
  return `${start}${best === null ? '' : `; ${bestText(input)}`}.`;
}

/**
 * Parameter scatter: a hyperparameter on a logarithmic axis against the objective, one dot for each completed
 * trial.
 *
 * Colour and shape show the stage, a band shows a narrowed range, and a cross at the lower edge shows a trial
 * without a value. Hollow dots are clearly worse than the best trial, filled ones are tied with it or were
 * not compared. The smooth fit has a 95 % band; the best trial has a label.
 */
import * as Plot from '@observablehq/plot';
import { formatParam } from '../../study/search-space.ts';
import { foreignText } from '../text/escape-terminal.ts';
import { axisLabel, metricName, metricText } from '../text/number-format.ts';
import { bestLabelPlace } from './best-label.ts';
import { framed, grid, type LegendItem } from './chart-frame.ts';
import { colorAt, shapeAt, type DrawChart } from './chart-style.ts';
import { parameterScale } from './parameter-axis.ts';
import {
  dotsMax,
  scatterScene,
  withinRange,
  type Dot,
  type ScatterInput,
  type Scene,
} from './scatter-scene.ts';
import { valueScale } from './value-axis.ts';

export const parameterScatter: DrawChart<ScatterInput> = (document, input, theme) => {
  const scene = scatterScene(input, theme);
  const shown = [...scene.dots.values()].reduce((sum, dots) => sum + dots.length, 0);
  const all = input.trials.filter(({ value }) => value !== null && Number.isFinite(value)).length;
  const cut = input.zoom === null || input.zoom === undefined ? shown < all : shown >= dotsMax;
  const subtitle = [
    input.subtitle,
    cut ? `${shown.toLocaleString('en-US')} of ${all.toLocaleString('en-US')} trials drawn` : null,
  ].filter((part) => part !== undefined && part !== null);
  return framed(document, theme, {
    title: input.title,
    subtitle: subtitle.length === 0 ? undefined : subtitle.join('; '),
    description: describe(scene),
    legend: legend(scene),
    width: input.width,
    panels: [
      {
        height: input.height ?? 400,
        options: {
          marginTop: 30,
          marginBottom: 44,
          x: parameterScale(scene.range, input.symbol),
          y: valueScale(axisLabel(input.metric), scene.yDomain, 6),
          marks: [
            ...bandMarks(scene),
            grid(6),
            ...fitMarks(scene),
            ...dotMarks(scene),
            ...failedMarks(scene),
            ...bestMarks(scene),
          ],
        },
      },
    ],
  });
};

function stageColor({ input }: Scene, name: string): string {
  return colorAt(input.stages.findIndex((stage) => stage.name === name));
}

function bandMarks(scene: Scene): Plot.Markish[] {
  const { input, range } = scene;
  return input.stages.flatMap((stage): Plot.Markish[] => {
    if (!stage.isNarrowed || stage.range === null) return [];
    const band = {
      min: Math.max(range.min, stage.range.min),
      max: Math.min(range.max, stage.range.max),
    };
    if (band.min >= band.max) return [];
    const color = stageColor(scene, stage.name);
    return [
      Plot.rectX([band], { x1: 'min', x2: 'max', fill: color, fillOpacity: 0.1 }),
      Plot.ruleX([band.min, band.max], {
        stroke: color,
        strokeOpacity: 0.6,
        strokeDasharray: '3 3',
      }),
    ];
  });
}

function fitMarks({ input, range, scale, yDomain }: Scene): Plot.Markish[] {
  if (input.fit === undefined || input.fit === null) return [];
  // The band is cut here, because a clip path needs an id that is unique in the page.
  const inside = (value: number): number =>
    Math.min(yDomain[1], Math.max(yDomain[0], scale * value));
  const orGap = (value: number): number => (inside(value) === scale * value ? inside(value) : NaN);
  const points = withinRange(input.fit.points, range).map(({ at, fit, low, high }) => ({
    at,
    fit: orGap(fit),
    low: inside(low),
    high: inside(high),
  }));
  return [
    Plot.areaY(points, {
      x: 'at',
      y1: 'low',
      y2: 'high',
      fill: 'currentColor',
      fillOpacity: 0.13,
    }),
    Plot.line(points, {
      x: 'at',
      y: 'fit',
      stroke: 'currentColor',
      strokeOpacity: 0.75,
      strokeWidth: 1.6,
    }),
    input.fit.bestAt === null
      ? null
      : Plot.ruleX([input.fit.bestAt], { stroke: 'currentColor', strokeDasharray: '6 3' }),
  ];
}

function dotMarks(scene: Scene): Plot.Markish[] {
  const count = [...scene.dots.values()].reduce((sum, dots) => sum + dots.length, 0);
  const r = count > 1000 ? 2 : count > 200 ? 3 : 4.5;
  return scene.input.stages.flatMap(({ name }, index): Plot.Markish[] => {
    const dots = scene.dots.get(name) ?? [];
    const color = colorAt(index);
    const shared = { x: 'at', y: 'value', symbol: shapeAt(index), r, stroke: color };
    const errors = dots.filter(({ error }) => error > 0);
    return [
      Plot.ruleX(errors, {
        x: 'at',
        y1: (dot: Dot) => dot.value - dot.error,
        y2: (dot: Dot) => dot.value + dot.error,
        stroke: color,
        strokeOpacity: 0.45,
      }),
      Plot.dot(
        dots.filter(({ isHollow }) => isHollow),
        { ...shared, strokeWidth: 1.3, fill: scene.theme.background },
      ),
      Plot.dot(
        dots.filter(({ isHollow }) => !isHollow),
        { ...shared, fill: color, fillOpacity: 0.85, strokeWidth: 0.8 },
      ),
    ];
  });
}

function failedMarks({ failed, yDomain }: Scene): Plot.Markish[] {
  if (failed.length === 0) return [];
  return [
    Plot.dot(failed, {
      x: 'at',
      y: () => yDomain[0],
      symbol: 'times',
      r: 4,
      dy: -6,
      stroke: 'currentColor',
      strokeWidth: 1.6,
    }),
  ];
}

function bestMarks({ input, best, range, theme, scale }: Scene): Plot.Markish[] {
  if (best === null || input.best === null || input.best === undefined) return [];
  const value = metricText(input.metric, best.value / scale) ?? '';
  const { lines, textAnchor, dx } = bestLabelPlace({
    name: foreignText(input.best.label),
    numbers: `${input.symbol} ${formatParam(best.at)}, ${value}`,
    at: best.at,
    range,
    width: input.width,
  });
  const up = input.direction === 'maximize';
  return [
    Plot.dot([best], {
      x: 'at',
      y: 'value',
      r: 9,
      stroke: 'currentColor',
      strokeWidth: 1.8,
    }),
    Plot.text([best], {
      x: 'at',
      y: ({ value: at, error }: Dot) => (up ? at + error : at - error),
      text: () => lines.join('\n'),
      textAnchor,
      dx,
      lineAnchor: up ? 'bottom' : 'top',
      dy: up ? -12 : 13,
      fill: 'currentColor',
      fontWeight: 'bold',
      stroke: theme.background,
      strokeWidth: 4,
    }),
  ];
}

function legend({ input, failed, dots }: Scene): LegendItem[] {
  const all = [...dots.values()].flat();
  const bands = input.stages.filter((stage) => stage.isNarrowed && stage.range !== null);
  const items: (LegendItem | false)[] = [
    ...input.stages.map(({ name }, index): LegendItem => ({
      label: name,
      color: colorAt(index),
      mark: shapeAt(index),
    })),
    all.some(({ isHollow }) => isHollow) && {
      label: 'hollow: not tied with the best',
      color: 'currentColor',
      mark: 'ring',
    },
    ...bands.map(({ name }): LegendItem => ({
      label: `range of ${name}`,
      color: colorAt(input.stages.findIndex((stage) => stage.name === name)),
      mark: 'area',
    })),
    input.fit !== null &&
      input.fit !== undefined && {
        label: 'fit, 95 % band',
        color: 'currentColor',
        mark: 'line',
      },
    input.fit?.bestAt !== undefined &&
      input.fit.bestAt !== null && {
        label: `best fit: ${input.symbol} ${formatParam(input.fit.bestAt)}`,
        color: 'currentColor',
        mark: 'dashed',
      },
    failed.length > 0 && { label: 'failed', color: 'currentColor', mark: 'cross' },
  ];
  return items.filter((item) => item !== false);
}

function describe({ input, best, failed, dots, range, scale }: Scene): string {
  const { metric, symbol } = input;
  const counts = input.stages.map(({ name }) => `${dots.get(name)?.length ?? 0} of stage ${name}`);
  const parts = [
    `Scatter of ${symbol}, logarithmic from ${formatParam(range.min)} to ${formatParam(range.max)}, against ${metricName(metric)}: ${counts.join(', ')}`,
    failed.length === 0 ? null : `${failed.length} failed`,
    best === null || input.best === null || input.best === undefined
      ? null
      : `${input.best.label} at ${symbol} ${formatParam(best.at)} with ${metricText(metric, best.value / scale)}`,
  ];
  return `${parts.filter((part) => part !== null).join('; ')}.`;
}

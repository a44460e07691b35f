/**
 * Parameter scatter: a hyperparameter on a logarithmic axis against the objective, one dot for each completed
 * trial. Colour and shape show the stage, a band a narrowed range, and a cross a trial without a value.
 * Hollow dots are clearly worse than the best trial; the others are tied with it or were not compared.
 */
import * as Plot from '@observablehq/plot';
import { log } from '../../base/elementary.ts';
import { formatParam } from '../../study/search-space.ts';
import { foreignText } from '../text/escape-terminal.ts';
import { axisLabel, groupedNumber, metricName, metricText } from '../text/number-format.ts';
import { axisInset, parameterScale, valueScale } from './axes.ts';
import { framed, grid, panelMargins, textWidth, type LegendItem } from './chart-frame.ts';
import { chartWidth, colorAt, shapeAt, type DrawChart } from './chart-style.ts';
import {
  dotsMax,
  scatterScene,
  withinRange,
  type Dot,
  type ScatterInput,
  type Scene,
} from './scatter-scene.ts';

/** The colour of text and secondary lines, of the page or the file. */
const ink = 'currentColor';
/** Between the label and the edge of the picture, in pixels. */
const labelGap = 4;
/** How far the label extends beyond the dot on the other side. */
const labelOverlap = 6;

export const parameterScatter: DrawChart<ScatterInput> = (document, input, theme) => {
  const scene = scatterScene(input, theme);
  const shown = [...scene.dots.values()].reduce((sum, dots) => sum + dots.length, 0);
  const all = input.trials.filter(({ value }) => value !== null && Number.isFinite(value)).length;
  const isCut = input.zoom === null || input.zoom === undefined ? shown < all : shown >= dotsMax;
  const subtitle = [
    ...(input.subtitle === undefined ? [] : [input.subtitle]),
    ...(isCut ? [`${groupedNumber(shown)} of ${groupedNumber(all)} trials drawn`] : []),
  ];
  return framed(document, theme, {
    title: input.title,
    subtitle: subtitle.length === 0 ? undefined : subtitle.join('; '),
    description: describe(scene),
    legend: legend(scene),
    width: input.width,
    panels: [
      {
        height: input.height ?? 400,
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
    ],
  });
};

function bandMarks({ input, range }: Scene): Plot.Markish[] {
  return input.stages.flatMap((stage, index): Plot.Markish[] => {
    if (!stage.isNarrowed || stage.range === null) return [];
    const min = Math.max(range.min, stage.range.min);
    const max = Math.min(range.max, stage.range.max);
    if (min >= max) return [];
    const color = colorAt(index);
    return [
      Plot.rectX([{ min, max }], { x1: 'min', x2: 'max', fill: color, fillOpacity: 0.1 }),
      Plot.ruleX([min, max], { stroke: color, strokeOpacity: 0.6, strokeDasharray: '3 3' }),
    ];
  });
}

function fitMarks({ fit, range, scale, yDomain }: Scene): Plot.Markish[] {
  if (fit === null) return [];
  // The band is cut here, because a clip path needs an id that is unique in the page.
  const inside = (value: number): number =>
    Math.min(yDomain[1], Math.max(yDomain[0], scale * value));
  const points = withinRange(fit.points, range).map((point) => ({
    at: point.at,
    fit: inside(point.fit) === scale * point.fit ? scale * point.fit : NaN,
    low: inside(point.low),
    high: inside(point.high),
  }));
  const line = { x: 'at', y: 'fit', stroke: ink, strokeOpacity: 0.75, strokeWidth: 1.6 };
  return [
    Plot.areaY(points, { x: 'at', y1: 'low', y2: 'high', fill: ink, fillOpacity: 0.13 }),
    Plot.line(points, line),
    fit.bestAt === null ? null : Plot.ruleX([fit.bestAt], { stroke: ink, strokeDasharray: '6 3' }),
  ];
}

function dotMarks({ input, dots: byStage, theme }: Scene): Plot.Markish[] {
  const count = [...byStage.values()].reduce((sum, dots) => sum + dots.length, 0);
  const r = count > 1000 ? 2 : count > 200 ? 3 : 4.5;
  return input.stages.flatMap(({ name }, index): Plot.Markish[] => {
    const dots = byStage.get(name) ?? [];
    const color = colorAt(index);
    const shared = { x: 'at', y: 'value', symbol: shapeAt(index), r, stroke: color };
    const bars = {
      filter: ({ error }: Dot) => error > 0,
      x: 'at',
      y1: ({ value, error }: Dot) => value - error,
      y2: ({ value, error }: Dot) => value + error,
      stroke: color,
      strokeOpacity: 0.45,
    };
    const [hollow, filled] = [true, false].map((is) => dots.filter((dot) => dot.isHollow === is));
    return [
      Plot.ruleX(dots, bars),
      Plot.dot(hollow, { ...shared, strokeWidth: 1.3, fill: theme.background }),
      Plot.dot(filled, { ...shared, fill: color, fillOpacity: 0.85, strokeWidth: 0.8 }),
    ];
  });
}

function failedMarks({ failed, yDomain }: Scene): Plot.Markish[] {
  if (failed.length === 0) return [];
  const cross = { symbol: 'times', r: 4, dy: -6, stroke: ink, strokeWidth: 1.6 } as const;
  return [Plot.dot(failed, { x: 'at', y: () => yDomain[0], ...cross })];
}

function bestMarks(scene: Scene): Plot.Markish[] {
  const { input, best, bestLabel, theme, scale } = scene;
  if (best === null || bestLabel === null) return [];
  const value = metricText(input.metric, best.value / scale) ?? '';
  const width = input.width ?? chartWidth;
  const numbers = `${input.symbol} ${formatParam(best.at)}, ${value}`;
  const lines = labelLines(foreignText(bestLabel), numbers, width - 2 * labelGap);
  const up = input.direction === 'maximize';
  return [
    Plot.dot([best], { x: 'at', y: 'value', r: 9, stroke: ink, strokeWidth: 1.8 }),
    Plot.text([best], {
      x: 'at',
      y: best.value + (up ? best.error : -best.error),
      text: () => lines.join('\n'),
      ...labelPlace(scene, best.at, lines, width),
      lineAnchor: up ? 'bottom' : 'top',
      dy: up ? -12 : 13,
      fill: ink,
      fontWeight: 'bold',
      stroke: theme.background,
      strokeWidth: 4,
    }),
  ];
}

/** Inside the picture: from the dot towards the middle or, if that is too narrow, from an edge. */
function labelPlace({ range }: Scene, at: number, lines: readonly string[], width: number) {
  const { marginLeft, marginRight } = panelMargins;
  const needed = lines.reduce((most, line) => Math.max(most, textWidth(line, true)), 0);
  const left = marginLeft + axisInset;
  const right = width - marginRight - axisInset;
  const x = left + (log(at / range.min) / log(range.max / range.min)) * (right - left);
  const start = (dx: number) => ({ textAnchor: 'start' as const, dx });
  const end = (dx: number) => ({ textAnchor: 'end' as const, dx });
  if (x < (left + right) / 2) {
    const edge = width - labelGap;
    return x - labelOverlap + needed <= edge ? start(-labelOverlap) : end(edge - x);
  }
  // Not over the numbers of the axis, if there is room next to them.
  const edge = Math.max(labelGap, Math.min(marginLeft, width - labelGap - needed));
  return x + labelOverlap - needed >= edge ? end(labelOverlap) : start(edge - x);
}

/** One line if there is room for it, else two, with the name cut to the width. */
function labelLines(name: string, numbers: string, room: number): string[] {
  const whole = `${name}: ${numbers}`;
  if (textWidth(whole, true) <= room) return [whole];
  let cut = name;
  while (cut.length > 1 && textWidth(`${cut}…`, true) > room) cut = cut.slice(0, -1);
  return [cut === name ? name : `${cut}…`, numbers];
}

function legend({ input, fit, failed, dots }: Scene): LegendItem[] {
  const item = (mark: LegendItem['mark'], label: string, color = ink): LegendItem => ({
    label,
    color,
    mark,
  });
  const { stages, symbol } = input;
  const hasHollow = [...dots.values()].flat().some(({ isHollow }) => isHollow);
  return [
    ...stages.map(({ name }, index) => item(shapeAt(index), name, colorAt(index))),
    ...(hasHollow ? [item('ring', 'hollow: not tied with the best')] : []),
    ...stages.flatMap(({ name, isNarrowed, range }, index) =>
      isNarrowed && range !== null ? [item('area', `range of ${name}`, colorAt(index))] : [],
    ),
    ...(fit === null ? [] : [item('line', 'fit, 95 % band')]),
    ...(fit?.bestAt ? [item('dashed', `best fit: ${symbol} ${formatParam(fit.bestAt)}`)] : []),
    ...(failed.length > 0 ? [item('cross', 'failed')] : []),
  ];
}

function describe({ input, best, bestLabel, failed, dots, range, scale }: Scene): string {
  const { metric, symbol, stages } = input;
  const counts = stages.map(({ name }) => `${dots.get(name)?.length ?? 0} of stage ${name}`);
  const parts = [
    `Scatter of ${symbol}, logarithmic from ${formatParam(range.min)} to ${formatParam(range.max)}, against ${metricName(metric)}: ${counts.join(', ')}`,
    ...(failed.length === 0 ? [] : [`${failed.length} failed`]),
  ];
  if (best !== null && bestLabel !== null) {
    const value = metricText(metric, best.value / scale);
    parts.push(`${bestLabel} at ${symbol} ${formatParam(best.at)} with ${value}`);
  }
  return `${parts.join('; ')}.`;
}

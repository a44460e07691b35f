/**
 * The main picture of a search: log λ against the objective, a dot for each completed trial.
 *
 * Colour and shape say the stage, a band where a stage narrowed the range, a cross at the lower edge a
 * trial without a value. Hollow dots can be told from the best, filled ones cannot (where that was
 * tested). The fit and its band are drawn where there is one; the winner carries its name.
 */
import * as Plot from '@observablehq/plot';
import type { Objective } from '../../study/spec/study-spec.ts';
import { foreignText } from '../text/escape-terminal.ts';
import { isAccuracy, lambdaText, metricName, metricText } from '../text/number-format.ts';
import { bestLabelPlace } from './best-label.ts';
import { framed, type LegendItem } from './chart-frame.ts';
import {
  colorAt,
  shapeAt,
  type ChartDocument,
  type ChartElement,
  type ChartTheme,
} from './chart-style.ts';
import { lambdaScale } from './lambda-axis.ts';
import {
  dotsMax,
  sceneOf,
  withinRange,
  type Dot,
  type LambdaScatterInput,
  type Scene,
} from './scatter-scene.ts';
import { plainNumber } from './value-axis.ts';

export function lambdaScatter(
  document: ChartDocument,
  input: LambdaScatterInput,
  theme: ChartTheme,
): ChartElement {
  const scene = sceneOf(input, theme);
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
    legend: legendOf(scene),
    width: input.width,
    panels: [
      {
        height: input.height ?? 400,
        options: {
          marginTop: 30,
          marginBottom: 44,
          x: lambdaScale(scene.range),
          y: {
            label: axisLabel(input.objective),
            labelArrow: 'none',
            labelOffset: 48,
            domain: scene.yDomain,
            ticks: 6,
            tickFormat: plainNumber,
          },
          marks: [
            ...bandMarks(scene),
            Plot.gridY({ strokeOpacity: 0.12, ticks: 6 }),
            ...fitMarks(scene),
            ...dotMarks(scene),
            ...failedMarks(scene),
            ...bestMarks(scene),
          ],
        },
      },
    ],
  });
}

function axisLabel({ metric }: Objective): string {
  return isAccuracy(metric) ? `${metricName(metric)}, %` : metricName(metric);
}

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
  // A band that leaves the picture is cut here: a clip path needs an id, unique in any page.
  const inside = (value: number): number =>
    Math.min(yDomain[1], Math.max(yDomain[0], scale * value));
  const orGap = (value: number): number => (inside(value) === scale * value ? inside(value) : NaN);
  const points = withinRange(input.fit.points, range).map(({ lambda, fit, low, high }) => ({
    lambda,
    fit: orGap(fit),
    low: inside(low),
    high: inside(high),
  }));
  return [
    Plot.areaY(points, {
      x: 'lambda',
      y1: 'low',
      y2: 'high',
      fill: 'currentColor',
      fillOpacity: 0.13,
    }),
    Plot.line(points, {
      x: 'lambda',
      y: 'fit',
      stroke: 'currentColor',
      strokeOpacity: 0.75,
      strokeWidth: 1.6,
    }),
    input.fit.bestLambda === null
      ? null
      : Plot.ruleX([input.fit.bestLambda], { stroke: 'currentColor', strokeDasharray: '6 3' }),
  ];
}

function dotMarks(scene: Scene): Plot.Markish[] {
  const count = [...scene.dots.values()].reduce((sum, dots) => sum + dots.length, 0);
  const r = count > 1000 ? 2 : count > 200 ? 3 : 4.5;
  return scene.input.stages.flatMap(({ name }, index): Plot.Markish[] => {
    const dots = scene.dots.get(name) ?? [];
    const color = colorAt(index);
    const shared = { x: 'lambda', y: 'value', symbol: shapeAt(index), r, stroke: color };
    const errors = dots.filter(({ error }) => error > 0);
    return [
      Plot.ruleX(errors, {
        x: 'lambda',
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
      x: 'lambda',
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
  const { metric, direction } = input.objective;
  const value = metricText(metric, best.value / scale) ?? '';
  const { lines, textAnchor, dx } = bestLabelPlace({
    name: foreignText(input.best.label),
    numbers: `λ ${lambdaText(best.lambda)}, ${value}`,
    lambda: best.lambda,
    range,
    width: input.width,
  });
  const up = direction === 'maximize';
  return [
    Plot.dot([best], {
      x: 'lambda',
      y: 'value',
      r: 9,
      stroke: 'currentColor',
      strokeWidth: 1.8,
    }),
    Plot.text([best], {
      x: 'lambda',
      y: ({ value: at, error }: Dot) => (direction === 'maximize' ? at + error : at - error),
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

function legendOf({ input, failed, dots }: Scene): LegendItem[] {
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
    input.fit?.bestLambda !== undefined &&
      input.fit.bestLambda !== null && {
        label: `its top: λ ${lambdaText(input.fit.bestLambda)}`,
        color: 'currentColor',
        mark: 'dashed',
      },
    failed.length > 0 && { label: 'failed', color: 'currentColor', mark: 'cross' },
  ];
  return items.filter((item) => item !== false);
}

function describe({ input, best, failed, dots, range, scale }: Scene): string {
  const { metric } = input.objective;
  const counts = input.stages.map(({ name }) => `${dots.get(name)?.length ?? 0} of stage ${name}`);
  const parts = [
    `Scatter of λ, logarithmic from ${lambdaText(range.min)} to ${lambdaText(range.max)}, against ${metricName(metric)}: ${counts.join(', ')}`,
    failed.length === 0 ? null : `${failed.length} failed`,
    best === null || input.best === null || input.best === undefined
      ? null
      : `${input.best.label} at λ ${lambdaText(best.lambda)} with ${metricText(metric, best.value / scale)}`,
  ];
  return `${parts.filter((part) => part !== null).join('; ')}.`;
}

/**
 * Parameter scatter: a hyperparameter on a logarithmic axis against the objective, one dot for each completed
 * trial. Colour and shape show the stage, a bar above a narrowed range, and a cross a trial without a value.
 * Hollow dots are significantly worse than the best trial.
 *
 * If a few bad values would press the good ones into a line, a second panel enlarges the best part of the axis.
 */
import { formatParam } from '../../study/search-space.ts';
import { axisLabel, groupedNumber, metricName } from '../text/number-format.ts';
import { parameterScale, scientificText, valueScale, type ParameterDomain } from './axes.ts';
import { zeroMarks } from './axis-break.ts';
import { framed, grid, type Panel } from './chart-frame.ts';
import type { LegendItem } from './chart-legend.ts';
import { colorAt, ink, shapeAt, type DrawChart } from './chart-style.ts';
import {
  bestTexts,
  dotMarks,
  failedMarks,
  fitMarks,
  labelMarks,
  rangeCount,
  rangeMarks,
  ringMarks,
} from './scatter-marks.ts';
import { dotsMax, scatterScene, type ScatterInput, type Scene } from './scatter-scene.ts';

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
    panels: panels(scene),
  });
};

function panels(scene: Scene): Panel[] {
  const { input, focus, range } = scene;
  const label = axisLabel(input.metric);
  const parameter = input.parameterLabel ?? input.symbol;
  const marginTop = 30 + 7 * rangeCount(scene);
  const height = input.height ?? (focus === null ? 400 : 540);
  const whole: Panel = {
    height: focus === null ? height : 0.45 * height,
    margins: focus === null ? { marginTop } : {},
    draw: ({ width, innerWidth, innerHeight }) => {
      const ticks = Math.max(3, Math.round(innerHeight / 45));
      return {
        x: parameterScale(range, parameter, innerWidth),
        y: valueScale(focus === null ? label : `${label}: all trials`, scene.domain, ticks),
        marks: [
          ...(focus === null ? rangeMarks(scene, scene.domain) : []),
          grid(ticks),
          ...fitMarks(scene, scene.domain),
          ...dotMarks(scene, scene.domain),
          ...failedMarks(scene, scene.domain),
          ...zeroMarks(range, scene.domain[0]),
          ...ringMarks(scene),
          ...(focus === null ? labelMarks(scene, scene.domain, width) : []),
        ],
      };
    },
  };
  if (focus === null) return [whole];
  const enlarged: Panel = {
    height: 0.55 * height,
    margins: { marginTop, marginBottom: 12 },
    draw: ({ width, innerWidth, innerHeight }) => {
      const ticks = Math.max(3, Math.round(innerHeight / 40));
      return {
        x: { ...parameterScale(range, parameter, innerWidth), axis: null },
        y: valueScale(`${label}: the best values`, focus, ticks),
        marks: [
          ...rangeMarks(scene, focus),
          grid(ticks),
          ...fitMarks(scene, focus),
          ...dotMarks(scene, focus),
          ...ringMarks(scene),
          ...labelMarks(scene, focus, width),
        ],
      };
    },
  };
  return [enlarged, whole];
}

/** Marks first, then the fit, then ranges. */
function legend({ input, fit, failed, dots, replicates, theme }: Scene): LegendItem[] {
  const item = (mark: LegendItem['mark'], label: string, color = ink): LegendItem => ({
    label,
    color,
    mark,
  });
  const { stages, symbol } = input;
  const hasHollow = [...dots.values()].flat().some(({ isHollow }) => isHollow);
  return [
    ...stages.map(({ name }, index) => item(shapeAt(index), name, colorAt(index, theme))),
    ...(replicates.length > 0 ? [item('dot', 'single run')] : []),
    ...(hasHollow ? [item('ring', 'hollow: significantly worse')] : []),
    ...(failed.some(({ isStopped }) => isStopped !== true) ? [item('cross', 'failed')] : []),
    ...(failed.some(({ isStopped }) => isStopped === true) ? [item('square', 'stopped')] : []),
    ...(fit === null ? [] : [item('line', 'fitted curve, 95 % band (scatter of trials)')]),
    ...(fit?.bestAt ? [item('dashed', `its best: ${symbol} ${scientificText(fit.bestAt)}`)] : []),
    ...stages.flatMap(({ name, isNarrowed, range }, index) =>
      isNarrowed && range !== null ? [item('bar', `range of ${name}`, colorAt(index, theme))] : [],
    ),
  ];
}

function describe(scene: Scene): string {
  const { input, failed, dots, range } = scene;
  const { metric, symbol, stages } = input;
  const counts = stages.map(({ name }) => `${dots.get(name)?.length ?? 0} of stage ${name}`);
  const best = bestTexts(scene);
  const lost = failed.filter(({ isStopped }) => isStopped !== true).length;
  const parts = [
    `Scatter of ${symbol}, ${axisWords(range)}, against ${metricName(metric)}: ${counts.join(', ')}`,
    ...(lost === 0 ? [] : [`${lost} failed`]),
    ...(lost === failed.length ? [] : [`${failed.length - lost} stopped`]),
    ...(best === null ? [] : [`${best.name} at ${best.numbers}`]),
  ];
  return `${parts.join('; ')}.`;
}

/** `logarithmic from 1.00e-9 to 1.00e-1`. */
function axisWords({ kind, from, max, zeroAt }: ParameterDomain): string {
  const style = kind === 'log' ? 'exponent' : 'decimal';
  const ends = `from ${formatParam(from, style)} to ${formatParam(max, style)}`;
  const zero = zeroAt === null ? '' : ' and 0';
  return `${kind === 'log' ? 'logarithmic' : 'linear'} ${ends}${zero}`;
}

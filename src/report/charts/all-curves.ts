/**
 * All curves: the objective over the steps of training, one line for each trial, coloured by the parameter.
 * The best trial is a thick line.
 */
import * as Plot from '@observablehq/plot';
import type { Metric } from '../../study/metrics.ts';
import type { Measurement } from '../../study/trial.ts';
import { chartPoints, thinnedCurve } from '../results/metric-values.ts';
import { axisLabel, countText, groupedNumber, metricName } from '../text/number-format.ts';
import {
  domainTicks,
  paddedDomain,
  parameterDomain,
  placeOn,
  valueScale,
  type ParameterDomain,
} from './axes.ts';
import { framed, grid } from './chart-frame.ts';
import type { LegendItem } from './chart-legend.ts';
import { ink, type ChartTheme, type DrawChart } from './chart-style.ts';
import { stepScale } from './learning-curve.ts';

export interface AllCurvesInput {
  readonly title: string;
  /** Symbol of the parameter. */
  readonly symbol: string;
  /** Scale of the parameter; default: logarithmic. */
  readonly scale?: ParameterDomain['kind'];
  readonly metric: Metric;
  readonly trials: readonly {
    readonly trial: string;
    /** Value of the parameter. */
    readonly at: number;
    readonly curve: readonly Measurement[];
  }[];
  readonly best: { readonly trial: string; readonly label: string } | null;
}

/** More lines or points cannot be distinguished. */
const curvesMax = 400;
const pointsMax = 200;
const legendMax = 6;

export const allCurves: DrawChart<AllCurvesInput> = (document, input, theme) => {
  const { trials, metric, best } = input;
  const every = Math.ceil(trials.length / curvesMax);
  const drawn = trials.filter(({ trial }, index) => index % every === 0 || trial === best?.trial);
  const range = parameterDomain(
    drawn.map(({ at }) => at),
    [],
    input.scale,
  );
  const points = drawn.flatMap(({ trial, at, curve }) =>
    chartPoints(thinnedCurve(curve, pointsMax), metric).map((point) => {
      return { ...point, trial, at: placeOn(range, at) };
    }),
  );
  const stepMax = points.reduce((max, { step }) => Math.max(max, step), 1);
  const bestPoints = points.filter(({ trial }) => trial === best?.trial);
  const line = { x: 'step', y: 'value', z: 'trial' };
  return framed(document, theme, {
    title: input.title,
    subtitle:
      drawn.length < trials.length
        ? `${groupedNumber(drawn.length)} of ${groupedNumber(trials.length)} trials drawn`
        : undefined,
    description: `Curves of ${metricName(metric)} over the steps of ${countText(drawn.length, 'trial')}, coloured by ${input.symbol}.`,
    legend: legend(input, range, theme),
    panels: [
      {
        height: 400,
        draw: ({ innerWidth }) => ({
          x: stepScale(stepMax, innerWidth),
          y: valueScale(axisLabel(metric), paddedDomain(points.map(({ value }) => value)), 6),
          color: colorScale(range, theme),
          marks: [
            grid(6),
            Plot.line(points, { ...line, stroke: 'at', strokeOpacity: 0.75, strokeWidth: 1.1 }),
            Plot.line(bestPoints, { ...line, stroke: theme.background, strokeWidth: 5 }),
            Plot.line(bestPoints, { ...line, stroke: ink, strokeWidth: 2.4 }),
          ],
        }),
      },
    ],
  });
};

/** From small to great values: dark to light, or the reverse on a dark background. */
function colorScale(
  { min, max, kind }: ParameterDomain,
  { curves }: ChartTheme,
): Plot.ScaleOptions {
  return { type: kind, domain: [min, max], range: [...curves], interpolate: 'hcl' };
}

function legend(
  { symbol, best }: AllCurvesInput,
  range: ParameterDomain,
  theme: ChartTheme,
): LegendItem[] {
  const scale = Plot.scale({ color: colorScale(range, theme) });
  return [
    ...domainTicks(range, legendMax).map(({ at, text }): LegendItem => {
      return {
        label: `${symbol} ${text}`,
        color: String(scale?.apply(at)),
        mark: 'line',
      };
    }),
    ...(best === null ? [] : [{ label: best.label, color: ink, mark: 'line' as const }]),
  ];
}

/**
 * Learning-rate range: accuracy against a slowly rising learning rate (Smith 2015, arXiv 1506.01186, section
 * 3.3). Accuracy starts to rise at the lower suggested bound, and becomes ragged or falls at the upper one.
 */
import * as Plot from '@observablehq/plot';
import { framed, grid } from './chart-frame.ts';
import { green, ink, type DrawChart } from './chart-style.ts';
import { plainNumber } from '../text/number-format.ts';
import { centeredScale, paddedDomain, valueScale } from './axes.ts';

export interface RateRangeInput {
  readonly title: string;
  /** By rate, ascending; the accuracy is a share in [0, 1]. */
  readonly points: readonly { readonly learningRate: number; readonly accuracy: number }[];
  /** Null if the test gave none. */
  readonly suggested: { readonly min: number; readonly max: number } | null;
}

export const learningRateRange: DrawChart<RateRangeInput> = (document, input, theme) => {
  const points = input.points
    .filter(({ accuracy }) => Number.isFinite(accuracy))
    .map(({ learningRate, accuracy }) => ({ rate: learningRate, percent: 100 * accuracy }));
  const { suggested } = input;
  const place = { x: 'rate', y: 'percent' };
  const percents = points.map(({ percent }) => percent);
  const yDomain = paddedDomain(percents, 0.08);
  return framed(document, theme, {
    title: input.title,
    description: describe(points, suggested),
    legend: [
      { label: 'validation accuracy', color: ink, mark: 'line' },
      ...(suggested === null
        ? []
        : [{ label: 'suggested range', color: green, mark: 'area' as const }]),
    ],
    panels: [
      {
        height: 340,
        margins: { marginTop: 36 },
        draw: () => ({
          x: { ...centeredScale('learning rate'), tickFormat: plainNumber, inset: 6 },
          y: valueScale('accuracy, %', yDomain, 6),
          marks: [
            ...suggestionMarks(suggested),
            grid(6),
            Plot.line(points, { ...place, stroke: ink, strokeWidth: 1.8 }),
            points.length > 80 ? null : Plot.dot(points, { ...place, fill: ink, r: 2.5 }),
          ],
        }),
      },
    ],
  });
};

function suggestionMarks(suggested: RateRangeInput['suggested']): Plot.Markish[] {
  if (suggested === null) return [];
  const ends = (['min', 'max'] as const).map((name) => ({
    rate: suggested[name],
    label: `${name} ${rateText(suggested[name])}`,
  }));
  return [
    Plot.rectX([suggested], { x1: 'min', x2: 'max', fill: green, fillOpacity: 0.1 }),
    Plot.ruleX(ends, { x: 'rate', stroke: green, strokeDasharray: '3 3' }),
    Plot.text(ends, {
      x: 'rate',
      text: 'label',
      frameAnchor: 'top',
      dy: -12,
      fill: ink,
      fontWeight: 'bold',
    }),
  ];
}

function rateText(rate: number): string {
  return String(Number(rate.toPrecision(3)));
}

function describe(
  points: readonly { readonly rate: number; readonly percent: number }[],
  suggested: RateRangeInput['suggested'],
): string {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined)
    return 'A learning-rate range test without results.';
  const found =
    suggested === null
      ? 'no range is suggested'
      : `suggested range ${rateText(suggested.min)} to ${rateText(suggested.max)}`;
  return `Validation accuracy while the learning rate rises from ${rateText(first.rate)} to ${rateText(last.rate)}; ${found}.`;
}

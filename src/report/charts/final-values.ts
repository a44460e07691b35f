/**
 * Final values: training and validation of some trials at their last step, a row for each trial. It replaces
 * learning curves of trials that were measured once or twice.
 */
import * as Plot from '@observablehq/plot';
import type { Metric } from '../../study/metrics.ts';
import type { Measurement } from '../../study/trial.ts';
import { fitText } from '../text/display-width.ts';
import { foreignText } from '../text/escape-terminal.ts';
import { countText, plainNumber } from '../text/number-format.ts';
import { chartPoints, metricOn } from '../results/metric-values.ts';
import { centeredScale, paddedDomain } from './axes.ts';
import { framed, type Panel } from './chart-frame.ts';
import { chartWidth, grey, ink, type ChartTheme, type DrawChart } from './chart-style.ts';
import { quantityLabels } from './learning-curve.ts';
import { textWidth, wrapText } from './text-size.ts';

export interface FinalValuesInput {
  readonly title: string;
  readonly series: readonly { readonly label: string; readonly curve: readonly Measurement[] }[];
  readonly metrics: readonly Metric[];
}

interface Row {
  readonly label: string;
  readonly train: number;
  readonly validation: number;
}

/** Longest label in characters, and its largest share of the width. */
const labelMax = 44;
const labelShare = 0.5;

export const finalValues: DrawChart<FinalValuesInput> = (document, input, theme) => {
  const { series, metrics } = input;
  const measured = series.reduce((most, { curve }) => Math.max(most, curve.length), 0);
  const panels = (['accuracy', 'loss'] as const).flatMap((quantity): Panel[] => {
    const last = (curve: readonly Measurement[], split: 'train' | 'validation'): number =>
      chartPoints(curve.slice(-1), metricOn(metrics, quantity, split))[0]?.value ?? NaN;
    const rows = series.map(({ label, curve }) => ({
      label: rowLabel(label, theme),
      train: last(curve, 'train'),
      validation: last(curve, 'validation'),
    }));
    const isMeasured = rows.some(({ validation }) => Number.isFinite(validation));
    return isMeasured ? [valuePanel(rows, quantity, theme)] : [];
  });
  const times = measured === 1 ? 'once' : `${measured} times`;
  return framed(document, theme, {
    title: input.title,
    subtitle: `measured ${times}, here at the last step; "measure: epoch" in the study gives curves`,
    description: `Training and validation at the last step of ${countText(series.length, 'trial')}, which were measured ${times}.`,
    legend: [
      { label: 'validation', color: ink, mark: 'circle' },
      { label: 'training', color: grey, mark: 'ring' },
    ],
    panels,
  });
};

/** In several lines if it would take more than its share of the chart. */
function rowLabel(label: string, { width = chartWidth }: ChartTheme): string {
  const lines = wrapText(foreignText(label), labelShare * width);
  return lines.map((line) => fitText(line, labelMax, '…', 'end')).join('\n');
}

function valuePanel(rows: readonly Row[], quantity: 'accuracy' | 'loss', theme: ChartTheme): Panel {
  const values = rows.flatMap(({ train, validation }) => [train, validation]);
  const lines = rows.flatMap(({ label }) => label.split('\n'));
  const widest = lines.reduce((most, line) => Math.max(most, textWidth(line)), 0);
  const rowHeight = lines.length > rows.length ? 44 : 28;
  const finite = rows.filter(
    (row) => Number.isFinite(row.train) && Number.isFinite(row.validation),
  );
  const dot = { y: 'label', r: 5 };
  return {
    height: 66 + rowHeight * rows.length,
    margins: { marginTop: 12, marginBottom: 48, marginLeft: widest + 28 },
    draw: ({ innerWidth }) => ({
      x: {
        ...centeredScale(quantityLabels[quantity]),
        domain: paddedDomain(
          values.filter((value) => Number.isFinite(value)),
          0.08,
        ),
        ticks: Math.max(2, Math.min(8, Math.floor(innerWidth / 70))),
        tickFormat: plainNumber,
      },
      y: { type: 'band', domain: rows.map(({ label }) => label), label: null, tickSize: 0 },
      marks: [
        Plot.gridX({ strokeOpacity: 0.12 }),
        Plot.ruleY(finite, {
          y: 'label',
          x1: 'train',
          x2: 'validation',
          stroke: grey,
          strokeWidth: 1.5,
        }),
        Plot.dot(rows, {
          ...dot,
          x: 'train',
          stroke: grey,
          strokeWidth: 1.6,
          fill: theme.background,
        }),
        Plot.dot(rows, { ...dot, x: 'validation', fill: ink }),
      ],
    }),
  };
}

/**
 * Importance chart: a bar for each hyperparameter with the share of the variance that it explains, the part
 * that it explains alone in a stronger tone, and the interval of the whole share as a line with its ends.
 */
import * as Plot from '@observablehq/plot';
import type { Importance, ParameterImportance } from '../../search/analysis/importance.ts';
import type { Metric } from '../../study/metrics.ts';
import { parameterSymbol } from '../../study/search-space.ts';
import { importanceSentence, intervalText, shareText } from '../results/importance-words.ts';
import { countText, metricName } from '../text/number-format.ts';
import { centeredScale } from './axes.ts';
import { framed } from './chart-frame.ts';
import { colorAt, ink, type DrawChart } from './chart-style.ts';

export interface ImportanceChartInput {
  readonly title: string;
  readonly metric: Metric;
  readonly importance: Importance;
}

const barHeight = 46;

export const importanceChart: DrawChart<ImportanceChartInput> = (document, input, theme) => {
  const { title, importance, metric } = input;
  const { parameters } = importance;
  const color = colorAt(0, theme);
  return framed(document, theme, {
    title,
    subtitle: importanceSentence(importance),
    description: describe(input),
    legend: [
      { mark: 'bar', color, label: 'with interplay' },
      { mark: 'line', color, label: 'alone' },
      { mark: 'interval', color: ink, label: '95 % interval' },
    ],
    panels: [
      {
        height: barHeight * parameters.length + 58,
        margins: { marginLeft: 24, marginTop: 4 },
        draw: ({ innerWidth }) => ({
          x: {
            ...centeredScale(`share of the variance of ${metricName(metric)}, %`),
            domain: [0, 100],
            ticks: innerWidth < 350 ? 5 : 10,
          },
          y: { axis: null, domain: [parameters.length - 0.35, -0.65] },
          marks: [
            Plot.gridX({ strokeOpacity: 0.12 }),
            ...parameters.flatMap((one, y) => barMarks(one, y, color)),
            Plot.ruleX([0], { stroke: ink }),
          ],
        }),
      },
    ],
  });
};

function barMarks({ name, total, alone }: ParameterImportance, y: number, color: string) {
  const [low, high] = [100 * total.low, 100 * total.high];
  const line = { stroke: ink, strokeWidth: 1.6 };
  const bar = { y1: y - 0.16, y2: y + 0.16, x1: 0, fill: color };
  return [
    Plot.rect([0], { ...bar, x2: 100 * total.share, fillOpacity: 0.3 }),
    Plot.rect([0], { ...bar, x2: 100 * alone.share, fillOpacity: 0.85 }),
    Plot.ruleY([y], { x1: low, x2: high, ...line }),
    Plot.ruleX([low, high], { y1: y - 0.12, y2: y + 0.12, ...line }),
    Plot.text([`${parameterSymbol(name)}  ${shareText(total)} (${intervalText(total)})`], {
      frameAnchor: 'left',
      y: () => y - 0.16,
      dx: 4,
      dy: -9,
      text: (text: string) => text,
      textAnchor: 'start',
      fontWeight: 'bold',
    }),
  ];
}

function describe({ importance, metric }: ImportanceChartInput): string {
  const bars = importance.parameters.map(
    ({ name, total }) => `${parameterSymbol(name)} ${shareText(total)} (${intervalText(total)})`,
  );
  const start = `Shares of the variance of ${metricName(metric)} over ${countText(importance.configurations, 'trial')}`;
  return `${start}: ${bars.join(', ')}. ${importanceSentence(importance)}`;
}

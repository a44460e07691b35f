/** A learning curve in a terminal: accuracy and loss of training and validation, and the learning rate below. */
import type { Metric } from '../../study/metrics.ts';
import type { Measurement } from '../../study/trial.ts';
import { ratePoints, type CyclicalRate, type RatePoint } from '../charts/rate-cycles.ts';
import { paddedDomain } from '../charts/axes.ts';
import { chartPoints, metricOn } from '../results/metric-values.ts';
import { groupedNumber, plainNumber } from '../text/number-format.ts';
import { textWidth, type Style, type TextOptions } from '../text/text-options.ts';
import { enclosingTicks, roundTicks } from '../charts/round-ticks.ts';
import { axesLines, legendLines, type AxisLabel } from './terminal-axes.ts';
import { createCanvas } from './terminal-canvas.ts';

const widthMax = 120;
const leftWidth = 8;

interface Line {
  readonly style: Style;
  /** Character of the line in an ASCII terminal. */
  readonly ascii: string;
  readonly points: readonly RatePoint[];
}

interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly rows: number;
  /** Values with a label; the first and the last are the ends of the axis. */
  readonly ticks: readonly number[];
}

/**
 * Empty if nothing finite was measured.
 *
 * @param rate null for a trainer without cycles: then the measured rate is drawn
 */
export function terminalCurve(
  curve: readonly Measurement[],
  metrics: readonly Metric[],
  rate: CyclicalRate | null,
  options: TextOptions,
): string {
  const stepMax = curve.at(-1)?.step ?? 0;
  const panels = (['accuracy', 'loss'] as const).map((kind): Panel => {
    const lines = splitLines(curve, metrics, kind);
    const values = lines.flatMap(({ points }) => points.map(({ value }) => value));
    const rows = kind === 'accuracy' ? 10 : 8;
    const ticks = enclosingTicks(paddedDomain(values, 0), rows / 2);
    const title = kind === 'accuracy' ? 'accuracy, %' : 'loss, nats';
    return { title, lines, rows, ticks };
  });
  if (stepMax === 0 || panels.every(({ lines }) => lines.every(({ points }) => !points.length)))
    return '';
  const rates = ratePoints(curve, metrics, rate, stepMax);
  const rateMax = rates.reduce((max, { value }) => Math.max(max, value), rate?.max ?? 0);
  const rateLine: Line = { style: 'dim', ascii: '.', points: rates };
  panels.push({ title: 'learning rate', lines: [rateLine], rows: 3, ticks: [0, rateMax || 1] });
  const width = Math.min(widthMax, textWidth(options));
  const lines = [
    ...panels.flatMap((panel) => panelLines(panel, stepMax, width, options)),
    ...legendLines(
      [
        { sign: options.color('cyan', options.unicode ? '⠒' : 'o'), text: 'training' },
        { sign: options.color('yellow', options.unicode ? '●' : '*'), text: 'validation' },
        { sign: ' ', text: `${groupedNumber(stepMax)} steps` },
      ],
      width,
      options,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function splitLines(
  curve: readonly Measurement[],
  metrics: readonly Metric[],
  kind: Metric['kind'],
): Line[] {
  return (['train', 'validation'] as const).map((split) => ({
    style: split === 'train' ? 'cyan' : 'yellow',
    ascii: split === 'train' ? 'o' : '*',
    points: chartPoints(curve, metricOn(metrics, kind, split)),
  }));
}

function panelLines(panel: Panel, stepMax: number, width: number, options: TextOptions): string[] {
  const { title, rows, ticks } = panel;
  const [min = 0, max = 1] = [ticks[0], ticks.at(-1)];
  const columns = width - leftWidth - 2;
  const canvas = createCanvas(columns, rows, options.unicode);
  const height = (value: number): number => (value - min) / (max - min);
  for (const { style, ascii, points } of panel.lines) {
    const places = points.map(({ step, value }) => ({ x: step / stepMax, y: height(value) }));
    for (const [index, place] of places.entries())
      canvas.line(places[index - 1] ?? place, place, style, ascii);
    // With enough room, the line of the validation split has a mark at every measurement.
    if (style !== 'yellow' || places.length > width / 4) continue;
    for (const place of places) canvas.mark(place, options.unicode ? '●' : '*', style);
  }
  const left = ticks.map((tick): AxisLabel => ({
    at: height(tick),
    text: plainNumber(tick).slice(0, leftWidth),
  }));
  const below = roundTicks(0, stepMax, columns / 14).map((step): AxisLabel => ({
    at: step / stepMax,
    text: groupedNumber(step),
  }));
  return [
    options.color('bold', title),
    ...axesLines({ canvas, columns, rows, left, leftWidth, below, isLabelled: rows < 5 }, options),
  ];
}

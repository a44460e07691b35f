/** A learning curve in a terminal: accuracy and loss of training and validation, and the rate below. */
import type { CyclicalRate } from '../../study/spec/study-spec.ts';
import type { Measurement } from '../../study/trial.ts';
import { rateCorners } from '../charts/rate-cycles.ts';
import { stepText } from '../charts/chart-style.ts';
import { paddedDomain, plainNumber } from '../charts/value-axis.ts';
import { axesLines, legendLines, roundTicks, type AxisLabel } from './terminal-axes.ts';
import { createCanvas, type Canvas } from './terminal-canvas.ts';
import { widthOf, type Style, type TextOptions } from '../text/text-options.ts';

const widthMax = 120;

interface Line {
  readonly style: Style;
  /** Where there is no braille. */
  readonly ascii: string;
  readonly points: readonly { readonly step: number; readonly value: number }[];
}

/** Empty where nothing finite was measured. */
export function terminalCurve(
  curve: readonly Measurement[],
  rate: CyclicalRate,
  options: TextOptions,
): string {
  const stepMax = curve.at(-1)?.step ?? 0;
  const accuracy = linesOf(curve, (m) => [100 * m.trainAccuracy, 100 * m.validationAccuracy]);
  const loss = linesOf(curve, (m) => [m.trainLoss, m.validationLoss]);
  if (stepMax === 0 || [...accuracy, ...loss].every(({ points }) => points.length === 0)) return '';
  const rateLine: Line = { style: 'dim', ascii: '.', points: rateCorners(rate, stepMax) };
  const width = Math.min(widthMax, widthOf(options));
  const leftWidth = 8;
  const panel = (title: string, lines: readonly Line[], rows: number, domain: [number, number]) =>
    panelLines({ title, lines, rows, domain, stepMax, leftWidth, width }, options);
  const lines = [
    ...panel('accuracy, %', accuracy, 10, domainOf(accuracy)),
    ...panel('loss', loss, 8, domainOf(loss)),
    ...panel('learning rate', [rateLine], 3, [0, rate.max]),
    ...legendLines(
      [
        { sign: options.color('cyan', options.unicode ? '⠒' : 'o'), text: 'training' },
        { sign: options.color('yellow', options.unicode ? '●' : '*'), text: 'validation' },
        { sign: ' ', text: `${stepText(stepMax)} steps` },
      ],
      width,
      options,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function linesOf(
  curve: readonly Measurement[],
  valuesOf: (measurement: Measurement) => readonly [number, number],
): Line[] {
  return ([0, 1] as const).map((split) => ({
    style: split === 0 ? 'cyan' : 'yellow',
    ascii: split === 0 ? 'o' : '*',
    points: curve
      .map((m) => ({ step: m.step, value: valuesOf(m)[split] }))
      .filter(({ value }) => Number.isFinite(value)),
  }));
}

function domainOf(lines: readonly Line[]): [number, number] {
  return paddedDomain(lines.flatMap(({ points }) => points.map(({ value }) => value)));
}

interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly rows: number;
  readonly domain: readonly [number, number];
  readonly stepMax: number;
  readonly leftWidth: number;
  readonly width: number;
}

function panelLines(panel: Panel, options: TextOptions): string[] {
  const { title, rows, domain, stepMax, leftWidth } = panel;
  const [min, max] = domain;
  const columns = panel.width - leftWidth - 2;
  const canvas = createCanvas(columns, rows, options.unicode);
  for (const line of panel.lines) drawLine(canvas, line, panel, options);
  const left = (rows < 5 ? [min, max] : roundTicks(min, max, rows / 2)).map((tick): AxisLabel => ({
    at: (tick - min) / (max - min),
    text: plainNumber(tick).slice(0, leftWidth),
  }));
  const below = roundTicks(0, stepMax, columns / 14).map((step): AxisLabel => ({
    at: step / stepMax,
    text: stepText(step),
  }));
  return [
    options.color('bold', title),
    ...axesLines({ canvas, columns, rows, left, leftWidth, below, isLabelled: rows < 5 }, options),
  ];
}

/** Validation, which counts, has a mark at every measurement where there is room for them. */
function drawLine(
  canvas: Canvas,
  { points, style, ascii }: Line,
  { domain: [min, max], stepMax, width }: Panel,
  options: TextOptions,
): void {
  const places = points.map(({ step, value }) => ({
    x: step / stepMax,
    y: (value - min) / (max - min),
  }));
  for (const [index, place] of places.entries()) {
    canvas.line(places[index - 1] ?? place, place, style, ascii);
  }
  if (style !== 'yellow' || places.length > width / 4) return;
  for (const place of places) canvas.mark(place, options.unicode ? '●' : '*', style);
}

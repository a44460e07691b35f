/** Terminal scatter: a hyperparameter against the objective, with one sign per trial that shows its stage. */
import { log } from '../../base/elementary.ts';
import type { Range } from '../../search/samplers/distribution.ts';
import { formatParams, numberParam } from '../../study/search-space.ts';
import { paddedDomain, parameterDomain, parameterTicks } from '../charts/axes.ts';
import { objectiveMetric } from '../results/result-fields.ts';
import type { ResultRow } from '../results/result-row.ts';
import { bestLabel } from '../results/result-words.ts';
import { stageRange, type StudyResults } from '../results/study-results.ts';
import { axisLabel, metricText, plainNumber, powerText } from '../text/number-format.ts';
import { textWidth, type Style, type TextOptions } from '../text/text-options.ts';
import { axesLines, legendLines, roundTicks } from './terminal-axes.ts';
import { createCanvas, type Canvas, type Place } from './terminal-canvas.ts';

const widthMax = 120;
const stageStyles: readonly Style[] = ['cyan', 'yellow', 'green', 'red'];
const unicodeSigns = { stages: ['●', '▲', '◆', '■'], star: '★', heavy: '━', line: '⠒' };
const asciiSigns = { stages: ['o', '^', 'x', '#'], star: '@', heavy: '=', line: '.' };

interface Dot {
  readonly row: ResultRow;
  readonly at: number;
  readonly value: number;
}

type Scale = ReturnType<typeof toScale>;

/** Empty if no trial is complete. */
export function terminalScatter(results: StudyResults, options: TextOptions): string {
  const dots = results.stages.flatMap(({ rows }) => rows).flatMap((row) => toDot(row, results));
  if (dots.length === 0) return '';
  const metric = objectiveMetric(results);
  const width = Math.min(widthMax, textWidth(options));
  const scale = toScale(results, dots);
  const [low, high] = scale.domain;
  const ticks = roundTicks(low, high, 5);
  const leftWidth = ticks.reduce((most, tick) => Math.max(most, plainNumber(tick).length), 1);
  const columns = width - leftWidth - 2;
  const rows = Math.max(8, Math.min(18, Math.round(width / 5)));
  const canvas = createCanvas(columns, rows, options.unicode);
  drawFit(canvas, results.fit, scale);
  drawDots(canvas, results, dots, scale, options);
  const x = (at: number): number => toPlace(at, 0, scale).x;
  const narrowed = narrowedRange(results);
  const axes = {
    canvas,
    columns,
    rows,
    leftWidth,
    left: ticks.map((tick) => ({ at: (tick - low) / (high - low), text: plainNumber(tick) })),
    below: parameterTicks(scale.range).map((tick) => ({ at: x(tick), text: powerText(tick) })),
    heavy: narrowed === null ? null : { from: x(narrowed.min), to: x(narrowed.max) },
  };
  const lines = [
    options.color('bold', axisLabel(metric)),
    ...axesLines(axes, options),
    ...legendLines(legend(results, options), width, options),
  ];
  return `${lines.join('\n')}\n`;
}

function toDot(row: ResultRow, { parameter }: StudyResults): Dot[] {
  const { value } = row;
  const at = numberParam(row.params, parameter);
  return value === null || !Number.isFinite(value) || at <= 0 ? [] : [{ row, at, value }];
}

/** The last range that another stage's results gave. */
function narrowedRange(results: StudyResults): Range | null {
  const stage = results.stages.findLast(({ reason }) => reason !== null);
  return stage === undefined ? null : stageRange(stage, results);
}

function toScale(results: StudyResults, dots: readonly Dot[]) {
  const factor = objectiveMetric(results).unit === 'share' ? 100 : 1;
  const ranges = results.stages.map((stage) => stageRange(stage, results));
  const places = dots.map(({ at }) => at);
  const domain = paddedDomain(dots.map(({ value }) => factor * value));
  return { range: parameterDomain(places, ranges), domain, factor };
}

function toPlace(at: number, value: number, { range, domain, factor }: Scale): Place {
  return {
    x: log(at / range.min) / log(range.max / range.min),
    y: (factor * value - domain[0]) / (domain[1] - domain[0]),
  };
}

function drawFit(canvas: Canvas, fit: StudyResults['fit'], scale: Scale): void {
  const places = (fit?.points ?? []).map((point) => toPlace(point.at, point.fit, scale));
  const isInside = ({ y }: Place): boolean => y >= 0 && y <= 1;
  for (const [index, to] of places.entries()) {
    const from = places[index - 1];
    if (from !== undefined && isInside(from) && isInside(to)) canvas.line(from, to, 'dim', '.');
  }
}

/** Worse trials first, so that better ones cover them. */
function drawDots(
  canvas: Canvas,
  { stages, best }: StudyResults,
  dots: readonly Dot[],
  scale: Scale,
  options: TextOptions,
): void {
  const order = new Map(stages.map(({ name }, index) => [name, index]));
  for (const { row, at, value } of dots.toReversed()) {
    const stage = order.get(row.stage) ?? 0;
    canvas.mark(toPlace(at, value, scale), stageSign(stage, options), stageStyle(stage));
  }
  const dot = dots.find(({ row }) => row.trial === best?.trial);
  if (dot) canvas.mark(toPlace(dot.at, dot.value, scale), signSet(options).star, 'bold');
}

function legend(results: StudyResults, options: TextOptions) {
  const { best, fit, stages } = results;
  const { heavy, line, star } = signSet(options);
  const items = stages.map(({ name }, index) => ({
    sign: options.color(stageStyle(index), stageSign(index, options)),
    text: name,
  }));
  if (narrowedRange(results) !== null) items.push({ sign: heavy, text: 'narrowed range' });
  if (fit !== null) items.push({ sign: line, text: 'fit' });
  if (best !== null) {
    const value = metricText(objectiveMetric(results), best.value);
    const text = `${bestLabel(results)} ${best.trial}, ${formatParams(best.params)}, ${value}`;
    items.push({ sign: options.color('bold', star), text });
  }
  return items;
}

function signSet({ unicode }: TextOptions) {
  return unicode ? unicodeSigns : asciiSigns;
}

function stageSign(stage: number, options: TextOptions): string {
  return signSet(options).stages[stage % 4] ?? 'o';
}

function stageStyle(stage: number): Style {
  return stageStyles[stage % stageStyles.length] ?? 'cyan';
}

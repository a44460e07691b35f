/**
 * Terminal scatter: a hyperparameter against the objective, with one sign per trial that shows its stage.
 * Hollow signs are significantly worse than the best. A cell with trials of several stages has a sign of its
 * own. If a few bad values would press the others into a line, the axis ends above them, with arrows.
 */
import { log } from '../../base/elementary.ts';
import type { Range } from '../../search/samplers/distribution.ts';
import { formatParams } from '../../study/search-space.ts';
import {
  domainTicks,
  paddedDomain,
  parameterDomain,
  parameterTicks,
  placeOn,
} from '../charts/axes.ts';
import type { AxisTick } from '../charts/parameter-axis.ts';
import { focusDomain } from '../charts/focus-domain.ts';
import { objectiveMetric } from '../results/result-fields.ts';
import type { ResultRow } from '../results/result-row.ts';
import { bestLabel } from '../results/result-words.ts';
import { stageRange, type StudyResults } from '../results/study-results.ts';
import { axisLabel, metricText, plainNumber, powerText } from '../text/number-format.ts';
import { textWidth, type TextOptions } from '../text/text-options.ts';
import { enclosingTicks } from '../charts/round-ticks.ts';
import { axesLines, legendLines } from './terminal-axes.ts';
import { signSet, stageSign, stageStyle } from './terminal-signs.ts';
import { terminalSlices } from './terminal-slices.ts';
import { createCanvas, type Canvas, type Place } from './terminal-canvas.ts';

const widthMax = 120;
/** Tolerance for values at the ends of the axis, as a share of it. */
const rounding = 1e-9;
/** Labels of the y axis. */
const ticksY = 5;
interface Dot {
  readonly row: ResultRow;
  /** Number of its stage, from 0. */
  readonly stage: number;
  readonly at: number;
  readonly value: number;
}

type Scale = ReturnType<typeof toScale>;

/** @returns a sentence if no trial has a value; slices of each hyperparameter unless the study searches one number */
export function terminalScatter(results: StudyResults, options: TextOptions): string {
  if (results.parameter === null) return terminalSlices(results, options);
  const dots = results.stages.flatMap(({ rows }, stage) =>
    rows.flatMap((row) => toDot(row, stage, results)),
  );
  if (dots.length === 0) return 'no chart: no selected trial has a value\n';
  const metric = objectiveMetric(results);
  const width = Math.min(widthMax, textWidth(options));
  const scale = toScale(results, dots);
  const { ticks } = scale;
  const [low, high] = scale.domain;
  const leftWidth = ticks.reduce((most, tick) => Math.max(most, plainNumber(tick).length), 1);
  const columns = width - leftWidth - 2;
  const rows = Math.max(8, Math.min(18, Math.round(width / 5)));
  const canvas = createCanvas(columns, rows, options.unicode);
  drawFit(canvas, results.fit, scale);
  const used = drawDots(canvas, results, dots, scale, options);
  const x = (at: number): number => toPlace(at, 0, scale).x;
  const narrowed = narrowedRange(results);
  const axes = {
    canvas,
    columns,
    rows,
    leftWidth,
    left: ticks.map((tick) => ({ at: (tick - low) / (high - low), text: plainNumber(tick) })),
    below: belowTicks(scale).map(({ at, text }) => ({ at: x(at), text })),
    heavy: narrowed === null ? null : { from: x(narrowed.min), to: x(narrowed.max) },
  };
  const lines = [
    options.color('bold', axisLabel(metric)),
    ...axesLines(axes, options),
    ...legendLines(legend(results, used, options), width, options),
  ];
  return `${lines.join('\n')}\n`;
}

function toDot(row: ResultRow, stage: number, { parameter }: StudyResults): Dot[] {
  const { value } = row;
  const at = row.params[parameter ?? ''];
  const isDrawn = value !== null && Number.isFinite(value) && typeof at === 'number';
  return isDrawn ? [{ row, stage, at, value }] : [];
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
  const values = dots.map(({ value }) => factor * value);
  const focus = focusDomain(values, results.objective.direction, objectiveMetric(results));
  // The focus has room for a label, which a terminal does not need: the best value is an end.
  const seen = focus === null ? values : values.filter((one) => isBetween(one, focus));
  const ticks = enclosingTicks(paddedDomain(seen, 0), ticksY);
  const domain = [ticks[0] ?? 0, ticks.at(-1) ?? 1] as const;
  const kind = results.scales[results.parameter ?? '']?.kind === 'linear' ? 'linear' : 'log';
  return { range: parameterDomain(places, ranges, kind), ticks, domain, factor };
}

function toPlace(at: number, value: number, { range, domain, factor }: Scale): Place {
  const { kind, min, max } = range;
  const place = placeOn(range, at);
  return {
    x: kind === 'log' ? log(place / min) / log(max / min) : (place - min) / (max - min),
    y: (factor * value - domain[0]) / (domain[1] - domain[0]),
  };
}

/** Labels in ASCII: a chart file's would be `10⁻⁵`. */
function belowTicks({ range }: Scale): readonly AxisTick[] {
  if (range.kind === 'linear') return domainTicks(range, 8);
  const { from, max, zeroAt } = range;
  return [
    ...(zeroAt === null ? [] : [{ at: zeroAt, text: '0 //' }]),
    ...parameterTicks({ min: from, max }).map((at) => ({ at, text: powerText(at) })),
  ];
}

function drawFit(canvas: Canvas, fit: StudyResults['fit'], scale: Scale): void {
  const places = (fit?.points ?? []).map((point) => ({
    ...toPlace(point.at, point.fit, scale),
    segment: point.segment,
  }));
  const isInside = ({ y }: Place): boolean => y >= 0 && y <= 1;
  for (const [index, to] of places.entries()) {
    const from = places[index - 1];
    if (from?.segment === to.segment && isInside(from) && isInside(to))
      canvas.line(from, to, 'dim', '.');
  }
}

/**
 * Worse trials first, so that better ones cover them; those beyond the axis are arrows at its end.
 *
 * @returns the signs that need an entry in the legend
 */
function drawDots(
  canvas: Canvas,
  { best, objective }: StudyResults,
  dots: readonly Dot[],
  scale: Scale,
  options: TextOptions,
): ReadonlySet<string> {
  const signs = signSet(options);
  const used = new Set<string>();
  const sorted = dots.toSorted(
    (a, b) => Number(b.row.tied === false) - Number(a.row.tied === false),
  );
  const stages = new Map<string, Set<number>>();
  for (const { row, stage, at, value } of sorted) {
    const place = toPlace(at, value, scale);
    if (!isBetween(place.y, [-rounding, 1 + rounding])) {
      const arrow = objective.direction === 'maximize' ? signs.lower : signs.higher;
      canvas.mark({ x: place.x, y: place.y < 0 ? 0 : 1 }, arrow, stageStyle(stage));
      used.add(arrow);
      continue;
    }
    const cell = canvas.cell(place);
    const own = stages.get(cell) ?? new Set();
    stages.set(cell, own.add(stage));
    const isWorse = row.tied === false;
    const sign = own.size > 1 ? signs.several : stageSign(stage, isWorse, options);
    if (own.size > 1) used.add(signs.several);
    else if (isWorse) used.add(signs.worse[0] ?? '');
    canvas.mark(place, sign, own.size > 1 ? null : stageStyle(stage));
  }
  const dot = dots.find(({ row }) => row.trial === best?.trial);
  if (dot) canvas.mark(toPlace(dot.at, dot.value, scale), signs.star, 'bold');
  return used;
}

function isBetween(value: number, [low, high]: readonly [number, number]): boolean {
  return value >= low && value <= high;
}

/** @param used signs that are in the chart, of those that not every chart has */
function legend(results: StudyResults, used: ReadonlySet<string>, options: TextOptions) {
  const { best, fit, stages } = results;
  const { heavy, line, star, several, lower, higher, worse } = signSet(options);
  const items = stages.map(({ name }, index) => ({
    sign: options.color(stageStyle(index), stageSign(index, false, options)),
    text: name,
  }));
  const special = [
    { sign: several, text: 'several stages' },
    { sign: worse[0] ?? '', text: 'significantly worse' },
    { sign: lower, text: 'lower values' },
    { sign: higher, text: 'higher values' },
  ];
  items.push(...special.filter(({ sign }) => used.has(sign)));
  if (narrowedRange(results) !== null) items.push({ sign: heavy, text: 'narrowed range' });
  if (fit !== null) items.push({ sign: line, text: 'fit' });
  if (best !== null) {
    const value = metricText(objectiveMetric(results), best.value);
    const text = `${bestLabel(results)} ${best.trial}, ${formatParams(best.params, results.styles)}, ${value}`;
    items.push({ sign: options.color('bold', star), text });
  }
  return items;
}

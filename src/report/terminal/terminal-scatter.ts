/** log λ against the objective in a terminal: a sign for each trial, one for each stage, a star for the best. */
import { log } from '../../base/elementary.ts';
import type { LambdaRange } from '../../study/spec/study-spec.ts';
import { lambdaDomain, lambdaTicks } from '../charts/lambda-axis.ts';
import { powerText } from '../charts/chart-style.ts';
import { paddedDomain, plainNumber } from '../charts/value-axis.ts';
import { isAccuracy, lambdaText, metricName, metricText } from '../text/number-format.ts';
import { bestLabel } from '../results/result-words.ts';
import type { ResultRow, StudyResults } from '../results/study-results.ts';
import { axesLines, legendLines, roundTicks } from './terminal-axes.ts';
import { createCanvas, type Canvas, type Place } from './terminal-canvas.ts';
import { widthOf, type Style, type TextOptions } from '../text/text-options.ts';

const widthMax = 120;
const stageStyles: readonly Style[] = ['cyan', 'yellow', 'green', 'red'];
const stageSigns = { unicode: ['●', '▲', '◆', '■'], ascii: ['o', '^', 'x', '#'] } as const;

interface Scale {
  readonly range: LambdaRange;
  readonly domain: readonly [number, number];
  readonly factor: number;
}

/** Empty where no trial is complete. */
export function terminalScatter(results: StudyResults, options: TextOptions): string {
  const rows = results.stages.flatMap((stage) => stage.rows).filter(hasValue);
  if (rows.length === 0) return '';
  const width = Math.min(widthMax, widthOf(options));
  const scale = scaleOf(results, rows);
  const ticks = roundTicks(scale.domain[0], scale.domain[1], 5);
  const leftWidth = ticks.reduce((most, tick) => Math.max(most, plainNumber(tick).length), 1);
  const columns = width - leftWidth - 2;
  const height = Math.max(8, Math.min(18, Math.round(width / 5)));
  const canvas = createCanvas(columns, height, options.unicode);
  drawFit(canvas, results.fit, scale);
  drawRows(canvas, results, rows, scale, options);
  const x = (lambda: number): number => placeOf(lambda, 0, scale).x;
  const name = metricName(results.objective.metric);
  const narrowed = results.stages.findLast((stage) => stage.reason !== null)?.range ?? null;
  const lines = [
    options.color('bold', isAccuracy(results.objective.metric) ? `${name}, %` : name),
    ...axesLines(
      {
        canvas,
        columns,
        rows: height,
        leftWidth,
        left: ticks.map((tick) => ({
          at: (tick - scale.domain[0]) / (scale.domain[1] - scale.domain[0]),
          text: plainNumber(tick),
        })),
        below: lambdaTicks(scale.range).map((tick) => ({ at: x(tick), text: powerText(tick) })),
        heavy: narrowed === null ? null : { from: x(narrowed.min), to: x(narrowed.max) },
      },
      options,
    ),
    ...legendLines(legendOf(results, narrowed, options), width, options),
  ];
  return `${lines.join('\n')}\n`;
}

type ValuedRow = ResultRow & { readonly value: number };

function hasValue(row: ResultRow): row is ValuedRow {
  return row.value !== null && Number.isFinite(row.value) && row.lambda > 0;
}

function scaleOf(results: StudyResults, rows: readonly ValuedRow[]): Scale {
  const factor = isAccuracy(results.objective.metric) ? 100 : 1;
  return {
    range: lambdaDomain(
      rows.map(({ lambda }) => lambda),
      results.stages.map(({ range }) => range),
    ),
    domain: paddedDomain(rows.map(({ value }) => factor * value)),
    factor,
  };
}

function placeOf(lambda: number, value: number, { range, domain, factor }: Scale): Place {
  return {
    x: log(lambda / range.min) / log(range.max / range.min),
    y: (factor * value - domain[0]) / (domain[1] - domain[0]),
  };
}

function drawFit(canvas: Canvas, fit: StudyResults['fit'], scale: Scale): void {
  const places = (fit?.points ?? []).map((point) => placeOf(point.lambda, point.fit, scale));
  for (const [index, to] of places.entries()) {
    const from = places[index - 1];
    const isInside = [from, to].every(
      (place) => place !== undefined && place.y >= 0 && place.y <= 1,
    );
    if (from !== undefined && isInside) canvas.line(from, to, 'dim', '.');
  }
}

/** Worse trials first, so that better ones stand on top of them. */
function drawRows(
  canvas: Canvas,
  results: StudyResults,
  rows: readonly ValuedRow[],
  scale: Scale,
  options: TextOptions,
): void {
  const index = new Map(results.stages.map(({ name }, at) => [name, at]));
  for (const row of rows.toReversed()) {
    const at = index.get(row.stage) ?? 0;
    canvas.mark(placeOf(row.lambda, row.value, scale), signOf(at, options), styleOf(at));
  }
  const best = rows.find(({ trial }) => trial === results.best?.trial);
  if (best !== undefined) {
    canvas.mark(placeOf(best.lambda, best.value, scale), starOf(options), 'bold');
  }
}

function legendOf(
  results: StudyResults,
  narrowed: LambdaRange | null,
  options: TextOptions,
): { readonly sign: string; readonly text: string }[] {
  const { best, fit } = results;
  const heavy = options.unicode ? '━' : '=';
  const dots = options.unicode ? '⠒' : '.';
  return [
    ...results.stages.map(({ name }, at) => ({
      sign: options.color(styleOf(at), signOf(at, options)),
      text: name,
    })),
    ...(narrowed === null ? [] : [{ sign: heavy, text: 'narrowed range' }]),
    ...(fit === null ? [] : [{ sign: dots, text: 'fit' }]),
    ...(best === null
      ? []
      : [
          {
            sign: options.color('bold', starOf(options)),
            text: `${bestLabel(results)} ${best.trial}, λ ${lambdaText(best.lambda)}, ${metricText(results.objective.metric, best.value)}`,
          },
        ]),
  ];
}

function signOf(stage: number, { unicode }: TextOptions): string {
  const signs = unicode ? stageSigns.unicode : stageSigns.ascii;
  return signs[stage % signs.length] ?? 'o';
}

function styleOf(stage: number): Style {
  return stageStyles[stage % stageStyles.length] ?? 'cyan';
}

function starOf({ unicode }: TextOptions): string {
  return unicode ? '★' : '@';
}

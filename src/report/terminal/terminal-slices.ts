/**
 * Terminal slices: the objective against each hyperparameter, one small chart below the other with the same axis
 * of values. Signs show the stages, as in `terminal-scatter.ts`; a cross is a trial that diverged or was stopped.
 * Below, the importance of the hyperparameters is a table.
 */
import { spread, type SliceInput, type SliceTrial } from '../charts/slice-chart-input.ts';
import { paddedDomain } from '../charts/axes.ts';
import { focusDomain } from '../charts/focus-domain.ts';
import { axisDomain, axisPosition, axisTicks, axisWords } from '../charts/parameter-axis.ts';
import { enclosingTicks } from '../charts/round-ticks.ts';
import { sliceInput } from '../charts/space-inputs.ts';
import type { StudyResults } from '../results/study-results.ts';
import { axisLabel, metricText, plainNumber } from '../text/number-format.ts';
import { textWidth, type TextOptions } from '../text/text-options.ts';
import { importanceLines } from './importance-table.ts';
import { axesLines, legendLines } from './terminal-axes.ts';
import { createCanvas, type Place } from './terminal-canvas.ts';
import { signSet, stageSign, stageStyle } from './terminal-signs.ts';

const widthMax = 100;
const rows = 8;
const ticksY = 3;

interface Axis {
  readonly ticks: readonly number[];
  readonly factor: number;
}

/** A sentence if no trial has a value. */
export function terminalSlices(results: StudyResults, options: TextOptions): string {
  const input = sliceInput(results);
  if (input.trials.every(({ value }) => value === null))
    return 'no chart: no selected trial has a value\n';
  const axis = valueAxis(input);
  const blocks = input.parameters.map((parameter) => sliceLines(input, parameter, axis, options));
  const lines = [
    options.color('bold', axisLabel(input.metric)),
    ...blocks.flat(),
    ...legendLines(legend(input, axis, options), Math.min(widthMax, textWidth(options)), options),
    ...importanceLines(results, options),
  ];
  return `${lines.join('\n')}\n`;
}

function valueAxis({ trials, metric, direction }: SliceInput): Axis {
  const factor = metric.unit === 'share' ? 100 : 1;
  const values = trials.flatMap(({ value }) => (value === null ? [] : [factor * value]));
  const focus = focusDomain(values, direction, metric);
  const near = values.filter((one) => focus === null || (one >= focus[0] && one <= focus[1]));
  return { ticks: enclosingTicks(paddedDomain(near, 0), ticksY), factor };
}

function sliceLines(
  input: SliceInput,
  { name, symbol, scale }: SliceInput['parameters'][number],
  axis: Axis,
  options: TextOptions,
): string[] {
  const { ticks } = axis;
  const [low, high] = [ticks[0] ?? 0, ticks.at(-1) ?? 1];
  const leftWidth = ticks.reduce((most, tick) => Math.max(most, plainNumber(tick).length), 1);
  const columns = Math.min(widthMax, textWidth(options)) - leftWidth - 2;
  const canvas = createCanvas(columns, rows, options.unicode);
  const [start, end] = axisDomain(scale);
  const toX = (at: number): number => (at - start) / (end - start);
  for (const [index, trial] of worstFirst(input).entries()) {
    const value = trial.params[name];
    if (value === undefined) continue;
    const x = toX(axisPosition(scale, value) + spread(scale, index));
    const mark = trialMark(trial, input, options, axis);
    const y = Math.min(1, Math.max(0, (mark.value - low) / (high - low)));
    const place: Place = { x, y };
    canvas.mark(place, mark.sign, mark.style);
  }
  const words = axisWords(scale);
  const below = axisTicks(scale, Math.max(2, Math.floor(columns / 10)));
  return [
    options.color('bold', words === null ? symbol : `${symbol} (${words})`),
    ...axesLines(
      {
        canvas,
        columns,
        rows,
        leftWidth,
        left: ticks.map((tick) => ({ at: (tick - low) / (high - low), text: plainNumber(tick) })),
        below: below.map(({ at, text }) => ({
          at: toX(at),
          text: options.unicode ? text : ascii(text),
        })),
      },
      options,
    ),
  ];
}

/** `10⁻⁵` without superscripts. */
function ascii(text: string): string {
  const raised = '⁰¹²³⁴⁵⁶⁷⁸⁹⁻';
  return text.replace(
    /(?:(.*)×)?10([⁻⁰¹²³⁴-⁹]+)/u,
    (_all, factor: string | undefined, power: string) => {
      const digits = power.replaceAll(/./gu, (one) => '0123456789-'[raised.indexOf(one)] ?? '');
      return `${factor ?? '1'}e${digits}`;
    },
  );
}

/** Better trials cover worse ones, and the best one covers all. */
function worstFirst({ trials, direction, best }: SliceInput): SliceTrial[] {
  const sign = direction === 'maximize' ? 1 : -1;
  const score = ({ trial, value }: SliceTrial): number =>
    trial === best?.trial ? Infinity : value === null ? -Infinity : sign * value;
  return trials.toSorted((a, b) => (score(a) === score(b) ? 0 : score(a) - score(b)));
}

function trialMark(
  { trial, stage, value, tied, end }: SliceTrial,
  { best, stages, direction }: SliceInput,
  options: TextOptions,
  { ticks, factor }: Axis,
) {
  const { star } = signSet(options);
  const number = Math.max(0, stages.indexOf(stage));
  const worst = (direction === 'maximize' ? ticks[0] : ticks.at(-1)) ?? 0;
  if (value === null) {
    const sign = end === 'stopped' ? stoppedSign(options) : failedSign(options);
    return { sign, style: 'dim', value: worst } as const;
  }
  if (trial === best?.trial) return { sign: star, style: 'bold', value: factor * value } as const;
  const sign = stageSign(number, tied === false, options);
  return { sign, style: stageStyle(number), value: factor * value };
}

function failedSign({ unicode }: TextOptions): string {
  return unicode ? '×' : '%';
}

function stoppedSign({ unicode }: TextOptions): string {
  return unicode ? '▫' : '~';
}

function legend(input: SliceInput, { ticks, factor }: Axis, options: TextOptions) {
  const { stages, trials, metric, best } = input;
  const { star, worse } = signSet(options);
  const has = (test: (trial: SliceTrial) => boolean): boolean => trials.some(test);
  const low = ticks[0] ?? 0;
  const high = ticks.at(-1) ?? 0;
  const isOutside = ({ value }: SliceTrial): boolean =>
    value !== null && (factor * value < low || factor * value > high);
  const row = trials.find(({ trial }) => trial === best?.trial);
  return [
    ...stages.map((name, index) => ({
      sign: options.color(stageStyle(index), stageSign(index, false, options)),
      text: name,
    })),
    ...(has(({ tied }) => tied === false)
      ? [{ sign: worse[0] ?? '', text: 'significantly worse' }]
      : []),
    ...(has(({ end }) => end === 'diverged')
      ? [{ sign: failedSign(options), text: 'diverged' }]
      : []),
    ...(has(({ end }) => end === 'stopped')
      ? [{ sign: stoppedSign(options), text: 'stopped' }]
      : []),
    ...(has(isOutside) ? [{ sign: ' ', text: 'values beyond the axis are at its end' }] : []),
    ...(best === null || row === undefined
      ? []
      : [
          {
            sign: options.color('bold', star),
            text: `${best.label}, ${metricText(metric, row.value) ?? ''}`,
          },
        ]),
  ];
}

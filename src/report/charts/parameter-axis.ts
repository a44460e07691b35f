/**
 * Parameter axis: the axis of any hyperparameter in positions from 0 to 1, with its labelled values: linear,
 * logarithmic, or a list. On a logarithmic axis, 0 is left of a break, with the label 0.
 *
 * This module does not load Plot, so that terminal charts can use it.
 */
import { positionOn, type ParameterScale } from '../../search/analysis/parameter-scale.ts';
import type { ParamValue } from '../../study/search-space.ts';
import { plainNumber } from '../text/number-format.ts';
import { parameterTicks, tickTexts } from './axes.ts';
import { roundTicks } from './round-ticks.ts';

/** Distance of 0 from the smallest other value of a logarithmic axis. */
const zeroGap = 0.14;

export interface AxisTick {
  readonly at: number;
  readonly text: string;
}

function hasBreak(scale: ParameterScale): boolean {
  return scale.kind === 'log' && scale.hasZero;
}

/** The ends of the axis. */
export function axisDomain(scale: ParameterScale): readonly [number, number] {
  return [hasBreak(scale) ? -zeroGap : 0, 1];
}

/** The position of the break; null without one. */
export function axisBreak(scale: ParameterScale): number | null {
  return hasBreak(scale) ? -zeroGap / 2 : null;
}

export function axisPosition(scale: ParameterScale, value: ParamValue): number {
  return hasBreak(scale) && Number(value) <= 0 ? -zeroGap : positionOn(scale, value);
}

/** @param most about the most ticks that can be read next to each other */
export function axisTicks(scale: ParameterScale, most: number): AxisTick[] {
  const toTicks = (values: readonly ParamValue[], text: (value: number) => string): AxisTick[] =>
    values.map((value) => ({
      at: axisPosition(scale, value),
      text: typeof value === 'number' ? text(value) : String(value),
    }));
  if (scale.kind === 'list') {
    const every = Math.ceil(scale.values.length / Math.max(1, most));
    return toTicks(
      scale.values.filter((_, index) => index % every === 0),
      plainNumber,
    );
  }
  const { kind, min, max, isWhole } = scale;
  if (kind === 'linear') {
    const ticks = roundTicks(min, max, most);
    return toTicks(isWhole ? ticks.filter(Number.isInteger) : ticks, plainNumber);
  }
  const zero = hasBreak(scale) ? [{ at: axisPosition(scale, 0), text: '0' }] : [];
  const ticks = parameterTicks({ min, max }, Math.max(2, most - zero.length));
  return [...zero, ...toTicks(ticks, isWhole ? plainNumber : tickTexts(ticks))];
}

/** What the axis is, in words. */
export function axisWords(scale: ParameterScale): string | null {
  return scale.kind === 'log' ? 'log scale' : null;
}

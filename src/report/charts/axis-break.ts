/** Axis break: two strokes on a logarithmic axis between 0 and the smallest other value. */
import * as Plot from '@observablehq/plot';
import { breakOn, type ParameterDomain } from './axes.ts';

/** @param x its place; null for none  @param y of the axis */
export function axisBreakMark(x: number | null, y: number): Plot.Markish {
  if (x === null) return null;
  return Plot.text([x], { x: (at: number) => at, y: () => y, dy: 1, text: () => '//' });
}

/** The break of the axis of a number, and the label of 0: Plot leaves out labels that are no round values. */
export function zeroMarks(domain: ParameterDomain, y: number): Plot.Markish[] {
  if (domain.zeroAt === null) return [];
  const label = {
    x: (at: number) => at,
    frameAnchor: 'bottom',
    lineAnchor: 'top',
    dy: 9,
    text: () => '0',
  } as const;
  return [axisBreakMark(breakOn(domain), y), Plot.text([domain.zeroAt], label)];
}

/**
 * Where the label of the best trial stands: beside its dot, and never outside of the picture, however
 * narrow that is and however long the name.
 */
import { log } from '../../base/elementary.ts';
import type { LambdaRange } from '../../study/spec/study-spec.ts';
import { panelMargins, textWidth } from './chart-frame.ts';
import { chartWidth } from './chart-style.ts';
import { lambdaInset } from './lambda-axis.ts';

interface BestLabel {
  readonly name: string;
  readonly numbers: string;
  readonly lambda: number;
  /** Of the axis. */
  readonly range: LambdaRange;
  /** Of the picture. */
  readonly width: number | undefined;
}

interface LabelPlace {
  readonly lines: readonly string[];
  readonly textAnchor: 'start' | 'end';
  /** From the dot to where the lines begin, or end, in pixels. */
  readonly dx: number;
}

/** Between the label and the edge of the picture. */
const gap = 4;
/** How far it reaches beyond the dot on the other side. */
const overlap = 6;

/** It grows from the dot towards the middle; where that is not enough, it begins or ends at an edge. */
export function bestLabelPlace({
  name,
  numbers,
  lambda,
  range,
  width = chartWidth,
}: BestLabel): LabelPlace {
  const { marginLeft, marginRight } = panelMargins;
  const lines = linesOf(name, numbers, width - 2 * gap);
  const needed = lines.reduce((most, line) => Math.max(most, textWidth(line, true)), 0);
  const left = marginLeft + lambdaInset;
  const right = width - marginRight - lambdaInset;
  const at = left + (log(lambda / range.min) / log(range.max / range.min)) * (right - left);
  if (at < (left + right) / 2) {
    const end = width - gap;
    if (at - overlap + needed <= end) return { lines, textAnchor: 'start', dx: -overlap };
    return { lines, textAnchor: 'end', dx: end - at };
  }
  // Rather not over the numbers of the axis, if there is room beside them.
  const begin = Math.max(gap, Math.min(marginLeft, width - gap - needed));
  if (at + overlap - needed >= begin) return { lines, textAnchor: 'end', dx: overlap };
  return { lines, textAnchor: 'start', dx: begin - at };
}

/** One line where there is room for it, else two, the name cut to what there is. */
function linesOf(name: string, numbers: string, room: number): string[] {
  const whole = `${name}: ${numbers}`;
  if (textWidth(whole, true) <= room) return [whole];
  let cut = name;
  while (cut.length > 1 && textWidth(`${cut}…`, true) > room) cut = cut.slice(0, -1);
  return [cut === name ? name : `${cut}…`, numbers];
}

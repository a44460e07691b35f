/**
 * Position of the best trial's label: next to its dot, and always inside the picture, whatever its width
 * and the length of the name.
 */
import { log } from '../../base/elementary.ts';
import type { Range } from '../../search/samplers/distribution.ts';
import { panelMargins, textWidth } from './chart-frame.ts';
import { chartWidth } from './chart-style.ts';
import { axisInset } from './parameter-axis.ts';

interface BestLabel {
  readonly name: string;
  readonly numbers: string;
  /** The parameter's value. */
  readonly at: number;
  /** Range of the axis. */
  readonly range: Range;
  /** Width of the picture. */
  readonly width: number | undefined;
}

interface LabelPlace {
  readonly lines: readonly string[];
  readonly textAnchor: 'start' | 'end';
  /** From the dot to the start of the lines, or their end, in pixels. */
  readonly dx: number;
}

/** Between the label and the edge of the picture. */
const gap = 4;
/** How far the label extends beyond the dot on the other side. */
const overlap = 6;

/** The label extends from the dot towards the middle; if that is too narrow, it starts or ends at an edge. */
export function bestLabelPlace({
  name,
  numbers,
  at,
  range,
  width = chartWidth,
}: BestLabel): LabelPlace {
  const { marginLeft, marginRight } = panelMargins;
  const lines = labelLines(name, numbers, width - 2 * gap);
  const needed = lines.reduce((most, line) => Math.max(most, textWidth(line, true)), 0);
  const left = marginLeft + axisInset;
  const right = width - marginRight - axisInset;
  const x = left + (log(at / range.min) / log(range.max / range.min)) * (right - left);
  if (x < (left + right) / 2) {
    const end = width - gap;
    if (x - overlap + needed <= end) return { lines, textAnchor: 'start', dx: -overlap };
    return { lines, textAnchor: 'end', dx: end - x };
  }
  // Not over the numbers of the axis, if there is room next to them.
  const begin = Math.max(gap, Math.min(marginLeft, width - gap - needed));
  if (x + overlap - needed >= begin) return { lines, textAnchor: 'end', dx: overlap };
  return { lines, textAnchor: 'start', dx: begin - x };
}

/** One line if there is room for it, else two, with the name cut to the width. */
function labelLines(name: string, numbers: string, room: number): string[] {
  const whole = `${name}: ${numbers}`;
  if (textWidth(whole, true) <= room) return [whole];
  let cut = name;
  while (cut.length > 1 && textWidth(`${cut}…`, true) > room) cut = cut.slice(0, -1);
  return [cut === name ? name : `${cut}…`, numbers];
}

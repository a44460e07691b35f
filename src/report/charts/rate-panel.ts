/** The learning rate below a learning curve, on the axis of steps, and the rules at the ends of its cycles. */
import * as Plot from '@observablehq/plot';
import type { Panel } from './chart-frame.ts';
import { faint, stepText } from './chart-style.ts';
import { cycleEnds, type CyclicalRate, type RatePoint } from './rate-cycles.ts';
import { centeredScale } from './value-axis.ts';

/** More rules would hide the curves. */
const rulesMax = 60;

export function cycleRules(rate: CyclicalRate | null, stepMax: number): Plot.Markish {
  const ends = rate === null ? [] : cycleEnds(rate, stepMax);
  if (ends.length === 0 || ends.length > rulesMax) return null;
  return Plot.ruleX(ends, { stroke: 'currentColor', strokeOpacity: 0.35, strokeDasharray: '2 3' });
}

/** @param points of the rate by step; between them it is drawn as a straight line */
export function ratePanel(
  points: readonly RatePoint[],
  rate: CyclicalRate | null,
  stepMax: number,
): Panel {
  const top = points.reduce((max, { value }) => Math.max(max, value), rate?.max ?? 0);
  const line = { x: 'step', y: 'value' };
  return {
    height: 110,
    options: {
      marginTop: 22,
      marginBottom: 38,
      marginRight: 64,
      x: { ...centeredScale('step'), domain: [0, stepMax], tickFormat: stepText, ticks: 8 },
      y: {
        domain: [0, top || 1],
        ticks: [0, top],
        tickFormat: String,
        label: 'learning rate',
        labelArrow: 'none',
        labelOffset: 48,
      },
      marks: [
        cycleRules(rate, stepMax),
        Plot.areaY(points, { ...line, fill: 'currentColor', fillOpacity: 0.12 }),
        Plot.line(points, {
          ...line,
          stroke: 'currentColor',
          strokeOpacity: faint,
          strokeWidth: 1.5,
        }),
      ],
    },
  };
}

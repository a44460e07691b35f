/** Edge marks: arrows at the edge of a panel for trials whose values are beyond its axis. */
import * as Plot from '@observablehq/plot';
import type { Objective } from '../../study/spec/study-spec.ts';
import type { LegendItem } from './chart-legend.ts';
import { colorAt, ink, type ChartTheme } from './chart-style.ts';

interface Outside {
  readonly stage: string;
  /** Position on the x axis. */
  readonly x: number;
}

interface Axis {
  readonly domain: readonly [number, number];
  readonly direction: Objective['direction'];
  /** Names of the stages, in order. */
  readonly stages: readonly string[];
}

/** Worse values are below the axis, or above it if the objective is minimised. */
export function edgeMarks(
  outside: readonly Outside[],
  { domain, direction, stages }: Axis,
  theme: ChartTheme,
): Plot.Markish {
  if (outside.length === 0) return null;
  const isDown = direction === 'maximize';
  return Plot.text(outside, {
    x: 'x',
    y: () => domain[isDown ? 0 : 1],
    dy: isDown ? -6 : 6,
    text: () => (isDown ? '↓' : '↑'),
    fill: ({ stage }: Outside) => colorAt(Math.max(0, stages.indexOf(stage)), theme),
    fontWeight: 'bold',
  });
}

/** The entry of the legend; none if no value is outside. */
export function edgeLegend(count: number, direction: Objective['direction']): LegendItem[] {
  if (count === 0) return [];
  const isDown = direction === 'maximize';
  return [
    { label: isDown ? 'lower values' : 'higher values', color: ink, mark: isDown ? 'down' : 'up' },
  ];
}

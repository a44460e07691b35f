/**
 * Worker timeline: a row for each worker and a bar for each of its packs, from the assignment to the end. Gaps
 * are idle threads; a cross marks a lost pack. `timeline-lanes.ts` computes the positions of the bars.
 */
import * as Plot from '@observablehq/plot';
import type { AttemptRecord } from '../../study/trial.ts';
import { fitText } from '../text/display-width.ts';
import { foreignText } from '../text/escape-terminal.ts';
import { countText, durationText, plainNumber } from '../text/number-format.ts';
import { framed, type LegendItem } from './chart-frame.ts';
import { blue, green, purple, vermilion, type DrawChart, type ChartTheme } from './chart-style.ts';
import {
  buildTimeline,
  type Bar,
  type BarKind,
  type Timeline,
  type WorkerRow,
} from './timeline-lanes.ts';
import { centeredScale } from './axes.ts';

export interface WorkerTimelineInput {
  readonly title: string;
  readonly attempts: readonly AttemptRecord[];
  /** End of the bars of open attempts. */
  readonly nowMs: number;
}

const kinds: Readonly<Record<BarKind, { readonly label: string; readonly color: string }>> = {
  search: { label: 'search', color: blue },
  check: { label: 'test or audit', color: green },
  lost: { label: 'lost, crashed or disputed', color: vermilion },
  ended: { label: 'returned, obsolete or cancelled', color: 'currentColor' },
  open: { label: 'still open', color: purple },
};
const workersMax = 40;
const barsMax = 4000;
const nameWidth = 22;

export const workerTimeline: DrawChart<WorkerTimelineInput> = (document, input, theme) => {
  const timeline = buildTimeline(input.attempts, input.nowMs, workersMax);
  const { workers, lanes, seconds, totals } = timeline;
  const bars = longest(timeline.bars);
  const unit = timeUnit(seconds);
  const isCut = totals.workers > workers.length;
  const laneHeight = Math.max(4, Math.min(18, Math.floor(520 / Math.max(1, lanes))));
  return framed(document, theme, {
    title: input.title,
    subtitle: isCut ? `the ${workers.length} busiest of ${totals.workers} workers` : undefined,
    description: describe(timeline, input.attempts.length),
    legend: legend(bars),
    panels: [
      {
        height: 22 + lanes * laneHeight + workers.length * 4 + 46,
        marginTop: 22,
        marginBottom: 42,
        marginLeft: 150,
        x: {
          ...centeredScale(`${unit.name} since the first assignment`),
          domain: [0, Math.max(seconds, 0.001) / unit.seconds],
          tickFormat: plainNumber,
        },
        y: { domain: [lanes, 0], axis: null },
        marks: timelineMarks({ ...timeline, bars }, unit, theme),
      },
    ],
  });
};

function timelineMarks(
  { cuts, workers, bars }: Pick<Timeline, 'cuts' | 'workers' | 'bars'>,
  unit: ReturnType<typeof timeUnit>,
  theme: ChartTheme,
): Plot.Markish[] {
  const cutAt = ({ at }: Timeline['cuts'][number]): number => at / unit.seconds;
  return [
    Plot.ruleY(workers, { y: 'firstLane', stroke: 'currentColor', strokeOpacity: 0.2 }),
    Plot.text(workers, {
      y: ({ firstLane, lanes }: WorkerRow) => firstLane + lanes / 2,
      text: ({ worker }: WorkerRow) => fitText(foreignText(worker), nameWidth, '…', 'end'),
      frameAnchor: 'left',
      textAnchor: 'end',
      dx: -8,
      fill: 'currentColor',
    }),
    ...Object.entries(kinds).map(([kind, { color }]) =>
      Plot.rect(bars, {
        filter: (bar: Bar) => bar.kind === kind,
        x1: ({ from }: Bar) => from / unit.seconds,
        x2: ({ to }: Bar) => to / unit.seconds,
        y1: ({ lane }: Bar) => lane + 0.12,
        y2: ({ lane }: Bar) => lane + 0.88,
        fill: color,
        fillOpacity: kind === 'ended' ? 0.15 : 0.8,
        stroke: kind === 'ended' ? 'currentColor' : theme.background,
        strokeWidth: 0.6,
      }),
    ),
    Plot.dot(bars, {
      filter: ({ kind }: Bar) => kind === 'lost',
      x: ({ to }: Bar) => to / unit.seconds,
      y: ({ lane }: Bar) => lane + 0.5,
      symbol: 'times',
      r: 3.5,
      stroke: 'currentColor',
      strokeWidth: 1.8,
    }),
    Plot.ruleX(cuts, { x: cutAt, stroke: 'currentColor', strokeDasharray: '1 4' }),
    Plot.text(cuts, {
      x: cutAt,
      text: ({ seconds }: Timeline['cuts'][number]) => `${durationText(1000 * seconds)} idle`,
      frameAnchor: 'top',
      dy: -10,
      fill: 'currentColor',
    }),
  ];
}

/** The bars that can be seen. */
function longest(bars: readonly Bar[]): readonly Bar[] {
  if (bars.length <= barsMax) return bars;
  return bars.toSorted((a, b) => b.to - b.from - (a.to - a.from)).slice(0, barsMax);
}

/** The unit of the axis, so that its labels are round numbers. */
function timeUnit(seconds: number) {
  if (seconds < 300) return { name: 'seconds', seconds: 1 };
  return seconds < 4 * 3600 ? { name: 'minutes', seconds: 60 } : { name: 'hours', seconds: 3600 };
}

function legend(bars: readonly Bar[]): LegendItem[] {
  return (['search', 'check', 'lost', 'ended', 'open'] as const)
    .filter((kind) => bars.some((bar) => bar.kind === kind))
    .map((kind) => ({ ...kinds[kind], mark: kind === 'ended' ? 'area' : 'square2' }));
}

function describe({ totals, seconds, cuts }: Timeline, attempts: number): string {
  const idle = cuts.length === 0 ? '' : `; ${countText(cuts.length, 'long idle time')} cut out`;
  return `Timeline of ${countText(attempts, 'attempt')} in ${countText(totals.packs, 'pack')} on ${countText(totals.workers, 'worker')} over ${durationText(1000 * seconds)}; ${totals.lost} lost${idle}.`;
}

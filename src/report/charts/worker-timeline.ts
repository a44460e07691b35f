/**
 * Who worked when: a row for each worker, a bar for each pack it was given, from the grant to its end.
 *
 * Gaps are idle threads, red bars with a cross were lost and done again, grey ones ended without being
 * counted. `timeline-lanes.ts` says which bar stands where.
 */
import * as Plot from '@observablehq/plot';
import type { AttemptRecord } from '../../study/trial.ts';
import { fitText } from '../text/display-width.ts';
import { foreignText } from '../text/escape-terminal.ts';
import { countText, durationText } from '../text/number-format.ts';
import { framed, type LegendItem } from './chart-frame.ts';
import {
  blue,
  green,
  purple,
  vermilion,
  type ChartDocument,
  type ChartElement,
  type ChartTheme,
} from './chart-style.ts';
import {
  timelineOf,
  type Bar,
  type BarKind,
  type Timeline,
  type WorkerRow,
} from './timeline-lanes.ts';
import { plainNumber } from './value-axis.ts';

export interface WorkerTimelineInput {
  readonly title: string;
  readonly subtitle?: string | undefined;
  readonly attempts: readonly AttemptRecord[];
  /** Until where attempts that are still open are drawn. */
  readonly nowMs: number;
}

const kinds: Readonly<Record<BarKind, { readonly label: string; readonly color: string }>> = {
  search: { label: 'search', color: blue },
  check: { label: 'test or audit', color: green },
  lost: { label: 'lost, crashed or disputed', color: vermilion },
  ended: { label: 'returned, superseded or cancelled', color: 'currentColor' },
  open: { label: 'still open', color: purple },
};
const workersMax = 40;
const barsMax = 4000;
const nameWidth = 22;

export function workerTimeline(
  document: ChartDocument,
  input: WorkerTimelineInput,
  theme: ChartTheme,
): ChartElement {
  const all = timelineOf(input.attempts, input.nowMs);
  const { workers, bars, lanes } = cutTo(all);
  const unit = timeUnit(all.seconds);
  const hidden = all.workers.length - workers.length;
  const laneHeight = Math.max(4, Math.min(18, Math.floor(520 / Math.max(1, lanes))));
  return framed(document, theme, {
    title: input.title,
    subtitle:
      [
        input.subtitle,
        hidden > 0 ? `the ${workers.length} busiest of ${all.workers.length} workers` : null,
      ]
        .filter((part) => part !== undefined && part !== null)
        .join('; ') || undefined,
    description: describe(all, input.attempts.length),
    legend: legendOf(bars),
    panels: [
      {
        height: 22 + lanes * laneHeight + workers.length * 4 + 46,
        options: {
          marginTop: 22,
          marginBottom: 42,
          marginLeft: 150,
          x: {
            domain: [0, Math.max(all.seconds, 0.001) / unit.seconds],
            label: `${unit.name} since the first grant`,
            labelAnchor: 'center',
            labelArrow: 'none',
            tickFormat: plainNumber,
          },
          y: { domain: [lanes, 0], axis: null },
          marks: marksOf({ cuts: all.cuts, workers, bars }, unit, theme),
        },
      },
    ],
  });
}

function marksOf(
  { cuts, workers, bars }: Pick<Timeline, 'cuts' | 'workers' | 'bars'>,
  unit: TimeUnit,
  theme: ChartTheme,
): Plot.Markish[] {
  const cutAt = ({ at }: Timeline['cuts'][number]): number => at / unit.seconds;
  return [
    Plot.ruleY(
      workers.map(({ firstLane }) => firstLane),
      { stroke: 'currentColor', strokeOpacity: 0.2 },
    ),
    Plot.text(workers, {
      y: ({ firstLane, lanes }: WorkerRow) => firstLane + lanes / 2,
      text: ({ worker }: WorkerRow) => fitText(foreignText(worker), nameWidth, '…', 'end'),
      frameAnchor: 'left',
      textAnchor: 'end',
      dx: -8,
      fill: 'currentColor',
    }),
    ...Object.entries(kinds).map(([kind, { color }]) =>
      Plot.rect(
        bars.filter((bar) => bar.kind === kind),
        {
          x1: ({ from }: Bar) => from / unit.seconds,
          x2: ({ to }: Bar) => to / unit.seconds,
          y1: ({ lane }: Bar) => lane + 0.12,
          y2: ({ lane }: Bar) => lane + 0.88,
          fill: color,
          fillOpacity: kind === 'ended' ? 0.15 : 0.8,
          stroke: kind === 'ended' ? 'currentColor' : theme.background,
          strokeWidth: 0.6,
        },
      ),
    ),
    Plot.dot(
      bars.filter(({ kind }) => kind === 'lost'),
      {
        x: ({ to }: Bar) => to / unit.seconds,
        y: ({ lane }: Bar) => lane + 0.5,
        symbol: 'times',
        r: 3.5,
        stroke: 'currentColor',
        strokeWidth: 1.8,
      },
    ),
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

/** The busiest workers, their lanes counted anew, and not more bars than a picture can show. */
function cutTo({ workers, bars }: Timeline): Pick<Timeline, 'workers' | 'bars' | 'lanes'> {
  const busy = new Map<string, number>();
  for (const { worker, from, to } of bars) busy.set(worker, (busy.get(worker) ?? 0) + to - from);
  const kept = new Set(
    workers
      .map(({ worker }) => worker)
      .toSorted((a, b) => (busy.get(b) ?? 0) - (busy.get(a) ?? 0))
      .slice(0, workersMax),
  );
  const moved = new Map<string, number>();
  let lanes = 0;
  const rows = workers
    .filter(({ worker }) => kept.has(worker))
    .toSorted((a, b) => (a.worker < b.worker ? -1 : 1))
    .map((row) => {
      moved.set(row.worker, lanes - row.firstLane);
      lanes += row.lanes;
      return { ...row, firstLane: lanes - row.lanes };
    });
  const own = bars.flatMap((bar) => {
    const by = moved.get(bar.worker);
    return by === undefined ? [] : [{ ...bar, lane: bar.lane + by }];
  });
  const longest =
    own.length <= barsMax
      ? own
      : own.toSorted((a, b) => b.to - b.from - (a.to - a.from)).slice(0, barsMax);
  return { workers: rows, bars: longest, lanes };
}

interface TimeUnit {
  readonly name: string;
  readonly seconds: number;
}

/** The unit in which the axis counts: its labels are round numbers of it. */
function timeUnit(seconds: number): TimeUnit {
  if (seconds < 300) return { name: 'seconds', seconds: 1 };
  return seconds < 4 * 3600 ? { name: 'minutes', seconds: 60 } : { name: 'hours', seconds: 3600 };
}

function legendOf(bars: readonly Bar[]): LegendItem[] {
  return (['search', 'check', 'lost', 'ended', 'open'] as const)
    .filter((kind) => bars.some((bar) => bar.kind === kind))
    .map((kind) => ({
      label: kinds[kind].label,
      color: kinds[kind].color,
      mark: kind === 'ended' ? 'area' : 'square2',
    }));
}

function describe({ bars, workers, seconds, cuts }: Timeline, attempts: number): string {
  const lost = bars.filter(({ kind }) => kind === 'lost').length;
  const idle = cuts.length === 0 ? '' : `; ${countText(cuts.length, 'long idle time')} cut out`;
  return `Timeline of ${countText(attempts, 'attempt')} in ${countText(bars.length, 'pack')} on ${countText(workers.length, 'worker')} over ${durationText(1000 * seconds)}; ${lost} lost${idle}.`;
}

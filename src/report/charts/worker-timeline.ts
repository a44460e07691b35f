/**
 * Worker timeline: a row for each worker and a bar for each of its packs, from the assignment to the end. Gaps
 * are idle threads; a cross marks a lost pack. Bars of the search have the colour of their stage, and the names
 * of their trials if they fit. `timeline-lanes.ts` computes the positions of the bars.
 */
import * as Plot from '@observablehq/plot';
import type { AttemptRecord } from '../../study/trial.ts';
import { fitText } from '../text/display-width.ts';
import { foreignText } from '../text/escape-terminal.ts';
import { countText, durationText, plainNumber } from '../text/number-format.ts';
import { framed, type PanelSize } from './chart-frame.ts';
import type { LegendItem } from './chart-legend.ts';
import { colorAt, grey, ink, type DrawChart, type ChartTheme } from './chart-style.ts';
import { textWidth } from './text-size.ts';
import {
  buildTimeline,
  type Bar,
  type BarKind,
  type Cut,
  type Timeline,
  type WorkerRow,
} from './timeline-lanes.ts';
import { centeredScale } from './axes.ts';

export interface WorkerTimelineInput {
  readonly title: string;
  /** Names of the stages, in order. */
  readonly stages: readonly string[];
  readonly attempts: readonly AttemptRecord[];
  /** End of the bars of open attempts. */
  readonly nowMs: number;
}

/** Words of the legend; search packs have one entry for each stage. */
const kinds: Readonly<Record<Exclude<BarKind, 'search'>, Omit<LegendItem, 'color'>>> = {
  diverged: { label: 'with diverged trials', mark: 'box' },
  check: { label: 'test or audit', mark: 'square2' },
  lost: { label: 'lost, crashed or disputed', mark: 'cross' },
  ended: { label: 'returned, obsolete or cancelled', mark: 'area' },
  open: { label: 'not ended', mark: 'dashed' },
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
  const marginTop = timeline.cuts.length === 0 ? 8 : 22;
  const laneHeight = Math.max(4, Math.min(20, Math.floor(520 / Math.max(1, lanes))));
  const marginLeft = workers.reduce((most, row) => Math.max(most, textWidth(rowName(row))), 0) + 24;
  return framed(document, theme, {
    title: input.title,
    subtitle: isCut ? `the ${workers.length} busiest of ${totals.workers} workers` : undefined,
    description: describe(timeline, input.attempts.length),
    legend: legend(bars, input.stages, theme),
    panels: [
      {
        height: marginTop + lanes * laneHeight + workers.length * 4 + 46,
        margins: { marginTop, marginBottom: 42, marginLeft },
        draw: (size) => ({
          x: {
            ...centeredScale(`${unit.name} since start`),
            domain: [0, Math.max(seconds, 0.001) / unit.seconds],
            tickFormat: plainNumber,
          },
          y: { domain: [lanes, 0], axis: null },
          marks: [
            ...rowMarks(workers),
            ...barMarks(bars, unit.seconds, input.stages, theme),
            nameMarks(bars, unit.seconds, timeline, size),
            ...cutMarks(timeline, unit.seconds),
          ],
        }),
      },
    ],
  });
};

function rowName({ worker }: WorkerRow): string {
  return fitText(foreignText(worker), nameWidth, '…', 'end');
}

function rowMarks(workers: readonly WorkerRow[]): Plot.Markish[] {
  return [
    Plot.ruleY(workers, { y: 'firstLane', stroke: ink, strokeOpacity: 0.2 }),
    Plot.text(workers, {
      y: ({ firstLane, lanes }: WorkerRow) => firstLane + lanes / 2,
      text: rowName,
      frameAnchor: 'left',
      textAnchor: 'end',
      dx: -8,
      fill: ink,
    }),
  ];
}

function barMarks(
  bars: readonly Bar[],
  unit: number,
  stages: readonly string[],
  theme: ChartTheme,
): Plot.Markish[] {
  const place = {
    x1: ({ from }: Bar) => from / unit,
    x2: ({ to }: Bar) => to / unit,
    y1: ({ lane }: Bar) => lane + 0.1,
    y2: ({ lane }: Bar) => lane + 0.9,
  };
  const color = (bar: Bar): string => barColor(bar, stages, theme);
  const of = (...wanted: BarKind[]) => bars.filter(({ kind }) => wanted.includes(kind));
  return [
    Plot.rect(of('search', 'check'), {
      ...place,
      fill: color,
      fillOpacity: 0.8,
      stroke: theme.background,
      strokeWidth: 0.6,
    }),
    Plot.rect(of('diverged', 'ended'), { ...place, fill: color, fillOpacity: 0.2, stroke: color }),
    Plot.rect(of('open'), {
      ...place,
      fill: color,
      fillOpacity: 0.35,
      stroke: color,
      strokeDasharray: '4 2',
    }),
    Plot.rect(of('lost'), { ...place, fill: theme.background, stroke: ink }),
    Plot.dot(of('lost'), {
      x: place.x2,
      y: ({ lane }: Bar) => lane + 0.5,
      symbol: 'times',
      r: 3.5,
      stroke: ink,
      strokeWidth: 1.8,
    }),
  ];
}

function barColor({ kind, stage }: Bar, stages: readonly string[], theme: ChartTheme): string {
  if (kind === 'check' || kind === 'ended') return grey;
  return colorAt(Math.max(0, stages.indexOf(stage)), theme);
}

/** Names of trials in the bars that are wide and high enough. */
function nameMarks(
  bars: readonly Bar[],
  unit: number,
  { seconds, lanes }: Pick<Timeline, 'seconds' | 'lanes'>,
  { innerWidth, innerHeight }: PanelSize,
): Plot.Markish {
  if (innerHeight / Math.max(1, lanes) < 13) return null;
  const pixels = ({ from, to }: Bar): number =>
    ((to - from) / Math.max(seconds, 0.001)) * innerWidth;
  const named = bars.filter((bar) => pixels(bar) > 0.85 * textWidth(bar.name) + 6);
  return Plot.text(named, {
    x: ({ from, to }: Bar) => (from + to) / 2 / unit,
    y: ({ lane }: Bar) => lane + 0.5,
    text: 'name',
    fontSize: 10,
    fill: ({ kind }: Bar) => (kind === 'search' || kind === 'check' ? '#ffffff' : ink),
  });
}

function cutMarks({ cuts }: Timeline, unit: number): Plot.Markish[] {
  const x = ({ at }: Cut): number => at / unit;
  return [
    Plot.ruleX(cuts, { x, stroke: ink, strokeDasharray: '1 4' }),
    Plot.text(cuts, {
      x,
      text: ({ seconds, isLost }: Cut) =>
        `${durationText(1000 * seconds)} ${isLost ? 'without a result' : 'idle'}`,
      frameAnchor: 'top',
      dy: -10,
      fill: ink,
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

function legend(bars: readonly Bar[], stages: readonly string[], theme: ChartTheme): LegendItem[] {
  const searched = stages.filter((stage) =>
    bars.some((bar) => bar.kind === 'search' && bar.stage === stage),
  );
  return [
    ...searched.map((label): LegendItem => {
      return { label, mark: 'square2', color: colorAt(stages.indexOf(label), theme) };
    }),
    ...(['diverged', 'check', 'lost', 'ended', 'open'] as const)
      .filter((kind) => bars.some((bar) => bar.kind === kind))
      .map((kind) => ({ ...kinds[kind], color: kind === 'check' ? grey : ink })),
  ];
}

function describe({ totals, seconds, cuts }: Timeline, attempts: number): string {
  const idle = cuts.length === 0 ? '' : `; ${countText(cuts.length, 'long idle time')} cut out`;
  return `Timeline of ${countText(attempts, 'attempt')} in ${countText(totals.packs, 'pack')} on ${countText(totals.workers, 'worker')} over ${durationText(1000 * seconds)}; ${totals.lost} lost${idle}.`;
}

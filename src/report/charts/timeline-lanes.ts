/**
 * Attempts as bars in lanes: a row for each worker, as many lanes in it as packs ran at once.
 *
 * A pack is one bar: its trials start and end together. Time in which nothing ran at all (a search that
 * was stopped for the night) is cut out, so that the rest can be seen; where, is told.
 */
import type { AttemptRecord } from '../../study/trial.ts';

export type BarKind = 'search' | 'check' | 'lost' | 'ended' | 'open';

export interface Bar {
  readonly worker: string;
  /** Counted from 0 over the whole chart, top to bottom. */
  readonly lane: number;
  /** Seconds since the start, without the time that was cut out. */
  readonly from: number;
  readonly to: number;
  readonly kind: BarKind;
  readonly trials: number;
}

export interface WorkerRow {
  readonly worker: string;
  readonly firstLane: number;
  readonly lanes: number;
}

export interface Timeline {
  readonly bars: readonly Bar[];
  readonly workers: readonly WorkerRow[];
  readonly lanes: number;
  readonly seconds: number;
  /** Where time was cut out, and how much of it. */
  readonly cuts: readonly { readonly at: number; readonly seconds: number }[];
}

interface Span {
  readonly worker: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly kind: BarKind;
  readonly trials: number;
}

/** Idle time shorter than this is part of the picture. */
const cutMinMs = 30_000;
/** What is left of a longer one, as a share of all the time in which something ran. */
const cutShare = 0.02;

/** @param nowMs until where attempts that are still open are drawn */
export function timelineOf(attempts: readonly AttemptRecord[], nowMs: number): Timeline {
  const spans = spansOf(attempts, nowMs);
  const clock = busyClock(spans);
  const workers: WorkerRow[] = [];
  const bars: Bar[] = [];
  let firstLane = 0;
  for (const [worker, own] of Map.groupBy(spans, (span) => span.worker)) {
    const laneEnds: number[] = [];
    for (const span of own) {
      const free = laneEnds.findIndex((end) => end <= span.startMs);
      const lane = free === -1 ? laneEnds.length : free;
      laneEnds[lane] = span.endMs;
      const { kind, trials } = span;
      bars.push({
        worker,
        lane: firstLane + lane,
        from: clock.at(span.startMs),
        to: clock.at(span.endMs),
        kind,
        trials,
      });
    }
    workers.push({ worker, firstLane, lanes: laneEnds.length });
    firstLane += laneEnds.length;
  }
  return { bars, workers, lanes: firstLane, seconds: clock.seconds, cuts: clock.cuts };
}

/** One for each pack and kind, by start. */
function spansOf(attempts: readonly AttemptRecord[], nowMs: number): Span[] {
  const packs = Map.groupBy(
    attempts,
    (attempt) => `${attempt.session} ${attempt.pack} ${kindOf(attempt)}`,
  );
  return [...packs.values()]
    .flatMap((members): Span[] => {
      const [first] = members;
      if (first === undefined) return [];
      const startMs = Math.min(...members.map(({ grantedAtMs }) => grantedAtMs));
      const endMs = Math.max(...members.map(({ endedAtMs }) => endedAtMs ?? nowMs));
      const kind = kindOf(first);
      return [
        {
          worker: first.worker,
          startMs,
          endMs: Math.max(startMs, endMs),
          kind,
          trials: members.length,
        },
      ];
    })
    .toSorted((a, b) => a.startMs - b.startMs);
}

function kindOf({ outcome, kind }: AttemptRecord): BarKind {
  switch (outcome) {
    case null:
      return 'open';
    case 'lost':
    case 'crashed':
    case 'timeout':
    case 'disputed':
      return 'lost';
    case 'returned':
    case 'superseded':
    case 'cancelled':
      return 'ended';
    case 'duplicate':
      // The result again is what a test or an audit is for; of a search, it came too late to count.
      return kind === 'search' ? 'ended' : 'check';
    case 'accepted':
    case 'diverged':
      return kind === 'search' ? 'search' : 'check';
  }
}

interface BusyClock {
  at(timeMs: number): number;
  readonly seconds: number;
  readonly cuts: Timeline['cuts'];
}

/** Maps a time to seconds since the start, long idle times made short. */
function busyClock(spans: readonly Span[]): BusyClock {
  const idle: { readonly fromMs: number; readonly toMs: number }[] = [];
  const startMs = spans[0]?.startMs ?? 0;
  let busyUntilMs = startMs;
  for (const span of spans) {
    if (span.startMs - busyUntilMs > cutMinMs)
      idle.push({ fromMs: busyUntilMs, toMs: span.startMs });
    busyUntilMs = Math.max(busyUntilMs, span.endMs);
  }
  const idleMs = idle.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const leftMs = cutShare * (busyUntilMs - startMs - idleMs);
  const cut = idle.filter(({ fromMs, toMs }) => toMs - fromMs > 2 * leftMs);
  const at = (timeMs: number): number => {
    const lost = cut.reduce(
      (sum, { fromMs, toMs }) => sum + (timeMs >= toMs ? Math.max(0, toMs - fromMs - leftMs) : 0),
      0,
    );
    return (timeMs - startMs - lost) / 1000;
  };
  return {
    at,
    seconds: at(busyUntilMs),
    cuts: cut.map(({ fromMs, toMs }) => ({
      at: at(fromMs) + leftMs / 2000,
      seconds: (toMs - fromMs) / 1000,
    })),
  };
}

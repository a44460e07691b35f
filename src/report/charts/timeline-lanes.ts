/**
 * Timeline lanes: a bar for each pack, in rows of workers with one lane for each pack that ran at the same
 * time. Long times in which nothing ran, such as a paused night, are cut out; `cuts` lists them.
 */
import type { AttemptRecord } from '../../study/trial.ts';

/** `check`: a test or an audit. `ended`: without a result, but not by a fault. */
export type BarKind = 'search' | 'diverged' | 'check' | 'lost' | 'ended' | 'open';

export interface Bar {
  readonly worker: string;
  /** Number of the lane in the whole chart, from 0, top to bottom. */
  readonly lane: number;
  /** Seconds since the start, without the cut times. */
  readonly from: number;
  readonly to: number;
  readonly kind: BarKind;
  readonly stage: string;
  /** Names of the trials, shortened: `coarse/1–8`. */
  readonly name: string;
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
  /** Position and length of each cut. */
  readonly cuts: readonly Cut[];
  /** Counts of all workers, also of those without a row. */
  readonly totals: { readonly workers: number; readonly packs: number; readonly lost: number };
}

export interface Cut {
  readonly at: number;
  readonly seconds: number;
  /** Whether packs without a known end were lost in it; otherwise, nothing ran. */
  readonly isLost: boolean;
}

interface Span extends Pick<Bar, 'worker' | 'kind' | 'stage' | 'name'> {
  readonly startMs: number;
  readonly endMs: number;
}

/** Shortest idle time that is cut out. */
const cutMinMs = 30_000;
/** Width that is left of a cut time, as a share of the busy time. */
const cutShare = 0.02;

/**
 * @param nowMs end of the bars of open attempts
 * @param workersMax of more workers, the busiest have rows
 */
export function buildTimeline(
  attempts: readonly AttemptRecord[],
  nowMs: number,
  workersMax = Infinity,
): Timeline {
  const spans = packSpans(attempts, nowMs);
  const clock = busyClock(spans);
  const busyMs = (own: readonly Span[]): number =>
    own.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  const all = [...Map.groupBy(spans, (span) => span.worker)].toSorted(
    ([, a], [, b]) => busyMs(b) - busyMs(a),
  );
  const workers: WorkerRow[] = [];
  const bars: Bar[] = [];
  let firstLane = 0;
  for (const [worker, own] of all.slice(0, workersMax).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const laneEnds: number[] = [];
    for (const { startMs, endMs, ...span } of own) {
      const free = laneEnds.findIndex((end) => end <= startMs);
      const lane = free === -1 ? laneEnds.length : free;
      laneEnds[lane] = endMs;
      const [from, to] = [clock.at(startMs), clock.at(endMs)];
      bars.push({ ...span, lane: firstLane + lane, from, to });
    }
    workers.push({ worker, firstLane, lanes: laneEnds.length });
    firstLane += laneEnds.length;
  }
  const { seconds, cuts } = clock;
  const lost = spans.filter(({ kind }) => kind === 'lost').length;
  const totals = { workers: all.length, packs: spans.length, lost };
  return { bars, workers, lanes: firstLane, seconds, cuts, totals };
}

/** One span for each pack, by start. */
function packSpans(attempts: readonly AttemptRecord[], nowMs: number): Span[] {
  const packs = Map.groupBy(attempts, ({ session, pack }) => `${session} ${pack}`);
  return [...packs.values()]
    .flatMap((members): Span[] => {
      const [first] = members;
      if (first === undefined) return [];
      const { worker, trial } = first;
      const startMs = Math.min(...members.map(({ assignedAtMs }) => assignedAtMs));
      const endMs = Math.max(startMs, ...members.map(({ endedAtMs }) => endedAtMs ?? nowMs));
      const kinds = members.map(barKind);
      const kind = kindOrder.find((one) => kinds.includes(one)) ?? 'ended';
      return [{ worker, startMs, endMs, kind, stage: trial.stage, name: packName(members) }];
    })
    .toSorted((a, b) => a.startMs - b.startMs);
}

/** The first of these that a trial of a pack has is the kind of its bar. */
const kindOrder: readonly BarKind[] = ['lost', 'open', 'diverged', 'search', 'check', 'ended'];

const barKinds: Readonly<Record<NonNullable<AttemptRecord['outcome']>, BarKind>> = {
  lost: 'lost',
  crashed: 'lost',
  timeout: 'lost',
  disputed: 'lost',
  returned: 'ended',
  obsolete: 'ended',
  cancelled: 'ended',
  duplicate: 'ended',
  accepted: 'search',
  diverged: 'diverged',
};

/** A test or an audit also succeeds with an equal result; a search result that arrives twice is obsolete. */
function barKind({ outcome, kind }: AttemptRecord): BarKind {
  if (outcome === null) return 'open';
  const succeeded = ['accepted', 'diverged', 'duplicate'].includes(outcome);
  return succeeded && kind !== 'search' ? 'check' : barKinds[outcome];
}

/** `coarse/1–8`, `coarse/3, 7`; of more than three runs of numbers, the first and the count of the others. */
function packName(members: readonly AttemptRecord[]): string {
  const stage = members[0]?.trial.stage ?? '';
  const indices = [...new Set(members.map(({ trial }) => trial.index))].toSorted((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const index of indices) {
    const last = runs.at(-1);
    if (last?.[1] === index - 1) last[1] = index;
    else runs.push([index, index]);
  }
  if (runs.length > 3) return `${stage}/${indices[0]} + ${indices.length - 1}`;
  return `${stage}/${runs.map(([from, to]) => (from === to ? from : `${from}–${to}`)).join(', ')}`;
}

/**
 * Maps a time to seconds since the start, without the cut times.
 *
 * A lost pack counts at its start only: when its worker stopped is unknown, and its end is that of its lease,
 * after the coordinator was started again.
 */
function busyClock(spans: readonly Span[]) {
  const idle: { readonly fromMs: number; readonly toMs: number }[] = [];
  const startMs = spans[0]?.startMs ?? 0;
  const endMs = spans.reduce((last, span) => Math.max(last, span.endMs), startMs);
  let busyUntilMs = startMs;
  const busyAt = (fromMs: number, toMs: number): void => {
    if (fromMs - busyUntilMs > cutMinMs) idle.push({ fromMs: busyUntilMs, toMs: fromMs });
    busyUntilMs = Math.max(busyUntilMs, toMs);
  };
  for (const span of spans) busyAt(span.startMs, span.kind === 'lost' ? span.startMs : span.endMs);
  busyAt(endMs, endMs);
  const idleMs = idle.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const leftMs = cutShare * (endMs - startMs - idleMs);
  const cut = idle.filter(({ fromMs, toMs }) => toMs - fromMs > 2 * leftMs);
  const at = (timeMs: number): number => {
    const lost = cut.reduce((sum, { fromMs, toMs }) => {
      const into = Math.min(timeMs, toMs) - fromMs;
      return sum + (into <= 0 ? 0 : (into / (toMs - fromMs)) * Math.max(0, toMs - fromMs - leftMs));
    }, 0);
    return (timeMs - startMs - lost) / 1000;
  };
  return {
    at,
    seconds: at(endMs),
    cuts: cut.map(({ fromMs, toMs }) => ({
      at: at(fromMs) + leftMs / 2000,
      seconds: (toMs - fromMs) / 1000,
      isLost: spans.some((span) => span.startMs <= fromMs && span.endMs >= toMs),
    })),
  };
}

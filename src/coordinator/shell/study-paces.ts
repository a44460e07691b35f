/**
 * Study paces: the mean time between the ends of a study's trials, from the latest ends. Time in which the
 * study was paused does not count, and a change of the number of threads starts over.
 */
import type { ClusterState } from '../core/state/cluster-state.ts';
import type { LiveEvent } from '../core/state/live-events.ts';

/** Ends that are kept: after this many trials, the pace has followed a change of the cluster. */
const endsMax = 40;
/** Shortest time that gives a pace: all trials of a pack end together. */
const spanMsMin = 5_000;
/** A longer gap between two ends than this multiple of the mean so far starts over. */
const gapFactor = 10;

interface Pace {
  /** Threads of the cluster at the ends. */
  threads: number;
  /** Times of the latest ends; monotonic, ascending. */
  ends: number[];
  /** When the study was paused; monotonic; null while it is not paused. */
  pausedAtMs: number | null;
}

export class StudyPaces {
  readonly #paces = new Map<string, Pace>();

  received(event: LiveEvent, state: ClusterState | null, nowMs: number): void {
    if (event.kind === 'trial-ended') this.trialEnded(event.study, threadsIn(state), nowMs);
    if (event.kind === 'study-ended') this.forget(event.study);
  }

  steered(study: string, change: 'pause' | 'resume' | 'cancel', nowMs: number): void {
    if (change === 'pause') this.paused(study, nowMs);
    if (change === 'resume') this.resumed(study, nowMs);
  }

  /** @param threads of the whole cluster */
  trialEnded(study: string, threads: number, nowMs: number): void {
    const pace = this.#pace(study);
    const mean = meanGapMs(pace.ends);
    const gapMs = nowMs - (pace.ends.at(-1) ?? nowMs);
    const isLongGap = mean !== null && gapMs > gapFactor * mean + spanMsMin;
    if (isLongGap || threads !== pace.threads) pace.ends.length = 0;
    pace.threads = threads;
    pace.ends.push(nowMs);
    if (pace.ends.length > endsMax) pace.ends.shift();
  }

  paused(study: string, nowMs: number): void {
    this.#pace(study).pausedAtMs ??= nowMs;
  }

  resumed(study: string, nowMs: number): void {
    const pace = this.#pace(study);
    if (pace.pausedAtMs === null) return;
    // Trials that ran on when the study was paused may have ended since.
    const { pausedAtMs } = pace;
    pace.ends = pace.ends.map((end) => nowMs - Math.max(0, pausedAtMs - end));
    pace.pausedAtMs = null;
  }

  forget(study: string): void {
    this.#paces.delete(study);
  }

  /** Milliseconds from one end of a trial to the next; null until it is known. */
  msPerTrial(study: string): number | null {
    return meanGapMs(this.#paces.get(study)?.ends ?? []);
  }

  #pace(study: string): Pace {
    const pace = this.#paces.get(study) ?? { threads: 0, ends: [], pausedAtMs: null };
    this.#paces.set(study, pace);
    return pace;
  }
}

/** Threads of the workers that are connected and stay. */
function threadsIn(state: ClusterState | null): number {
  let threads = 0;
  for (const worker of state?.workers.values() ?? [])
    if (worker.connected && !worker.draining) threads += worker.threads;
  return threads;
}

function meanGapMs(ends: readonly number[]): number | null {
  const [first, last] = [ends[0], ends.at(-1)];
  if (first === undefined || last === undefined || last - first < spanMsMin) return null;
  return (last - first) / (ends.length - 1);
}

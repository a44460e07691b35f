/**
 * Throughput: trials per minute of a stage and of each worker. That of a stage covers the recent minutes
 * without the time in which the study was paused, and starts over when the number of threads changes.
 */
import { paceMsMin } from '../../report/terminal/live-lines.ts';
import { presentStage, type StudySummary } from '../../study/summaries.ts';

/** Ends of trials before this time do not count, if `trialsMin` trials have ended since. */
const recentMs = 3 * 60_000;
const trialsMin = 20;

interface Point {
  readonly atMs: number;
  readonly count: number;
}

/** A stage at the time of a look. */
export interface StageView {
  /** A change starts the measurement over. */
  readonly stage: string | null;
  readonly threads: number;
  /** Trials of the stage that have ended. */
  readonly done: number;
  readonly isPaused: boolean;
}

export function stageView({
  progress,
  workers,
}: {
  readonly progress: StudySummary;
  readonly workers: readonly { readonly threads: number }[];
}): StageView {
  return {
    stage: progress.stage,
    threads: workers.reduce((sum, worker) => sum + worker.threads, 0),
    done: presentStage(progress)?.done ?? 0,
    isPaused: progress.status === 'paused',
  };
}

export class Throughput {
  /** Stage and number of threads that are measured. */
  #measured = '';
  /** Time without pauses, up to the last look at `#lookedMs`. */
  #activeMs = 0;
  #lookedMs: number | null = null;
  #wasPaused = false;
  /** The first look, and each later one at which `done` had changed; in active time. */
  #points: Point[] = [];
  readonly #workers = new Map<string, Point>();

  stage(
    { stage, threads, done, isPaused }: StageView,
    nowMs: number,
  ): { readonly elapsedMs: number; readonly trials: number } {
    if (this.#lookedMs !== null && !this.#wasPaused) this.#activeMs += nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    this.#wasPaused = isPaused;
    const measured = `${stage} ${threads}`;
    if (measured !== this.#measured) this.#points = [];
    this.#measured = measured;
    if (this.#points.at(-1)?.count !== done)
      this.#points.push({ atMs: this.#activeMs, count: done });
    // The second point becomes the first if what follows it is enough.
    for (let next = this.#points[1]; next !== undefined; next = this.#points[1]) {
      const isRecent = this.#activeMs - next.atMs < recentMs;
      if (isRecent || done - next.count < trialsMin) break;
      this.#points.shift();
    }
    const first = this.#points[0] ?? { atMs: this.#activeMs, count: done };
    return { elapsedMs: this.#activeMs - first.atMs, trials: done - first.count };
  }

  /** Trials per minute of one worker; null until it has ended a trial and was observed long enough. */
  worker(name: string, completed: number, nowMs: number): number | null {
    const start = this.#workers.get(name);
    // A smaller count is that of a restarted process.
    if (start === undefined || completed < start.count) {
      this.#workers.set(name, { atMs: nowMs, count: completed });
      return null;
    }
    const trials = completed - start.count;
    const elapsedMs = nowMs - start.atMs;
    return trials === 0 || elapsedMs < paceMsMin ? null : trials / (elapsedMs / 60_000);
  }
}

/**
 * Throughput: trials per minute of a stage and of each worker, measured since the first call. Trials that
 * ended earlier are not counted, since the rate may have changed.
 */
import { paceMsMin } from '../../report/terminal/live-lines.ts';

interface Start {
  readonly atMs: number;
  readonly count: number;
}

export class Throughput {
  #stage: string | null = null;
  #start: Start | null = null;
  readonly #workers = new Map<string, Start>();

  /** @param done trials of the stage that have ended; counting starts over when the stage changes */
  stage(
    stage: string | null,
    done: number,
    nowMs: number,
  ): { readonly elapsedMs: number; readonly trials: number } {
    if (this.#start === null || stage !== this.#stage) {
      this.#stage = stage;
      this.#start = { atMs: nowMs, count: done };
    }
    return { elapsedMs: nowMs - this.#start.atMs, trials: done - this.#start.count };
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

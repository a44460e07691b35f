/**
 * How fast a search goes, from what was seen of it: trials since the stage was first looked at, and each
 * worker's since it was. What was done before somebody looked says nothing about the pace now.
 */
import { paceMsMin } from '../../report/terminal/live-lines.ts';

export interface StagePace {
  readonly elapsedMs: number;
  readonly trials: number;
}

interface Start {
  readonly atMs: number;
  readonly count: number;
}

export class Pace {
  #stage: string | null = null;
  #start: Start | null = null;
  readonly #workers = new Map<string, Start>();

  /** @param done trials of the stage that have ended; a stage begins anew when its name changes */
  ofStage(stage: string | null, done: number, nowMs: number): StagePace {
    if (this.#start === null || stage !== this.#stage) {
      this.#stage = stage;
      this.#start = { atMs: nowMs, count: done };
    }
    return { elapsedMs: nowMs - this.#start.atMs, trials: done - this.#start.count };
  }

  /** Trials a minute of one worker; null until it has finished one before our eyes, and was seen for a while. */
  ofWorker(name: string, completed: number, nowMs: number): number | null {
    const start = this.#workers.get(name);
    // A name that counts from 0 again is another process.
    if (start === undefined || completed < start.count) {
      this.#workers.set(name, { atMs: nowMs, count: completed });
      return null;
    }
    const trials = completed - start.count;
    const elapsedMs = nowMs - start.atMs;
    return trials === 0 || elapsedMs < paceMsMin ? null : trials / (elapsedMs / 60_000);
  }
}

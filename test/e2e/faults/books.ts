/**
 * Books: what workers computed, and what the coordinator acknowledged to them, from the workers' debug
 * logs. They are kept outside of the cluster.
 *
 * A log line is written at once, so the books of a killed worker are complete up to the kill.
 */
import type { Running } from '../support/processes.ts';

export interface Trained {
  readonly study: string;
  readonly trial: string;
  readonly attempt: number;
  /** Null for a trial that diverged. */
  readonly digest: string | null;
}

export interface Answered {
  readonly study: string;
  readonly trial: string;
  readonly attempt: number;
  readonly answer: 'accepted' | 'duplicate' | 'disputed' | 'cancelled' | 'unknown';
}

export class Books {
  readonly #workers: Running[] = [];

  keep(worker: Running): void {
    this.#workers.push(worker);
  }

  get trained(): Trained[] {
    return this.#lines<Trained>('trained');
  }

  get answered(): Answered[] {
    return this.#lines<Answered>('answered');
  }

  #lines<Line>(message: string): Line[] {
    const found: Line[] = [];
    for (const worker of this.#workers) {
      for (const text of worker.stderr.split('\n')) {
        if (!text.includes(`"msg":"${message}"`) || !text.endsWith('}')) continue;
        found.push(JSON.parse(text) as Line);
      }
    }
    return found;
  }
}

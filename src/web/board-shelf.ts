/**
 * The boards of the studies that somebody looks at, kept up to date by what the cluster tells.
 *
 * A board is made from the store when its study is first looked at, and then follows events; every
 * change gets a number, so that a watcher knows whether what it has is still what there is.
 */
import type { Clock } from '../base/clock.ts';
import type { LiveCluster } from './live-cluster.ts';
import type { Overview, StudyPage, TrialPage, ViewerRole } from './page-messages.ts';
import { StudyBoard } from './study-board.ts';
import { WorkerRates } from './worker-rates.ts';

/** Boards of studies that nobody works on are dropped, oldest look first, beyond this many. */
const boardsMax = 8;
/** A study's trials are read again this often while it changes: waiting ones begin to run without a word. */
const refreshMs = 2_000;
/** Reading many trials takes a while: it may take this share of the time at most. */
const refreshShare = 0.05;

interface Shelved {
  readonly board: StudyBoard;
  /** When its trials may be read again. */
  readAgainMs: number;
  changedAt: number;
  page: { readonly version: number; readonly page: StudyPage } | null;
}

export class BoardShelf implements Disposable {
  readonly #cluster: LiveCluster;
  readonly #clock: Clock;
  readonly #boards = new Map<string, Shelved>();
  readonly #rates = new WorkerRates();
  readonly #stopListening: () => void;
  #version = 1;

  constructor(cluster: LiveCluster, clock: Clock) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#stopListening = cluster.listen((event) => {
      this.#version += 1;
      if (event.kind === 'changed') {
        for (const shelved of this.#boards.values()) shelved.changedAt = this.#version;
        return;
      }
      const shelved = this.#boards.get(event.study);
      if (event.kind === 'trial-ended') {
        if (event.trial.worker !== null && event.trial.status === 'complete')
          this.#rates.completed(event.trial.worker, clock.monotonicMs());
        shelved?.board.ended(event.trial);
      } else shelved?.board.measured(event.trial, event.measurement);
      if (shelved !== undefined) shelved.changedAt = this.#version;
    });
  }

  /** Grows with every change of anything. */
  get version(): number {
    return this.#version;
  }

  overview(role: ViewerRole): Overview {
    const nowMs = this.#clock.monotonicMs();
    return {
      version: this.#cluster.version,
      role,
      studies: this.#cluster.studies(),
      workers: this.#cluster.workers().map((worker) => ({
        ...worker,
        trialsPerMinute: this.#rates.perMinute(worker.name, nowMs),
      })),
      storeProblem: this.#cluster.storeProblem(),
    };
  }

  /** Null where there is no such study. */
  page(study: string): StudyPage | null {
    const record = this.#cluster.study(study);
    if (record === null) {
      this.#boards.delete(study);
      return null;
    }
    const shelved = this.#shelved(study);
    if (shelved.page?.version === shelved.changedAt && record.status === shelved.page.page.status)
      return shelved.page.page;
    const page = shelved.board.page(record);
    shelved.page = { version: shelved.changedAt, page };
    return page;
  }

  rows(
    study: string,
    query: { readonly stage: string | null; readonly offset: number; readonly limit: number },
  ): TrialPage | null {
    const record = this.#cluster.study(study);
    return record === null ? null : this.#shelved(study).board.rows(record, query);
  }

  [Symbol.dispose](): void {
    this.#stopListening();
  }

  #shelved(study: string): Shelved {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#boards.get(study);
    if (known !== undefined) {
      // The last looked at stands last.
      this.#boards.delete(study);
      this.#boards.set(study, known);
      if (known.changedAt > (known.page?.version ?? 0) && nowMs >= known.readAgainMs) {
        known.board.refresh(this.#cluster.trials(study));
        known.readAgainMs = this.#readAgain(nowMs);
      }
      return known;
    }
    const board = new StudyBoard(this.#cluster.trials(study));
    const readAgainMs = this.#readAgain(nowMs);
    const made = { board, readAgainMs, changedAt: this.#version, page: null };
    this.#boards.set(study, made);
    const oldest = this.#boards.keys().next().value;
    if (this.#boards.size > boardsMax && oldest !== undefined) this.#boards.delete(oldest);
    return made;
  }

  #readAgain(startedMs: number): number {
    const nowMs = this.#clock.monotonicMs();
    return nowMs + Math.max(refreshMs, (nowMs - startedMs) / refreshShare);
  }
}

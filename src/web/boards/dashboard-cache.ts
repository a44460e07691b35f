/**
 * The boards of the studies that somebody looks at, kept up to date by what the cluster tells.
 *
 * A board is made when its study is first looked at. Its trials are read again when something of it has
 * changed and somebody looks, but no more often than it can be afforded.
 */
import type { Clock } from '../../base/clock.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { TrialRecord } from '../../study/trial.ts';
import type { LiveCluster } from '../live-cluster.ts';
import type { Overview, StudyPage, TrialPage, ViewerRole } from '../page-messages.ts';
import { StudyBoard } from './dashboard-study.ts';
import { isCompared } from './live-results.ts';
import { WorkerRates } from './worker-rates.ts';

/** Boards beyond this many are dropped, oldest look first. */
const boardsMax = 8;
/** A running study's trials are read again this often: waiting ones begin to run without a word. */
const refreshMs = 2_000;
/** Reading and comparing many trials takes a while: it may take this share of the time at most. */
const refreshShare = 0.05;

interface Shelved {
  readonly board: StudyBoard;
  /** As it was when its trials were last read. */
  state: string;
  /** Whether something has happened since. */
  isOld: boolean;
  /** When they are read again even if nothing has, and when they may be. */
  readNextMs: number;
  readAgainMs: number;
  /** Null when it is to be made again. */
  page: StudyPage | null;
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
        for (const shelved of this.#boards.values()) {
          shelved.isOld = true;
          shelved.page = null;
        }
        return;
      }
      const shelved = this.#boards.get(event.study);
      if (shelved !== undefined) shelved.page = null;
      if (event.kind === 'measured') {
        shelved?.board.measured(event.trial, event.measurement);
        return;
      }
      if (event.trial.worker !== null && event.trial.status === 'complete')
        this.#rates.completed(event.trial.worker, clock.monotonicMs());
      shelved?.board.ended(event.trial.id);
      if (shelved !== undefined) shelved.isOld = true;
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
    const shelved = this.#shelved(record);
    // A change of the study's own state comes without an event.
    if (shelved.page?.status !== record.status) shelved.page = shelved.board.page(record);
    return shelved.page;
  }

  rows(
    study: string,
    query: { readonly stage: string | null; readonly offset: number; readonly limit: number },
  ): TrialPage | null {
    const record = this.#cluster.study(study);
    return record === null ? null : this.#shelved(record).board.rows(record, query);
  }

  /** However long that takes: nothing will be read after it. */
  readOnceMore(): void {
    for (const shelved of this.#boards.values()) {
      shelved.readAgainMs = 0;
      shelved.isOld = true;
    }
  }

  [Symbol.dispose](): void {
    this.#stopListening();
  }

  #shelved(record: StudyRecord): Shelved {
    const { study } = record.spec;
    const nowMs = this.#clock.monotonicMs();
    const known = this.#boards.get(study);
    if (known === undefined) {
      const made: Shelved = {
        board: new StudyBoard(record, this.#trialsOf(record)),
        page: null,
        ...this.#readAt(record, nowMs),
      };
      this.#boards.set(study, made);
      const oldest = this.#boards.keys().next().value;
      if (this.#boards.size > boardsMax && oldest !== undefined) this.#boards.delete(oldest);
      return made;
    }
    // The last looked at stands last.
    this.#boards.delete(study);
    this.#boards.set(study, known);
    if (nowMs >= known.readAgainMs && isDue(known, record, nowMs)) {
      known.board.refresh(record, this.#trialsOf(record));
      Object.assign(known, { page: null, ...this.#readAt(record, nowMs) });
    }
    return known;
  }

  #trialsOf(record: StudyRecord): TrialRecord[] {
    return this.#cluster.trials(record.spec.study, { correctness: isCompared(record) });
  }

  #readAt(record: StudyRecord, startedMs: number) {
    const nowMs = this.#clock.monotonicMs();
    return {
      state: stateOf(record),
      isOld: false,
      readNextMs: nowMs + refreshMs,
      readAgainMs: nowMs + (nowMs - startedMs) / refreshShare,
    };
  }
}

/** One that is over is read again only when it is another: it may be 100,000 trials from the disk. */
function isDue({ state, isOld, readNextMs }: Shelved, record: StudyRecord, nowMs: number): boolean {
  if (state !== stateOf(record)) return true;
  return record.endedAtMs === null && (isOld || nowMs >= readNextMs);
}

function stateOf({ status, createdAtMs, endedAtMs }: StudyRecord): string {
  return `${status} ${createdAtMs} ${endedAtMs}`;
}

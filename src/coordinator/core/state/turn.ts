/**
 * Turn: one event while the dispatcher handles it. It has the state and the time, and collects the decision:
 * rows to store, and effects that follow once the rows are on disk.
 */
import type { CoordinatorMessage } from '../../../rpc/messages/messages.ts';
import type { StoreRow } from '../../../store/rows.ts';
import type { ClusterState, Moment, WorkerEntry } from './cluster-state.ts';
import type { Notice, WorkerChange } from './live-events.ts';

export type Effect =
  | { readonly kind: 'send'; readonly session: string; readonly message: CoordinatorMessage }
  | { readonly kind: 'notice'; readonly notice: Notice };

/** No effect of `afterCommit` happens before all rows of `persist` are on disk. */
export interface Decision {
  readonly persist: readonly StoreRow[];
  readonly afterCommit: readonly Effect[];
}

export class Turn {
  readonly state: ClusterState;
  readonly now: Moment;
  readonly decision: { readonly persist: StoreRow[]; readonly afterCommit: Effect[] };

  constructor(state: ClusterState, now: Moment) {
    this.state = state;
    this.now = now;
    this.decision = { persist: [], afterCommit: [] };
  }

  persist(row: StoreRow): void {
    this.decision.persist.push(row);
  }

  send({ session }: Pick<WorkerEntry, 'session'>, message: CoordinatorMessage): void {
    this.decision.afterCommit.push({ kind: 'send', session, message });
  }

  notify(notice: Notice): void {
    this.decision.afterCommit.push({ kind: 'notice', notice });
  }

  /** Reports a worker's change to live views, and in the stored log. */
  reportWorker(kind: WorkerChange, worker: string, reason: string): void {
    this.notify({ kind, worker, reason });
    this.log(kind, `${worker}: ${reason}`);
  }

  /** Adds a line to the stored log. */
  log(what: string, detail: string, study: string | null = null): void {
    this.persist({ kind: 'event', atMs: this.now.wallMs, study, what, detail });
  }
}

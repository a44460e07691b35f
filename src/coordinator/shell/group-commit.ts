/**
 * One commit for many decisions: what the dispatcher decides within one turn of the event loop is
 * stored in one transaction, and only then sent. A grant thus shares the commit of the result that
 * freed its thread, and a full fsync costs no throughput.
 *
 *     decision, decision, … --(next turn)--> commit --ok--> effects, in order; `committed()` resolves
 *                                                  \--failed--> nothing is sent; `onFailure`
 */
import { nothingFails, type Reached } from '../../base/failpoint.ts';
import type { StoreRow } from '../../store/rows.ts';
import type { Decision, Effect } from '../core/state/cluster-state.ts';

export interface GroupCommitPorts {
  /** Stores all rows or none; on disk when it returns. */
  commit(rows: readonly StoreRow[]): void;
  perform(effect: Effect): void;
  /** The dispatcher that decided these is no longer to be trusted. */
  onFailure(error: unknown): void;
  /** For tests that end the process at the worst instants. */
  readonly reached?: Reached;
}

export class GroupCommit {
  readonly #ports: GroupCommitPorts;
  readonly #reached: Reached;
  #rows: StoreRow[] = [];
  #effects: Effect[] = [];
  readonly #soon: (run: () => void) => void;
  #flushed: PromiseWithResolvers<void> | null = null;

  /** @param soon runs something when the present turn is over */
  constructor(ports: GroupCommitPorts, soon: (run: () => void) => void = setImmediate) {
    this.#ports = ports;
    this.#reached = ports.reached ?? nothingFails;
    this.#soon = soon;
  }

  add(decision: Decision): void {
    if (decision.persist.length === 0 && decision.afterCommit.length === 0) return;
    for (const row of decision.persist) this.#rows.push(row);
    for (const effect of decision.afterCommit) this.#effects.push(effect);
    this.#schedule();
  }

  /** Resolves when everything that was added before is on disk; rejects when it could not be stored. */
  async committed(): Promise<void> {
    await this.#flushed?.promise;
  }

  /** Now, instead of at the end of the turn: before the store is closed. */
  flush(): void {
    const rows = this.#rows;
    const effects = this.#effects;
    const flushed = this.#flushed;
    this.#rows = [];
    this.#effects = [];
    this.#flushed = null;
    try {
      if (rows.length > 0) this.#store(rows);
    } catch (error) {
      flushed?.reject(error);
      this.#ports.onFailure(error);
      return;
    }
    flushed?.resolve();
    for (const effect of effects) this.#ports.perform(effect);
  }

  #store(rows: readonly StoreRow[]): void {
    const kinds = rows.map((row) => row.kind);
    this.#reached('before-commit', kinds);
    this.#ports.commit(rows);
    this.#reached('after-commit', kinds);
  }

  #schedule(): void {
    if (this.#flushed !== null) return;
    this.#flushed = Promise.withResolvers();
    // Nobody need wait for it; a failure is told to `onFailure` in any case.
    this.#flushed.promise.catch(() => undefined);
    this.#soon(() => {
      if (this.#flushed !== null) this.flush();
    });
  }
}

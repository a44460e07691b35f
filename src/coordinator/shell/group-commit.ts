/**
 * Group commit: stores the decisions of one turn of the event loop in one transaction, and performs their
 * effects once they are on disk. An assignment thus shares the commit of the result that freed its thread.
 *
 *     decisions --(end of turn)--> commit --ok--> effects, in order; `committed()` resolves
 *                                     \--failed--> no effects; everything decided since is dropped; `onFailure`
 *
 * One commit is in flight at a time; decisions made meanwhile join the next group. They depend on the
 * state in memory, so they are dropped if the commit in flight fails.
 */
import type { Reached } from '../../base/failpoint.ts';
import type { StoreRow } from '../../store/rows.ts';
import type { Decision, Effect } from '../core/state/turn.ts';

export interface GroupCommitPorts {
  /** Stores all rows or none; resolves when they are on disk. */
  commit(rows: readonly StoreRow[]): Promise<void>;
  perform(effect: Effect): void;
  /** Nothing that was decided since the failed commit is stored: the dispatcher must be built again. */
  onFailure(error: unknown): void;
  /** For tests that end the process before or after a commit. */
  readonly reached?: Reached | undefined;
}

interface Group {
  readonly rows: StoreRow[];
  readonly effects: (() => void)[];
  readonly stored: PromiseWithResolvers<void>;
  /** Whether the turn in which it was opened is over. */
  isDue: boolean;
}

export class GroupCommit {
  readonly #ports: GroupCommitPorts;
  readonly #soon: (run: () => void) => void;
  #next: Group | null = null;
  #inFlight: Group | null = null;

  /** @param soon calls its argument at the end of the current turn */
  constructor(ports: GroupCommitPorts, soon: (run: () => void) => void = setImmediate) {
    this.#ports = ports;
    this.#soon = soon;
  }

  /** @param before called right before the effects of this decision, after all earlier effects */
  add({ persist, afterCommit }: Decision, before?: () => void): void {
    if (persist.length === 0 && afterCommit.length === 0 && before === undefined) return;
    const { rows, effects } = (this.#next ??= this.#openGroup());
    for (const row of persist) rows.push(row);
    if (before !== undefined) effects.push(before);
    for (const effect of afterCommit) effects.push(() => this.#ports.perform(effect));
  }

  /** Resolves when all decisions added before are on disk; rejects if they could not be stored. */
  async committed(): Promise<void> {
    await (this.#next ?? this.#inFlight)?.stored.promise;
  }

  #openGroup(): Group {
    const stored = Promise.withResolvers<void>();
    const group: Group = { rows: [], effects: [], stored, isDue: false };
    // A failure is reported by `onFailure`, whether or not a caller waits for this promise.
    stored.promise.catch(() => undefined);
    this.#soon(() => {
      group.isDue = true;
      void this.#commitDue();
    });
    return group;
  }

  async #commitDue(): Promise<void> {
    while (this.#inFlight === null && this.#next?.isDue === true) {
      const group = this.#next;
      this.#inFlight = group;
      this.#next = null;
      // bug: effects-before-commit
      try {
        if (group.rows.length > 0) await this.#store(group.rows);
      } catch (error) {
        this.#fail(group, error);
        return;
      }
      this.#inFlight = null;
      group.stored.resolve();
      for (const perform of group.effects) perform();
    }
  }

  async #store(rows: readonly StoreRow[]): Promise<void> {
    const { reached } = this.#ports;
    if (reached === undefined) return await this.#ports.commit(rows);
    const kinds = rows.map((row) => row.kind);
    reached('before-commit', kinds);
    await this.#ports.commit(rows);
    reached('after-commit', kinds);
  }

  #fail(group: Group, error: unknown): void {
    const dropped = this.#next;
    this.#next = null;
    this.#inFlight = null;
    group.stored.reject(error);
    dropped?.stored.reject(error);
    this.#ports.onFailure(error);
  }
}

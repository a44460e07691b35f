/**
 * Fairness: a study with waiting trials and without a thread is not passed over again and again. The check
 * counts the packs of other studies that workers receive which could train it.
 */
import { assert } from '../../src/base/assert.ts';
import type {
  ClusterState,
  StudyEntry,
  WorkerEntry,
} from '../../src/coordinator/core/state/cluster-state.ts';
import { isActive } from '../../src/coordinator/core/state/study-entry.ts';
import { ableWorkers } from '../../src/coordinator/core/workers/able-workers.ts';
import type { StoreRow } from '../../src/store/rows.ts';

/** Most packs that pass over a study, for each other study: it may have used more thread time before, in packs that hung or crashed. */
const passesMax = 16;

export class FairnessCheck {
  /** By study: packs since it has waited without a thread. */
  readonly #passes = new Map<StudyEntry, number>();

  /** @param rows of one decision @param state after it */
  decided(rows: readonly StoreRow[], state: ClusterState): void {
    const packs = new Map(
      rows.flatMap((row) =>
        row.kind === 'attempt-opened' ? [[row.attempt.pack, row] as const] : [],
      ),
    );
    if (packs.size === 0) return;
    for (const study of state.studies.values()) {
      if (!isWaiting(state, study)) {
        this.#passes.delete(study);
        continue;
      }
      const able = new Set(ableWorkers(state, study).map(({ session }) => session));
      const passing = [...packs.values()].filter(({ attempt }) => {
        const worker = state.workers.get(attempt.session);
        // A trial that must be alone on its worker is rare, and does not take turns.
        if (state.packs.get(attempt.pack)?.isolated === true) return false;
        return able.has(attempt.session) && worker?.datasets.has(study.searchKey) === true;
      });
      const passes = (this.#passes.get(study) ?? 0) + passing.length;
      assert(
        passes <= passesMax * (state.studies.size - 1),
        `${study.name} waits while ${passes} packs of others are assigned`,
      );
      this.#passes.set(study, passes);
    }
  }
}

/** Whether a study has no thread, and a trial that every able worker may train. */
function isWaiting(state: ClusterState, study: StudyEntry): boolean {
  const holds = ({ connected, packs }: WorkerEntry): boolean =>
    connected && [...packs].some((pack) => pack.study === study.name);
  if (!isActive(study) || [...state.workers.values()].some(holds)) return false;
  return study.queue.some(({ status, attempts }) => status === 'waiting' && attempts.length === 0);
}

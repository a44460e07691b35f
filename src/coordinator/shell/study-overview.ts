/**
 * What a coordinator says of its studies to those who look: live where a study is worked on, from the
 * store where it is not.
 *
 * Memory is at most one group commit ahead of the store. Not here: how it is counted (`progress.ts`).
 */
import type { StudySummary } from '../../rpc/messages/control-messages.ts';
import type { StoreReader } from '../../store/sqlite/read.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { isOver, type TrialRecord } from '../../study/trial.ts';
import { trialRecord, type ClusterState, type StudyEntry } from '../core/state/cluster-state.ts';
import {
  StoredStudies,
  studyCounts,
  studyProgress,
  type StudyCounts,
} from '../core/studies/summaries.ts';

export interface OverviewSources {
  readonly store: Pick<StoreReader, 'studies' | 'study' | 'trials'>;
  /** Null while nothing can be stored. */
  readonly state: () => ClusterState | null;
  /** Why nothing can be stored; null when all is well. */
  readonly storeProblem: () => string | null;
}

export class StudyOverview {
  readonly #from: OverviewSources;
  readonly #stored: StoredStudies;

  constructor(from: OverviewSources) {
    this.#from = from;
    this.#stored = new StoredStudies(from.store);
  }

  /** Every study of the store, in order of submission. */
  studies(): StudySummary[] {
    return this.#from.store.studies().map((record) => this.#summary(record));
  }

  /** One of them, for those who look several times a second; null where there is no such study. */
  study(name: string): StudySummary | null {
    const record = this.#from.store.study(name);
    return record === null ? null : this.#summary(record);
  }

  /** The same without their best, which takes a look at every trial. */
  counts(): StudyCounts[] {
    return this.#from.store.studies().map((record) => {
      const live = this.#entry(record.spec.study);
      return live === undefined ? this.#stored.progress(record) : studyCounts(live);
    });
  }

  /** With the last point of their curves and without bits. Of 100,000 the store would take a second. */
  trials(name: string): TrialRecord[] {
    const live = this.#entry(name);
    return live === undefined
      ? this.#from.store.trials(name)
      : [...live.trials.values()].map(trialRecord);
  }

  #entry(name: string): StudyEntry | undefined {
    return this.#from.state()?.studies.get(name);
  }

  #summary(record: StudyRecord): StudySummary {
    const live = this.#entry(record.spec.study);
    const progress = live === undefined ? this.#stored.progress(record) : studyProgress(live);
    const problem = this.#from.storeProblem();
    const { metric } = record.spec.objective;
    if (problem === null || isOver(record.status))
      return { ...progress, metric, reason: record.reason };
    return { ...progress, metric, reason: `nothing is granted or acknowledged: ${problem}` };
  }
}

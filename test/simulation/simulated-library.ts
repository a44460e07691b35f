/** The studies that a simulated coordinator works on, as its process would read them from the store. */
import type { StudyData } from '../../src/coordinator/core/state/cluster-state.ts';
import type { StoredStudy } from '../../src/coordinator/core/studies/restore.ts';
import { isOver, noCorrectness, type TrialRecord } from '../../src/study/trial.ts';
import type { ModelStore } from './model-store.ts';

export class SimulatedLibrary {
  readonly #store: ModelStore;
  readonly #data: StudyData;
  readonly #open: Set<string>;

  /** A process takes up what is not over. */
  constructor(store: ModelStore, data: StudyData) {
    this.#store = store;
    this.#data = data;
    const unfinished = [...store.studies].filter(([, { record }]) => !isOver(record.status));
    this.#open = new Set(unfinished.map(([name]) => name));
  }

  keep(study: string): void {
    this.#open.add(study);
  }

  close(study: string): void {
    this.#open.delete(study);
  }

  everyStored(): StoredStudy[] {
    // One whose first commit failed is not there.
    for (const study of this.#open) if (!this.#store.studies.has(study)) this.close(study);
    return [...this.#open].map((study) => this.stored(study));
  }

  stored(study: string): StoredStudy {
    const record = { ...this.#store.study(study).record };
    const trials = this.#store.trialsOf(study);
    return {
      record,
      data: this.#data,
      // Bits are read where they are compared.
      trials: record.spec.racing ? trials : trials.map(withoutBits),
      attempts: this.#store.attemptsOf(study),
    };
  }
}

function withoutBits(trial: TrialRecord): TrialRecord {
  if (trial.result?.kind !== 'complete') return trial;
  return { ...trial, result: { ...trial.result, validationCorrect: noCorrectness } };
}

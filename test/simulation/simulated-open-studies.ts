/** The studies that a simulated coordinator has open, read from the model store. */
import type { StudyData } from '../../src/coordinator/core/state/cluster-state.ts';
import { StoredStudy } from '../../src/coordinator/core/studies/restore.ts';
import { isOver, noCorrectness, type TrialRecord } from '../../src/study/trial.ts';
import { hasStopping } from '../../src/study/spec/study-spec.ts';
import type { ModelStore } from './model-store.ts';

export class SimulatedOpenStudies {
  readonly #store: ModelStore;
  readonly #data: StudyData;
  readonly #open: Set<string>;

  /** A new process opens the studies that are not over. */
  constructor(store: ModelStore, data: StudyData) {
    this.#store = store;
    this.#data = data;
    const unfinished = [...store.studies].filter(([, { record }]) => !isOver(record.status));
    this.#open = new Set(unfinished.map(([name]) => name));
  }

  open(study: string): void {
    this.#open.add(study);
  }

  close(study: string): void {
    this.#open.delete(study);
  }

  everyStored(): StoredStudy[] {
    // A study whose first commit failed was rejected.
    for (const study of this.#open) if (!this.#store.studies.has(study)) this.close(study);
    return [...this.#open].map((study) => this.stored(study));
  }

  stored(study: string): StoredStudy {
    const record = { ...this.#store.study(study).record };
    const trials = this.#store.trials(study);
    const stored = new StoredStudy(record, this.#data);
    // Only races and rungs read validation bits.
    const hasBits = record.spec.racing || hasStopping(record.spec);
    for (const trial of hasBits ? trials : trials.map(withoutBits)) stored.addTrial(trial);
    for (const attempt of this.#store.attempts(study)) stored.addAttempt(attempt);
    return stored;
  }
}

function withoutBits(trial: TrialRecord): TrialRecord {
  if (trial.result?.kind !== 'complete') return trial;
  return { ...trial, result: { ...trial.result, validationCorrect: noCorrectness } };
}

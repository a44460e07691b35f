/** The studies that a simulated coordinator has open, read from the model store. */
import type { StudyData } from '../../src/coordinator/core/state/cluster-state.ts';
import type { KnownResults } from '../../src/coordinator/core/state/known-results.ts';
import { StoredStudy } from '../../src/coordinator/core/studies/restore.ts';
import { DoubtfulResults, FoundResults } from '../../src/coordinator/shell/reusable-results.ts';
import { isOver, noCorrectness, type TrialRecord } from '../../src/study/trial.ts';
import { hasStopping, type StudySpec } from '../../src/study/spec/study-spec.ts';
import { studyIdentity } from '../../src/study/trial-identity.ts';
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

  /** Results of other studies that the trials of this one would have. */
  reusable(spec: StudySpec): KnownResults | null {
    const { trainer } = this.#data;
    const facts = { shardDigests: {}, selfTestDigest: 'correct' };
    const ofStudy = studyIdentity({ spec, ...facts }, trainer);
    if (ofStudy === null) return null;
    const found = new FoundResults(ofStudy, spec);
    for (const { record } of [...this.#store.studies.values()].toReversed()) {
      const { study } = record.spec;
      if (study === spec.study || studyIdentity(record, trainer) !== ofStudy) continue;
      const doubtful = new DoubtfulResults(this.#store.excluded);
      for (const attempt of this.#store.attempts(study)) doubtful.add(attempt);
      found.add(record.spec, this.#store.trials(study), doubtful);
    }
    return found;
  }

  stored(study: string): StoredStudy {
    const record = { ...this.#store.study(study).record };
    const trials = this.#store.trials(study);
    const stored = new StoredStudy(record, this.#data);
    if (record.reuse === true) stored.study.known = this.reusable(record.spec);
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

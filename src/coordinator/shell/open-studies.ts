/** The studies that a coordinator works on: their opened data, and their records as the store has them. */
import type { Logger } from 'pino';
import { assert } from '../../base/assert.ts';
import type { StoreReader } from '../../store/sqlite/read.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { resultFingerprint } from '../../study/result-fingerprint.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import { trialName, type TrialRecord } from '../../study/trial.ts';
import { PartShelf } from './served-shards.ts';
import type { StoredStudy } from '../core/studies/restore.ts';
import {
  checkUnchanged,
  openStudyData,
  type OpenedStudyData,
  type ReadStudyData,
} from './study-data.ts';

export class StudyLibrary {
  readonly #store: StoreReader;
  readonly #dataDir: string;
  readonly #selfTestDigest: string;
  readonly #log: Logger;
  readonly #shelf = new PartShelf();
  /** By study; kept for as long as it may have to be built again from the store. */
  readonly #data = new Map<string, OpenedStudyData>();

  constructor(store: StoreReader, dataDir: string, selfTestDigest: string, log: Logger) {
    this.#store = store;
    this.#dataDir = dataDir;
    this.#selfTestDigest = selfTestDigest;
    this.#log = log;
  }

  /**
   * Reads a study's data, and changes nothing yet.
   *
   * @param stored what the store has of it; null for a new study
   * @throws RidgelineError DATASET_…; STUDY_DIFFERS where it was started over other data
   */
  async read(spec: StudySpec, stored: StudyRecord | null): Promise<ReadStudyData> {
    const read = await openStudyData(spec, this.#dataDir);
    if (stored !== null) checkUnchanged(spec.study, stored, read.opened, this.#selfTestDigest);
    return read;
  }

  /** From now on the study is worked on. */
  keep(study: string, { opened, parts }: ReadStudyData): OpenedStudyData {
    // The shelf alone holds on to the parts.
    this.#shelf.add(study, parts);
    this.#data.set(study, opened);
    if (opened.official === false) {
      this.#log.warn(
        `${study}: ${opened.source} does not have the hashes of the official release; it is used as it is`,
      );
    }
    if (opened.remark !== null) this.#log.warn(`${study}: ${opened.remark}`);
    return opened;
  }

  close(study: string): void {
    this.#data.delete(study);
    this.#shelf.remove(study);
  }

  everyStored(): StoredStudy[] {
    // One whose first commit failed was told so, and is not here.
    for (const study of this.#data.keys()) if (this.#store.study(study) === null) this.close(study);
    return [...this.#data.keys()].map((study) => this.stored(study));
  }

  /** An opened study with everything that the dispatcher must remember of it; to be taken up at once. */
  stored(study: string): StoredStudy {
    const record = this.#store.study(study);
    const data = this.#data.get(study)?.data;
    assert(
      record !== null && data !== undefined,
      () => `study ${study} is stored and its data is open`,
    );
    return {
      record,
      data,
      trials: this.#trialsOf(record.spec),
      attempts: this.#store.eachAttempt(study),
    };
  }

  *#trialsOf(spec: StudySpec): Generator<TrialRecord> {
    // A race compares bits; they are let go of when its stage closes.
    const options = { correctness: spec.racing };
    for (const trial of this.#store.eachTrial(spec.study, options))
      yield this.#withFingerprint(spec, trial);
  }

  /** An earlier release stored results without: it is made up for, so that they can be compared. */
  #withFingerprint(spec: StudySpec, trial: TrialRecord): TrialRecord {
    if (trial.result === null || trial.fingerprint !== null) return trial;
    const whole = this.#store.trial(spec.study, trial.id)?.result;
    assert(whole, () => `${trialName(trial.id)} is stored with its result`);
    return { ...trial, fingerprint: resultFingerprint(whole, spec.test === 'all') };
  }

  /** Null where no study uses the part. */
  partBytes(digest: string, offset: number): Iterable<Uint8Array> | null {
    return this.#shelf.has(digest) ? this.#shelf.pieces(digest, offset) : null;
  }
}

/** Open studies: the studies that a coordinator works on, with their data, and their records in the store. */
import type { Logger } from 'pino';
import { assert } from '../../base/assert.ts';
import { RidgelineError } from '../../base/errors.ts';
import type { StoreReads } from '../../store/store.ts';
import type { StoredFile } from '../../study/program-files.ts';
import { hasStopping, type StudySpec } from '../../study/spec/study-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { StudyData } from '../core/state/cluster-state.ts';
import type { KnownResults } from '../core/state/known-results.ts';
import { StoredStudy } from '../core/studies/restore.ts';
import { reusableResults } from './reusable-results.ts';
import { ServedShards } from './served-shards.ts';
import {
  checkUnchanged,
  openStudyData,
  type ReadStudyData,
  type StudyDataOptions,
} from './study-data.ts';

interface OpenStudiesOptions extends StudyDataOptions {
  readonly store: Pick<
    StoreReads,
    'study' | 'studies' | 'trialBatches' | 'attemptBatches' | 'programFiles' | 'exclusions'
  >;
  readonly selfTestDigest: string;
  readonly log: Logger;
}

export class OpenStudies {
  readonly shards = new ServedShards();
  readonly #options: OpenStudiesOptions;
  /** By study; kept as long as the dispatcher may have to be built again. */
  readonly #data = new Map<string, StudyData>();
  /** Why stored studies are not open, by study. */
  readonly #leftOut = new Map<string, string>();

  constructor(options: OpenStudiesOptions) {
    this.#options = options;
  }

  /**
   * Reads the data of a study; the study is not open yet.
   *
   * @param stored the record in the store; null for a new study
   * @param submitted files of a new study; those of a stored one are in the store
   * @throws RidgelineError DATASET_…; STUDY_DIFFERS if it was started on other data
   */
  async read(
    spec: StudySpec,
    stored: StudyRecord | null,
    submitted: readonly StoredFile[] = [],
  ): Promise<ReadStudyData> {
    const opened = await openStudyData(spec, this.#options);
    const files = stored === null ? submitted : await this.#options.store.programFiles(spec.study);
    const read = { ...opened, files };
    const { selfTestDigest } = this.#options;
    if (stored !== null) checkUnchanged(spec.study, stored, read.opened, selfTestDigest);
    return read;
  }

  /**
   * Opens a stored study. If its data cannot be read, it is left out; if it is required, throws why, except
   * for data that has moved: the caller submits the study next, with the new place.
   */
  async resume(record: StudyRecord, isRequired: boolean): Promise<void> {
    const { study } = record.spec;
    try {
      this.open(study, await this.read(record.spec, record));
    } catch (error) {
      if (!(error instanceof RidgelineError)) throw error;
      if (isRequired && error.code === 'DATASET_MISSING') return;
      if (isRequired) throw error;
      const { log } = this.#options;
      this.#leftOut.set(study, `${error.what} ${error.fix}`);
      log.warn(`${study} is left out, submit it again to resume it: ${error.what} ${error.fix}`);
    }
  }

  open(study: string, { opened, shards, files }: ReadStudyData): void {
    const { data, dataWarnings } = opened;
    this.shards.add(study, shards, files);
    this.#data.set(study, data);
    this.#leftOut.delete(study);
    const remarks = [...dataWarnings.map(({ text }) => text), ...opened.remarks];
    for (const remark of remarks) this.#options.log.warn(`${study}: ${remark}`);
  }

  /** Why a stored study could not be opened; null if it is open, or was not to be opened. */
  leftOut(study: string): string | null {
    return this.#leftOut.get(study) ?? null;
  }

  close(study: string): void {
    this.#data.delete(study);
    this.shards.remove(study);
  }

  /** Results of other studies that the trials of this one would have; null if its results are not reproducible. */
  async reusable(study: Pick<StudyRecord, 'spec' | 'shardDigests'>): Promise<KnownResults | null> {
    const { store, selfTestDigest, describeTrainer } = this.#options;
    return await reusableResults(store, { ...study, selfTestDigest }, describeTrainer);
  }

  /** All open studies as the store has them. */
  async everyStored(): Promise<StoredStudy[]> {
    const found: StoredStudy[] = [];
    for (const study of this.#data.keys()) {
      // A study whose first commit failed was rejected; it is not opened again.
      if ((await this.#options.store.study(study)) === null) this.close(study);
      else found.push(await this.stored(study));
    }
    return found;
  }

  /** An open study as the store has it, with everything that the dispatcher needs. */
  async stored(study: string): Promise<StoredStudy> {
    const { store } = this.#options;
    const record = await store.study(study);
    const data = this.#data.get(study);
    assert(record !== null && data !== undefined, () => `study ${study} is stored and open`);
    const stored = new StoredStudy(record, data);
    if (record.reuse === true) stored.study.known = await this.reusable(record);
    // Races and rungs compare which images were classified correctly.
    const correctness = record.spec.racing || hasStopping(record.spec);
    for await (const trials of store.trialBatches(study, { correctness }))
      for (const trial of trials) stored.addTrial(trial);
    for await (const attempts of store.attemptBatches(study))
      for (const attempt of attempts) stored.addAttempt(attempt);
    return stored;
  }
}

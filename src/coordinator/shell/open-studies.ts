/** Open studies: the studies that a coordinator works on, with their data, and their records in the store. */
import type { Logger } from 'pino';
import { assert } from '../../base/assert.ts';
import { RidgelineError } from '../../base/errors.ts';
import type { StoreReads } from '../../store/store.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { AttemptRecord, TrialRecord } from '../../study/trial.ts';
import type { StoredStudy } from '../core/studies/restore.ts';
import { ServedShards } from './served-shards.ts';
import {
  checkUnchanged,
  openStudyData,
  type OpenedStudyData,
  type ReadStudyData,
  type StudyDataOptions,
} from './study-data.ts';

interface OpenStudiesOptions extends StudyDataOptions {
  readonly store: Pick<StoreReads, 'study' | 'eachTrial' | 'eachAttempt'>;
  readonly selfTestDigest: string;
  readonly log: Logger;
}

export class OpenStudies {
  readonly #options: OpenStudiesOptions;
  readonly #shards = new ServedShards();
  /** By study; kept as long as the dispatcher may have to be built again. */
  readonly #data = new Map<string, OpenedStudyData>();

  constructor(options: OpenStudiesOptions) {
    this.#options = options;
  }

  /**
   * Reads the data of a study; the study is not open yet.
   *
   * @param stored the record in the store; null for a new study
   * @throws RidgelineError DATASET_…; STUDY_DIFFERS if it was started on other data
   */
  async read(spec: StudySpec, stored: StudyRecord | null): Promise<ReadStudyData> {
    const read = await openStudyData(spec, this.#options);
    if (stored !== null)
      checkUnchanged(spec.study, stored, read.opened, this.#options.selfTestDigest);
    return read;
  }

  /**
   * Opens a stored study. If its data cannot be read, it is left out.
   *
   * @throws RidgelineError the reason, if the study is required
   */
  async resume(record: StudyRecord, isRequired: boolean): Promise<void> {
    const { study } = record.spec;
    try {
      this.open(study, await this.read(record.spec, record));
    } catch (error) {
      if (isRequired || !(error instanceof RidgelineError)) throw error;
      const { log } = this.#options;
      log.warn(`${study} is left out, submit it again to resume it: ${error.what} ${error.fix}`);
    }
  }

  open(study: string, { opened, shards }: ReadStudyData): OpenedStudyData {
    const { log } = this.#options;
    this.#shards.add(study, shards);
    this.#data.set(study, opened);
    if (opened.official === false) {
      log.warn(
        `${study}: the hashes of ${opened.source} differ from those of the official release; it is used as it is`,
      );
    }
    for (const remark of opened.remarks) log.warn(`${study}: ${remark}`);
    return opened;
  }

  close(study: string): void {
    this.#data.delete(study);
    this.#shards.remove(study);
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
    const data = this.#data.get(study)?.data;
    assert(record !== null && data !== undefined, () => `study ${study} is stored and open`);
    // A race compares which images were classified correctly.
    const trials: TrialRecord[] = [];
    for await (const trial of store.eachTrial(study, { correctness: record.spec.racing }))
      trials.push(trial);
    const attempts: AttemptRecord[] = [];
    for await (const attempt of store.eachAttempt(study)) attempts.push(attempt);
    return { record, data, trials, attempts };
  }

  /** The bytes of a shard from `offset` on; null if no open study uses it. */
  shardBytes(digest: string, offset: number): Iterable<Uint8Array> | null {
    return this.#shards.has(digest) ? this.#shards.bytes(digest, offset) : null;
  }
}

/**
 * Submissions: handles submitted studies one after another. A study may be new, resumed or extended.
 *
 * Other events are handled while a data set is read, and may change the study. So the data is read first,
 * and the study is looked up again before anything is removed or decided.
 */
import { assert } from '../../base/assert.ts';
import { RidgelineError } from '../../base/errors.ts';
import type { SubmitOutcome } from '../../rpc/server/handlers.ts';
import type { Store } from '../../store/store.ts';
import { compareSpecs, hasMoved, isFinished } from '../../study/spec/compare-specs.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { isOver } from '../../study/trial.ts';
import type { Dispatcher } from '../core/dispatcher.ts';
import type { KnownResults } from '../core/state/known-results.ts';
import type { Moment } from '../core/state/cluster-state.ts';
import type { Decision } from '../core/state/turn.ts';
import type { OpenStudies } from './open-studies.ts';
import { storedStudy, studyDiffers } from './study-errors.ts';
import { submittedFiles } from './submitted-files.ts';
import { retriedTrials } from './retried-trials.ts';

interface SubmissionPorts {
  readonly store: Pick<Store, 'study' | 'studies' | 'removeStudy'>;
  readonly studies: OpenStudies;
  /** Resolves when all earlier decisions are stored. @throws RidgelineError STATE_UNWRITABLE */
  settled(): Promise<Dispatcher>;
  decide(event: (dispatcher: Dispatcher, now: Moment) => Decision): void;
  committed(): Promise<void>;
  /** Removes a study from the dispatcher's memory. */
  forget(study: string): void;
  /** The store could not be written. */
  failed(error: unknown): void;
}

export interface Submission {
  /** A stored study of the same name is deleted, after the data of the new one was read. */
  readonly fresh: boolean;
  /** Null: that of the stored study, or 1. */
  readonly priority: number | null;
  /** Whether its trials take results of other studies; a stored study that takes them continues to. */
  readonly reuse: boolean;
  /** Contents of the files that its trainer needs, in any order. */
  readonly contents: readonly Uint8Array[];
}

const usual: Submission = { fresh: false, priority: null, reuse: false, contents: [] };

export class Submissions {
  readonly #ports: SubmissionPorts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(ports: SubmissionPorts) {
    this.#ports = ports;
  }

  /**
   * @throws RidgelineError STUDY_DIFFERS if another study has its name; DATASET_… if its data cannot be read
   */
  async submit(spec: StudySpec, submission: Partial<Submission> = {}): Promise<SubmitOutcome> {
    const submitted = this.#last.then(() => this.#take(spec, { ...usual, ...submission }));
    this.#last = submitted.catch(() => undefined);
    return await submitted;
  }

  /**
   * Gives trials that ended without a result new attempts, and takes up a study that is over again.
   *
   * @param trials names; null: all that ended without a result
   * @returns the number of trials
   * @throws RidgelineError TRIAL_UNKNOWN, STUDY_FAILED if there is nothing to retry; DATASET_…
   */
  async retry(study: string, trials: readonly string[] | null): Promise<number> {
    const retried = this.#last.then(() => this.#retry(study, trials));
    this.#last = retried.catch(() => undefined);
    return await retried;
  }

  async #retry(name: string, names: readonly string[] | null): Promise<number> {
    const ports = this.#ports;
    await ports.settled();
    const record = await storedStudy(ports.store, name);
    let count = 0;
    await this.#decide(record.spec, record, (dispatcher, now) => {
      const study = dispatcher.state.studies.get(name);
      assert(study, () => `study ${name} is in memory`);
      const trials = retriedTrials(study, names);
      count = trials.length;
      return dispatcher.retry(name, trials, now);
    });
    return count;
  }

  async #take(spec: StudySpec, submission: Submission): Promise<SubmitOutcome> {
    const { fresh, priority, reuse } = submission;
    await this.#ports.settled();
    const stored = fresh ? null : await this.#ports.store.study(spec.study);
    if (stored === null) return await this.#create(spec, submission);
    const comparison = compareSpecs(stored.spec, spec);
    if (comparison.kind === 'different') throw studyDiffers(spec.study, comparison.differences);
    if (isFinished(stored, comparison)) return 'complete';
    const isBudget = comparison.kind === 'budget';
    // A budget that has not ended is replaced; after its end, the study continues with a larger one.
    const isExtended =
      comparison.kind === 'extended' ||
      (isBudget && comparison.isLarger && (stored.budgetEnd ?? null) !== null);
    const isMoved = isBudget || hasMoved(stored.spec, spec);
    await this.#decide(spec, stored, (dispatcher, now) => {
      if (isExtended) return dispatcher.extend(spec, now);
      return isMoved ? dispatcher.move(spec, now) : dispatcher.tick(now);
    });
    if (reuse) await this.#startReuse({ ...stored, spec });
    if (priority !== null) await this.#setPriority(spec.study, priority);
    return isExtended ? 'extended' : 'resumed';
  }

  /** @throws RidgelineError STUDY_INVALID if the results of the study are not reproducible */
  async #reusable(study: Pick<StudyRecord, 'spec' | 'shardDigests'>): Promise<KnownResults> {
    const known = await this.#ports.studies.reusable(study);
    if (known !== null) return known;
    throw new RidgelineError(
      'STUDY_INVALID',
      `--reuse needs a study whose results are always the same, and those of ${study.spec.study} need not be: it has \`reproducible: false\`, a program without \`repeatable: exact\`, or a program that each worker chooses by name.`,
      'Run it without --reuse, or change the study file.',
    );
  }

  async #startReuse(study: StudyRecord): Promise<void> {
    const ports = this.#ports;
    const known = await this.#reusable(study);
    await ports.settled();
    ports.decide((dispatcher, now) => dispatcher.reuse(study.spec.study, known, now));
    await ports.committed();
  }

  async #setPriority(study: string, priority: number): Promise<void> {
    this.#ports.decide((dispatcher, now) => dispatcher.setPriority(study, priority, now));
    await this.#ports.committed();
  }

  async #create(
    spec: StudySpec,
    { fresh, priority, reuse, contents }: Submission,
  ): Promise<SubmitOutcome> {
    const ports = this.#ports;
    const files = submittedFiles(spec, contents);
    const read = await ports.studies.read(spec, null, files);
    const { data, shardDigests, official, dataWarnings, imageCounts } = read.opened;
    const known = reuse ? await this.#reusable({ spec, shardDigests }) : undefined;
    await ports.settled();
    if (fresh) await this.#remove(spec.study);
    ports.studies.open(spec.study, read);
    const details = {
      files,
      reuse,
      known,
      priority: priority ?? 1,
      shardDigests,
      officialData: official,
      dataWarnings,
      imageCounts,
    };
    ports.decide((dispatcher, now) => dispatcher.submit(spec, data, details, now));
    await ports.committed();
    return 'created';
  }

  /** Changes a stored study. If it is not in memory or its data has moved, its data is read first. */
  async #decide(
    spec: StudySpec,
    record: StudyRecord,
    change: (dispatcher: Dispatcher, now: Moment) => Decision,
  ): Promise<void> {
    const ports = this.#ports;
    const { study } = spec;
    let dispatcher = await ports.settled();
    let stored = null;
    const isHeld = dispatcher.state.studies.has(study);
    if (!isHeld || hasMoved(record.spec, spec)) {
      const read = await ports.studies.read(spec, record);
      await ports.settled();
      ports.studies.open(study, read);
      if (!isHeld) stored = await ports.studies.stored(study);
      dispatcher = await ports.settled();
    }
    const refused: RidgelineError[] = [];
    ports.decide((current, now) => {
      if (stored !== null && !current.state.studies.has(study)) current.restore(stored, now);
      try {
        return change(current, now);
      } catch (error) {
        if (!(error instanceof RidgelineError)) throw error;
        refused.push(error);
        return current.tick(now);
      }
    });
    await ports.committed();
    for (const error of refused) throw error;
  }

  /** Deletes a study with everything that is stored of it; its running trials are aborted. */
  async #remove(study: string): Promise<void> {
    const ports = this.#ports;
    const live = (await ports.settled()).state.studies.get(study);
    if (live !== undefined && !isOver(live.status))
      ports.decide((dispatcher, now) => dispatcher.cancel(study, 'replaced by --fresh', now));
    // From here on no row names the study; once all earlier rows are stored, it can be deleted.
    ports.forget(study);
    await ports.settled();
    ports.studies.close(study);
    try {
      await ports.store.removeStudy(study);
    } catch (error) {
      ports.failed(error);
      throw error;
    }
    await ports.settled();
  }
}

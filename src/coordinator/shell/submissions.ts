/**
 * Studies are handed in, one after another: new ones, those that go on where they were left, and those
 * that have grown.
 *
 * Reading a data set takes a while, in which everything else goes on. So it is read first; whatever is
 * then thrown away, kept and decided happens in one go, from what is stored at that moment.
 *
 * Not here: what a new or longer study means to the dispatcher (`intake.ts`).
 */
import type { SubmitOutcome } from '../../rpc/messages/control-messages.ts';
import type { StoreReader } from '../../store/sqlite/read.ts';
import { compareSpecs } from '../../study/spec/canonical-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { Decision, Moment } from '../core/state/cluster-state.ts';
import type { Dispatcher } from '../core/dispatcher.ts';
import { studyDiffers, studyOver } from './study-errors.ts';
import type { StudyLibrary } from './open-studies.ts';

interface SubmissionPorts {
  readonly store: Pick<StoreReader, 'study'>;
  readonly library: StudyLibrary;
  /** What was decided so far is stored. @throws RidgelineError STATE_UNWRITABLE where it cannot be */
  settled(): Dispatcher;
  decide(event: (dispatcher: Dispatcher, now: Moment) => Decision): void;
  committed(): Promise<void>;
  /** Throws a study away, with everything that is stored of it. */
  remove(study: string): void;
}

export class Submissions {
  readonly #ports: SubmissionPorts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(ports: SubmissionPorts) {
    this.#ports = ports;
  }

  /**
   * @param fresh what is stored under its name is thrown away, once the data could be read
   * @throws RidgelineError STUDY_DIFFERS when another study has its name; DATASET_… when its data cannot be read
   */
  async submit(spec: StudySpec, fresh: boolean): Promise<SubmitOutcome> {
    const submitted = this.#last.then(() => this.#take(spec, fresh));
    this.#last = submitted.catch(() => undefined);
    return await submitted;
  }

  async #take(spec: StudySpec, fresh: boolean): Promise<SubmitOutcome> {
    this.#ports.settled();
    const stored = fresh ? null : this.#ports.store.study(spec.study);
    if (stored === null) return await this.#create(spec, fresh);
    const { status } = stored;
    const comparison = compareSpecs(stored.spec, spec);
    if (comparison.kind === 'different') throw studyDiffers(spec.study, comparison.fields);
    if (status === 'failed' || status === 'cancelled') {
      if (comparison.kind === 'extended') throw studyOver(spec.study, status);
      return 'complete';
    }
    if (comparison.kind === 'extended') return await this.#extend(spec, stored);
    if (status === 'complete') return 'complete';
    await this.#open(spec, stored);
    this.#ports.decide((dispatcher, now) => {
      this.#hold(dispatcher, spec.study, now);
      return dispatcher.tick(now);
    });
    return 'resumed';
  }

  async #create(spec: StudySpec, fresh: boolean): Promise<SubmitOutcome> {
    const ports = this.#ports;
    const read = await ports.library.read(spec, null);
    ports.settled();
    if (fresh) ports.remove(spec.study);
    const { data, shardDigests, official } = ports.library.keep(spec.study, read);
    const details = { shardDigests, officialData: official };
    ports.decide((dispatcher, now) => dispatcher.submit(spec, data, details, now));
    await ports.committed();
    return 'created';
  }

  async #extend(spec: StudySpec, stored: StudyRecord): Promise<SubmitOutcome> {
    await this.#open(spec, stored);
    this.#ports.decide((dispatcher, now) => {
      this.#hold(dispatcher, spec.study, now);
      return dispatcher.extend(spec, now);
    });
    await this.#ports.committed();
    return 'extended';
  }

  /** A study that was over, or rested, is not held, nor is its data. */
  async #open(spec: StudySpec, stored: StudyRecord): Promise<void> {
    const ports = this.#ports;
    if (ports.settled().state.studies.has(spec.study)) return;
    const read = await ports.library.read(spec, stored);
    ports.settled();
    ports.library.keep(spec.study, read);
  }

  #hold(dispatcher: Dispatcher, study: string, now: Moment): void {
    if (!dispatcher.state.studies.has(study))
      dispatcher.restore(this.#ports.library.stored(study), now);
  }
}

/** Submissions to a simulated coordinator: the rules of `submissions.ts`; reading data takes no time. */
import type { Dispatcher } from '../../src/coordinator/core/dispatcher.ts';
import type { Moment, StudyData } from '../../src/coordinator/core/state/cluster-state.ts';
import { mayBeRetried } from '../../src/coordinator/core/state/trial-state.ts';
import type { Decision } from '../../src/coordinator/core/state/turn.ts';
import type { StudySpec } from '../../src/study/spec/study-spec.ts';
import { isOver } from '../../src/study/trial.ts';
import type { Checker } from './checker.ts';
import type { ModelStore } from './model-store.ts';
import type { SimulatedCoordinator } from './simulated-coordinator.ts';

export class SimulatedSubmissions {
  readonly #coordinator: SimulatedCoordinator;
  readonly #store: ModelStore;
  readonly #checker: Checker;
  readonly #data: StudyData;
  /** The dispatcher that is removing a study; submissions are handled one after another. */
  #removing: Dispatcher | null = null;

  constructor(
    coordinator: SimulatedCoordinator,
    store: ModelStore,
    checker: Checker,
    data: StudyData,
  ) {
    this.#coordinator = coordinator;
    this.#store = store;
    this.#checker = checker;
    this.#data = data;
  }

  /** @param reuse whether its trials take results of other studies */
  submit(spec: StudySpec, reuse = false): void {
    const coordinator = this.#coordinator;
    if (coordinator.dispatcher?.state.studies.has(spec.study) !== false || this.#isBusy()) return;
    coordinator.studies.open(spec.study);
    const known = reuse ? (coordinator.studies.reusable(spec) ?? undefined) : undefined;
    const details = {
      priority: 1,
      shardDigests: {},
      officialData: null,
      dataWarnings: [],
      imageCounts: null,
      ...(known !== undefined && { known, reuse }),
    };
    coordinator.decide((dispatcher, now) => dispatcher.submit(spec, this.#data, details, now));
  }

  /** A study that is over is opened again from the store. */
  extend(spec: StudySpec): void {
    const coordinator = this.#coordinator;
    coordinator.whenSettled(() => {
      const stored = this.#store.studies.get(spec.study);
      if (stored === undefined || this.#isBusy()) return;
      this.#change(spec.study, (dispatcher, now) => dispatcher.extend(spec, now));
    });
  }

  /** Another budget: a study whose budget has ended continues. */
  continueWith(spec: StudySpec): void {
    this.#coordinator.whenSettled(() => {
      const record = this.#store.studies.get(spec.study)?.record;
      if (record === undefined || this.#isBusy()) return;
      const hasEnded = (record.budgetEnd ?? null) !== null;
      if (!hasEnded && isOver(record.status)) return;
      this.#change(spec.study, (dispatcher, now) =>
        hasEnded ? dispatcher.extend(spec, now) : dispatcher.move(spec, now),
      );
    });
  }

  /** Retries all trials that ended without a result. @param done called when it is decided */
  retry(study: string, done: () => void): void {
    this.#coordinator.whenSettled(() => {
      if (this.#store.studies.get(study) === undefined || this.#isBusy()) return;
      this.#change(study, (dispatcher, now) => {
        done();
        const trials = dispatcher.state.studies.get(study)?.trials.values() ?? [];
        return dispatcher.retry(study, [...trials].filter(mayBeRetried), now);
      });
    });
  }

  #change(study: string, change: (dispatcher: Dispatcher, now: Moment) => Decision): void {
    const coordinator = this.#coordinator;
    coordinator.studies.open(study);
    coordinator.decide((dispatcher, now) => {
      if (!dispatcher.state.studies.has(study))
        dispatcher.restore(coordinator.studies.stored(study), now);
      return change(dispatcher, now);
    });
  }

  /** Removes the stored study of this name. */
  submitFresh(spec: StudySpec): void {
    const coordinator = this.#coordinator;
    const { study } = spec;
    coordinator.whenSettled(() => {
      if (this.#isBusy()) return;
      const stored = this.#store.studies.get(study);
      if (stored === undefined) return this.submit(spec);
      // A study of the same millisecond would have packs of the same names.
      if (stored.record.createdAtMs === coordinator.now().wallMs) return;
      const live = coordinator.dispatcher?.state.studies.get(study);
      if (live !== undefined && !isOver(live.status))
        coordinator.decide((dispatcher, now) => dispatcher.cancel(study, 'replaced', now));
      coordinator.dispatcher?.forget(study);
      this.#removing = coordinator.dispatcher;
      coordinator.whenSettled(() => {
        this.#removing = null;
        coordinator.studies.close(study);
        this.#store.studies.delete(study);
        this.#checker.studyRemoved(study);
        this.submit(spec);
      });
    });
  }

  #isBusy(): boolean {
    return this.#removing !== null && this.#removing === this.#coordinator.dispatcher;
  }
}

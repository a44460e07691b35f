/** How studies come to a simulated coordinator: the rules of `submissions.ts`, in no time. */
import type { StudyData } from '../../src/coordinator/core/state/cluster-state.ts';
import type { StudySpec } from '../../src/study/spec/study-spec.ts';
import { isOver } from '../../src/study/trial.ts';
import type { Books } from './books.ts';
import type { ModelStore } from './model-store.ts';
import type { SimulatedCoordinator } from './simulated-coordinator.ts';

export class SimulatedSubmissions {
  readonly #coordinator: SimulatedCoordinator;
  readonly #store: ModelStore;
  readonly #books: Books;
  readonly #data: StudyData;

  constructor(coordinator: SimulatedCoordinator, store: ModelStore, books: Books, data: StudyData) {
    this.#coordinator = coordinator;
    this.#store = store;
    this.#books = books;
    this.#data = data;
  }

  submit(spec: StudySpec): void {
    const coordinator = this.#coordinator;
    if (coordinator.dispatcher?.state.studies.has(spec.study) !== false) return;
    coordinator.library.keep(spec.study);
    coordinator.decide((dispatcher, now) =>
      dispatcher.submit(spec, this.#data, { shardDigests: {}, officialData: null }, now),
    );
  }

  /** One that is over is taken up again from the store. */
  extend(spec: StudySpec): void {
    const coordinator = this.#coordinator;
    if (!coordinator.flushed()) return;
    const { status } = this.#store.study(spec.study).record;
    if (status === 'failed' || status === 'cancelled') return;
    coordinator.library.keep(spec.study);
    coordinator.decide((dispatcher, now) => {
      if (!dispatcher.state.studies.has(spec.study))
        dispatcher.restore(coordinator.library.stored(spec.study), now);
      return dispatcher.extend(spec, now);
    });
  }

  /** What is there of it is thrown away. */
  submitAfresh(spec: StudySpec): void {
    const coordinator = this.#coordinator;
    if (!coordinator.flushed()) return;
    const stored = this.#store.studies.get(spec.study);
    // Reading its data takes a while.
    if (stored?.record.createdAtMs === coordinator.now().wallMs) return;
    if (stored !== undefined) {
      const isKnown = coordinator.dispatcher?.state.studies.has(spec.study) === true;
      if (isKnown && !isOver(stored.record.status))
        coordinator.decide((dispatcher, now) => dispatcher.cancel(spec.study, 'thrown away', now));
      if (!coordinator.flushed()) return;
      coordinator.forget(spec.study);
      this.#store.studies.delete(spec.study);
      this.#books.studyGone(spec.study);
    }
    this.submit(spec);
  }
}

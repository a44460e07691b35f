/**
 * One seed, one history: a cluster, its studies and what goes wrong are drawn from it; it runs with its
 * faults for a while, then everything heals, and the studies must come to their end.
 */
import { assert } from '../../src/base/assert.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { StudyData } from '../../src/coordinator/cluster-state.ts';
import type { Assignment } from '../../src/rpc/messages.ts';
import type { StudySpec } from '../../src/study/study-spec.ts';
import { trialName } from '../../src/study/trial.ts';
import { exampleStudy, plainTrainer, twoStages } from '../study/example-study.ts';
import { Books } from './books.ts';
import { drawFaults, noFaults, type Faults } from './faults.ts';
import { ModelStore } from './model-store.ts';
import { Network } from './network.ts';
import { SimulatedCoordinator } from './simulated-coordinator.ts';
import { SimulatedWorker, type WorkerKind } from './simulated-worker.ts';
import { Chance, Timeline } from './timeline.ts';
import { trueImages } from './truth.ts';

export interface HistorySettings {
  readonly seed: number;
  /** By worker: w0, w1, … */
  readonly kinds: readonly WorkerKind[];
  readonly threads: number;
  readonly faults: Faults;
  /** The share of trials that end every thread they run on. */
  readonly poison: number;
  readonly studies: readonly StudySpec[];
  /** How long things go wrong. */
  readonly troubledMs: number;
}

const part = { name: 'all', digest: 'a'.repeat(64), bytes: 1000, count: 100 };
const reference = {
  parts: [part],
  seed: 1,
  train: { kind: 'count', count: 60 },
  validation: { kind: 'count', count: 20 },
  test: { kind: 'count', count: 20 },
} as const;
const data: StudyData = {
  search: reference,
  test: { ...reference, parts: [part, { ...part, name: 'test' }] },
  validationCount: trueImages,
};
const stepMs = 200;
const healedMs = 2 * 60 * 60_000;

export class History {
  readonly settings: HistorySettings;
  readonly store = new ModelStore();
  readonly timeline = new Timeline();
  readonly books: Books;
  readonly coordinator: SimulatedCoordinator;
  readonly #chance: Chance;
  readonly #network: Network;
  readonly #workers: SimulatedWorker[] = [];
  #faults: Faults;
  #births = 0;

  constructor(settings: HistorySettings) {
    this.settings = settings;
    this.#faults = settings.faults;
    const { timeline, store } = this;
    const chance = new Chance(settings.seed, 77);
    const network = new Network(timeline, chance);
    const books = new Books(timeline, store, (name) => this.#kindOf(name));
    this.#chance = chance;
    this.#network = network;
    this.books = books;
    this.coordinator = new SimulatedCoordinator({ timeline, chance, network, store, books, data });
    this.#setFaults(settings.faults);
    this.coordinator.start();
    for (const index of settings.kinds.keys()) this.#bear(index);
    for (const [index, spec] of settings.studies.entries())
      timeline.later(index * 5_000, () => this.#submit(spec));
    timeline.later(stepMs, () => this.#step());
  }

  /** @throws what was broken, by whoever noticed */
  run(): void {
    this.#runUntil(this.settings.troubledMs);
    this.#heal();
    this.#runUntil(this.timeline.nowMs + healedMs);
    for (const { study } of this.settings.studies) {
      const status = this.store.studies.get(study)?.record.status ?? 'unknown';
      assert(isOver(status), `study ${study} comes to its end; it is ${status}`);
    }
  }

  /** Where everything stands, for whoever looks into a seed that failed. */
  describe(): string {
    const { dispatcher } = this.coordinator;
    const workers = [...(dispatcher?.state.workers.values() ?? [])].map(
      ({ session, connected, draining, packs, datasets, suspendedUntilMs }) =>
        `${session} ${JSON.stringify({ connected, draining, suspendedUntilMs })} packs ${[...packs].map(({ id }) => id).join(' ')} datasets ${datasets.size}`,
    );
    const trials = [...this.store.studies.values()].flatMap(({ record, trials: of }) =>
      [...of.values()].map(({ id, status, audit, log }) => {
        const attempts = log.map(
          ({ purpose, worker, outcome, fingerprint }) =>
            `${purpose}@${worker} ${outcome} ${fingerprint?.slice(0, 4) ?? ''}`,
        );
        return `${record.spec.study} ${record.status} ${trialName(id)} ${status} ${audit}: ${attempts.join(', ')}`;
      }),
    );
    return [...workers, ...trials].join('\n');
  }

  #runUntil(untilMs: number): void {
    while (this.timeline.nowMs < untilMs && !this.#isOver()) {
      this.timeline.step();
      this.coordinator.checkWhole();
    }
  }

  #isOver(): boolean {
    return this.settings.studies.every(({ study }) =>
      isOver(this.store.studies.get(study)?.record.status ?? 'unknown'),
    );
  }

  /** A study that could not be stored is submitted again: its user was told. */
  #submit(spec: StudySpec): void {
    if (this.store.studies.has(spec.study)) return;
    this.coordinator.read(() =>
      this.coordinator.decide((dispatcher, now) =>
        dispatcher.state.studies.has(spec.study)
          ? { persist: [], afterCommit: [] }
          : dispatcher.submit(spec, data, { partDigests: {}, officialData: null }, now),
      ),
    );
    this.timeline.later(3_000, () => this.#submit(spec));
  }

  #bear(index: number): void {
    const kind = this.settings.kinds[index] ?? 'sound';
    const name = `w${index}`;
    const worker = new SimulatedWorker(
      { name, sessionId: `${name}-${this.#births++}`, kind, threads: this.settings.threads },
      {
        timeline: this.timeline,
        chance: this.#chance,
        network: this.#network,
        coordinator: this.coordinator,
        books: this.books,
        faults: () => this.#faults,
        isPoison: (assignment) => this.#isPoison(assignment),
        onEnded: () => this.timeline.later(this.#chance.between(0, 5_000), () => this.#bear(index)),
      },
    );
    this.#workers[index] = worker;
  }

  #kindOf(name: string): WorkerKind {
    return (
      this.settings.kinds[Number(/^w(?<index>\d+)/.exec(name)?.groups?.['index'] ?? 0)] ?? 'sound'
    );
  }

  #isPoison({ members }: Assignment): boolean {
    return members.some(({ key }) => {
      const place = sha256(`${this.settings.seed} ${key.study} ${trialName(key.trial)}`);
      return parseInt(place.slice(0, 8), 16) / 2 ** 32 < this.settings.poison;
    });
  }

  #step(): void {
    for (const worker of this.#workers) this.#trouble(worker);
    this.#troubleCoordinator();
    this.timeline.later(stepMs, () => this.#step());
  }

  #trouble(worker: SimulatedWorker): void {
    const chance = this.#chance;
    const { worker: faults } = this.#faults;
    const { link } = worker;
    if (chance.happens(faults.crash)) worker.crash();
    if (chance.happens(faults.stop)) worker.stop(chance.between(100, 40_000));
    if (chance.happens(faults.drain)) worker.drain(chance.between(0, 10_000));
    if (link === null || link.isDead) return;
    if (chance.happens(faults.cut)) this.#network.break(link, worker, this.coordinator, 0);
    if (chance.happens(faults.halfOpen))
      this.#network.break(link, worker, this.coordinator, 30_000);
    if (chance.happens(faults.stall)) {
      const direction = chance.draw() < 0.5 ? 'up' : 'down';
      link.blockedUntilMs[direction] = this.timeline.nowMs + chance.between(100, 35_000);
    }
  }

  #troubleCoordinator(): void {
    const chance = this.#chance;
    const { coordinator: faults } = this.#faults;
    const { coordinator } = this;
    if (chance.happens(faults.crash)) coordinator.crash(chance.between(0, 15_000));
    if (chance.happens(faults.stop)) coordinator.stop(chance.between(1_200, 60_000));
    if (chance.happens(faults.wallJump)) coordinator.jumpWallClock(chance.between(-1e8, 1e8));
    for (const [state, rate] of [
      ['full', faults.storeFull],
      ['failing', faults.storeFails],
    ] as const) {
      if (!chance.happens(rate)) continue;
      coordinator.storeState = state;
      this.timeline.later(chance.between(100, 10_000), () => {
        coordinator.storeState = 'good';
      });
    }
    if (chance.happens(faults.pause)) this.#operate('pause');
    if (chance.happens(faults.cancel)) this.#operate('cancel');
    if (chance.happens(faults.drainOrder))
      coordinator.read(() => coordinator.decide((dispatcher) => dispatcher.drain('w0', 'asked')));
  }

  /** An operator does something to one of the studies; a paused one goes on some time later. */
  #operate(what: 'pause' | 'cancel'): void {
    const { studies } = this.settings;
    const name = studies[this.#chance.whole(0, studies.length - 1)]?.study ?? '';
    const { coordinator } = this;
    const act = (change: 'pause' | 'resume' | 'cancel'): void =>
      coordinator.read(() =>
        coordinator.decide((dispatcher, now) => {
          const status = dispatcher.state.studies.get(name)?.status ?? 'unknown';
          if (status === 'unknown' || isOver(status)) return { persist: [], afterCommit: [] };
          if (change === 'cancel') return dispatcher.cancel(name, 'no longer needed', now);
          return change === 'pause' ? dispatcher.pause(name, now) : dispatcher.resume(name, now);
        }),
      );
    act(what);
    if (what === 'pause') this.timeline.later(this.#chance.between(0, 20_000), () => act('resume'));
  }

  #setFaults(faults: Faults): void {
    this.#faults = faults;
    this.#network.reorder = faults.reorder;
    this.books.isOrdered = this.settings.faults.reorder === 0;
    this.coordinator.crashAtCommit = faults.coordinator.crash;
  }

  /** From now on nothing fails any more; paused studies go on, ineligible workers are started anew. */
  #heal(): void {
    if (this.#faults.datasetFails > 0) for (const worker of this.#workers) worker.crash();
    this.#setFaults(noFaults);
    const resume = (): void => {
      this.coordinator.read(() => {
        for (const { study } of this.settings.studies) {
          this.coordinator.decide((dispatcher, now) =>
            dispatcher.state.studies.get(study)?.status === 'paused'
              ? dispatcher.resume(study, now)
              : { persist: [], afterCommit: [] },
          );
        }
      });
      this.timeline.later(60_000, resume);
    };
    resume();
  }
}

function isOver(status: string): boolean {
  return status === 'complete' || status === 'failed' || status === 'cancelled';
}

export function simulatedStudy(study: string, changes: Partial<StudySpec> = {}): StudySpec {
  return exampleStudy({
    study,
    dataset: {
      source: { kind: 'named', name: 'digits' },
      train: reference.train,
      validation: reference.validation,
      test: reference.test,
    },
    trainer: {
      ...plainTrainer,
      batch: 10,
      learningRate: { min: 1e-5, max: 0.1, stepSize: 10 },
      length: { kind: 'cycles', cycles: 1 },
      measure: { kind: 'end' },
    },
    stages: twoStages(20, 14),
    ...changes,
  });
}

/** Everything about a history, from its seed. */
export function drawHistory(seed: number): HistorySettings {
  const chance = new Chance(seed, 78);
  const count = chance.whole(1, 4);
  const threads = chance.whole(1, 3);
  const odd = chance.draw();
  const oddKind = odd < 0.12 ? 'broken' : odd < 0.16 ? 'lazy' : odd < 0.45 ? 'wrong' : 'sound';
  // One odd worker at most, and only beside sound ones: a cluster of liars has no truth to find.
  const isAudited = chance.draw() < 0.6;
  const audit = isAudited
    ? { random: chance.draw() < 0.5 ? 0.2 : 0, top: chance.whole(0, 4) }
    : null;
  // From a stream of its own, so that what seeds drew before there were replicates stays the same.
  const repeats = new Chance(seed, 79);
  const replicates = repeats.draw() < 0.7 ? 1 : repeats.whole(2, 3);
  const racing = replicates > 1 && repeats.draw() < 0.6;
  const odds = oddKind === 'wrong' && repeats.draw() < 0.15 ? 'garbled' : oddKind;
  const kinds = Array.from({ length: count }, (_, index): WorkerKind =>
    index === 1 ? odds : 'sound',
  );
  const first = simulatedStudy('first', { seed, audit, replicates, racing });
  const second = simulatedStudy('second', {
    seed: seed + 1,
    stages: first.stages.slice(0, 1).map((stage) => ({ ...stage, trials: 6 })),
    audit: isAudited ? { random: 0, top: 2 } : null,
  });
  return {
    seed,
    kinds,
    threads,
    faults: drawFaults(chance),
    poison: chance.draw() < 0.8 ? 0 : chance.draw() * 0.15,
    studies: chance.draw() < 0.35 ? [first, second] : [first],
    troubledMs: 10 * 60_000,
  };
}

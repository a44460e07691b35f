/**
 * One seed, one history: a cluster, its studies and what goes wrong are drawn from it; it runs with its
 * faults for a while, then everything heals, and the studies must come to their end.
 */
import { assert } from '../../src/base/assert.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { StudyData } from '../../src/coordinator/core/state/cluster-state.ts';
import type { Assignment } from '../../src/rpc/messages/messages.ts';
import type { StudySpec } from '../../src/study/spec/study-spec.ts';
import { trialName } from '../../src/study/trial.ts';
import { Books } from './books.ts';
import { noFaults, type Faults } from './faults.ts';
import { ModelStore } from './model-store.ts';
import { Network } from './network.ts';
import { Operator, type Plan } from './operator.ts';
import { SimulatedCoordinator } from './simulated-coordinator.ts';
import { SimulatedSubmissions } from './simulated-submissions.ts';
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
  /** What people do to them later, one after another. */
  readonly plans?: readonly Plan[];
  /** The most trials that a worker takes in one pack; 8 unless told. */
  readonly packMax?: number;
  readonly hasTest?: boolean;
  /** How long things go wrong. */
  readonly troubledMs: number;
}

const part = { name: 'all', digest: 'a'.repeat(64), bytes: 1000, count: 100 };
export const reference = {
  parts: [part],
  seed: 1,
  train: { kind: 'count', count: 60 },
  validation: { kind: 'count', count: 20 },
  test: { kind: 'count', count: 20 },
} as const;
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
  readonly #operator: Operator;
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
    books.hasTest = settings.hasTest !== false;
    const test = { ...reference, parts: [part, { ...part, name: 'test' }] };
    const data: StudyData = {
      search: reference,
      test: settings.hasTest === false ? null : test,
      validationCount: trueImages,
    };
    this.coordinator = new SimulatedCoordinator({ timeline, chance, network, store, books, data });
    this.#setFaults(settings.faults);
    this.coordinator.start();
    for (const index of settings.kinds.keys()) this.#bear(index);
    const { coordinator } = this;
    const submissions = new SimulatedSubmissions(coordinator, store, books, data);
    const people = { timeline, chance, coordinator, submissions, store };
    this.#operator = new Operator(people, settings.studies, settings.plans ?? []);
    timeline.later(stepMs, () => this.#step());
  }

  /** @throws what was broken, by whoever noticed */
  run(): void {
    this.#runUntil(this.settings.troubledMs);
    this.#heal();
    this.#runUntil(this.timeline.nowMs + healedMs);
    const unfinished = this.#operator.unfinished();
    assert(unfinished === null, () => `all studies come to their end; ${unfinished}`);
    assert(this.#operator.isDone, 'what was planned was done');
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
          ({ kind, worker, outcome, fingerprint }) =>
            `${kind}@${worker} ${outcome} ${fingerprint?.slice(0, 4) ?? ''}`,
        );
        return `${record.spec.study} ${record.status} ${trialName(id)} ${status} ${audit}: ${attempts.join(', ')}`;
      }),
    );
    return [...workers, ...trials].join('\n');
  }

  #runUntil(untilMs: number): void {
    while (this.timeline.nowMs < untilMs && !this.#operator.isDone) {
      this.timeline.step();
      this.coordinator.checkWhole();
    }
  }

  #bear(index: number): void {
    const kind = this.settings.kinds[index] ?? 'sound';
    const name = `w${index}`;
    const { threads, packMax = 8 } = this.settings;
    const worker = new SimulatedWorker(
      { name, sessionId: `${name}-${this.#births++}`, kind, threads, packMax },
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
    if (chance.happens(faults.pause)) this.#operator.pauseOrCancel('pause');
    if (chance.happens(faults.cancel)) this.#operator.pauseOrCancel('cancel');
    if (chance.happens(faults.drainOrder))
      coordinator.read(() =>
        coordinator.decide((dispatcher) => {
          for (const { name, session } of dispatcher.state.workers.values())
            if (name === 'w0') this.books.drained(session);
          return dispatcher.drain('w0', 'asked');
        }),
      );
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
    this.#operator.resumeAll();
  }
}

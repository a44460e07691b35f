/**
 * History: one run of a simulated cluster. A seed gives the cluster, its studies and its faults. It runs
 * with faults for a while, then without, and then all studies must end.
 */
import { assert } from '../../src/base/assert.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { StudyData } from '../../src/coordinator/core/state/cluster-state.ts';
import type { Assignment } from '../../src/rpc/messages/messages.ts';
import type { DatasetReference } from '../../src/study/spec/dataset-reference.ts';
import { ownTokenId } from '../../src/study/own-token.ts';
import type { StudySpec } from '../../src/study/spec/study-spec.ts';
import { trialName, type TrialId } from '../../src/study/trial.ts';
import type { TrainerDescription } from '../../src/study/trainer-description.ts';
import { twoLayer } from '../../src/trainers/two-layer/description.ts';
import { Checker } from './checker.ts';
import { noFaults, type Faults } from './faults.ts';
import { ModelStore } from './model-store.ts';
import { Network } from './network.ts';
import { Operator, type Plan } from './operator.ts';
import { checkReplay } from './replay-check.ts';
import { SimulatedCoordinator } from './simulated-coordinator.ts';
import { SimulatedSubmissions } from './simulated-submissions.ts';
import {
  allowedProgram,
  SimulatedWorker,
  type WorkerContext,
  type WorkerKind,
} from './simulated-worker.ts';
import { Chance, Timeline } from './timeline.ts';
import { trainRecords, validationImages } from './simulated-results.ts';

export interface HistorySettings {
  readonly seed: number;
  /** Kinds of the workers w0, w1, … */
  readonly kinds: readonly WorkerKind[];
  readonly threads: number;
  readonly faults: Faults;
  /** Share of trials that crash every thread that trains them. */
  readonly poison: number;
  /** Share of trials that end every process that trains them; default 0. */
  readonly deadly?: number;
  /** Whether a `dying` worker has a new name each time it starts; default false. */
  readonly renames?: boolean;
  readonly studies: readonly StudySpec[];
  /** A study that is submitted later, and whose trials take results of the others. */
  readonly reusing?: { readonly study: string; readonly afterMs: number };
  /** Later changes of the studies, one after another. */
  readonly plans?: readonly Plan[];
  /** The most trials that a worker accepts in one pack; default 8. */
  readonly packMax?: number;
  readonly hasTest?: boolean;
  /** Whether the last two workers have the same token. */
  readonly isTokenShared?: boolean;
  /** Whether the coordinator can start a referee. */
  readonly hasReferee?: boolean;
  /** Whether the last two workers, which are of the same kind, have the same name. */
  readonly isLastTwin?: boolean;
  /** Whether the trainer of all studies is a program that workers must allow. */
  readonly needsProgram?: boolean;
  /** Duration of the faults. */
  readonly faultyMs: number;
}

const shard = { name: 'all', digest: 'a'.repeat(64), bytes: 1000, count: 100 };
export const reference = {
  shards: [shard],
  seed: 1,
  train: { count: trainRecords },
  validation: { count: 20 },
  test: { count: 20 },
  stratify: false,
} as const satisfies DatasetReference;
/** Trains as the built-in trainer. */
const programTrainer: TrainerDescription = {
  ...twoLayer,
  packSize: () => 1,
  needs: () => allowedProgram,
};
const stepMs = 200;
/** Longest time to the end of all studies after the faults. */
const recoveryMs = 5 * 60 * 60_000;
/** Time for connections to be made again, and for running packs to end, at the end. */
const settleMs = 3 * 60_000;

export class History {
  readonly settings: HistorySettings;
  readonly store = new ModelStore();
  readonly timeline = new Timeline();
  readonly checker: Checker;
  readonly coordinator: SimulatedCoordinator;
  readonly #chance: Chance;
  readonly #network: Network;
  readonly #operator: Operator;
  readonly #workers: SimulatedWorker[] = [];
  #faults: Faults;
  #started = 0;
  #referee: SimulatedWorker | null = null;
  #isRefereeWanted = false;

  constructor(settings: HistorySettings) {
    this.settings = settings;
    this.#faults = settings.faults;
    const { timeline, store } = this;
    const chance = new Chance(settings.seed, 77);
    const network = new Network(timeline, chance);
    const checker = new Checker(timeline, store, {
      workerKind: (name) => this.#workerKind(name),
      mayFail: (study, id) => this.#mayFail(study, id),
      threads: settings.threads,
    });
    this.#chance = chance;
    this.#network = network;
    this.checker = checker;
    checker.hasTest = settings.hasTest !== false;
    const test = { ...reference, shards: [shard, { ...shard, name: 'test' }] };
    const data: StudyData = {
      search: reference,
      test: settings.hasTest === false ? null : test,
      validationCount: validationImages,
      trainer: settings.needsProgram === true ? programTrainer : twoLayer,
    };
    this.coordinator = new SimulatedCoordinator({
      timeline,
      chance,
      network,
      store,
      checker,
      data,
      hasReferee: settings.hasReferee === true,
      startReferee: () => this.#startReferee(),
    });
    this.#setFaults(settings.faults);
    this.coordinator.start();
    for (const index of settings.kinds.keys()) this.#startWorker(index);
    const { coordinator } = this;
    const submissions = new SimulatedSubmissions(coordinator, store, checker, data);
    const context = { timeline, chance, coordinator, submissions, store };
    this.#operator = new Operator(context, settings);
    timeline.later(stepMs, () => this.#step());
  }

  /** @throws the first broken promise */
  async run(): Promise<void> {
    await this.#runUntil(this.settings.faultyMs);
    this.#recover();
    await this.#runUntil(this.timeline.nowMs + recoveryMs);
    const unfinished = this.#operator.unfinished();
    assert(unfinished === null, () => `all studies end; ${unfinished}`);
    assert(this.#operator.isDone, 'all planned changes were made');
    // A replay tells from wall times which results a retried trial had when a stage opened.
    if (this.settings.faults.coordinator.wallJump === 0) checkReplay(this.store);
    await this.#checkStates();
  }

  /** The state of the cluster, to look into a seed that failed. */
  describe(): string {
    const { dispatcher } = this.coordinator;
    const workers = [...(dispatcher?.state.workers.values() ?? [])].map(
      ({ session, connected, draining, packs, datasets, machine, host }) =>
        `${session} ${JSON.stringify({ connected, draining, machine, host })} packs ${[...packs].map(({ id }) => id).join(' ')} datasets ${datasets.size}`,
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

  /** Workers keep no state of a stage that has closed, once they have heard of it. */
  async #checkStates(): Promise<void> {
    if (this.settings.studies.every(({ stop }) => stop === undefined)) return;
    await this.#runUntil(this.timeline.nowMs + settleMs, () => false);
    const studies = [...(this.coordinator.dispatcher?.state.studies.values() ?? [])];
    for (const { uploads, name } of studies)
      assert(uploads.size === 0, () => `no uploaded state of ${name} is kept`);
    for (const { kept, settings } of this.#workers)
      assert(kept.length === 0, () => `${settings.sessionId} keeps states of ${kept[0]?.stage}`);
  }

  async #runUntil(untilMs: number, isDone = () => this.#operator.isDone): Promise<void> {
    const { coordinator, timeline } = this;
    while (timeline.nowMs < untilMs && !isDone()) {
      timeline.step();
      if (coordinator.hasContinuations) {
        coordinator.hasContinuations = false;
        // Node runs all promise continuations before the next tick callback.
        await new Promise<void>((resolve) => process.nextTick(resolve));
      }
      coordinator.check();
    }
  }

  #startWorker(index: number): void {
    const kind = this.settings.kinds[index] ?? 'correct';
    const { kinds, isTokenShared = false, renames = false } = this.settings;
    const { threads, packMax = 8, isLastTwin = false } = this.settings;
    const started = this.#started++;
    const isTwin = isLastTwin && index === this.settings.kinds.length - 1;
    const isRenamed = renames && kind === 'dying';
    const name = `w${isTwin ? index - 1 : index}${isRenamed ? `.${started}` : ''}`;
    const machineId = `machine-${index}`;
    // A worker of another name, or a twin, may have the token of the worker before it.
    const tokenId = `token-${index - Number(isTokenShared && index === kinds.length - 1)}`;
    const address = `10.0.0.${index}:${10_000 + started}`;
    const sessionId = `w${index}-${started}`;
    const worker = new SimulatedWorker(
      { name, machineId, tokenId, address, sessionId, kind, threads, packMax },
      this.#workerContext(() =>
        this.timeline.later(this.#chance.between(0, 5_000), () => this.#startWorker(index)),
      ),
    );
    this.#workers[index] = worker;
  }

  /** The coordinator's own worker; sometimes it fails to start. An earlier one ends first. */
  #startReferee(): void {
    const chance = this.#chance;
    if (chance.draw() < 0.1) return;
    this.timeline.later(chance.between(500, 5_000), () => {
      if (this.#referee !== null) {
        this.#isRefereeWanted = true;
        return;
      }
      const sessionId = `coordinator-${this.#started++}`;
      const names = { name: 'coordinator', machineId: 'own', tokenId: ownTokenId, sessionId };
      const settings = {
        ...names,
        address: '127.0.0.1:1',
        kind: 'correct',
        threads: 1,
        packMax: 8,
      } as const;
      const context = this.#workerContext(() => {
        this.#referee = null;
        if (this.#isRefereeWanted) this.#startReferee();
        this.#isRefereeWanted = false;
      });
      this.#referee = new SimulatedWorker(settings, context);
    });
  }

  #workerContext(onEnded: () => void): WorkerContext {
    return {
      timeline: this.timeline,
      chance: this.#chance,
      network: this.#network,
      coordinator: this.coordinator,
      checker: this.checker,
      faults: () => this.#faults,
      isPoison: (assignment) => this.#hasBad(assignment, 'poison'),
      isDeadly: (assignment) => this.#hasBad(assignment, 'deadly'),
      onEnded,
    };
  }

  #workerKind(name: string): WorkerKind {
    return (
      this.settings.kinds[Number(/^w(?<index>\d+)/.exec(name)?.groups?.['index'] ?? 0)] ?? 'correct'
    );
  }

  #hasBad({ members }: Assignment, bad: 'poison' | 'deadly'): boolean {
    return members.some(({ key }) => this.#isBad(key.study, key.trial, bad));
  }

  #isBad(study: string, trial: TrialId, bad: 'poison' | 'deadly'): boolean {
    const { seed, poison, deadly = 0 } = this.settings;
    const place = sha256(`${seed} ${study} ${trialName(trial)}`);
    const draw = parseInt(place.slice(0, 8), 16) / 2 ** 32;
    return bad === 'poison' ? draw < poison : draw >= poison && draw < poison + deadly;
  }

  /** Whether a trial may fail without a result: it causes its failures, or threads fail at random. */
  #mayFail(
    study: string,
    trial: TrialId,
  ): { readonly byFailures: boolean; readonly byDeaths: boolean } {
    const { kinds, faults } = this.settings;
    // A machine that turns sick when few trials are left cannot be distinguished from trials that crash.
    const hasCrashes = faults.hang + faults.threadCrash > 0 || kinds.includes('sick');
    return {
      byFailures: hasCrashes || this.#isBad(study, trial, 'poison'),
      byDeaths: this.#isBad(study, trial, 'deadly'),
    };
  }

  #step(): void {
    for (const worker of this.#workers) this.#injectWorkerFaults(worker);
    if (this.#referee !== null) this.#injectWorkerFaults(this.#referee);
    this.#injectCoordinatorFaults();
    this.timeline.later(stepMs, () => this.#step());
  }

  #injectWorkerFaults(worker: SimulatedWorker): void {
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

  #injectCoordinatorFaults(): void {
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
      coordinator.disk.state = state;
      this.timeline.later(chance.between(100, 10_000), () => {
        coordinator.disk.state = 'good';
      });
    }
    if (chance.happens(faults.pause)) this.#operator.pauseOrCancel('pause');
    if (chance.happens(faults.cancel)) this.#operator.pauseOrCancel('cancel');
    if (chance.happens(faults.drainOrder))
      coordinator.read(() =>
        coordinator.decide((dispatcher, now) => {
          for (const { name, session } of dispatcher.state.workers.values())
            if (name === 'w0') this.checker.drained(session);
          return dispatcher.drain('w0', 'asked', now);
        }),
      );
  }

  #setFaults(faults: Faults): void {
    this.#faults = faults;
    this.#network.reorder = faults.reorder;
    this.checker.isOrdered = this.settings.faults.reorder === 0;
    this.coordinator.disk.crashAtCommit = faults.coordinator.crash;
  }

  /** No more faults: paused studies are resumed, workers that could not fetch data are restarted. */
  #recover(): void {
    if (this.#faults.datasetFails > 0) for (const worker of this.#workers) worker.crash();
    this.#setFaults(noFaults);
    this.#operator.resumeAll();
  }
}

/**
 * Simulated worker: one worker process, with the real session, and simulated threads and time. A process
 * that ends is followed by another one of the same name, as under a supervisor.
 */
import type {
  Assignment,
  CoordinatorMessage,
  WorkerMessage,
} from '../../src/rpc/messages/messages.ts';
import { assert } from '../../src/base/assert.ts';
import { trialName, type TrialResult } from '../../src/study/trial.ts';
import { checkResumption, checkStates } from './rung-checks.ts';
import {
  hasRungs,
  ownPart,
  type Resumption,
  type StateScope,
} from '../../src/worker/states/state-keys.ts';
import { WorkerSession, type SessionEffect } from '../../src/worker/session.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { Checker } from './checker.ts';
import type { Faults } from './faults.ts';
import { Link, type Network, type Reader } from './network.ts';
import type { SimulatedCoordinator } from './simulated-coordinator.ts';
import { SimulatedStates } from './simulated-states.ts';
import type { Chance, Timeline } from './timeline.ts';
import {
  continuedResult,
  correctResult,
  correctRungResult,
  incompatibleResult,
  malformedResult,
  rungDigest,
  rungTrainer,
  wrongResult,
} from './simulated-results.ts';

/**
 * `incompatible`: has other arithmetic. `wrong`, `malformed`: a tenth of its results are. `crashing`: each
 * pack fails at once. `returning`: returns each pack at once. `dying`: its process ends soon after each
 * assignment. `slow`: its packs need longer than a lease for their first step. `sick`: for a while, each
 * pack fails at once. `refusing`: does not allow the program of studies that need one.
 */
export type WorkerKind =
  | 'correct'
  | 'incompatible'
  | 'wrong'
  | 'malformed'
  | 'crashing'
  | 'returning'
  | 'dying'
  | 'slow'
  | 'sick'
  | 'refusing';

/** What the workers allow that are not `refusing`. */
export const allowedProgram = 'command:simulated';

export interface WorkerContext {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly network: Network;
  readonly coordinator: SimulatedCoordinator;
  readonly checker: Checker;
  readonly faults: () => Faults;
  /** Whether a trial of the pack crashes every thread that trains it. */
  readonly isPoison: (assignment: Assignment) => boolean;
  /** Whether a trial of the pack ends every process that trains it. */
  readonly isDeadly: (assignment: Assignment) => boolean;
  /** Called when the process has ended. */
  readonly onEnded: () => void;
}

export interface WorkerSettings {
  readonly name: string;
  readonly machineId: string;
  readonly tokenId: string;
  /** Host and port. */
  readonly address: string;
  readonly sessionId: string;
  readonly kind: WorkerKind;
  readonly threads: number;
  readonly packMax: number;
}

const heartbeatMs = 5_000;
/** Duration of one step of progress. */
const stepMs = 100;
/** When a process ends that trains a deadly trial. */
const deadlyMs = 700;
/** From when and until when a sick worker fails, after the start of its process. */
const sickMs = { from: 15_000, to: 120_000 };

export class SimulatedWorker implements Reader {
  readonly settings: WorkerSettings;
  /** `sinceMs`: when the first step begins. */
  readonly running = new Map<string, { readonly sinceMs: number; hungAtMs: number | null }>();
  readonly #context: WorkerContext;
  readonly #session: WorkerSession;
  readonly #startedMs: number;
  readonly #states: SimulatedStates;
  /** By attempt: states whose results were not answered. */
  readonly #offers = new Map<string, { readonly pack: string; readonly text: string }>();
  #link: Link | null = null;
  #isAlive = true;
  #isStopped = false;
  #unread: (() => void)[] = [];

  constructor(settings: WorkerSettings, context: WorkerContext) {
    this.settings = settings;
    this.#context = context;
    this.#startedMs = context.timeline.nowMs;
    // Some processes have room for a few states only.
    this.#states = new SimulatedStates(context.timeline.nowMs % 4 === 0 ? 2 : 1_000);
    const { sessionId: session, name, machineId, threads, packMax } = settings;
    const selfTestDigest = settings.kind === 'incompatible' ? 'other' : 'correct';
    const identity = {
      session,
      name,
      machineId,
      threads,
      slots: threads,
      packMax,
      memory: 0,
    } as const;
    const version = 'test';
    const allowed = settings.kind === 'refusing' ? [] : [allowedProgram];
    this.#session = new WorkerSession(
      { ...identity, version, kernel: 'portable', processor: 'simulated', selfTestDigest },
      () => allowed,
      () => this.#states.scopes(),
    );
    this.#later(context.chance.between(0, 100), () => this.#dial());
  }

  read(run: () => void): void {
    if (!this.#isAlive) return;
    if (this.#isStopped) this.#unread.push(run);
    else run();
  }

  get link(): Link | null {
    return this.#link;
  }

  /** Stages for which it keeps states. */
  get kept(): StateScope[] {
    return this.#isAlive ? this.#states.scopes() : [];
  }

  /** kill -9: the kernel closes its connections. */
  crash(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    const { network, coordinator, checker, onEnded } = this.#context;
    checker.processEnded(this.settings.sessionId);
    if (this.#link !== null) network.break(this.#link, this, coordinator, 50);
    onEnded();
  }

  /** SIGSTOP, and SIGCONT later; its threads stop too. */
  stop(forMs: number): void {
    if (this.#isStopped || !this.#isAlive) return;
    this.#isStopped = true;
    this.#context.timeline.later(forMs, () => {
      this.#isStopped = false;
      const unread = this.#unread;
      this.#unread = [];
      for (const run of unread) this.read(run);
    });
  }

  drain(graceMs: number): void {
    this.read(() => this.#perform(this.#session.drain('asked to')));
    this.#later(graceMs, () =>
      this.#perform(this.#session.returnPacks('the grace period is over')),
    );
  }

  #later(delayMs: number, run: () => void): void {
    this.#context.timeline.later(delayMs, () => this.read(run));
  }

  #dial(): void {
    if (this.#link !== null) return;
    const { coordinator, network, chance } = this.#context;
    if (!coordinator.isUp) {
      this.#later(chance.between(200, 2_000), () => this.#dial());
      return;
    }
    const link = new Link();
    this.#link = link;
    link.onClosedAtWorker = () => {
      this.#link = null;
      this.#session.streamClosed();
      this.#later(chance.between(0, 3_000), () => this.#dial());
    };
    coordinator.streams.connected(link, this);
    const hello = this.#session.hello(this.#progress());
    network.send(link, 'up', coordinator, () => coordinator.hello(link, hello, this));
    this.#heartbeat(link);
  }

  #heartbeat(link: Link): void {
    this.#later(heartbeatMs, () => {
      if (this.#link !== link) return;
      this.#perform(this.#session.heartbeat(this.#progress()));
      this.#heartbeat(link);
    });
  }

  #progress(): Map<string, number> {
    const { nowMs } = this.#context.timeline;
    return new Map(
      [...this.running].map(([pack, { sinceMs, hungAtMs }]) => [
        pack,
        Math.max(0, Math.floor(((hungAtMs ?? nowMs) - sinceMs) / stepMs)),
      ]),
    );
  }

  received(message: CoordinatorMessage): void {
    this.#context.checker.received(this, message);
    if (message.kind === 'answer') this.#upload(message);
    this.#perform(this.#session.received(message));
  }

  #send(message: WorkerMessage): void {
    if (this.#link === null || message.kind === 'hello') return;
    const { coordinator, network, chance, faults, timeline } = this.#context;
    const { sessionId } = this.settings;
    network.send(this.#link, 'up', coordinator, () => coordinator.received(sessionId, message));
    if (chance.happens(faults().foreign))
      coordinator.read(() => coordinator.receivedFromOther(sessionId, message));
    if (!chance.happens(faults().replay)) return;
    timeline.later(chance.between(0, 40_000), () => {
      if (this.#isAlive && this.#link?.isDead === false)
        coordinator.read(() => coordinator.received(sessionId, message));
    });
  }

  #perform(effects: readonly SessionEffect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'send':
          this.#send(effect.message);
          break;
        case 'train':
          this.#train(effect.assignment);
          break;
        case 'stop': {
          const { pack, reason } = effect;
          this.running.delete(pack);
          this.#perform(this.#session.packStopped(pack, { kind: 'stopped', reason }));
          break;
        }
        case 'fetch':
          this.#fetch(effect.dataset);
          break;
        case 'leave':
          this.crash();
          break;
        case 'release':
          this.#states.release(effect);
          break;
        case 'log':
          break;
      }
    }
  }

  #fetch(dataset: string): void {
    const { chance, faults } = this.#context;
    const fails = chance.happens(faults().datasetFails);
    const link = this.#link;
    this.#later(chance.between(20, 1_000), () => {
      // The shards came over a stream that is closed.
      if (this.#link !== link) return;
      this.#perform(
        fails
          ? this.#session.datasetFailed(dataset, 'wrong bytes')
          : this.#session.datasetReady(dataset),
      );
    });
  }

  #train(assignment: Assignment): void {
    const { timeline, chance, faults, isPoison } = this.#context;
    const { pack } = assignment;
    const { kind } = this.settings;
    const resumption = this.#states.resume(assignment) ?? this.#fetchStates(assignment);
    checkStates(assignment);
    if (resumption !== null) checkResumption(assignment, resumption);
    const ageMs = timeline.nowMs - this.#startedMs;
    const isSick = kind === 'sick' && ageMs > sickMs.from && ageMs < sickMs.to;
    const hangs = chance.happens(faults().hang);
    const crashes =
      kind === 'crashing' || isSick || isPoison(assignment) || chance.happens(faults().threadCrash);
    const isQuick = kind === 'crashing' || kind === 'returning' || isSick;
    const durationMs = isQuick ? 5 : chance.between(deadlyMs + 100, 8_000);
    const hungAtMs = hangs ? timeline.nowMs + chance.between(0, 3_000) : null;
    // Within four leases.
    const startMs = kind === 'slow' ? chance.between(25_000, 70_000) : 0;
    this.running.set(pack, { sinceMs: timeline.nowMs + startMs, hungAtMs });
    if (kind === 'dying') this.#later(chance.between(100, 500), () => this.crash());
    if (this.#context.isDeadly(assignment)) this.#later(startMs + deadlyMs, () => this.crash());
    if (hangs) return;
    this.#later(startMs + durationMs, () => {
      if (!this.running.delete(pack)) return;
      this.#perform(this.#endPack(assignment, resumption, crashes));
    });
  }

  /** States that other workers have uploaded; some are lost or wrong, and are not used. */
  #fetchStates({ members }: Assignment): Resumption | null {
    const { chance, coordinator } = this.#context;
    if (members.some(({ state }) => state === null) || this.#link?.isDead !== false) return null;
    if (chance.draw() < 0.2) return null;
    const texts = members.map(({ state }) => coordinator.uploads.get(state?.digest ?? ''));
    for (const [member, { rung, key }] of members.entries()) {
      const text = texts[member];
      if (text === undefined || text.startsWith('wrong')) return null;
      assert(text === rung?.digest, `${trialName(key.trial)} receives the state at its rung`);
    }
    const states = texts.map((text = '', member) => {
      const step = members[member]?.rung?.step ?? 0;
      return { step, bytes: new TextEncoder().encode(text) };
    });
    return { states, seconds: members.map(({ rung }) => (rung?.step ?? 0) / 160) };
  }

  /** Uploads a part of the states whose results were accepted; a wrong worker may send another state. */
  #upload({ key, answer }: Extract<CoordinatorMessage, { kind: 'answer' }>): void {
    const name = JSON.stringify(key);
    const offer = this.#offers.get(name);
    this.#offers.delete(name);
    const { chance, coordinator } = this.#context;
    if (offer === undefined || answer !== 'accepted' || chance.draw() < 0.5) return;
    const isWrong = this.settings.kind === 'wrong' && chance.draw() < 0.3;
    const text = isWrong ? `wrong ${chance.draw()}` : offer.text;
    this.#later(chance.between(0, 5_000), () => {
      if (this.#link?.isDead === false)
        coordinator.read(() =>
          coordinator.uploaded(this.settings.sessionId, offer.pack, key, text),
        );
    });
  }

  #endPack(
    assignment: Assignment,
    resumption: Resumption | null,
    crashes: boolean,
  ): SessionEffect[] {
    const { pack, members, measureTest } = assignment;
    const { kind } = this.settings;
    if (kind === 'returning')
      return this.#session.packStopped(pack, { kind: 'stopped', reason: 'it returns every pack' });
    if (crashes)
      return this.#session.packStopped(pack, { kind: 'crashed', reason: 'out of memory' });
    if (hasRungs(assignment) || assignment.settings['cycles'] === rungTrainer.cycles)
      return this.#endRungs(assignment, resumption);
    const results = members.map(({ key, params }) =>
      this.#faulty(correctResult(key.trial, params, measureTest, key.study)),
    );
    this.#context.checker.computed(pack);
    return this.#session.packEnded(pack, results);
  }

  /** The end of a pack of trials with rungs: it may continue from kept states, and keeps those that it reaches. */
  #endRungs(assignment: Assignment, resumption: Resumption | null): SessionEffect[] {
    const { pack, members, measureTest, toStep } = assignment;
    const end = toStep === 0 ? rungTrainer.cycles * 20 : toStep;
    const { kind } = this.settings;
    const results: TrialResult[] = [];
    const rungs = members.map(({ key: { trial }, params, rung }, member) => {
      const correct = correctRungResult(trial, params, end, measureTest);
      const right = rung === null ? '' : rungDigest(trial, params, rung.step);
      const state = resumption?.states[member]?.bytes;
      const slips = kind === 'wrong' && this.#context.chance.draw() < 0.1;
      // The state of another machine has other digests; a wrong one is never repeated.
      const other =
        kind === 'incompatible' ? 'other' : slips ? String(this.#context.chance.draw()) : '';
      const passed = state === undefined ? right + other : new TextDecoder().decode(state);
      const result = passed === right ? this.#faulty(correct) : continuedResult(correct, passed);
      results.push(result);
      const own = other === '' ? passed : sha256(passed);
      const isPassed = rung !== null && result.steps > rung.step;
      const before = isPassed ? [{ step: rung.step, digest: own, state: null }] : [];
      if (result.kind === 'diverged') return before;
      const reached = { step: end, digest: result.digest };
      const kept = toStep === 0 ? null : new TextEncoder().encode(result.digest);
      return [...before, { ...reached, state: kept }];
    });
    this.#states.keep(assignment, rungs, results);
    for (const [member, { key }] of members.entries()) {
      const text = results[member];
      if (toStep > 0 && text?.kind === 'complete')
        this.#offers.set(JSON.stringify(key), { pack, text: text.digest });
    }
    this.#context.checker.computed(pack);
    const own = ownPart(assignment, { results, rungs }, resumption);
    return this.#session.packEnded(pack, own.results, { passed: own.passed });
  }

  #faulty(correct: TrialResult): TrialResult {
    const { kind } = this.settings;
    const { chance } = this.#context;
    if (kind === 'incompatible') return incompatibleResult(correct);
    if (kind === 'malformed')
      return chance.draw() < 0.1 ? malformedResult(correct, chance.draw()) : correct;
    return kind === 'wrong' && chance.draw() < 0.1 ? wrongResult(correct, chance.draw()) : correct;
  }
}

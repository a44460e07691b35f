/**
 * A whole cluster under one seed: the real dispatcher and the real worker sessions, with simulated
 * time, network, threads and store. One seed is one history, and repeats exactly.
 *
 * Faults: workers crash and come back as new processes, connections close and reopen, messages are
 * late, threads hang, trials crash their thread, the coordinator is killed and starts again from what
 * it had committed.
 */
import { assert } from '../../src/base/assert.ts';
import { sha256 } from '../../src/base/digest.ts';
import { RandomStream } from '../../src/base/philox.ts';
import type { Decision, Moment, StudyData } from '../../src/coordinator/cluster-state.ts';
import { Dispatcher } from '../../src/coordinator/dispatcher.ts';
import type { Assignment, CoordinatorMessage, WorkerMessage } from '../../src/rpc/messages.ts';
import type { StudySpec } from '../../src/study/study-spec.ts';
import {
  trialName,
  type Measurement,
  type TrialId,
  type TrialResult,
} from '../../src/study/trial.ts';
import { WorkerSession, type SessionEffect } from '../../src/worker/session.ts';
import { ModelStore } from './model-store.ts';

export interface Faults {
  readonly workerCrash: number;
  readonly cut: number;
  readonly hang: number;
  readonly threadCrash: number;
  readonly coordinatorCrash: number;
  readonly drain: number;
}

export const noFaults: Faults = {
  workerCrash: 0,
  cut: 0,
  hang: 0,
  threadCrash: 0,
  coordinatorCrash: 0,
  drain: 0,
};

interface SimulatedWorker {
  readonly index: number;
  session: WorkerSession;
  sessionId: string;
  stream: number | null;
  /** Counts up while a pack trains; a hung one stands still. */
  readonly progress: Map<string, number>;
  readonly assignments: Map<string, Assignment>;
  readonly hung: Set<string>;
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  run(): void;
}

const leaseMs = 20_000;
const heartbeatMs = 5_000;

export class SimulatedCluster {
  readonly store = new ModelStore();
  /** What workers were told was accepted: the books that the product does not keep. */
  readonly acknowledged = new Map<string, string>();
  dispatcher: Dispatcher;
  nowMs = 0;
  eventCount = 0;
  #faults: Faults;
  readonly #random: RandomStream;
  #draws = 0;
  #queue: Event[] = [];
  #order = 0;
  #streams = 0;
  readonly #workers: SimulatedWorker[] = [];
  readonly #bySession = new Map<string, SimulatedWorker>();
  readonly #data: StudyData;
  readonly #threads: number;

  constructor(
    seed: number,
    options: { workers: number; threads: number; faults: Faults; data: StudyData },
  ) {
    this.#random = new RandomStream(seed, 'lambda', 77);
    this.#faults = options.faults;
    this.#data = options.data;
    this.#threads = options.threads;
    this.dispatcher = this.#newDispatcher();
    for (let index = 0; index < options.workers; index++) {
      this.#workers.push(this.#bornWorker(index));
      this.#later(this.#draw() * 100, () => this.#dial(index));
    }
    this.#later(200, () => this.#tick());
  }

  submit(spec: StudySpec): void {
    this.#decide(
      this.dispatcher.submit(
        spec,
        this.#data,
        { partDigests: {}, officialData: null },
        this.#now(),
      ),
    );
  }

  /** From now on nothing fails any more. */
  heal(): void {
    this.#faults = noFaults;
  }

  /** Runs until the study has ended, or the time is over. */
  run(study: string, untilMs: number): void {
    while (this.nowMs < untilMs) {
      const status = this.store.studies.get(study)?.status;
      if (status === 'complete' || status === 'failed' || status === 'cancelled') return;
      const next = this.#queue.shift();
      assert(next, 'something is always going to happen');
      this.nowMs = next.atMs;
      this.eventCount += 1;
      next.run();
    }
  }

  #tick(): void {
    this.#decide(this.dispatcher.tick(this.#now()));
    for (const worker of this.#workers) {
      if (this.#happens(this.#faults.workerCrash)) this.#crashWorker(worker);
      else if (this.#happens(this.#faults.cut)) this.#cut(worker);
      else if (this.#happens(this.#faults.drain))
        this.#perform(worker, worker.session.drain('told to'));
    }
    if (this.#happens(this.#faults.coordinatorCrash)) this.#crashCoordinator();
    this.#later(200, () => this.#tick());
  }

  #newDispatcher(): Dispatcher {
    const stored = [...this.store.studies.values()].map((record) => ({
      record,
      data: this.#data,
      trials: this.store.trialsOf(record.spec.study),
      attempts: this.store.attemptsOf(record.spec.study),
    }));
    const settings = {
      leaseMs,
      heartbeatMs,
      reconnectMs: 1_000,
      forgetMs: 600_000,
      knownAnswer: 'right',
      version: 'test',
    };
    return new Dispatcher(settings, stored, this.#now());
  }

  /** Commit, then act: the order that the real shell keeps. A crash may come in between. */
  #decide(decision: Decision): void {
    if (this.#happens(this.#faults.coordinatorCrash / 4)) {
      this.#crashCoordinator(); // Before the commit: nothing happened.
      return;
    }
    this.store.commit(decision.persist);
    if (this.#happens(this.#faults.coordinatorCrash / 4)) {
      this.#crashCoordinator(); // After the commit: stored, and nobody was told.
      return;
    }
    for (const effect of decision.afterCommit) {
      if (effect.kind === 'send') this.#toWorker(effect.session, effect.message);
    }
  }

  #crashCoordinator(): void {
    for (const worker of this.#workers) this.#cut(worker);
    this.dispatcher = this.#newDispatcher();
  }

  #bornWorker(index: number): SimulatedWorker {
    const sessionId = `w${index}-${this.#order++}`;
    const session = new WorkerSession({
      session: sessionId,
      name: `w${index}`,
      version: 'test',
      threads: this.#threads,
      packMax: 8,
      kernel: 'portable',
      knownAnswer: 'right',
    });
    const worker = {
      index,
      session,
      sessionId,
      stream: null,
      progress: new Map(),
      assignments: new Map(),
      hung: new Set<string>(),
    };
    this.#bySession.set(sessionId, worker);
    return worker;
  }

  #crashWorker(worker: SimulatedWorker): void {
    this.#cut(worker);
    this.#bySession.delete(worker.sessionId);
    this.#workers[worker.index] = this.#bornWorker(worker.index);
  }

  #dial(index: number): void {
    const worker = this.#workers[index];
    assert(worker, 'workers are numbered');
    if (worker.stream !== null) return;
    worker.stream = ++this.#streams;
    const hello = worker.session.hello(worker.progress);
    const { stream } = worker;
    this.#later(this.#delayMs(), () => {
      if (worker.stream === stream)
        this.#decide(this.dispatcher.joined(hello, '127.0.0.1:1', this.#now()));
    });
    this.#heartbeat(worker, stream);
  }

  #heartbeat(worker: SimulatedWorker, stream: number): void {
    this.#later(heartbeatMs, () => {
      if (worker.stream !== stream) return;
      for (const [pack, step] of worker.progress)
        if (!worker.hung.has(pack)) worker.progress.set(pack, step + 1);
      this.#perform(worker, worker.session.heartbeat(worker.progress));
      this.#heartbeat(worker, stream);
    });
  }

  #cut(worker: SimulatedWorker): void {
    if (worker.stream === null) return;
    worker.stream = null;
    worker.session.streamClosed();
    const { sessionId, index } = worker;
    this.#decide(this.dispatcher.streamClosed(sessionId, 'cut', this.#now()));
    this.#later(this.#draw() * 3_000, () => this.#dial(index));
  }

  #toWorker(sessionId: string, message: CoordinatorMessage): void {
    const worker = this.#bySession.get(sessionId);
    const stream = worker?.stream;
    if (worker === undefined || stream === null) return;
    this.#later(this.#delayMs(), () => {
      if (worker.stream !== stream) return;
      if (
        message.kind === 'answer' &&
        (message.answer === 'accepted' || message.answer === 'duplicate')
      ) {
        this.acknowledged.set(trialName(message.key.trial), message.answer);
      }
      this.#perform(worker, worker.session.received(message));
    });
  }

  #toCoordinator(worker: SimulatedWorker, message: WorkerMessage): void {
    const { stream, sessionId } = worker;
    assert(message.kind !== 'hello', 'hello opens a stream');
    this.#later(this.#delayMs(), () => {
      if (worker.stream === stream && this.dispatcher.state.workers.has(sessionId)) {
        this.#decide(this.dispatcher.received(sessionId, message, this.#now()));
      }
    });
  }

  #perform(worker: SimulatedWorker, effects: readonly SessionEffect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'send':
          if (worker.stream !== null) this.#toCoordinator(worker, effect.message);
          break;
        case 'train':
          this.#train(worker, effect.assignment);
          break;
        case 'stop':
          worker.hung.delete(effect.pack);
          worker.assignments.delete(effect.pack);
          worker.progress.delete(effect.pack);
          this.#perform(
            worker,
            worker.session.packStopped(effect.pack, { kind: 'stopped', reason: effect.reason }),
          );
          break;
        case 'fetch':
          this.#later(50, () => this.#perform(worker, worker.session.datasetReady(effect.dataset)));
          break;
        case 'leave':
          this.#crashWorker(worker); // Its supervisor starts another.
          break;
        case 'say':
          break;
      }
    }
  }

  #train(worker: SimulatedWorker, assignment: Assignment): void {
    const { pack } = assignment;
    worker.assignments.set(pack, assignment);
    worker.progress.set(pack, 0);
    if (this.#happens(this.#faults.hang)) {
      worker.hung.add(pack);
      return;
    }
    const crashes = this.#happens(this.#faults.threadCrash);
    this.#later(500 + this.#draw() * 8_000, () => {
      if (this.#bySession.get(worker.sessionId) !== worker || !worker.assignments.delete(pack))
        return;
      worker.progress.delete(pack);
      this.#perform(
        worker,
        crashes
          ? worker.session.packStopped(pack, { kind: 'crashed', reason: 'out of memory' })
          : worker.session.packEnded(
              pack,
              assignment.members.map(({ key, lambda }) =>
                resultOf(key.trial, lambda, assignment.measureTest),
              ),
            ),
      );
    });
  }

  #later(delayMs: number, run: () => void): void {
    const event: Event = { atMs: this.nowMs + delayMs, order: this.#order++, run };
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#queue[middle]!;
      if (other.atMs < event.atMs || (other.atMs === event.atMs && other.order < event.order))
        low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, event);
  }

  #now(): Moment {
    return { monotonicMs: this.nowMs, wallMs: 1.7e12 + this.nowMs };
  }

  #draw(): number {
    return this.#random.uniformAt(this.#draws++);
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#draw() < probability;
  }

  #delayMs(): number {
    return 1 + this.#draw() * 40;
  }
}

/** A pretend training run: a pure function of the trial, as a real one is. Some diverge. */
export function resultOf(trial: TrialId, lambda: number, measureTest: boolean): TrialResult {
  const digest = sha256(trialName(trial), String(lambda));
  if (lambda > 0.09) return { kind: 'diverged', steps: 7, seconds: 1, curve: [] };
  const accuracy =
    0.47 - 0.01 * Math.abs(Math.log10(lambda) + 2) + parseInt(digest.slice(0, 4), 16) / 1e7;
  const last: Measurement = {
    step: 10,
    epoch: 1,
    learningRate: 1e-5,
    trainLoss: 1,
    trainCost: 1,
    trainAccuracy: 0.6,
    validationLoss: 1.5,
    validationCost: 1.6,
    validationAccuracy: accuracy,
    testLoss: measureTest ? 1.5 : null,
    testAccuracy: measureTest ? accuracy : null,
  };
  return {
    kind: 'complete',
    steps: 10,
    seconds: 1,
    digest,
    curve: [last],
    validationCorrect: new Uint8Array(2),
  };
}

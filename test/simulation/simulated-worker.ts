/**
 * One worker process in a simulation: the real session, with simulated threads and time. A process
 * that ends is followed by another one of the same name, as under a supervisor.
 */
import type {
  Assignment,
  CoordinatorMessage,
  WorkerMessage,
} from '../../src/rpc/messages/messages.ts';
import { WorkerSession, type SessionEffect } from '../../src/worker/session.ts';
import type { Books } from './books.ts';
import type { Faults } from './faults.ts';
import { Link, type Network, type Reader } from './network.ts';
import type { SimulatedCoordinator } from './simulated-coordinator.ts';
import type { Chance, Timeline } from './timeline.ts';
import { computedElsewhere, garbled, lie, trueResult } from './truth.ts';

/**
 * `foreign`: its arithmetic is another one. `sound`. `wrong`: a tenth of its results are. `broken`: every pack ends with an error at once.
 * `lazy`: gives every pack back at once.
 */
export type WorkerKind = 'sound' | 'foreign' | 'wrong' | 'garbled' | 'broken' | 'lazy';

export interface Surroundings {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly network: Network;
  readonly coordinator: SimulatedCoordinator;
  readonly books: Books;
  readonly faults: () => Faults;
  /** Trials that end every thread they run on. */
  readonly isPoison: (assignment: Assignment) => boolean;
  /** The process has ended; its supervisor is told. */
  readonly onEnded: () => void;
}

export interface WorkerSettings {
  readonly name: string;
  readonly sessionId: string;
  readonly kind: WorkerKind;
  readonly threads: number;
  readonly packMax: number;
}

const heartbeatMs = 5_000;
/** Progress is counted in steps of this length. */
const stepMs = 100;

export class SimulatedWorker implements Reader {
  readonly settings: WorkerSettings;
  readonly running = new Map<string, { readonly sinceMs: number; hungAtMs: number | null }>();
  readonly #at: Surroundings;
  readonly #session: WorkerSession;
  #link: Link | null = null;
  #isAlive = true;
  #isStopped = false;
  #unread: (() => void)[] = [];

  constructor(settings: WorkerSettings, at: Surroundings) {
    this.settings = settings;
    this.#at = at;
    const { sessionId: session, name, threads, packMax } = settings;
    const selfTestDigest = settings.kind === 'foreign' ? 'another' : 'right';
    const identity = { session, name, threads, packMax, version: 'test' } as const;
    this.#session = new WorkerSession({ ...identity, kernel: 'portable', selfTestDigest });
    this.#later(at.chance.between(0, 100), () => this.#dial());
  }

  read(run: () => void): void {
    if (!this.#isAlive) return;
    if (this.#isStopped) this.#unread.push(run);
    else run();
  }

  get link(): Link | null {
    return this.#link;
  }

  /** kill -9: the kernel closes its connections. */
  crash(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    const { network, coordinator, onEnded } = this.#at;
    if (this.#link !== null) network.break(this.#link, this, coordinator, 50);
    onEnded();
  }

  /** SIGSTOP, and SIGCONT later: its threads stand still too. */
  stop(forMs: number): void {
    if (this.#isStopped || !this.#isAlive) return;
    this.#isStopped = true;
    this.#at.timeline.later(forMs, () => {
      this.#isStopped = false;
      const unread = this.#unread;
      this.#unread = [];
      for (const run of unread) this.read(run);
    });
  }

  drain(graceMs: number): void {
    this.read(() => this.#perform(this.#session.drain('told to')));
    this.#later(graceMs, () => this.#perform(this.#session.giveBack('the grace was over')));
  }

  #later(delayMs: number, run: () => void): void {
    this.#at.timeline.later(delayMs, () => this.read(run));
  }

  #dial(): void {
    if (this.#link !== null) return;
    const { coordinator, network, chance } = this.#at;
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
    coordinator.connected(link, this);
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
    const { nowMs } = this.#at.timeline;
    return new Map(
      [...this.running].map(([pack, { sinceMs, hungAtMs }]) => [
        pack,
        Math.floor(((hungAtMs ?? nowMs) - sinceMs) / stepMs),
      ]),
    );
  }

  received(message: CoordinatorMessage): void {
    this.#at.books.received(this, message);
    this.#perform(this.#session.received(message));
  }

  #send(message: WorkerMessage): void {
    if (this.#link === null || message.kind === 'hello') return;
    const { coordinator, network, chance, faults, timeline } = this.#at;
    const { sessionId } = this.settings;
    network.send(this.#link, 'up', coordinator, () => coordinator.received(sessionId, message));
    if (chance.happens(faults().foreign))
      coordinator.read(() => coordinator.sayAsAnother(sessionId, message));
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
        case 'say':
          break;
      }
    }
  }

  #fetch(dataset: string): void {
    const { chance, faults } = this.#at;
    const fails = chance.happens(faults().datasetFails);
    const link = this.#link;
    this.#later(chance.between(20, 1_000), () => {
      // Its parts came over a stream that is gone.
      if (this.#link !== link) return;
      this.#perform(
        fails
          ? this.#session.datasetFailed(dataset, 'wrong bytes')
          : this.#session.datasetReady(dataset),
      );
    });
  }

  #train(assignment: Assignment): void {
    const { timeline, chance, faults, isPoison } = this.#at;
    const { pack } = assignment;
    const { kind } = this.settings;
    const hangs = chance.happens(faults().hang);
    const crashes =
      kind === 'broken' || isPoison(assignment) || chance.happens(faults().threadCrash);
    const durationMs = kind === 'broken' || kind === 'lazy' ? 5 : chance.between(500, 8_000);
    const hungAtMs = hangs ? timeline.nowMs + chance.between(0, 3_000) : null;
    this.running.set(pack, { sinceMs: timeline.nowMs, hungAtMs });
    if (hangs) return;
    this.#later(durationMs, () => {
      if (!this.running.delete(pack)) return;
      this.#perform(this.#endOf(assignment, crashes));
    });
  }

  #endOf(assignment: Assignment, crashes: boolean): SessionEffect[] {
    const { pack, members, measureTest } = assignment;
    const { kind } = this.settings;
    if (kind === 'lazy')
      return this.#session.packStopped(pack, { kind: 'stopped', reason: 'not in the mood' });
    if (crashes)
      return this.#session.packStopped(pack, { kind: 'crashed', reason: 'out of memory' });
    const results = members.map(({ key, lambda }) => {
      const truth = trueResult(key.trial, lambda, measureTest);
      const { chance } = this.#at;
      if (kind === 'foreign') return computedElsewhere(truth);
      if (kind === 'garbled') return chance.draw() < 0.1 ? garbled(truth) : truth;
      return kind === 'wrong' && chance.draw() < 0.1 ? lie(truth, chance.draw()) : truth;
    });
    this.#at.books.computed(pack);
    return this.#session.packEnded(pack, results);
  }
}

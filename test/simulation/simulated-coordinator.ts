/**
 * The coordinator's process in a simulation: the real dispatcher behind the real group commit, with the
 * shell's rules about streams and a store that fails, in simulated time. A crash keeps the store.
 */
import { messageOf } from '../../src/base/errors.ts';
import type {
  Decision,
  Effect,
  Moment,
  StudyData,
} from '../../src/coordinator/core/state/cluster-state.ts';
import { Dispatcher } from '../../src/coordinator/core/dispatcher.ts';
import { GroupCommit } from '../../src/coordinator/shell/group-commit.ts';
import type { Hello, WorkerMessage } from '../../src/rpc/messages/messages.ts';
import type { StoreRow } from '../../src/store/rows.ts';
import type { Books } from './books.ts';
import type { ModelStore } from './model-store.ts';
import type { Link, Network, Reader } from './network.ts';
import { checkProgress } from './progress-check.ts';
import { checkRestart } from './restart-check.ts';
import { SimulatedLibrary } from './simulated-library.ts';
import type { SimulatedWorker } from './simulated-worker.ts';
import type { Chance, Timeline } from './timeline.ts';

export const settings = {
  leaseMs: 20_000,
  heartbeatMs: 5_000,
  reconnectMs: 1_000,
  forgetMs: 600_000,
  selfTestDigest: 'right',
  version: 'test',
};

const tickMs = 200;
const commitsPerRestartCheck = 20;

interface Stream {
  readonly link: Link;
  readonly worker: SimulatedWorker;
}

export interface CoordinatorSurroundings {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly network: Network;
  readonly store: ModelStore;
  readonly books: Books;
  readonly data: StudyData;
}

export class SimulatedCoordinator implements Reader {
  dispatcher: Dispatcher | null = null;
  isUp = false;
  library: SimulatedLibrary;
  /** `full`: nothing is stored. `failing`: a commit fails, and may be on disk all the same. */
  storeState: 'good' | 'full' | 'failing' = 'good';
  /** The share of commits around which the process is killed. */
  crashAtCommit = 0;
  readonly #at: CoordinatorSurroundings;
  /** What was found to be broken while something was stored. */
  #broken: unknown = null;
  readonly #streams = new Map<string, Stream>();
  readonly #links = new Map<Link, SimulatedWorker>();
  /** Of the process: what an earlier one had planned does not happen. */
  #life = 0;
  #isStopped = false;
  #unread: (() => void)[] = [];
  #commit: GroupCommit;
  #hasPending = false;
  /** Each process has a monotonic clock that begins somewhere else. */
  #clockZeroMs = 0;
  #wallOffsetMs = 0;

  constructor(at: CoordinatorSurroundings) {
    this.#at = at;
    this.library = new SimulatedLibrary(at.store, at.data);
    this.#commit = this.#newCommit();
  }

  start(): void {
    const { chance, timeline } = this.#at;
    this.isUp = true;
    this.#isStopped = false;
    this.#unread = [];
    this.#clockZeroMs = timeline.nowMs - chance.between(0, 1e6);
    this.#commit = this.#newCommit();
    this.library = new SimulatedLibrary(this.#at.store, this.#at.data);
    this.#rebuild();
    this.#tick(this.#life);
  }

  /** @throws what was found to be broken while something was stored */
  checkWhole(): void {
    if (this.#broken !== null)
      throw this.#broken instanceof Error ? this.#broken : new Error(messageOf(this.#broken));
  }

  read(run: () => void): void {
    if (!this.isUp) return;
    if (this.#isStopped) this.#unread.push(run);
    else run();
  }

  /** kill -9. */
  crash(downMs: number): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.#life += 1;
    this.dispatcher = null;
    this.#at.books.coordinatorGone();
    const { network, timeline } = this.#at;
    for (const [link, worker] of this.#links) {
      link.isOpenAtCoordinator = false;
      network.break(link, worker, this, 1_000);
    }
    this.#links.clear();
    this.#streams.clear();
    timeline.later(downMs, () => this.start());
  }

  /** SIGSTOP, and SIGCONT later. Timers come first then, before anything that waits to be read. */
  stop(forMs: number): void {
    if (this.#isStopped || !this.isUp) return;
    this.#isStopped = true;
    this.#at.books.coordinatorStopped(true);
    const life = this.#life;
    this.#at.timeline.later(forMs, () => {
      if (life !== this.#life) return;
      this.#isStopped = false;
      this.#at.books.coordinatorStopped(false);
      this.decide((dispatcher, now) => dispatcher.tick(now));
      const unread = this.#unread;
      this.#unread = [];
      for (const run of unread) this.read(run);
    });
  }

  jumpWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  decide(event: (dispatcher: Dispatcher, now: Moment) => Decision): void {
    if (this.dispatcher === null) return;
    const decision = event(this.dispatcher, this.now());
    if (decision.persist.length > 0) checkProgress(this.dispatcher);
    this.#hasPending ||= decision.persist.length > 0 || decision.afterCommit.length > 0;
    this.#commit.add(decision);
  }

  /** What was decided is stored. @returns whether the dispatcher can go on */
  flushed(): boolean {
    this.#hasPending = false;
    this.#commit.flush();
    return this.dispatcher !== null;
  }

  forget(study: string): void {
    this.dispatcher?.forget(study);
    this.library.close(study);
  }

  /** The kernel took a connection: the end of the process ends it, whether or not it has been read from. */
  connected(link: Link, worker: SimulatedWorker): void {
    for (const known of this.#links.keys()) if (known.isDead) this.#links.delete(known);
    this.#links.set(link, worker);
  }

  hello(link: Link, hello: Hello, worker: SimulatedWorker): void {
    const { session } = hello;
    if (!this.flushed() || !this.isUp) {
      this.#at.network.break(link, worker, this, 500);
      return;
    }
    const before = this.#streams.get(session);
    this.#streams.set(session, { link, worker });
    if (before !== undefined) {
      before.link.isOpenAtCoordinator = false;
      this.#at.network.break(before.link, worker, this, 500);
    }
    link.onClosedAtCoordinator = () => {
      if (this.#streams.get(session)?.link !== link) return;
      this.#streams.delete(session);
      this.#at.books.streamClosed(session);
      this.decide((dispatcher, now) => dispatcher.streamClosed(session, 'cut', now));
    };
    this.#at.books.streamOpened(hello);
    this.decide((dispatcher, now) => dispatcher.joined(hello, '127.0.0.1:1', now));
  }

  received(session: string, message: Exclude<WorkerMessage, Hello>): void {
    if (this.dispatcher?.state.workers.has(session) !== true) return;
    if (message.kind === 'heartbeat') this.#at.books.progressed(session, message.packs);
    if (message.kind === 'draining') this.#at.books.leaves(session);
    this.decide((dispatcher, now) => dispatcher.received(session, message, now));
  }

  /** A worker says what is another one's to say. */
  sayAsAnother(session: string, message: Exclude<WorkerMessage, Hello>): void {
    const other = [...this.#streams.keys()].find((candidate) => candidate !== session);
    if (other !== undefined) this.received(other, message);
  }

  now(): Moment {
    const { nowMs } = this.#at.timeline;
    const wallMs = Math.floor(1.7e12 + nowMs + this.#wallOffsetMs);
    return { monotonicMs: nowMs - this.#clockZeroMs, wallMs };
  }

  #tick(life: number): void {
    if (life !== this.#life) return;
    if (!this.#isStopped) {
      this.decide((dispatcher, now) => dispatcher.tick(now));
      for (const study of this.dispatcher?.pastStudies(this.now()) ?? []) this.forget(study);
    }
    this.#at.timeline.later(tickMs, () => this.#tick(life));
  }

  #newCommit(): GroupCommit {
    const life = this.#life;
    const { timeline, chance, books } = this.#at;
    return new GroupCommit(
      {
        commit: (rows) => this.#store(rows),
        perform: (effect) => this.#perform(effect),
        onFailure: () => {
          if (life === this.#life) this.#storeFailed();
        },
      },
      (flush) =>
        timeline.later(chance.between(0.1, 5), () => {
          const turn = (): void => {
            if (life !== this.#life) return;
            this.#hasPending = false;
            flush();
            if (life !== this.#life || this.dispatcher === null || this.#hasPending) return;
            books.settled(this.dispatcher);
            if (this.#at.store.commits % commitsPerRestartCheck === 0)
              checkRestart(this.dispatcher, this.library.everyStored(), this.#at.store.convicted);
          };
          this.read(turn);
        }),
    );
  }

  /** Whole or not at all; the process may be killed right before and right after. */
  #store(rows: readonly StoreRow[]): void {
    const { chance } = this.#at;
    if (this.storeState === 'full') throw new Error('database or disk is full');
    if (this.storeState === 'failing') {
      if (chance.draw() < 0.5) this.#apply(rows);
      throw new Error('disk I/O error');
    }
    if (chance.happens(this.crashAtCommit)) {
      this.crash(chance.between(0, 5_000));
      throw new Error('killed before the commit');
    }
    this.#apply(rows);
    if (chance.happens(this.crashAtCommit)) {
      this.crash(chance.between(0, 5_000));
      throw new Error('killed after the commit');
    }
  }

  /** A broken promise is no failure of the store, as which the group commit would take it. */
  #apply(rows: readonly StoreRow[]): void {
    try {
      this.#at.store.commit(rows);
    } catch (error) {
      this.#broken ??= error;
      throw error;
    }
  }

  #perform(effect: Effect): void {
    if (effect.kind !== 'send') return;
    const { session, message } = effect;
    this.#at.books.sent(session, message);
    const stream = this.#streams.get(session);
    if (stream === undefined) return;
    const { link, worker } = stream;
    this.#at.network.send(link, 'down', worker, () => worker.received(message));
  }

  #storeFailed(): void {
    this.dispatcher = null;
    this.#hasPending = false;
    this.#at.books.coordinatorGone();
    for (const { link, worker } of this.#streams.values()) {
      link.isOpenAtCoordinator = false;
      this.#at.network.break(link, worker, this, 500);
    }
    this.#streams.clear();
    this.#retryStore(this.#life);
  }

  #retryStore(life: number): void {
    const retry = (): void => {
      if (life !== this.#life) return;
      if (this.storeState === 'good') this.#rebuild();
      else this.#retryStore(life);
    };
    this.#at.timeline.later(1_000, () => this.read(retry));
  }

  #rebuild(): void {
    const { store, books } = this.#at;
    this.dispatcher = new Dispatcher(
      settings,
      this.library.everyStored(),
      store.convicted,
      this.now(),
    );
    books.coordinatorBuilt(this.dispatcher);
    this.decide((dispatcher, now) => dispatcher.tick(now));
  }
}

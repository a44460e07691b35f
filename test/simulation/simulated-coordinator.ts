/**
 * Simulated coordinator: the real dispatcher and the real group commit, with the rules of the shell for
 * streams and store outages, in simulated time. A crash keeps the store.
 */
import { errorMessage } from '../../src/base/errors.ts';
import { Dispatcher } from '../../src/coordinator/core/dispatcher.ts';
import type { Moment, StudyData } from '../../src/coordinator/core/state/cluster-state.ts';
import type { Decision, Effect } from '../../src/coordinator/core/state/turn.ts';
import { GroupCommit } from '../../src/coordinator/shell/group-commit.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { AttemptKey, Hello, WorkerMessage } from '../../src/rpc/messages/messages.ts';
import type { StoreRow } from '../../src/store/rows.ts';
import type { Checker } from './checker.ts';
import type { ModelStore } from './model-store.ts';
import type { Link, Network, Reader } from './network.ts';
import { checkProgress } from './progress-check.ts';
import { checkRestart } from './restart-check.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { SimulatedOpenStudies } from './simulated-open-studies.ts';
import { SimulatedStreams } from './simulated-streams.ts';
import type { SimulatedWorker } from './simulated-worker.ts';
import type { Chance, Timeline } from './timeline.ts';

export const settings = {
  leaseMs: 20_000,
  heartbeatMs: 5_000,
  reconnectMs: 1_000,
  forgetMs: 600_000,
  selfTestDigest: 'correct',
  version: 'test',
};

const tickMs = 200;
const commitsPerRestartCheck = 20;

export interface CoordinatorContext {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly network: Network;
  readonly store: ModelStore;
  readonly checker: Checker;
  readonly data: StudyData;
  readonly hasReferee: boolean;
  readonly startReferee: () => void;
}

export class SimulatedCoordinator implements Reader {
  dispatcher: Dispatcher | null = null;
  isUp = false;
  studies: SimulatedOpenStudies;
  readonly disk: SimulatedDisk;
  readonly streams: SimulatedStreams;
  /** Contents of uploaded states, by digest. */
  readonly uploads = new Map<string, string>();
  /** Whether promises were settled whose continuations have not run yet. */
  hasContinuations = false;
  readonly #context: CoordinatorContext;
  /** The first broken promise that was found in a continuation. */
  #broken: unknown = null;
  /** Number of the process: plans of an earlier process are void. */
  #life = 0;
  #isStopped = false;
  #unread: (() => void)[] = [];
  #commit: GroupCommit;
  /** Rows and effects that were decided and are not stored or performed yet. */
  #pending = 0;
  #commitsChecked = 0;
  /** The monotonic clock of each process starts at another time. */
  #clockZeroMs = 0;
  #wallOffsetMs = 0;

  constructor(context: CoordinatorContext) {
    this.#context = context;
    const { chance, store } = context;
    this.disk = new SimulatedDisk({
      chance,
      apply: (rows) => this.#guard(() => store.commit(rows)),
      later: (delayMs, run) => this.#later(delayMs, run),
      crash: () => this.crash(chance.between(0, 5_000)),
    });
    this.streams = new SimulatedStreams(context.network, this);
    this.studies = new SimulatedOpenStudies(store, context.data);
    this.#commit = this.#newCommit();
  }

  start(): void {
    const { chance, timeline, store, data } = this.#context;
    this.isUp = true;
    this.#isStopped = false;
    this.#unread = [];
    this.#clockZeroMs = timeline.nowMs - chance.between(0, 1e6);
    this.#commit = this.#newCommit();
    this.studies = new SimulatedOpenStudies(store, data);
    this.#rebuild();
    this.#tick(this.#life);
  }

  /** @throws the first broken promise */
  check(): void {
    if (this.#broken !== null)
      throw this.#broken instanceof Error ? this.#broken : new Error(errorMessage(this.#broken));
    const { store, checker } = this.#context;
    if (this.#pending > 0 || this.dispatcher === null) return;
    if (store.commits === this.#commitsChecked) return;
    this.#commitsChecked = store.commits;
    checker.settled(this.dispatcher);
    if (store.commits % commitsPerRestartCheck === 0)
      checkRestart(this.dispatcher, this.studies.everyStored(), store.excluded);
  }

  read(run: () => void): void {
    if (!this.isUp) return;
    if (this.#isStopped) this.#unread.push(run);
    else run();
  }

  /** kill -9. */
  crash(downMs: number): void {
    if (!this.isUp) return;
    const { timeline, checker } = this.#context;
    this.disk.killed();
    this.streams.killed();
    this.isUp = false;
    this.#life += 1;
    this.dispatcher = null;
    checker.coordinatorGone();
    timeline.later(downMs, () => this.start());
  }

  /** SIGSTOP, and SIGCONT later: then timers run first, before waiting messages are read. */
  stop(forMs: number): void {
    if (this.#isStopped || !this.isUp) return;
    this.#isStopped = true;
    this.#context.checker.coordinatorStopped(true);
    const life = this.#life;
    this.#context.timeline.later(forMs, () => {
      if (life !== this.#life) return;
      this.#isStopped = false;
      this.#context.checker.coordinatorStopped(false);
      this.decide((dispatcher, now) => dispatcher.tick(now));
      const unread = this.#unread;
      this.#unread = [];
      for (const run of unread) this.read(run);
    });
  }

  jumpWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** @param before called right before the effects of the decision */
  decide(event: (dispatcher: Dispatcher, now: Moment) => Decision, before?: () => void): void {
    if (this.dispatcher === null) return;
    const decision = event(this.dispatcher, this.now());
    if (decision.persist.length > 0) {
      checkProgress(this.dispatcher);
      this.#context.checker.decided(decision.persist, this.dispatcher);
    }
    this.#pending += decision.persist.length + decision.afterCommit.length;
    this.#commit.add(decision, before);
  }

  /** Calls `run` when all earlier decisions are stored, unless that fails or the process ends. */
  whenSettled(run: () => void): void {
    const life = this.#life;
    this.hasContinuations = true;
    this.#commit.committed().then(
      () =>
        this.#guard(() => {
          if (life === this.#life && this.dispatcher !== null) run();
        }),
      () => undefined,
    );
  }

  forget(study: string): void {
    this.dispatcher?.forget(study);
    this.studies.close(study);
  }

  hello(link: Link, hello: Hello, worker: SimulatedWorker): void {
    if (this.dispatcher === null) return this.streams.refuse(link, worker);
    const { checker } = this.#context;
    const { session } = hello;
    const joined = this.streams.hello(session, link, worker, () => {
      checker.streamClosed(session);
      this.decide((dispatcher, now) => dispatcher.streamClosed(session, 'cut', now));
    });
    checker.streamOpened(hello);
    const { address, tokenId } = worker.settings;
    this.decide((dispatcher, now) => dispatcher.joined(hello, { address, tokenId }, now), joined);
  }

  received(session: string, message: Exclude<WorkerMessage, Hello>): void {
    // A message of a stream that was closed meanwhile is not read.
    if (this.dispatcher?.state.workers.has(session) !== true || !this.streams.has(session)) return;
    const { checker } = this.#context;
    if (message.kind === 'heartbeat') checker.progressed(session, message.packs);
    this.decide((dispatcher, now) => dispatcher.received(session, message, now));
    if (message.kind === 'draining') checker.leaves(session, message.held);
  }

  /** A worker has uploaded the whole content of a state. */
  uploaded(session: string, pack: string, key: AttemptKey, content: string): void {
    if (this.dispatcher?.uploadStage(session, pack, key) == null) return;
    const digest = sha256(content);
    this.uploads.set(digest, content);
    this.dispatcher.stateUploaded(session, pack, key, digest);
  }

  /** The message arrives on the stream of another session. */
  receivedFromOther(session: string, message: Exclude<WorkerMessage, Hello>): void {
    const other = this.streams.otherThan(session);
    if (other !== undefined) this.received(other, message);
  }

  now(): Moment {
    const { nowMs } = this.#context.timeline;
    const wallMs = Math.floor(1.7e12 + nowMs + this.#wallOffsetMs);
    return { monotonicMs: nowMs - this.#clockZeroMs, wallMs };
  }

  #tick(life: number): void {
    if (life !== this.#life) return;
    if (!this.#isStopped) {
      this.decide((dispatcher, now) => dispatcher.tick(now));
      for (const study of this.dispatcher?.pastStudies(this.now()) ?? []) this.forget(study);
    }
    this.#context.timeline.later(tickMs, () => this.#tick(life));
  }

  #newCommit(): GroupCommit {
    const life = this.#life;
    const { chance } = this.#context;
    this.#pending = 0;
    const ports = {
      commit: async (rows: readonly StoreRow[]): Promise<void> => {
        await this.disk.commit(rows);
        this.#pending -= rows.length;
      },
      perform: (effect: Effect) => this.#guard(() => this.#perform(effect)),
      onFailure: () => {
        if (life === this.#life) this.#guard(() => this.#storeFailed());
      },
    };
    return new GroupCommit(ports, (run) => this.#later(chance.between(0.1, 5), run));
  }

  /** In this process, once it is not stopped. Continuations run afterwards. */
  #later(delayMs: number, run: () => void): void {
    const life = this.#life;
    const turn = (): void => {
      if (life !== this.#life) return;
      this.hasContinuations = true;
      run();
    };
    this.#context.timeline.later(delayMs, () => this.read(turn));
  }

  /** Keeps what the checks throw: the group commit would take it for a failure of the store. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#broken ??= error;
    }
  }

  #perform(effect: Effect): void {
    this.#pending -= 1;
    if (effect.kind !== 'send') {
      if (effect.notice.kind === 'referee-wanted') this.#context.startReferee();
      return;
    }
    const { session, message } = effect;
    this.#context.checker.sent(session, message);
    this.streams.send(session, message);
  }

  #storeFailed(): void {
    this.dispatcher = null;
    this.#pending = 0;
    this.#context.checker.coordinatorGone();
    this.streams.closeAll();
    this.#retryStore();
  }

  #retryStore(): void {
    this.#later(1_000, () => {
      if (this.disk.state === 'good') this.#rebuild();
      else this.#retryStore();
    });
  }

  #rebuild(): void {
    const { store, checker, hasReferee } = this.#context;
    const stored = this.studies.everyStored();
    this.dispatcher = new Dispatcher(
      { ...settings, hasReferee },
      stored,
      store.excluded,
      this.now(),
    );
    checker.coordinatorBuilt(this.dispatcher);
    this.decide((dispatcher, now) => dispatcher.tick(now));
  }
}

/**
 * The coordinator process's heart: the shell around the dispatcher.
 *
 *     stream message ─► dispatcher ─► decision ─► group commit ─► store ─► streams, listeners
 *     clock ──────────►
 *
 * It owns the store, the streams and the clock, and decides nothing itself. When a commit fails (a
 * full disk), nothing of it was sent; the dispatcher is thrown away, streams are closed, and it is
 * built again from the store as soon as the store can be written (`store-outage.ts`).
 *
 * Not here: the streams (`session-streams.ts`), which command line started it (`cli`), how bytes
 * travel (`rpc`).
 */
import type { Logger } from 'pino';
import type { Clock } from '../../base/clock.ts';
import { nothingFails, type Reached } from '../../base/failpoint.ts';
import { RidgelineError } from '../../base/errors.ts';
import type { SubmitOutcome, WorkerSummary } from '../../rpc/messages/control-messages.ts';
import type { Hello, WorkerMessage } from '../../rpc/messages/messages.ts';
import type { SessionStream } from '../../rpc/server/session-stream.ts';
import type { Store } from '../../store/sqlite/open-store.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import { isOver } from '../../study/trial.ts';
import type {
  Decision,
  DispatcherSettings,
  Effect,
  LiveEvent,
  Moment,
} from '../core/state/cluster-state.ts';
import { Dispatcher } from '../core/dispatcher.ts';
import { GroupCommit } from './group-commit.ts';
import { workerSummaries } from '../core/studies/summaries.ts';
import { SessionStreams } from './session-streams.ts';
import { StoreOutage } from './store-outage.ts';
import { storeUnwritable, studyOver, studyRests, studyUnknown } from './study-errors.ts';
import { StudyLibrary } from './open-studies.ts';
import { StudyOverview } from './study-overview.ts';
import { Submissions } from './submissions.ts';

export interface CoordinatorOptions {
  readonly store: Store;
  readonly settings: DispatcherSettings;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * There is no going on: an fsync failed, or something found itself wrong. What is in memory is not
   * to be used or stored any more, not even to say goodbye.
   */
  readonly endProcess: (error: unknown) => void;
  readonly reached?: Reached;
  /** A study that is about to be handed in afresh, and is not taken up from the store. */
  readonly startsAfresh?: string | null;
}

const tickMs = 200;

export class Coordinator {
  readonly overview: StudyOverview;
  readonly #options: CoordinatorOptions;
  readonly #commit: GroupCommit;
  readonly #streams: SessionStreams;
  readonly #outage: StoreOutage;
  readonly #library: StudyLibrary;
  readonly #submissions: Submissions;
  readonly #listeners = new Set<(event: LiveEvent) => void>();
  readonly #timer: NodeJS.Timeout;
  #dispatcher: Dispatcher | null = null;

  private constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.overview = new StudyOverview({
      store: options.store,
      state: () => this.#dispatcher?.state ?? null,
      storeProblem: () => this.storeProblem,
    });
    this.#library = new StudyLibrary(
      options.store,
      options.dataDir,
      options.settings.selfTestDigest,
      options.log,
    );
    this.#commit = new GroupCommit({
      commit: (rows) => options.store.commit(rows),
      perform: (effect) => this.#perform(effect),
      onFailure: (error) => this.#commitFailed(error),
      reached: options.reached ?? nothingFails,
    });
    this.#streams = this.#openStreams();
    this.#outage = new StoreOutage({
      log: options.log,
      tryWriting: (detail) => this.#tryWriting(detail),
      recovered: () => this.#rebuild(),
      endProcess: options.endProcess,
    });
    this.#submissions = new Submissions({
      store: options.store,
      library: this.#library,
      settled: () => this.#settled(),
      decide: (event) => this.#decide(event),
      committed: () => this.#commit.committed(),
      remove: (study) => this.#remove(study),
    });
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  /**
   * Takes up the studies that were not over when the store was last closed, or the one that is wanted. One
   * whose data cannot be read rests until it is handed in again: the others do not wait for it.
   */
  static async start(options: CoordinatorOptions): Promise<Coordinator> {
    const coordinator = new Coordinator(options);
    try {
      for (const record of options.store.studies()) {
        const { study } = record.spec;
        const isWanted = study === (options.settings.onlyStudy ?? study);
        if (isOver(record.status) || study === options.startsAfresh || !isWanted) continue;
        await coordinator.#takeUp(record);
      }
      coordinator.#rebuild();
    } catch (error) {
      clearInterval(coordinator.#timer);
      throw error;
    }
    return coordinator;
  }

  /**
   * Takes a study, or takes it up again where it was left.
   *
   * @param fresh what is stored under its name is thrown away
   * @throws RidgelineError STUDY_DIFFERS when another study has its name; DATASET_… when its data cannot be read
   */
  async submit(spec: StudySpec, fresh = false): Promise<SubmitOutcome> {
    return await this.#submissions.submit(spec, fresh);
  }

  async setStudy(
    study: string,
    change: 'pause' | 'resume' | 'cancel',
    reason: string,
  ): Promise<void> {
    const { studies } = this.#settled().state;
    const stored = this.#options.store.study(study);
    if (stored === null)
      throw studyUnknown(
        study,
        this.#options.store.studies().map((record) => record.spec.study),
      );
    if (isOver(stored.status)) throw studyOver(study, stored.status);
    if (!studies.has(study)) throw studyRests(study);
    this.#decide((dispatcher, now) => {
      if (change === 'cancel') return dispatcher.cancel(study, reason, now);
      return change === 'pause' ? dispatcher.pause(study, now) : dispatcher.resume(study, now);
    });
    await this.#commit.committed();
  }

  /** @returns how many workers were asked; all of them for null */
  drain(worker: string | null, reason: string): number {
    const rows = this.workers().filter((row) => worker === null || row.name === worker);
    this.#decide((dispatcher) => dispatcher.drain(worker, reason));
    return rows.length;
  }

  /** Throws a study away, with everything that is stored of it; running trials of it are aborted. */
  #remove(study: string): void {
    const stored = this.#options.store.study(study);
    if (stored === null) return;
    if (this.#settled().state.studies.has(study) && !isOver(stored.status))
      this.#decide((dispatcher, now) => dispatcher.cancel(study, 'thrown away', now));
    this.#settled();
    this.#forget(study);
    try {
      this.#options.store.removeStudy(study);
    } catch (error) {
      this.#commitFailed(error);
      throw error;
    }
  }

  workers(): WorkerSummary[] {
    return this.#dispatcher === null ? [] : workerSummaries(this.#dispatcher.state);
  }

  /** Why nothing can be stored at the moment; null when all is well. */
  get storeProblem(): string | null {
    return this.#outage.problem;
  }

  get store(): Store {
    return this.#options.store;
  }

  /** @returns a function that ends the subscription */
  listen(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A worker's stream, just opened. */
  serveSession(stream: SessionStream): void {
    this.#streams.serve(stream);
  }

  /** A part's bytes for a worker that asks by digest; null where no study uses it. */
  fetchPart(digest: string, offset: number): Iterable<Uint8Array> | null {
    return this.#library.partBytes(digest, offset);
  }

  /** Stops granting, stores what was decided, lets go of the streams. The store stays open. */
  stop(reason: string): void {
    clearInterval(this.#timer);
    this.#commit.flush();
    this.#outage.end();
    this.#dispatcher = null;
    this.#streams.closeAll(reason);
  }

  #tick(): void {
    this.#decide((dispatcher, now) => dispatcher.tick(now));
    for (const study of this.#dispatcher?.pastStudies(this.#now()) ?? []) this.#forget(study);
  }

  /** The store has it; memory does without. */
  #forget(study: string): void {
    this.#dispatcher?.forget(study);
    this.#library.close(study);
  }

  #openStreams(): SessionStreams {
    const { settings, reached } = this.#options;
    return new SessionStreams({
      version: settings.version,
      reached,
      settle: () => this.#commit.flush(),
      closedBecause: () =>
        this.#dispatcher === null ? (this.storeProblem ?? 'it is stopping') : null,
      joined: (hello, address) =>
        this.#decide((dispatcher, now) => dispatcher.joined(hello, address, now)),
      received: (session, message) => this.#received(session, message),
      left: (session, reason) =>
        this.#decide((dispatcher, now) => dispatcher.streamClosed(session, reason, now)),
    });
  }

  #received(session: string, message: Exclude<WorkerMessage, Hello>): void {
    if (message.kind === 'measured') {
      const { key, measurement } = message;
      this.#tell({ kind: 'measured', study: key.study, trial: key.trial, measurement });
      return;
    }
    this.#decide((dispatcher, now) =>
      dispatcher.state.workers.has(session)
        ? dispatcher.received(session, message, now)
        : { persist: [], afterCommit: [] },
    );
  }

  #decide(event: (dispatcher: Dispatcher, now: Moment) => Decision): void {
    if (this.#dispatcher === null) return;
    try {
      this.#commit.add(event(this.#dispatcher, this.#now()));
    } catch (error) {
      this.#commitFailed(error);
    }
  }

  #perform(effect: Effect): void {
    if (effect.kind === 'send') this.#streams.send(effect.session, effect.message);
    else this.#tell(effect.notice);
  }

  /** Memory and store say the same from here to the next decision. What cannot be stored is not promised. */
  #settled(): Dispatcher {
    this.#commit.flush();
    if (this.#dispatcher === null) throw storeUnwritable(this.storeProblem ?? 'it is stopping');
    return this.#dispatcher;
  }

  #tell(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #commitFailed(error: unknown): void {
    this.#dispatcher = null;
    this.#outage.failed(error);
    this.#streams.closeAll('the coordinator cannot store results at the moment');
  }

  async #takeUp(record: StudyRecord): Promise<void> {
    const { study } = record.spec;
    try {
      this.#library.keep(study, await this.#library.read(record.spec, record));
    } catch (error) {
      const { settings, log } = this.#options;
      if (settings.onlyStudy === study || !(error instanceof RidgelineError)) throw error;
      log.warn(`${study} rests, submit it again to go on with it: ${error.what} ${error.fix}`);
    }
  }

  #tryWriting(detail: string): void {
    const atMs = this.#options.clock.wallMs();
    this.#options.store.commit([
      { kind: 'event', atMs, study: null, what: 'store-recovered', detail },
    ]);
  }

  #rebuild(): void {
    const { settings, store } = this.#options;
    const stored = this.#library.everyStored();
    this.#dispatcher = new Dispatcher(settings, stored, store.quarantines(), this.#now());
    this.#decide((dispatcher, now) => dispatcher.tick(now));
  }

  #now(): Moment {
    return { monotonicMs: this.#options.clock.monotonicMs(), wallMs: this.#options.clock.wallMs() };
  }
}

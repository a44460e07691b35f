/**
 * Coordinator: the shell around the dispatcher. It owns the store, the streams and the clock, and decides
 * nothing itself.
 *
 *     stream message ─► dispatcher ─► decision ─► group commit ─► store ─► streams, listeners
 *     clock ──────────►
 *
 * If a commit fails, none of its messages were sent: the dispatcher is discarded, the streams are closed,
 * and the dispatcher is built again from the store once the store can be written (`store-outage.ts`).
 */
import type { Hello, WorkerMessage } from '../../rpc/messages/messages.ts';
import type { SubmitOutcome } from '../../rpc/server/handlers.ts';
import type { SessionStream } from '../../rpc/server/session-stream.ts';
import type { Store } from '../../store/store.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { RunningTrial, WorkerSummary } from '../../study/summaries.ts';
import { isOver } from '../../study/trial.ts';
import { Dispatcher } from '../core/dispatcher.ts';
import type { Moment, StudyEntry } from '../core/state/cluster-state.ts';
import type { LiveEvent } from '../core/state/live-events.ts';
import type { Decision, Effect } from '../core/state/turn.ts';
import { runningTrials } from '../core/studies/running-trials.ts';
import { workerSummaries } from '../core/studies/summaries.ts';
import type { CoordinatorOptions } from './coordinator-options.ts';
import { GroupCommit } from './group-commit.ts';
import { OpenStudies } from './open-studies.ts';
import { SessionStreams } from './session-streams.ts';
import { StateUploads } from './state-uploads.ts';
import { StoreOutage } from './store-outage.ts';
import { storedStudy, storeUnwritable, studyNotOpen, studyOver } from './study-errors.ts';
import { StudyOverview } from './study-overview.ts';
import { StudyPaces } from './study-paces.ts';
import { Submissions } from './submissions.ts';

const tickMs = 200;
const isLarge = ({ trials }: StudyEntry): boolean => trials.size > 100_000;

export class Coordinator {
  readonly overview: StudyOverview;
  readonly store: Store;
  readonly uploads: StateUploads;
  readonly #options: CoordinatorOptions;
  readonly #commit: GroupCommit;
  readonly #streams: SessionStreams;
  readonly #outage: StoreOutage;
  readonly #studies: OpenStudies;
  readonly #submissions: Submissions;
  readonly #paces = new StudyPaces();
  readonly #listeners = new Set<(event: LiveEvent) => void>();
  /** Null before it is built, during an outage, and after `stop`. */
  #dispatcher: Dispatcher | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  private constructor(options: CoordinatorOptions) {
    this.#options = options;
    const { store, settings, log, reached } = options;
    this.store = store;
    this.uploads = new StateUploads(options.uploads ?? null, () => this.#dispatcher);
    this.overview = new StudyOverview({
      store,
      state: () => this.#dispatcher?.state ?? null,
      storeProblem: () => this.storeProblem,
      isServed: () => this.storeProblem !== null, // In an outage, no study is in memory.
      msPerTrial: (study) => this.#paces.msPerTrial(study),
      leftOut: (study) => this.#studies.leftOut(study),
    });
    this.#studies = new OpenStudies({ ...options, selfTestDigest: settings.selfTestDigest });
    this.#commit = new GroupCommit({
      commit: async (rows) => await store.commit(rows),
      perform: (effect) => this.#perform(effect),
      onFailure: (error) => this.#commitFailed(error),
      reached,
    });
    this.#streams = new SessionStreams({
      reached,
      closedBecause: () =>
        this.#dispatcher === null ? (this.storeProblem ?? 'it is stopping') : null,
      joined: (hello, peer, opened) =>
        this.#decide((dispatcher, now) => dispatcher.joined(hello, peer, now), opened),
      isAssigned: (...attempt) => this.#dispatcher?.isAssigned(...attempt) !== false,
      received: (session, message) => this.#received(session, message),
      left: (session, reason) =>
        this.#decide((dispatcher, now) => dispatcher.streamClosed(session, reason, now)),
    });
    this.#outage = new StoreOutage({
      log,
      tryWriting: async (detail) => {
        const atMs = this.#now().wallMs;
        await store.commit([{ kind: 'event', atMs, study: null, what: 'store-recovered', detail }]);
      },
      recover: async () => await this.#rebuild(),
      endProcess: options.endProcess,
    });
    this.#submissions = new Submissions({
      store,
      studies: this.#studies,
      settled: async () => await this.#settled(),
      decide: (event) => this.#decide(event),
      committed: async () => await this.#commit.committed(),
      forget: (study) => this.#dispatcher?.forget(study),
      failed: (error) => this.#commitFailed(error),
    });
  }

  /** Resumes the stored studies that are not over and whose data can be read, or only `onlyStudy`. */
  static async start(options: CoordinatorOptions): Promise<Coordinator> {
    const coordinator = new Coordinator(options);
    const { onlyStudy } = options.settings;
    for (const record of await options.store.studies()) {
      const { study } = record.spec;
      const isWanted = study === (onlyStudy ?? study) && study !== options.startsAfresh;
      if (isWanted && !isOver(record.status))
        await coordinator.#studies.resume(record, study === onlyStudy);
    }
    await coordinator.#rebuild();
    coordinator.#timer = setInterval(() => coordinator.#tick(), tickMs);
    return coordinator;
  }

  /** Creates, resumes or extends a study; see `Submissions.submit`. */
  async submit(...submission: Parameters<Submissions['submit']>): Promise<SubmitOutcome> {
    return await this.#submissions.submit(...submission);
  }

  /** Gives trials without a result new attempts; see `Submissions.retry`. @throws RidgelineError STUDY_UNKNOWN */
  async retry(study: string, trials: readonly string[] | null): Promise<number> {
    return await this.#submissions.retry(study, trials);
  }

  /** @throws RidgelineError STUDY_UNKNOWN; STUDY_FAILED if the study is over or not worked on */
  async setStudy(
    study: string,
    change: 'pause' | 'resume' | 'cancel',
    reason: string,
  ): Promise<void> {
    const live = (await this.#settled()).state.studies.get(study);
    const { status } = live ?? (await storedStudy(this.store, study));
    if (change === 'resume' && (status === 'failed' || status === 'cancelled')) {
      await this.retry(study, null);
      return;
    }
    if (isOver(status)) throw studyOver(study, status);
    if (live === undefined) throw studyNotOpen(study);
    this.#decide((dispatcher, now) => {
      if (change === 'cancel') return dispatcher.cancel(study, reason, now);
      return change === 'pause' ? dispatcher.pause(study, now) : dispatcher.resume(study, now);
    });
    await this.#commit.committed();
    this.#paces.steered(study, change, this.#now().monotonicMs);
  }

  /** Asks a worker, or all (null), to finish its trials and leave. @returns number of workers asked */
  drain(worker: string | null, reason: string): number {
    const rows = this.workers().filter((row) => worker === null || row.name === worker);
    this.#decide((dispatcher, now) => dispatcher.drain(worker, reason, now));
    return rows.length;
  }

  /** Puts all running trials back into the queue, without a failure, and asks their workers to stop them. */
  returnTrials(reason: string): void {
    this.#decide((dispatcher, now) => dispatcher.returnTrials(reason, now));
  }

  workers(): WorkerSummary[] {
    return this.#dispatcher === null ? [] : workerSummaries(this.#dispatcher.state, this.#now());
  }

  /** What the workers train now, at most `most` trials. */
  running(most: number): RunningTrial[] {
    return this.#dispatcher === null ? [] : runningTrials(this.#dispatcher.state, most);
  }

  /** The spec of a study in memory; null if it is not in memory. */
  spec(study: string): StudySpec | null {
    return this.#dispatcher?.state.studies.get(study)?.spec ?? null;
  }

  /** Why nothing can be stored at the moment; null if the store can be written. */
  get storeProblem(): string | null {
    return this.#outage.problem;
  }

  /** @returns a function that ends the subscription */
  listen(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Serves a worker's stream that was just opened. */
  serveSession(stream: SessionStream): void {
    this.#streams.serve(stream);
  }

  /** The bytes of a shard, or of an uploaded state, from `offset` on; null if there is none. */
  fetchShard(digest: string, offset: number): AsyncIterable<Uint8Array> | null {
    return this.#studies.shards.bytes(digest, offset) ?? this.uploads.content(digest, offset);
  }

  /** Decides nothing more, stores what was decided, closes the streams. The store stays open. */
  async stop(reason: string): Promise<void> {
    clearInterval(this.#timer);
    this.#isStopped = true;
    this.#dispatcher = null;
    this.#outage.end();
    // A failure is handled by `#commitFailed`.
    await this.#commit.committed().catch(() => undefined);
    this.#streams.closeAll(reason);
    await this.uploads.end();
  }

  #received(session: string, message: Exclude<WorkerMessage, Hello>): void {
    if (message.kind === 'measured') {
      const { key, measurement } = message;
      this.#publish({ kind: 'measured', study: key.study, trial: key.trial, measurement });
    } else if (this.#dispatcher?.state.workers.has(session) === true)
      this.#decide((dispatcher, now) => dispatcher.received(session, message, now));
  }

  #tick(): void {
    this.#decide((dispatcher, now) => dispatcher.tick(now));
    for (const study of this.#dispatcher?.pastStudies(this.#now()) ?? []) {
      this.#dispatcher?.forget(study);
      this.#studies.close(study);
    }
  }

  /** Does nothing while there is no dispatcher. */
  #decide(event: (dispatcher: Dispatcher, now: Moment) => Decision, before?: () => void): void {
    if (this.#dispatcher === null) return;
    try {
      this.#commit.add(event(this.#dispatcher, this.#now()), before);
    } catch (error) {
      this.#commitFailed(error);
    }
  }

  #perform(effect: Effect): void {
    if (effect.kind === 'send') this.#streams.send(effect.session, effect.message);
    else this.#publish(effect.notice);
  }

  #publish(event: LiveEvent): void {
    this.#paces.received(event, this.#dispatcher?.state ?? null, this.#now().monotonicMs);
    if (event.kind === 'referee-wanted') this.#options.startReferee?.();
    if (event.kind === 'stage-closed') this.#collectGarbage();
    this.uploads.published(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** Resolves when all earlier decisions are stored. @throws RidgelineError STATE_UNWRITABLE */
  async #settled(): Promise<Dispatcher> {
    await this.#commit.committed().catch(() => undefined);
    if (this.#dispatcher === null) throw storeUnwritable(this.storeProblem ?? 'it is stopping');
    return this.#dispatcher;
  }

  #commitFailed(error: unknown): void {
    this.#dispatcher = null;
    this.#outage.failed(error);
    this.#streams.closeAll('the coordinator cannot store results at the moment');
  }

  async #rebuild(): Promise<void> {
    const stored = await this.#studies.everyStored();
    const excluded = await this.store.exclusions();
    if (this.#isStopped) return;
    this.#dispatcher = new Dispatcher(this.#options.settings, stored, excluded, this.#now());
    this.#decide((dispatcher, now) => dispatcher.tick(now));
  }

  /** After the steps that create an object per trial: V8 would keep the memory of a large study's. */
  #collectGarbage(): void {
    const studies = this.#dispatcher?.state.studies.values() ?? [];
    if ([...studies].some(isLarge)) setImmediate(() => this.#options.collectGarbage?.());
  }

  #now(): Moment {
    return { monotonicMs: this.#options.clock.monotonicMs(), wallMs: this.#options.clock.wallMs() };
  }
}

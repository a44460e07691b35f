/**
 * The coordinator process's heart: the shell around the dispatcher.
 *
 *     stream message ─► dispatcher ─► decision ─► group commit ─► store ─► streams, listeners
 *     clock ──────────►
 *
 * It owns the store, the streams and the clock, and decides nothing itself. When a commit fails (a
 * full disk), nothing of it was sent; the dispatcher is thrown away, streams are closed, and it is
 * built again from the store as soon as the store can be written.
 *
 * Not here: which command line started it (`cli`), how bytes travel (`rpc`).
 */
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { StudySummary, WorkerSummary } from '../rpc/control-messages.ts';
import { protocolVersion, type WorkerMessage } from '../rpc/messages.ts';
import type { SessionStream } from '../rpc/session-stream.ts';
import { versionMismatch } from '../rpc/version-mismatch.ts';
import type { Store } from '../store/open-store.ts';
import { compareSpecs } from '../study/canonical-spec.ts';
import type { StudySpec } from '../study/study-spec.ts';
import type { Measurement, TrialId } from '../study/trial.ts';
import type { Decision, DispatcherSettings, Effect, Moment, Notice } from './cluster-state.ts';
import { Dispatcher } from './dispatcher.ts';
import { GroupCommit } from './group-commit.ts';
import { storedProgress, studyProgress, workerRows } from './progress.ts';
import { isOver, storeUnwritable, studyDiffers, studyOver, studyUnknown } from './study-errors.ts';
import { StudyLibrary } from './study-library.ts';

export interface CoordinatorOptions {
  readonly store: Store;
  readonly settings: DispatcherSettings;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What those who watch are told. */
export type LiveEvent =
  | Notice
  | {
      readonly kind: 'measured';
      readonly study: string;
      readonly trial: TrialId;
      readonly measurement: Measurement;
    };

export type SubmitOutcome = 'created' | 'resumed' | 'extended' | 'complete';

const tickMs = 200;
/** How often a store that could not be written is tried again. */
const storeRetryMs = 1_000;

export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #commit: GroupCommit;
  readonly #streams = new Map<string, SessionStream>();
  readonly #library: StudyLibrary;
  readonly #listeners = new Set<(event: LiveEvent) => void>();
  readonly #timer: NodeJS.Timeout;
  #dispatcher: Dispatcher | null = null;
  #storeProblem: string | null = null;

  private constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#library = new StudyLibrary(
      options.store,
      options.dataDir,
      options.settings.knownAnswer,
      options.log,
    );
    this.#commit = new GroupCommit({
      commit: (rows) => options.store.commit(rows),
      perform: (effect) => this.#perform(effect),
      onFailure: (error) => this.#storeFailed(error),
    });
    this.#timer = setInterval(
      () => this.#decide((dispatcher, now) => dispatcher.tick(now)),
      tickMs,
    );
  }

  /** Takes up the studies that were not over when the store was last closed. */
  static async start(options: CoordinatorOptions): Promise<Coordinator> {
    const coordinator = new Coordinator(options);
    try {
      for (const record of options.store.studies()) {
        if (
          record.status === 'complete' ||
          record.status === 'failed' ||
          record.status === 'cancelled'
        )
          continue;
        await coordinator.#library.open(record.spec, record);
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
   * @throws RidgelineError STUDY_DIFFERS when another study has its name; DATASET_… when its data cannot be read
   */
  async submit(spec: StudySpec): Promise<SubmitOutcome> {
    this.#refuseWithoutStore();
    const stored = this.#options.store.study(spec.study);
    if (stored === null) {
      const opened = await this.#library.open(spec, null);
      const details = { partDigests: opened.partDigests, officialData: opened.official };
      this.#decide((dispatcher, now) => dispatcher.submit(spec, opened.data, details, now));
      await this.#commit.committed();
      return 'created';
    }
    const comparison = compareSpecs(stored.spec, spec);
    if (comparison.kind === 'different') throw studyDiffers(spec.study, comparison.fields);
    if (stored.status === 'failed' || stored.status === 'cancelled') {
      if (comparison.kind === 'extended') throw studyOver(spec.study, stored.status);
      return 'complete';
    }
    if (comparison.kind === 'same') return stored.status === 'complete' ? 'complete' : 'resumed';
    if (this.#dispatcher?.state.studies.has(spec.study) !== true) {
      await this.#library.open(spec, stored);
      this.#dispatcher?.restore(this.#library.stored(spec.study), this.#now());
    }
    this.#decide((dispatcher, now) => dispatcher.extend(spec, now));
    await this.#commit.committed();
    return 'extended';
  }

  async setStudy(
    study: string,
    change: 'pause' | 'resume' | 'cancel',
    reason: string,
  ): Promise<void> {
    this.#refuseWithoutStore();
    const stored = this.#options.store.study(study);
    if (stored === null)
      throw studyUnknown(
        study,
        this.#options.store.studies().map((record) => record.spec.study),
      );
    if (this.#dispatcher?.state.studies.has(study) !== true || isOver(stored.status))
      throw studyOver(study, stored.status);
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

  /** Every study of the store, in order of submission; live where it is being worked on. */
  studies(): StudySummary[] {
    return this.#options.store.studies().map((record) => {
      const live = this.#dispatcher?.state.studies.get(record.spec.study);
      const progress =
        live === undefined
          ? storedProgress(record, this.#options.store.trials(record.spec.study))
          : studyProgress(live);
      return { ...progress, reason: record.reason };
    });
  }

  /** Throws a study away, with everything that is stored of it; running trials of it are aborted. */
  remove(study: string): void {
    const stored = this.#options.store.study(study);
    if (stored === null) return;
    if (!isOver(stored.status)) {
      this.#decide((dispatcher, now) =>
        dispatcher.state.studies.has(study)
          ? dispatcher.cancel(study, 'thrown away', now)
          : { persist: [], afterCommit: [] },
      );
    }
    this.#commit.flush();
    this.#dispatcher?.forget(study);
    this.#library.close(study);
    this.#options.store.removeStudy(study);
  }

  workers(): WorkerSummary[] {
    return this.#dispatcher === null ? [] : workerRows(this.#dispatcher.state);
  }

  /** Why nothing can be stored at the moment; null when all is well. */
  get storeProblem(): string | null {
    return this.#storeProblem;
  }

  get store(): Store {
    return this.#options.store;
  }

  /** @returns a function that ends the subscription */
  listen(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A worker's stream, just opened: its first message must be `hello`. */
  serveSession(stream: SessionStream): void {
    let session: string | null = null;
    stream.onMessage((message) => {
      if (session === null) session = this.#welcome(stream, message);
      else if (message.kind === 'hello') stream.close('hello is said once');
      else this.#received(session, message);
    });
    stream.onClosed((reason) => {
      if (session === null || this.#streams.get(session) !== stream) return;
      this.#streams.delete(session);
      const closed = session;
      this.#decide((dispatcher, now) => dispatcher.streamClosed(closed, reason, now));
    });
  }

  /** A part's bytes for a worker that asks by digest; null where no study uses it. */
  fetchPart(digest: string, offset: number): Iterable<Uint8Array> | null {
    return this.#library.partBytes(digest, offset);
  }

  /** Stops granting, stores what was decided, lets go of the streams. The store stays open. */
  stop(reason: string): void {
    clearInterval(this.#timer);
    this.#commit.flush();
    this.#dispatcher = null;
    for (const stream of this.#streams.values()) stream.close(reason);
    this.#streams.clear();
  }

  #welcome(stream: SessionStream, message: WorkerMessage): string | null {
    if (message.kind !== 'hello') {
      stream.close('the first message must be hello');
      return null;
    }
    if (message.protocol !== protocolVersion) {
      stream.refuse(
        versionMismatch(message.protocol, message.version, this.#options.settings.version),
      );
      return null;
    }
    if (this.#dispatcher === null) {
      stream.close(
        `the coordinator cannot store anything at the moment: ${this.#storeProblem ?? 'it is stopping'}`,
      );
      return null;
    }
    const before = this.#streams.get(message.session);
    this.#streams.set(message.session, stream);
    before?.close('the same session has opened another stream');
    this.#decide((dispatcher, now) => dispatcher.joined(message, stream.peerAddress, now));
    return message.session;
  }

  #received(session: string, message: Exclude<WorkerMessage, { kind: 'hello' }>): void {
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
    if (this.#dispatcher !== null) this.#commit.add(event(this.#dispatcher, this.#now()));
  }

  #perform(effect: Effect): void {
    if (effect.kind === 'send') this.#streams.get(effect.session)?.send(effect.message);
    else this.#tell(effect.notice);
  }

  /** What cannot be stored is not promised. */
  #refuseWithoutStore(): void {
    if (this.#dispatcher === null) throw storeUnwritable(this.#storeProblem ?? 'it is stopping');
  }

  #tell(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #storeFailed(error: unknown): void {
    this.#storeProblem = messageOf(error);
    this.#options.log.error(
      `nothing can be stored, so nothing is granted or acknowledged: ${this.#storeProblem}`,
    );
    this.#dispatcher = null;
    for (const stream of this.#streams.values())
      stream.close('the coordinator cannot store results at the moment');
    this.#streams.clear();
    setTimeout(() => this.#retryStore(), storeRetryMs).unref();
  }

  #retryStore(): void {
    try {
      const detail = this.#storeProblem ?? '';
      this.#options.store.commit([
        {
          kind: 'event',
          atMs: this.#options.clock.wallMs(),
          study: null,
          what: 'store-recovered',
          detail,
        },
      ]);
    } catch {
      setTimeout(() => this.#retryStore(), storeRetryMs).unref();
      return;
    }
    this.#storeProblem = null;
    this.#options.log.info('the store can be written again: work goes on');
    this.#rebuild();
  }

  #rebuild(): void {
    const stored = this.#library.studies().map((study) => this.#library.stored(study));
    this.#dispatcher = new Dispatcher(this.#options.settings, stored, this.#now());
    this.#decide((dispatcher, now) => dispatcher.tick(now));
  }

  #now(): Moment {
    return { monotonicMs: this.#options.clock.monotonicMs(), wallMs: this.#options.clock.wallMs() };
  }
}

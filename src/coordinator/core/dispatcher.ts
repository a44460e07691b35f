/**
 * Dispatcher: decides which worker runs which trial, and which results count.
 *
 * It does no I/O (sans-io): it holds state in memory and reads no clock. Each event arrives with its time;
 * each decision is a list of rows to store and of effects that may follow only once the rows are on disk.
 * If a commit fails, the dispatcher is discarded and built again from the store.
 *
 * A pack is leased to a worker: progress renews the lease, and when the lease ends, the trials are
 * scheduled again. The first result of a trial counts, from any worker and at any time; later results are
 * compared with it.
 *
 * Not here: streams, timers, the store (`shell`), how parameters are sampled (`search`).
 */
import { assert, unreachable } from '../../base/assert.ts';
import type { AttemptKey, Hello, WorkerMessage } from '../../rpc/messages/messages.ts';
import type { Exclusion } from '../../study/exclusion.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import { setStudyStatus } from './attempts/close-attempt.ts';
import { cancelStudy } from './attempts/failed-attempts.ts';
import { callReferee } from './results/referee.ts';
import { findAttempt } from './results/find-attempt.ts';
import { storeLog, takeResults } from './results/results.ts';
import { noteUpload, uploadPlace } from './results/uploaded-states.ts';
import { scheduleAll } from './scheduling/scheduling.ts';
import type {
  ClusterState,
  DispatcherSettings,
  Moment,
  Peer,
  StudyData,
  StudyEntry,
  WorkerEntry,
} from './state/cluster-state.ts';
import type { KnownResults } from './state/known-results.ts';
import { isActive } from './state/study-entry.ts';
import { Turn, type Decision } from './state/turn.ts';
import { countActiveTime } from './studies/budget.ts';
import { restoreStudy, type StoredStudy } from './studies/restore.ts';
import { advanceStudy } from './studies/stage-progress.ts';
import { moveStudy } from './studies/move-study.ts';
import type { TrialEntry } from './state/trial-state.ts';
import { retryTrials } from './studies/retry-trials.ts';
import {
  extendStudy,
  setPriority,
  startReuse,
  submitStudy,
  type SubmitDetails,
} from './studies/submit-study.ts';
import {
  expireLeases,
  extendLeasesAfterPause,
  freeThread,
  renewLease,
  returnAllPacks,
} from './workers/leases.ts';
import { probationsFrom } from './workers/probation.ts';
import {
  announceLeaving,
  datasetFailed,
  datasetReady,
  disconnectWorker,
  drainWorkers,
  joinWorker,
  removeLostWorkers,
} from './workers/workers.ts';

export class Dispatcher {
  readonly state: ClusterState;

  /** @param excluded by session: workers that have computed a wrong result */
  constructor(
    settings: DispatcherSettings,
    stored: readonly StoredStudy[],
    excluded: ReadonlyMap<string, Exclusion>,
    now: Moment,
  ) {
    this.state = {
      settings,
      lastEventMs: now.monotonicMs,
      returningUntilMs: now.monotonicMs + (stored.length > 0 ? settings.leaseMs : 0),
      studies: new Map(),
      workers: new Map(),
      packs: new Map(),
      health: new Map(),
      reserved: new Set(),
      excluded: new Map(excluded),
      probation: probationsFrom(excluded.values()),
      refereeUntilMs: null,
      shares: { countedAtMs: now.monotonicMs, usedMs: 0 },
    };
    for (const study of stored) this.restore(study, now);
  }

  /** Adds a study from the store: after a restart, or when a study that is not in memory is extended. */
  restore(stored: StoredStudy, now: Moment): void {
    restoreStudy(this.state, stored, now);
  }

  /** A new study. */
  submit(spec: StudySpec, data: StudyData, details: SubmitDetails, now: Moment): Decision {
    return this.#handle(now, (turn) => submitStudy(turn, spec, data, details));
  }

  /** More trials in the last stage, or more stages, of a study in memory. */
  extend(spec: StudySpec, now: Moment): Decision {
    return this.#handle(now, (turn) => extendStudy(turn, this.#study(spec.study), spec));
  }

  /** A study in memory takes results of other studies from now on. */
  reuse(name: string, known: KnownResults, now: Moment): Decision {
    return this.#handle(now, (turn) => startReuse(turn, this.#study(name), known));
  }

  /** The data of a study in memory is at another path now. */
  move(spec: StudySpec, now: Moment): Decision {
    return this.#handle(now, (turn) => moveStudy(turn, this.#study(spec.study), spec));
  }

  /** A worker's stream has opened. The protocol version was checked before. */
  joined(hello: Hello, peer: Peer, now: Moment): Decision {
    return this.#handle(now, (turn) => joinWorker(turn, hello, peer));
  }

  /** A message on an open stream. */
  received(session: string, message: Exclude<WorkerMessage, Hello>, now: Moment): Decision {
    const worker = this.state.workers.get(session);
    assert(worker, () => `session ${session} has joined`);
    worker.heardAtMs = now.monotonicMs;
    if (message.kind !== 'heartbeat')
      return this.#handle(now, (turn) => handleMessage(turn, worker, message));
    // A thousand workers send many heartbeats a second, and nothing is scheduled because of one.
    const turn = this.#begin(now);
    for (const progress of message.packs) renewLease(turn, worker, progress);
    return turn.decision;
  }

  /** Whether an attempt was assigned to the session in this pack; others have no result that counts. */
  isAssigned(session: string, pack: string, key: AttemptKey): boolean {
    return findAttempt(this.state, session, pack, key) !== null;
  }

  /** The stage of a state that the session may upload; null if the state is not wanted. */
  uploadStage(session: string, pack: string, key: AttemptKey): string | null {
    return uploadPlace(this.state, session, pack, key)?.trial.id.stage ?? null;
  }

  /**
   * A state was uploaded. Nothing is stored, sent or scheduled because of it.
   *
   * @param digest of its content
   * @returns whether it is wanted
   */
  stateUploaded(session: string, pack: string, key: AttemptKey, digest: string): boolean {
    const place = uploadPlace(this.state, session, pack, key);
    // bug: upload-counts-as-progress
    // bug: upload-counts-as-audit
    if (place !== null) noteUpload(place, digest);
    return place !== null;
  }

  /** A worker's stream has closed. */
  streamClosed(session: string, reason: string, now: Moment): Decision {
    return this.#handle(now, (turn) => {
      const worker = this.state.workers.get(session);
      if (worker?.connected === true) disconnectWorker(turn, worker, reason);
    });
  }

  /** Time has passed: leases end, lost workers are removed. Call it several times a second. */
  tick(now: Moment): Decision {
    return this.#handle(now, (turn) => {
      expireLeases(turn);
      removeLostWorkers(turn);
    });
  }

  /** Names of studies that have been over for so long that no late result is expected. */
  pastStudies(now: Moment): string[] {
    const { settings, studies, packs } = this.state;
    const past = [...studies.values()].filter(
      ({ endedAtMs }) => endedAtMs !== null && now.monotonicMs - endedAtMs >= settings.forgetMs,
    );
    if (past.length === 0) return [];
    const running = new Set([...packs.values()].map((pack) => pack.study));
    return past.map(({ name }) => name).filter((name) => !running.has(name));
  }

  /** Removes a study that is over from memory. */
  forget(name: string): void {
    this.state.studies.delete(name);
  }

  pause(name: string, now: Moment): Decision {
    return this.#handle(now, (turn) => setStudyStatus(turn, this.#study(name), 'paused'));
  }

  resume(name: string, now: Moment): Decision {
    return this.#handle(now, (turn) => setStudyStatus(turn, this.#study(name), 'running'));
  }

  /** Does nothing for a study that is over. */
  setPriority(name: string, priority: number, now: Moment): Decision {
    return this.#handle(now, (turn) => setPriority(turn, this.#study(name), priority));
  }

  /** @param trials trials of the study that ended without a result */
  retry(name: string, trials: readonly TrialEntry[], now: Moment): Decision {
    return this.#handle(now, (turn) => retryTrials(turn, this.#study(name), trials));
  }

  cancel(name: string, reason: string, now: Moment): Decision {
    return this.#handle(now, (turn) => cancelStudy(turn, this.#study(name), reason));
  }

  /** @param name null: all workers */
  drain(name: string | null, reason: string, now: Moment): Decision {
    return this.#handle(now, (turn) => drainWorkers(turn, name, reason));
  }

  /** Puts all running trials back into the queue, without a failure, and asks their workers to stop them. */
  returnTrials(reason: string, now: Moment): Decision {
    return this.#handle(now, (turn) => returnAllPacks(turn, reason));
  }

  #begin(now: Moment): Turn {
    countActiveTime(this.state, now);
    extendLeasesAfterPause(this.state, now);
    return new Turn(this.state, now);
  }

  /** Handles one event; then stages advance, and free threads receive work. */
  #handle(now: Moment, handle: (turn: Turn) => void): Decision {
    const turn = this.#begin(now);
    handle(turn);
    for (const study of this.state.studies.values()) {
      if (isActive(study)) advanceStudy(turn, study);
    }
    scheduleAll(turn);
    callReferee(turn);
    return turn.decision;
  }

  #study(name: string): StudyEntry {
    const study = this.state.studies.get(name);
    assert(study, () => `study ${name} is in memory`);
    return study;
  }
}

function handleMessage(
  turn: Turn,
  worker: WorkerEntry,
  message: Exclude<WorkerMessage, Hello | { kind: 'heartbeat' }>,
): void {
  switch (message.kind) {
    case 'measured':
      return; // The shell passes it to live views.
    case 'attempt-log':
      return storeLog(turn, worker, message);
    case 'pack-ended':
      return takeResults(turn, worker, message);
    case 'pack-failed':
      return freeThread(turn, worker, message.pack, message);
    case 'pack-returned':
      return freeThread(turn, worker, message.pack, { ...message, outcome: 'returned' });
    case 'dataset-ready':
      return datasetReady(worker, message.dataset);
    case 'dataset-failed':
      return datasetFailed(turn, worker, message.dataset, message.reason);
    case 'draining':
      return announceLeaving(turn, worker, message);
    default:
      return unreachable(message);
  }
}

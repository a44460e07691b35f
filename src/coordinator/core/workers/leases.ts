/**
 * Leases: a worker's right to run a pack until a deadline. A lease begins when the pack is assigned, is
 * renewed by progress, and ends with the results, with a message of the worker, or at its deadline. Leases
 * are in memory only, on the monotonic clock.
 *
 * A worker that sends messages while a pack makes no progress has a hung thread, or is slow: many threads
 * on few cores take long for their first step. A pack has several leases for its first step, and for each
 * step while no other pack of its worker makes progress (`Health.patience`).
 */
import type { PackProgress } from '../../../rpc/messages/messages.ts';
import { abortPack, isPackDone } from '../attempts/close-attempt.ts';
import { noteProgramFailure } from '../attempts/broken-program.ts';
import { failPack, type PackFailure } from '../attempts/failed-attempts.ts';
import type { ClusterState, Moment, PackEntry, WorkerEntry } from '../state/cluster-state.ts';
import { isAwaited } from '../state/study-entry.ts';
import type { Turn } from '../state/turn.ts';
import { noteDeath } from '../attempts/setbacks.ts';
import { isProven } from './machines.ts';
import { countFailure } from './worker-backoff.ts';

type NewLease = Pick<PackEntry, 'id' | 'study' | 'kind' | 'assignedAt'> &
  Partial<Pick<PackEntry, 'isolated'>>;

/** Adds a pack without members to a worker, and begins its lease. */
export function leasePack(
  state: ClusterState,
  worker: WorkerEntry,
  { id, study, kind, assignedAt, isolated = false }: NewLease,
  now: Moment,
): PackEntry {
  const { session } = worker;
  // bug: wall-clock-leases
  const deadlineMs = now.monotonicMs + state.settings.leaseMs;
  const progress = { step: -1, stride: 0, aborted: false };
  const pack: PackEntry = {
    id,
    study,
    kind,
    isolated,
    session,
    members: [],
    assignedAt,
    deadlineMs,
    ...progress,
  };
  state.packs.set(id, pack);
  worker.packs.add(pack);
  return pack;
}

/**
 * A session has come back. Packs that it still runs keep their leases; the others are lost. A pack that it
 * has never reported did not reach it before the stream closed: it is returned, without a failure.
 */
export function claimPacks(turn: Turn, worker: WorkerEntry, held: readonly PackProgress[]): void {
  const { state } = turn;
  const named = new Set(held.map((progress) => progress.pack));
  for (const progress of held) {
    const pack = packHeldBy(state, progress.pack, worker);
    if (pack === undefined) {
      const reason = 'the coordinator no longer knows this pack';
      turn.send(worker, { kind: 'abort', pack: progress.pack, reason });
      continue;
    }
    // An abort may have been lost with the old stream; the next tick sends it again if the lease is over.
    pack.aborted = false;
    renewLease(turn, worker, progress);
    // A pack whose attempts have failed continues as long as one of its results would be the first.
    const study = state.studies.get(pack.study);
    const isWanted = pack.members.some(({ trial }) => study && isAwaited(study, trial));
    // bug: returning-audit-is-aborted
    if (isPackDone(pack) && !isWanted) abortPack(turn, pack, 'its results are no longer needed');
  }
  for (const pack of worker.packs) {
    // bug: returning-worker-loses-packs
    if (!named.has(pack.id)) endPack(turn, worker, pack, absence(worker, pack));
  }
}

/** Why a worker comes back without a pack. */
function absence({ leaving }: WorkerEntry, { step }: PackEntry): PackFailure {
  if (step < 0) return notArrived;
  return leaving ? stoppedWhileLeaving : notHeld;
}

const stoppedWhileLeaving: PackFailure = {
  outcome: 'returned',
  reason: 'the worker was stopped while it was leaving',
};
const notArrived: PackFailure = { outcome: 'returned', reason: 'it did not reach the worker' };
const notHeld: PackFailure = { outcome: 'lost', reason: 'the worker came back without it' };

/** A worker that leaves has named its packs: each other one was on its way, and will not be trained. */
export function returnOtherPacks(turn: Turn, worker: WorkerEntry, held: readonly string[]): void {
  for (const pack of worker.packs)
    if (!held.includes(pack.id)) endPack(turn, worker, pack, notArrived);
}

/** The operator wants all trials back at once. Their threads are free when the workers have stopped them. */
export function returnAllPacks(turn: Turn, reason: string): void {
  for (const pack of turn.state.packs.values()) {
    failPack(turn, pack, { outcome: 'returned', reason });
    abortPack(turn, pack, reason);
  }
}

/** Only progress renews a lease: the heartbeat of a hung thread reports the same step again. */
export function renewLease(turn: Turn, worker: WorkerEntry, progress: PackProgress): void {
  const pack = packHeldBy(turn.state, progress.pack, worker);
  // bug: unfenced-progress
  if (pack === undefined || progress.step <= pack.step) return;
  pack.stride = progress.step - pack.step;
  pack.step = progress.step;
  // bug: wall-clock-leases-2
  pack.deadlineMs = turn.now.monotonicMs + turn.state.settings.leaseMs;
}

/** The worker reports that a pack no longer occupies a thread: `end` applies to its open attempts. */
export function freeThread(turn: Turn, worker: WorkerEntry, id: string, end: PackFailure): void {
  const pack = packHeldBy(turn.state, id, worker);
  if (pack === undefined) return;
  const wasAsked = worker.draining && end.outcome === 'returned';
  if (!isPackDone(pack) && !wasAsked && !isProgramFailure(turn, worker, pack, end))
    countFailure(turn, worker, end.reason);
  endPack(turn, worker, pack, end);
  const study = turn.state.studies.get(pack.study);
  if (study !== undefined && end.outcome === 'crashed')
    noteProgramFailure(turn, study, pack, end.reason);
}

/** A program of the user has failed on a worker that has finished trials, so the worker is not the cause. */
function isProgramFailure(
  { state }: Turn,
  worker: WorkerEntry,
  pack: PackEntry,
  { outcome }: PackFailure,
): boolean {
  const needs = state.studies.get(pack.study)?.needs ?? null;
  return needs !== null && outcome === 'crashed' && isProven(worker);
}

function endPack(turn: Turn, worker: WorkerEntry, pack: PackEntry, failure: PackFailure): void {
  failPack(turn, pack, failure);
  worker.packs.delete(pack);
  turn.state.packs.delete(pack.id);
}

/** Undefined unless the pack was assigned to this session. */
function packHeldBy(state: ClusterState, id: string, worker: WorkerEntry): PackEntry | undefined {
  const pack = state.packs.get(id);
  return pack?.session === worker.session ? pack : undefined;
}

/** Fails packs without progress and packs of closed streams. Aborts failed packs that still run. */
export function expireLeases(turn: Turn): void {
  const { state, now } = turn;
  for (const pack of state.packs.values()) {
    const worker = state.workers.get(pack.session);
    const closedAtMs = worker?.closedAtMs ?? null;
    const isCutOff =
      closedAtMs !== null && now.monotonicMs >= closedAtMs + state.settings.reconnectMs;
    // bug: wall-clock-leases-3
    if (now.monotonicMs < pack.deadlineMs && !isCutOff) continue;
    const isOpen = !isPackDone(pack);
    if (isOpen && !isCutOff && isPatient(turn, worker, pack)) continue;
    const failure = leaseFailure(turn, worker, pack);
    if (worker !== undefined && isOpen) {
      if (failure.isWorkersFault === true) becomePatient(worker);
      if (!worker.leaving) countFailure(turn, worker, failure.reason);
    }
    failPack(turn, pack, failure);
    // bug: cut-counts-as-death
    if (isOpen && worker?.replaced === true) noteDeath(turn, worker, pack);
    abortPack(turn, pack, failure.reason);
  }
}

const patienceMax = 64;

/** All packs of the worker lost their leases together: it is slow, so the next ones are longer. */
function becomePatient({ machine }: WorkerEntry): void {
  machine.patience = Math.min(patienceMax, 2 * machine.patience);
}

/** Whether a pack without progress keeps its lease, because its worker may be slow. */
function isPatient(turn: Turn, worker: WorkerEntry | undefined, pack: PackEntry): boolean {
  if (worker === undefined || isSilent(turn, worker)) return false;
  const isStarting = pack.step <= 0;
  if (!isStarting && !isSlow(turn, worker, pack)) return false;
  const { monotonicMs } = turn.now;
  // bug: slow-worker-loses-leases
  return (
    monotonicMs < pack.deadlineMs + (worker.machine.patience - 1) * turn.state.settings.leaseMs
  );
}

/** Whether the worker runs other packs, and none of them makes progress either. */
function isSlow({ now }: Turn, { packs }: WorkerEntry, pack: PackEntry): boolean {
  const others = [...packs].filter((other) => other !== pack);
  return (
    others.length > 0 &&
    !others.some(({ step, deadlineMs }) => step > 0 && now.monotonicMs < deadlineMs)
  );
}

function isSilent({ now, state }: Turn, worker: WorkerEntry): boolean {
  return (
    worker.closedAtMs !== null ||
    now.monotonicMs - worker.heardAtMs > 2 * state.settings.heartbeatMs
  );
}

/** A worker that sends messages while a pack makes no progress has a hung thread; a silent one is lost. */
function leaseFailure(turn: Turn, worker: WorkerEntry | undefined, pack: PackEntry): PackFailure {
  const { now, state } = turn;
  if (worker === undefined || worker.closedAtMs !== null)
    return lostOf(worker, 'its connection closed and it did not come back');
  if (isSilent(turn, worker))
    return lostOf(
      worker,
      `it sent nothing for ${Math.round(now.monotonicMs - worker.heardAtMs)} ms`,
    );
  const isWorkersFault = isSlow(turn, worker, pack);
  const idleMs = now.monotonicMs - pack.deadlineMs + state.settings.leaseMs;
  const reason = `no progress within ${Math.round(idleMs / 1_000)} s; the lease is ${state.settings.leaseMs / 1_000} s`;
  return { outcome: 'timeout', reason, isWorkersFault };
}

function lostOf(worker: WorkerEntry | undefined, cause: string): PackFailure {
  // bug: leaving-worker-is-charged
  if (worker?.leaving === true) return stoppedWhileLeaving;
  return { outcome: 'lost', reason: `the worker was lost: ${cause}` };
}

/** Ticks come several times a second: a longer gap means that this process was suspended. */
const ownPauseMs = 1_000;

/** Extends all deadlines by a pause of the coordinator, after which messages of workers are still unread. */
export function extendLeasesAfterPause(state: ClusterState, now: Moment): void {
  const gapMs = now.monotonicMs - state.lastEventMs;
  state.lastEventMs = now.monotonicMs;
  // bug: leases-end-after-own-pause
  if (gapMs < ownPauseMs) return;
  state.returningUntilMs += gapMs;
  for (const pack of state.packs.values()) pack.deadlineMs += gapMs;
  for (const worker of state.workers.values()) {
    if (worker.closedAtMs !== null) worker.closedAtMs += gapMs;
  }
}

/**
 * Assigning a pack: trials trained side by side in one thread. Opens an attempt of each trial, starts the
 * lease and sends the assignment.
 *
 * Not here: which trials go to which worker (`scheduling.ts`, `assign-audits.ts`).
 */
import { assert } from '../../../base/assert.ts';
import type { Assignment } from '../../../rpc/messages/messages.ts';
import type { AttemptKind } from '../../../study/trial.ts';
import { setStudyStatus } from '../attempts/close-attempt.ts';
import type { PackEntry, StudyEntry, WorkerEntry } from '../state/cluster-state.ts';
import {
  changeTrial,
  nextAttempt,
  type AttemptEntry,
  type TrialEntry,
} from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';

/** How a pack is filled: what its members have in common, and how many there may be. */
export interface PackShape {
  readonly size: number;
  /** Whether a trial may be trained side by side with the others. */
  matches(trial: TrialEntry): boolean;
}

/**
 * The shape of a pack that begins with the trial `first`. Packs are small enough that every thread has
 * work: at most the waiting trials divided by the threads.
 */
export function packShape(
  { spec, data }: StudyEntry,
  first: TrialEntry,
  limits: { readonly waiting: number; readonly threads: number; readonly packMax: number },
): PackShape {
  const { trainer } = data;
  const share = Math.ceil(limits.waiting / Math.max(1, limits.threads));
  const size = Math.min(trainer.packSize(spec.trainer, first.params), share, limits.packMax);
  const key = trainer.packKey(spec.trainer, first.params);
  return {
    size,
    matches: ({ id, params }) =>
      id.replicate === first.id.replicate && trainer.packKey(spec.trainer, params) === key,
  };
}

interface NewPack {
  readonly study: StudyEntry;
  readonly worker: WorkerEntry;
  readonly trials: readonly TrialEntry[];
  readonly kind: AttemptKind;
}

export function assignPack(turn: Turn, { study, worker, trials, kind }: NewPack): void {
  const { state, now } = turn;
  const [first] = trials;
  assert(first, 'a pack has members');
  const id = `${study.stamp}:${first.name}#${nextAttempt(first)}`;
  const members = trials.map((trial) => ({
    trial,
    attempt: openAttempt(turn, { study, worker, kind, pack: id }, trial),
  }));
  const pack: PackEntry = {
    id,
    study: study.name,
    kind,
    session: worker.session,
    members,
    // bug: wall-clock-leases
    deadlineMs: now.monotonicMs + state.settings.leaseMs,
    step: -1,
    aborted: false,
  };
  state.packs.set(id, pack);
  worker.packs.add(pack);
  if (study.status === 'waiting') setStudyStatus(turn, study, 'running');
  turn.send(worker, { kind: 'assign', assignment: toAssignment(study, pack) });
}

/** @returns the number of the attempt */
function openAttempt(
  turn: Turn,
  { study, worker, kind, pack }: Omit<NewPack, 'trials'> & { readonly pack: string },
  trial: TrialEntry,
): number {
  const attempt: AttemptEntry = {
    attempt: nextAttempt(trial),
    kind,
    session: worker.session,
    worker: worker.name,
    pack,
    outcome: null,
    fingerprint: null,
  };
  if (kind === 'search') changeTrial(trial, { kind: 'assigned', attempt });
  else trial.attempts.push(attempt);
  const times = { assignedAtMs: turn.now.wallMs, endedAtMs: null, reason: null };
  const record = { ...attempt, trial: trial.id, ...times };
  turn.persist({ kind: 'attempt-opened', study: study.name, attempt: record });
  return attempt.attempt;
}

function toAssignment(study: StudyEntry, pack: PackEntry): Assignment {
  const { spec, searchKey, testKey } = study;
  const isTest = pack.kind === 'test';
  assert(!isTest || testKey !== null, 'only a study with a test split has test attempts');
  return {
    pack: pack.id,
    study: study.name,
    seed: spec.seed,
    replicate: pack.members[0]?.trial.id.replicate ?? 1,
    settings: spec.trainer,
    dataset: isTest ? (testKey ?? searchKey) : searchKey,
    kind: pack.kind,
    measureTest: isTest || (spec.test === 'all' && testKey !== null),
    members: pack.members.map(({ trial, attempt }) => ({
      key: { study: study.name, trial: trial.id, attempt },
      params: trial.params,
    })),
  };
}

/**
 * One pack for one thread: its members' attempts are opened, its lease begins, its worker is told.
 *
 * Pure: changes the cluster's state and says what to store and send. Which trials, and to whom, is
 * decided in `granting.ts` and `granting-audits.ts`.
 */
import { assert } from '../../../base/assert.ts';
import type { Assignment } from '../../../rpc/messages/messages.ts';
import type { AttemptKind } from '../../../study/trial.ts';
import type {
  ClusterState,
  Decision,
  Moment,
  PackEntry,
  StudyEntry,
  WorkerEntry,
} from '../state/cluster-state.ts';
import { send } from '../state/decision.ts';
import {
  changeTrial,
  nextAttempt,
  type AttemptEntry,
  type TrialEntry,
} from '../state/trial-state.ts';

/** The most trials in one pack; beyond it a thread's caches are full and nothing is gained. */
const packMax = 8;
/** pack × hidden: columns of the side-by-side product that fit a thread's memory comfortably. */
const packColumnsMax = 800;

/** How many trials make a pack, when so many wait for so many threads. */
export function packLimit(study: StudyEntry, waiting: number, threads: number): number {
  const fit = Math.max(1, Math.floor(packColumnsMax / study.spec.trainer.hidden));
  return Math.min(packMax, Math.ceil(waiting / Math.max(1, threads)), fit);
}

interface Grant {
  readonly study: StudyEntry;
  readonly worker: WorkerEntry;
  readonly trials: readonly TrialEntry[];
  readonly kind: AttemptKind;
}

export function assignPack(
  state: ClusterState,
  grant: Grant,
  now: Moment,
  decision: Decision,
): void {
  const { study, worker, trials, kind } = grant;
  const first = trials[0];
  assert(first, 'a pack has members');
  const id = `${study.stamp}:${first.name}#${nextAttempt(first)}`;
  const members = trials.map((trial) => {
    const attempt: AttemptEntry = {
      attempt: nextAttempt(trial),
      kind,
      session: worker.session,
      worker: worker.name,
      pack: id,
      outcome: null,
      fingerprint: null,
    };
    if (kind === 'search') changeTrial(trial, { kind: 'granted', attempt });
    else trial.attempts.push(attempt);
    decision.persist.push({
      kind: 'attempt-opened',
      study: study.name,
      attempt: {
        ...attempt,
        trial: trial.id,
        grantedAtMs: now.wallMs,
        endedAtMs: null,
        reason: null,
      },
    });
    return { trial, attempt: attempt.attempt };
  });
  const pack: PackEntry = {
    id,
    study: study.name,
    kind,
    session: worker.session,
    members,
    deadlineMs: now.monotonicMs + state.settings.leaseMs,
    step: -1,
    aborted: false,
  };
  state.packs.set(id, pack);
  worker.packs.add(pack);
  markStarted(study, decision);
  send(decision, worker, { kind: 'assign', assignment: assignmentOf(study, pack) });
}

function markStarted(study: StudyEntry, decision: Decision): void {
  if (study.status !== 'waiting') return;
  study.status = 'running';
  decision.persist.push({
    kind: 'study-status',
    study: study.name,
    status: 'running',
    reason: null,
    endedAtMs: null,
  });
}

function assignmentOf(study: StudyEntry, pack: PackEntry): Assignment {
  const { spec, searchKey, testKey } = study;
  const isTest = pack.kind === 'test';
  assert(!isTest || testKey !== null, 'only a study with a test split has a test attempt');
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
      lambda: trial.lambda,
    })),
  };
}

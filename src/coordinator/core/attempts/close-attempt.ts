/**
 * Closing attempts, stopping packs, and the status of studies: the changes of state that several other
 * files make, each in one place. When and why they happen is decided by the callers.
 */
import { assert } from '../../../base/assert.ts';
import { storedRanks } from '../../../search/ranking/ranking.ts';
import { isOver, type AttemptOutcome, type StudyStatus } from '../../../study/trial.ts';
import type { PackEntry, StudyEntry } from '../state/cluster-state.ts';
import {
  countsAsFailure,
  trialRecord,
  type AttemptEntry,
  type TrialEntry,
} from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';

/** One attempt and where it belongs. */
export interface AttemptPlace {
  readonly study: StudyEntry;
  readonly trial: TrialEntry;
  readonly attempt: AttemptEntry;
}

export function closeAttempt(
  turn: Turn,
  { study, trial, attempt }: AttemptPlace,
  end: { outcome: AttemptOutcome; reason?: string; fingerprint?: string },
): void {
  assert(
    attempt.outcome === null,
    () => `attempt ${attempt.attempt} of ${trial.name} is open, got ${attempt.outcome}`,
  );
  const { outcome, reason = null, fingerprint = null } = end;
  attempt.outcome = outcome;
  attempt.fingerprint = fingerprint;
  turn.persist({
    kind: 'attempt-closed',
    study: study.name,
    trial: trial.id,
    attempt: attempt.attempt,
    outcome,
    reason,
    endedAtMs: turn.now.wallMs,
    countsAsFailure: countsAsFailure(outcome),
    fingerprint,
  });
}

/** Whether all attempts of the pack are closed. */
export function isPackDone({ members }: PackEntry): boolean {
  return members.every(
    ({ trial, attempt }) =>
      trial.attempts.find((entry) => entry.attempt === attempt)?.outcome !== null,
  );
}

/** Tells the worker to stop a pack. Its thread counts as occupied until the worker reports it free. */
export function abortPack(turn: Turn, pack: PackEntry, reason: string): void {
  if (pack.aborted) return;
  pack.aborted = true;
  const worker = turn.state.workers.get(pack.session);
  if (worker?.connected === true) turn.send(worker, { kind: 'abort', pack: pack.id, reason });
}

export function setStudyStatus(
  turn: Turn,
  study: StudyEntry,
  status: StudyStatus,
  reason: string | null = null,
): void {
  const { monotonicMs, wallMs } = turn.now;
  const hasEnded = isOver(status);
  study.status = status;
  study.endedAtMs = hasEnded ? monotonicMs : null;
  const endedAtMs = hasEnded ? wallMs : null;
  turn.persist({ kind: 'study-status', study: study.name, status, reason, endedAtMs });
  if (hasEnded) turn.notify({ kind: 'study-ended', study: study.name, status, reason });
}

/** Stores the ranks of the trials in closed stages; of all trials if the study is over. */
export function storeRanks(turn: Turn, study: StudyEntry): void {
  const ranked = study.stages.filter(({ record }) => record.closed || isOver(study.status));
  const trials = ranked.flatMap((stage) => stage.trials.map(trialRecord));
  const stageOrder = study.stages.map(({ record }) => record.name);
  const ranks = storedRanks(trials, study.spec.objective, stageOrder);
  turn.persist({ kind: 'ranks', study: study.name, ranks });
}

/** State changes that several files make: closing attempts, stopping packs, study status, ranks. */
import { assert } from '../../../base/assert.ts';
import { storedRanks } from '../../../search/ranking/ranking.ts';
import { isOver, type AttemptOutcome, type StudyStatus } from '../../../study/trial.ts';
import type { PackEntry, StudyEntry } from '../state/cluster-state.ts';
import { countsAsFailure, type AttemptEntry, type TrialEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { releaseStudy } from '../workers/release-states.ts';

export interface TrialPlace {
  readonly study: StudyEntry;
  readonly trial: TrialEntry;
}

export interface AttemptPlace extends TrialPlace {
  readonly attempt: AttemptEntry;
}

export function closeAttempt(
  turn: Turn,
  { study, trial, attempt }: AttemptPlace,
  end: { outcome: AttemptOutcome; reason?: string; fingerprint?: string },
): void {
  assert(attempt.outcome === null, () => `attempt ${attempt.attempt} of ${trial.name} is open`);
  const { outcome, reason = null, fingerprint = null } = end;
  attempt.outcome = outcome;
  attempt.fingerprint = fingerprint;
  const key = { study: study.name, trial: trial.id, attempt: attempt.attempt };
  const row = { ...key, outcome, reason, endedAtMs: turn.now.wallMs, fingerprint };
  turn.persist({ kind: 'attempt-closed', ...row, countsAsFailure: countsAsFailure(outcome) });
}

/** Whether all attempts of the pack are closed. */
export function isPackDone({ members }: PackEntry): boolean {
  return members.every(
    ({ trial, attempt }) =>
      trial.attempts.find((entry) => entry.attempt === attempt)?.outcome !== null,
  );
}

/** Asks the worker to stop a pack. The thread counts as occupied until the worker reports that it is free. */
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
  const { name } = study;
  const now = isOver(status) ? turn.now : null;
  study.status = status;
  study.endedAtMs = now?.monotonicMs ?? null;
  const endedAtMs = now?.wallMs ?? null;
  turn.persist({ kind: 'study-status', study: name, status, reason, endedAtMs });
  turn.log(`study-${status}`, reason ?? '', name);
  if (now !== null) releaseStudy(turn, study);
  if (now !== null) turn.notify({ kind: 'study-ended', study: name, status, reason });
}

/** Stores the ranks of the trials in closed stages; of all trials if the study is over. */
export function storeRanks(turn: Turn, study: StudyEntry): void {
  const ranked = study.stages.filter(({ record }) => record.closed || isOver(study.status));
  const trials = ranked.flatMap((stage) => stage.trials);
  const stageOrder = study.stages.map(({ record }) => record.name);
  const ranks = storedRanks(trials, study.spec.objective, stageOrder);
  turn.persist({ kind: 'ranks', study: study.name, ranks });
}

/**
 * Exclusions: a session that has computed a wrong result receives no more trials, and its results do not
 * count. The exclusion is stored; it ends when the worker process is restarted. Then its machine is on
 * probation (`probation.ts`).
 *
 * Earlier results of the session in open stages are computed again (`results/audits.ts`). Those in closed
 * stages stay, marked `unchecked`.
 */
import { isOver } from '../../../study/trial.ts';
import { abortPack } from '../attempts/close-attempt.ts';
import { failPack } from '../attempts/failed-attempts.ts';
import { setWinner } from '../attempts/winner-tests.ts';
import type { ClusterState, StageEntry, StudyEntry, WorkerEntry } from '../state/cluster-state.ts';
import type { AttemptEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { machineOfAttempt, newProbation } from './probation.ts';

/** Excludes the session that ran an attempt; does nothing if it is excluded already. */
export function excludeWorker(turn: Turn, attempt: AttemptEntry, reason: string): void {
  const { state, now } = turn;
  const { session, worker } = attempt;
  if (state.excluded.has(session)) return;
  const machine = machineOfAttempt(attempt);
  state.excluded.set(session, { reason, machine });
  state.probation.set(machine, newProbation(reason));
  // bug: exclusion-is-not-stored
  turn.persist({ kind: 'worker-excluded', session, worker, reason, machine, atMs: now.wallMs });
  turn.reportWorker('worker-excluded', worker, reason);
  for (const pack of state.workers.get(session)?.packs ?? []) {
    failPack(turn, pack, { outcome: 'returned', reason: 'its worker was excluded' });
    abortPack(turn, pack, 'this worker is excluded');
  }
  for (const study of state.studies.values()) {
    for (const stage of study.stages) {
      stage.audits = null;
      if (stage.record.closed) markUnchecked(turn, study, stage);
    }
    discardTests(turn, study, worker);
  }
}

/** Marks results in a closed stage that only excluded sessions have computed. */
export function markUnchecked(turn: Turn, study: StudyEntry, stage: StageEntry): void {
  for (const trial of stage.trials) {
    const { fingerprint, audit } = trial;
    if (fingerprint === null || audit === 'disputed' || audit === 'unchecked') continue;
    const isConfirmed = trial.attempts.some(
      (attempt) => attempt.fingerprint === fingerprint && !turn.state.excluded.has(attempt.session),
    );
    if (isConfirmed || trial.source !== undefined) continue;
    trial.audit = 'unchecked';
    turn.persist({
      kind: 'trial-audited',
      study: study.name,
      trial: trial.id,
      verdict: trial.audit,
    });
  }
}

/** Removes the worker's tests of a winner whose test has not ended; they are run again. */
function discardTests(turn: Turn, study: StudyEntry, worker: string): void {
  const { winner } = study;
  if (winner === null || winner.reproduced !== null || isOver(study.status)) return;
  // bug: excluded-test-counts
  const tests = winner.tests.filter((test) => test.worker !== worker);
  if (tests.length === winner.tests.length) return;
  setWinner(turn, study, { ...winner, tests });
}

/** Why a worker is excluded; null if it is not. */
export function exclusionReason(state: ClusterState, { session }: WorkerEntry): string | null {
  const known = state.excluded.get(session);
  return known === undefined
    ? null
    : `${known.reason}: its results do not count until the worker is restarted, and are audited then`;
}

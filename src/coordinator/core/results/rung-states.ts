/**
 * Rung states: an attempt of a trial that has reached a rung continues from the state there, if its worker
 * has it, or trains from the first step. Then it must reach the stored digest of the rung: otherwise it is
 * another training than the one that was compared there.
 *
 *     an attempt passes another state --> it is rejected; the stored result at the rung is
 *         verified --> the worker is excluded, and the trial is tried again
 *         not      --> the trial is back at the rung: its result there is audited, and compared again
 *
 * A disputed result at a rung is not compared. After `maxFailures` such attempts the trial fails.
 */
import { assert } from '../../../base/assert.ts';
import type { Answer, Rung } from '../../../rpc/messages/messages.ts';
import type { RungResult, TrialResult } from '../../../study/trial.ts';
import { closeAttempt, type AttemptPlace } from '../attempts/close-attempt.ts';
import type { StudyEntry } from '../state/cluster-state.ts';
import { isReproducible, updateTrial } from '../state/study-entry.ts';
import {
  maxFailures,
  rungBefore,
  trialRecord,
  type AttemptEntry,
  type TrialEntry,
} from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { continueTrial } from '../studies/rung-moves.ts';
import { excludeWorker } from '../workers/exclusions.ts';
import type { Report } from './audits.ts';
import { totalSteps } from './result-rules.ts';

/** The rung from which an attempt continues, or which it passes; null: it begins with the first step. */
export function rungBeforeAttempt(
  study: StudyEntry,
  trial: TrialEntry,
  { kind, toStep }: Pick<AttemptEntry, 'kind' | 'toStep'>,
): RungResult | null {
  return kind === 'test' ? null : rungBefore(trial, toStep ?? totalSteps(study, trial));
}

/** Whether the attempt has not reached the rung before its own, or with another digest than the stored one. */
export function hasOtherState({ study, trial, attempt, result, passed }: Report): boolean {
  const rung = rungBeforeAttempt(study, trial, attempt);
  if (rung === null || !isReproducible(study)) return false;
  if (rung.audit === 'disputed') return false;
  const { steps, digest } = rung.result;
  if (passed === null) return result.steps <= steps;
  return passed.step !== steps || passed.digest !== digest;
}

export function rejectState(turn: Turn, report: Report): Answer {
  const { study, stage, trial, attempt } = report;
  const rung = rungBeforeAttempt(study, trial, attempt);
  assert(rung, () => `${trial.name} has reached a rung`);
  const at = `at step ${rung.result.steps}`;
  const reason = `its state of ${trial.name} in ${study.name} ${at} differs from that of ${rung.worker}`;
  if (attempt.outcome !== null) return 'cancelled';
  const { worker } = attempt;
  turn.log('result-disputed', `${worker}: ${reason}`, study.name);
  turn.notify({ kind: 'result-disputed', study: study.name, trial: trial.id, worker });
  closeAttempt(turn, { study, trial, attempt }, { outcome: 'disputed', reason });
  const isWrong = rung.audit === 'verified';
  if (isWrong) excludeWorker(turn, attempt, reason);
  updateTrial(study, trial, { kind: 'unassigned', isFailure: false, reason });
  const isLost = trial.attempts.filter(isOtherState(attempt.toStep)).length >= maxFailures;
  const why = `${maxFailures} attempts did not reproduce its result ${at}, of ${rung.worker}`;
  if (isLost) updateTrial(study, trial, { kind: 'failed', reason: why });
  else study.queue.push(trial);
  const status = isLost ? 'failed' : 'waiting';
  const row = { study: study.name, trial: trial.id, status, reason: trial.reason } as const;
  turn.persist({ kind: 'trial-status', ...row });
  if (isLost) turn.notify({ kind: 'trial-ended', study: study.name, trial: trialRecord(trial) });
  else if (!isWrong) returnToRung(turn, report, rung.result.steps);
  stage.audits = null;
  return 'disputed';
}

/** The trial is at an earlier rung again, and its result there is to be audited. */
function returnToRung(turn: Turn, { study, trial }: Report, step: number): void {
  continueTrial(turn, study, trial, step);
  if (trial.audit === null) return;
  trial.audit = null;
  turn.persist({ kind: 'trial-audited', study: study.name, trial: trial.id, verdict: null });
}

/** Whether an attempt to a later rung has not reproduced the result that the trial has now. */
export function isInQuestion(study: StudyEntry, trial: TrialEntry): boolean {
  const { result, rungs } = trial;
  if (rungs === null || result === null) return false;
  return trial.attempts.some(
    (attempt) =>
      isOtherState(attempt.toStep)(attempt) &&
      rungBeforeAttempt(study, trial, attempt)?.result.steps === result.steps,
  );
}

const isOtherState =
  (toStep: number | null) =>
  (attempt: AttemptEntry): boolean =>
    attempt.kind === 'search' &&
    attempt.outcome === 'disputed' &&
    attempt.fingerprint === null &&
    attempt.toStep === toStep;

/** The result with the seconds of the whole training: a worker reports those of its attempt. */
export function withEarlierSeconds(
  { study, trial, attempt }: AttemptPlace,
  result: TrialResult,
  passed: Rung | null,
): TrialResult {
  const rung = passed === null ? rungBeforeAttempt(study, trial, attempt) : null;
  if (rung === null) return result;
  return { ...result, seconds: rung.result.seconds + result.seconds };
}

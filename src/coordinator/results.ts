/**
 * What becomes of a result: taken, compared, or refused.
 *
 * Every result is fenced by (trial, attempt): it counts only where that attempt was granted to the
 * session that reports it. The first result of a trial is taken, from whichever attempt; what comes
 * later is compared by digest and changes nothing. Every case has one answer of a fixed set.
 *
 * Pure: changes the cluster's state and says what to store and send. Attempts that end without a
 * result are in `giving-up.ts`.
 */
import { assert } from '../base/assert.ts';
import type { Answer, AttemptKey, MemberResult } from '../rpc/messages.ts';
import { trialName, type AttemptPurpose, type TrialResult } from '../study/trial.ts';
import {
  trialRecord,
  type ClusterState,
  type Decision,
  type Moment,
  type StageEntry,
  type StudyEntry,
  type WorkerEntry,
} from './cluster-state.ts';
import { abortPack, closeAttempt, isPackDone, stageOf } from './giving-up.ts';
import { send } from './granting.ts';
import { endStudy } from './stage-progress.ts';
import {
  acceptsResult,
  changeTrial,
  isLost,
  type AttemptEntry,
  type TrialEntry,
} from './trial-state.ts';

/** Takes one member's result, says what became of it, and answers the worker. */
export function takeResult(
  state: ClusterState,
  worker: WorkerEntry,
  member: MemberResult,
  now: Moment,
  decision: Decision,
): void {
  const answer = judge(state, worker, member, now, decision);
  send(decision, worker, { kind: 'answer', key: member.key, answer });
}

function judge(
  state: ClusterState,
  worker: WorkerEntry,
  { key, result }: MemberResult,
  now: Moment,
  decision: Decision,
): Answer {
  const found = locate(state, key);
  if (found === null) return 'unknown';
  const { study, stage, trial, attempt } = found;
  if (attempt.session !== worker.session) return 'unknown';
  if (attempt.purpose === 'test')
    return judgeTest(state, study, trial, attempt, result, now, decision);
  if (trial.status === 'cancelled') return 'cancelled';
  if (trial.result !== null)
    return compare(study, trial, attempt, trial.result, result, now, decision);
  // Lost, and its stage has closed without it: evidence that comes too late to change anything.
  if (!acceptsResult(trial) || stage.record.closed) return 'cancelled';

  if (trial.status === 'waiting') study.waiting -= 1;
  if (isLost(trial)) stage.open += 1;
  changeTrial(trial, { kind: 'completed', worker: attempt.worker, result });
  stage.open -= 1;
  worker.trialsCompleted += 1;
  if (attempt.outcome === null) {
    closeAttempt(
      study,
      trial,
      attempt,
      result.kind === 'complete' ? 'accepted' : 'diverged',
      null,
      false,
      now,
      decision,
    );
  }
  decision.persist.push({
    kind: 'trial-ended',
    study: study.name,
    trial: trial.id,
    worker: attempt.worker,
    result,
  });
  keepSummary(trial);
  decision.afterCommit.push({
    kind: 'notice',
    notice: { kind: 'trial-ended', study: study.name, trial: trialRecord(trial) },
  });
  supersede(state, study, trial, 'search', now, decision);
  return 'accepted';
}

/** A result for a trial that has one: the same bits, or somebody's machine is wrong. */
function compare(
  study: StudyEntry,
  trial: TrialEntry,
  attempt: AttemptEntry,
  accepted: TrialResult,
  result: TrialResult,
  now: Moment,
  decision: Decision,
): Answer {
  const outcome = sameResult(accepted, result) ? 'duplicate' : 'disputed';
  if (attempt.outcome === null)
    closeAttempt(study, trial, attempt, outcome, null, false, now, decision);
  if (outcome === 'disputed') {
    decision.afterCommit.push({
      kind: 'notice',
      notice: {
        kind: 'result-disputed',
        study: study.name,
        trial: trial.id,
        worker: attempt.worker,
      },
    });
    decision.persist.push({
      kind: 'event',
      atMs: now.wallMs,
      study: study.name,
      what: 'result-disputed',
      detail: `${trial.name}: ${attempt.worker} computed another result than the accepted one of ${trial.worker}`,
    });
  }
  return outcome;
}

function sameResult(a: TrialResult, b: TrialResult): boolean {
  if (a.kind === 'complete') return b.kind === 'complete' && a.digest === b.digest;
  return b.kind === 'diverged' && a.steps === b.steps;
}

function judgeTest(
  state: ClusterState,
  study: StudyEntry,
  trial: TrialEntry,
  attempt: AttemptEntry,
  result: TrialResult,
  now: Moment,
  decision: Decision,
): Answer {
  assert(study.winner !== null && trial.result !== null, 'a test attempt is granted for a winner');
  if (study.winner.reproduced !== null || study.status === 'cancelled') {
    return study.status === 'cancelled' ? 'cancelled' : 'duplicate';
  }
  const reproduced = sameResult(trial.result, result);
  const last = result.curve.at(-1);
  study.winner = {
    ...study.winner,
    testAccuracy: reproduced ? (last?.testAccuracy ?? null) : null,
    testLoss: reproduced ? (last?.testLoss ?? null) : null,
    testWorker: attempt.worker,
    reproduced,
  };
  if (attempt.outcome === null) {
    closeAttempt(
      study,
      trial,
      attempt,
      reproduced ? 'accepted' : 'disputed',
      null,
      false,
      now,
      decision,
    );
  }
  supersede(state, study, trial, 'test', now, decision);
  decision.persist.push({ kind: 'winner', study: study.name, winner: study.winner });
  endStudy(study, 'complete', null, now, decision);
  return reproduced ? 'accepted' : 'disputed';
}

/** Other open attempts of a trial that has its result: closed without a charge, aborted where alone. */
function supersede(
  state: ClusterState,
  study: StudyEntry,
  trial: TrialEntry,
  purpose: AttemptPurpose,
  now: Moment,
  decision: Decision,
): void {
  for (const attempt of trial.attempts) {
    if (attempt.outcome !== null || attempt.purpose !== purpose) continue;
    closeAttempt(
      study,
      trial,
      attempt,
      'superseded',
      'another attempt gave the result first',
      false,
      now,
      decision,
    );
    const pack = state.packs.get(attempt.pack);
    if (pack !== undefined && isPackDone(pack))
      abortPack(state, pack, 'its trials have their results', decision);
  }
}

interface Located {
  readonly study: StudyEntry;
  readonly stage: StageEntry;
  readonly trial: TrialEntry;
  readonly attempt: AttemptEntry;
}

function locate(state: ClusterState, key: AttemptKey): Located | null {
  const study = state.studies.get(key.study);
  const trial = study?.trials.get(trialName(key.trial));
  const attempt = trial?.attempts.find((entry) => entry.attempt === key.attempt);
  if (study === undefined || trial === undefined || attempt === undefined) return null;
  return { study, stage: stageOf(study, trial), trial, attempt };
}

/** The store has the curve; memory keeps what ranking needs, so that 100,000 trials fit. */
function keepSummary(trial: TrialEntry): void {
  if (trial.result === null) return;
  trial.result =
    trial.result.kind === 'complete'
      ? {
          ...trial.result,
          curve: trial.result.curve.slice(-1),
          validationCorrect: new Uint8Array(0),
        }
      : { ...trial.result, curve: [] };
}

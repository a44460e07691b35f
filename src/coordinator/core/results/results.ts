/**
 * Results: each reported result is accepted, compared with the stored one, or rejected.
 *
 * Results are fenced by (trial, attempt): a result counts only if that attempt was assigned to the session
 * that reports it, in the pack that it names. Each case has one answer:
 *
 *     unknown     there is no such attempt, or it belongs to another session or pack
 *     cancelled   the trial was cancelled; or its stage closed or its study ended without a result of it;
 *                 or the session is excluded, perhaps because this result is invalid; or the result has
 *                 no value of the objective
 *     accepted    the first result of the trial
 *     duplicate   the trial has the same result
 *     disputed    the trial has another result
 *
 * An attempt has one result. Reporting it again is a duplicate; reporting another one excludes the
 * session. Results are compared as a whole (`study/result-fingerprint.ts`) and, while the stage is open,
 * each is a vote (`audits.ts`).
 *
 * Not here: attempts without a result (`attempts/failed-attempts.ts`).
 */
import type { Answer, MemberResult } from '../../../rpc/messages/messages.ts';
import { resultFingerprint } from '../../../study/result-fingerprint.ts';
import { isOver, noCorrectness, trialName, type TrialResult } from '../../../study/trial.ts';
import { closeAttempt, type AttemptPlace } from '../attempts/close-attempt.ts';
import { closeObsolete, endTests, failTest } from '../attempts/failed-attempts.ts';
import { dueTests, setWinner, withTested } from '../attempts/winner-tests.ts';
import type { ClusterState, StageEntry, StudyEntry, WorkerEntry } from '../state/cluster-state.ts';
import { isAwaited, stageFor } from '../state/study-entry.ts';
import {
  changeTrial,
  failedWithoutResult,
  trialRecord,
  type TrialEntry,
} from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { excludeWorker } from '../workers/exclusions.ts';
import { failReportedPack, freeThread } from '../workers/leases.ts';
import { resetFailures } from '../workers/worker-backoff.ts';
import { countVotes } from './audits.ts';
import { updateBest } from './best-configuration.ts';

/** A worker reports the results of a pack: answers each, and frees the thread. */
export function takeResults(
  turn: Turn,
  worker: WorkerEntry,
  pack: string,
  results: readonly MemberResult[],
): void {
  for (const { key, result } of results) {
    const report = findReport(turn.state, worker, pack, { key, result });
    // A result without the objective cannot be ranked: the pack counts as crashed.
    if (report !== null && !hasObjective(report)) {
      const { metric } = report.study.spec.objective;
      const reason = `the result of ${report.trial.name} has no finite ${metric}`;
      failReportedPack(turn, worker, pack, { outcome: 'crashed', reason });
    }
    // bug: duplicate-is-counted
    const answer = report === null ? 'unknown' : answerResult(turn, report);
    turn.send(worker, { kind: 'answer', key, answer });
  }
  freeThread(turn, worker, pack, 'the results of the pack were incomplete');
}

/** One reported result and the attempt that it belongs to. */
interface Report extends AttemptPlace {
  readonly stage: StageEntry;
  readonly worker: WorkerEntry;
  readonly result: TrialResult;
  readonly fingerprint: string;
}

function findReport(
  state: ClusterState,
  worker: WorkerEntry,
  pack: string,
  { key, result }: MemberResult,
): Report | null {
  const study = state.studies.get(key.study);
  const trial = study?.trials.get(trialName(key.trial));
  const attempt = trial?.attempts.find((entry) => entry.attempt === key.attempt);
  // bug: result-of-another-session
  if (study === undefined || trial === undefined || attempt?.session !== worker.session)
    return null;
  // The pack may be of an earlier study of this name, which was removed.
  // bug: result-of-removed-study
  if (attempt.pack !== pack) return null;
  const fingerprint = resultFingerprint(
    result,
    study.data.trainer.metrics,
    study.spec.test === 'all',
  );
  return { study, stage: stageFor(study, trial), trial, attempt, worker, result, fingerprint };
}

function hasObjective({ study, result }: Report): boolean {
  if (result.kind !== 'complete') return true;
  return Number.isFinite(result.curve.at(-1)?.metrics[study.spec.objective.metric]);
}

function answerResult(turn: Turn, report: Report): Answer {
  const { study, trial, attempt, worker, result } = report;
  // bug: excluded-worker-counts
  if (trial.status === 'cancelled' || turn.state.excluded.has(worker.session)) return 'cancelled';
  if (!hasObjective(report)) return 'cancelled';
  const { validationCount } = study.data;
  // bug: missing-bits-are-accepted
  if (!hasBitsFor(result, validationCount)) {
    const reason = `its result of ${trial.name} in ${study.name} does not state for each of ${validationCount} validation images whether it was classified correctly`;
    excludeWorker(turn, { session: worker.session, worker: worker.name }, reason);
    return 'cancelled';
  }
  if (attempt.fingerprint !== null) return answerRepeated(turn, report);
  if (attempt.kind === 'test') return takeTest(turn, report);
  if (trial.result !== null) return compareResult(turn, report);
  // The trial has failed, and its stage or study has ended without it: too late to change anything.
  if (!isAwaited(study, trial)) return 'cancelled';
  acceptResult(turn, report);
  worker.trialsCompleted += 1;
  return 'accepted';
}

/** Results are compared bit by bit, so a missing or additional bit makes a result invalid. */
function hasBitsFor(result: TrialResult, validationCount: number): boolean {
  return (
    result.kind !== 'complete' || result.validationCorrect.length === Math.ceil(validationCount / 8)
  );
}

/** Takes the first result of a trial. */
function acceptResult(turn: Turn, report: Report): void {
  const { study, stage, trial, attempt, result, fingerprint } = report;
  const { worker } = attempt;
  if (trial.status === 'waiting') study.waiting -= 1;
  if (failedWithoutResult(trial)) stage.open += 1;
  changeTrial(trial, { kind: 'completed', by: { worker, fingerprint }, result });
  stage.open -= 1;
  stage.audits = null;
  recordResult(turn, report, result.kind === 'complete' ? 'accepted' : 'diverged');
  const row = { study: study.name, trial: trial.id, worker, result, fingerprint };
  turn.persist({ kind: 'trial-ended', ...row });
  trimResult(study, stage, trial);
  updateBest(study, trial);
  turn.notify({ kind: 'trial-ended', study: study.name, trial: trialRecord(trial) });
  closeObsolete(turn, study, trial, 'search');
}

/** Closes the attempt; if it is closed already, stores that its result came after all. */
function recordResult(
  turn: Turn,
  report: Report,
  outcome: 'accepted' | 'diverged' | 'duplicate' | 'disputed',
): void {
  const { study, trial, attempt, worker, fingerprint } = report;
  if (outcome !== 'disputed') resetFailures(worker);
  if (attempt.outcome === null) {
    closeAttempt(turn, report, { outcome, fingerprint });
    return;
  }
  attempt.fingerprint = fingerprint;
  const row = { study: study.name, trial: trial.id, attempt: attempt.attempt, fingerprint };
  turn.persist({ kind: 'attempt-reported', ...row });
}

/**
 * The attempt has reported a result before. Its failures in a row are not reset: a worker on which
 * everything fails could report an old result again and again.
 */
function answerRepeated(turn: Turn, report: Report): Answer {
  const { study, trial, attempt, fingerprint } = report;
  if (attempt.fingerprint === fingerprint) {
    const isStored = attempt.kind === 'test' || fingerprint === trial.fingerprint;
    return isStored ? 'duplicate' : 'disputed';
  }
  reportDispute(turn, report, 'its earlier result of the same attempt');
  const reason = `it reported two results for attempt ${attempt.attempt} of ${trial.name} in ${study.name}`;
  excludeWorker(turn, attempt, reason);
  return 'disputed';
}

/** The trial has a result: if this one differs, one of the two workers is wrong. */
function compareResult(turn: Turn, report: Report): Answer {
  const { study, stage, trial } = report;
  const outcome = trial.fingerprint === report.fingerprint ? 'duplicate' : 'disputed';
  recordResult(turn, report, outcome);
  if (outcome === 'disputed') reportDispute(turn, report, `the stored result of ${trial.worker}`);
  if (!stage.record.closed && !isOver(study.status)) {
    countVotes(turn, report);
    trimResult(study, stage, trial);
    if (trial.audit !== null) closeObsolete(turn, study, trial, 'audit');
  }
  return outcome;
}

function reportDispute(turn: Turn, { study, trial, attempt }: Report, other: string): void {
  const { worker } = attempt;
  turn.notify({ kind: 'result-disputed', study: study.name, trial: trial.id, worker });
  const detail = `${trial.name}: the result of ${worker} differs from ${other}`;
  turn.log('result-disputed', detail, study.name);
}

/** Takes the result of a test of the winner. */
function takeTest(turn: Turn, report: Report): Answer {
  const { study, trial, attempt, result, fingerprint } = report;
  const { winner } = study;
  const { worker } = attempt;
  // The study was cancelled or extended, or another test attempt came first.
  // bug: late-test-changes-winner
  if (winner === null || !dueTests(study).includes(trial) || isOver(study.status))
    return 'cancelled';
  const reproduced = fingerprint === trial.fingerprint;
  recordResult(turn, report, reproduced ? 'accepted' : 'disputed');
  if (!reproduced && trial.audit === 'verified') {
    // Two workers agree on the stored result, so this one is wrong, and another worker runs the test.
    reportDispute(turn, report, `the verified result of ${trial.worker}`);
    const reason = `its result of ${trial.name} in ${study.name} differs from the verified one`;
    excludeWorker(turn, attempt, reason);
    failTest(turn, study, reason);
    return 'disputed';
  }
  const { test_accuracy: accuracy = null, test_loss: loss = null } =
    result.curve.at(-1)?.metrics ?? {};
  const { replicate } = trial.id;
  const tested = reproduced
    ? withTested(study, winner, { replicate, accuracy, loss, worker })
    : { ...winner, testWorker: worker, reproduced };
  setWinner(turn, study, tested);
  if (tested.reproduced === null) closeObsolete(turn, study, trial, 'test');
  else endTests(turn, study, null);
  return reproduced ? 'accepted' : 'disputed';
}

/**
 * Drops the part of a result that only the store needs, so that 100,000 trials fit in memory: the curve,
 * and which images were classified correctly. Racing needs the latter until the stage has closed, and for
 * the last stage, which may be extended.
 */
export function trimResult(study: StudyEntry, stage: StageEntry, trial: TrialEntry): void {
  if (trial.result === null) return;
  // bug: extended-race-loses-bits
  const isLast = stage.record.name === study.spec.stages.at(-1)?.name;
  // bug: race-loses-bits
  const isRacing = study.spec.racing && (isLast || !stage.record.closed);
  trial.result =
    trial.result.kind === 'complete'
      ? {
          ...trial.result,
          curve: trial.result.curve.slice(-1),
          validationCorrect: isRacing ? trial.result.validationCorrect : noCorrectness,
        }
      : { ...trial.result, curve: [] };
}

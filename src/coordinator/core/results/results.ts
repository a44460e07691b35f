/**
 * Results: each reported result is accepted, compared with the stored one, or rejected.
 *
 * Results are fenced by (trial, attempt): a result counts only if that attempt was assigned to the session
 * that reports it, in the pack that it names. Each case has one answer:
 *
 *     unknown     there is no such attempt, or it belongs to another session or pack
 *     cancelled   the trial was cancelled, or its stage closed or its study ended without a result of it;
 *                 or the session is excluded; or the result is invalid or has no value of the objective
 *     accepted    the first result of the trial
 *     duplicate   the trial has the same result, or had it at the rung to which the attempt trained
 *     disputed    the trial has another result, or the attempt has passed another state at an earlier rung
 *
 * An attempt has one result. Reporting it again is a duplicate; reporting another one excludes the
 * session. While the stage is open, each result is a vote (`audits.ts`).
 */
import type { Answer, MemberResult, WorkerMessage } from '../../../rpc/messages/messages.ts';
import { relationTo } from '../../../study/independence.ts';
import { resultFingerprint } from '../../../study/result-fingerprint.ts';
import { isOver, type AttemptOutcome } from '../../../study/trial.ts';
import { closeAttempt } from '../attempts/close-attempt.ts';
import {
  closeObsolete,
  endContradictedTests,
  endTests,
  failTest,
} from '../attempts/failed-attempts.ts';
import { addTest, dueTests, setWinner } from '../attempts/winner-tests.ts';
import { isReferee, type ClusterState, type WorkerEntry } from '../state/cluster-state.ts';
import { isAwaited, stageFor, updateTrial } from '../state/study-entry.ts';
import { toStepOf, trialRecord } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { expectsRefereeTest } from '../workers/able-workers.ts';
import { excludeWorker } from '../workers/exclusions.ts';
import { freeThread } from '../workers/leases.ts';
import { releaseLate } from '../workers/release-states.ts';
import { countResult } from '../workers/worker-backoff.ts';
import { countVotes, type Report } from './audits.ts';
import { contradiction } from './result-rules.ts';
import { rungRow } from './rung-row.ts';
import { hasOtherState, rejectState, withEarlierSeconds } from './rung-states.ts';
import { findAttempt } from './find-attempt.ts';
import { updateBest } from './best-configuration.ts';
import { trimResult } from './trim-result.ts';

type PackEnded = Extract<WorkerMessage, { kind: 'pack-ended' }>;

/** A worker reports the results of a pack: answers each, and frees the thread. */
export function takeResults(turn: Turn, worker: WorkerEntry, { pack, results }: PackEnded): void {
  for (const member of results) {
    const { key } = member;
    const report = findReport(turn.state, worker, pack, member);
    // bug: duplicate-is-counted
    const answer = report === null ? 'unknown' : answerResult(turn, report);
    turn.send(worker, { kind: 'answer', key, answer });
    if (report !== null) releaseLate(turn, worker, report);
  }
  const reason = 'the results of the pack were incomplete';
  freeThread(turn, worker, pack, { outcome: 'returned', reason });
}

/** A worker reports what the program of an attempt has printed. */
export function storeLog(
  turn: Turn,
  worker: WorkerEntry,
  { pack, key, text }: Extract<WorkerMessage, { kind: 'attempt-log' }>,
): void {
  const place = findAttempt(turn.state, worker.session, pack, key);
  if (place === null || turn.state.excluded.has(worker.session)) return;
  const { study, trial, attempt } = place;
  // Only programs of users print.
  if (study.needs === null) return;
  const row = { study: study.name, trial: trial.id, attempt: attempt.attempt, text };
  turn.persist({ kind: 'attempt-logged', ...row });
}

function findReport(
  state: ClusterState,
  worker: WorkerEntry,
  pack: string,
  { key, result: reported, passed }: MemberResult,
): Report | null {
  const place = findAttempt(state, worker.session, pack, key);
  if (place === null) return null;
  const { study, trial } = place;
  const { metrics } = study.data.trainer;
  const result = withEarlierSeconds(place, reported, passed);
  const fingerprint = resultFingerprint(result, metrics, study.spec.test === 'all');
  return { ...place, stage: stageFor(study, trial), worker, result, reported, fingerprint, passed };
}

function answerResult(turn: Turn, report: Report): Answer {
  const { study, trial, attempt, worker, result } = report;
  // bug: excluded-worker-counts
  if (trial.status === 'cancelled' || turn.state.excluded.has(worker.session)) return 'cancelled';
  const { metric } = study.spec.objective;
  if (result.kind === 'complete' && !Number.isFinite(result.curve.at(-1)?.metrics[metric])) {
    // A result without a value cannot be ranked: the pack counts as crashed.
    const reason = `the result of ${trial.name} has no finite ${metric}`;
    freeThread(turn, worker, attempt.pack, { outcome: 'crashed', reason });
    return 'cancelled';
  }
  const problem = contradiction(turn, report);
  // bug: contradictions-are-accepted
  if (problem !== null) {
    excludeWorker(turn, attempt, `its result of ${trial.name} in ${study.name} ${problem}`);
    return 'cancelled';
  }
  if (attempt.fingerprint !== null) return answerRepeated(turn, report);
  if (attempt.kind === 'test') return takeTest(turn, report);
  if (attempt.toStep !== toStepOf(trial)) return compareWithRung(turn, report);
  if (trial.result !== null) return compareResult(turn, report);
  // The trial has failed and its stage is closed or its study is over: the result comes too late.
  if (!isAwaited(study, trial)) return 'cancelled';
  // bug: rung-digest-is-not-compared
  if (hasOtherState(report)) return rejectState(turn, report);
  acceptResult(turn, report);
  worker.trialsCompleted += 1;
  return 'accepted';
}

/** Takes the first result of a trial. */
function acceptResult(turn: Turn, report: Report): void {
  const { study, stage, trial, attempt, result, fingerprint } = report;
  const { worker } = attempt;
  updateTrial(study, trial, { kind: 'completed', worker, fingerprint, result });
  stage.audits = null;
  recordResult(turn, report, result.kind === 'complete' ? 'accepted' : 'diverged');
  const row = {
    study: study.name,
    trial: trial.id,
    worker,
    result,
    fingerprint,
    ...rungRow(trial),
  };
  turn.persist({ kind: 'trial-ended', ...row });
  trimResult(study, stage, trial);
  updateBest(study, trial);
  // Its next attempts begin at another step.
  if (trial.rungs !== null) study.setbacks.delete(trial);
  if (trial.status !== 'paused')
    turn.notify({ kind: 'trial-ended', study: study.name, trial: trialRecord(trial) });
  closeObsolete(turn, report, 'search');
}

/** Closes the attempt with its result; if it is closed without one, adds the result. */
function recordResult(turn: Turn, report: Report, outcome: AttemptOutcome): void {
  const { study, trial, attempt, worker, fingerprint } = report;
  if (outcome !== 'disputed') countResult(worker);
  if (attempt.outcome === null) return closeAttempt(turn, report, { outcome, fingerprint });
  attempt.fingerprint = fingerprint;
  const row = { study: study.name, trial: trial.id, attempt: attempt.attempt, fingerprint };
  turn.persist({ kind: 'attempt-reported', ...row });
}

/** The attempt has reported a result before, so it does not show that the worker works. */
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
    if (trial.audit !== null) closeObsolete(turn, report, 'audit');
  }
  return outcome;
}

/** The trial has left the rung to which the attempt trained: what was decided there stays. */
function compareWithRung(turn: Turn, report: Report): Answer {
  const { trial, result, fingerprint } = report;
  const rung = trial.rungs?.results.find((known) => known.result.steps === result.steps);
  if (rung === undefined) return 'cancelled';
  const outcome = rung.fingerprint === fingerprint ? 'duplicate' : 'disputed';
  recordResult(turn, report, outcome);
  if (outcome === 'disputed')
    reportDispute(turn, report, `the stored result of ${rung.worker} at step ${result.steps}`);
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
  const isDue = dueTests(study).includes(trial);
  // The study was cancelled or extended, or another test attempt came first.
  // bug: late-test-changes-winner
  if (winner === null || !isDue || isOver(study.status)) return 'cancelled';
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
  if (isReferee(report.worker)) excludeContradicting(turn, report);
  else if (!reproduced && expectsRefereeTest(turn.state, study, turn.now)) {
    reportDispute(turn, report, `the stored result of ${trial.worker}`);
    return 'disputed';
  }
  if (!reproduced) {
    endContradictedTests(turn, study, worker);
    return 'disputed';
  }
  const metrics = result.curve.at(-1)?.metrics;
  const [accuracy, loss] = [metrics?.['test_accuracy'] ?? null, metrics?.['test_loss'] ?? null];
  const { replicate } = trial.id;
  const earlier = trial.attempts.filter(
    (other) => other.fingerprint === fingerprint && other.kind !== 'test',
  );
  // Of a result of another study, this one does not know which machine computed it.
  const relation = trial.source === undefined ? { relation: relationTo(earlier, attempt) } : {};
  const test = { replicate, accuracy, loss, worker, ...relation };
  // Excluding a worker may have removed its tests.
  const tested = addTest(study, study.winner ?? winner, test);
  setWinner(turn, study, tested);
  if (tested.reproduced === null) closeObsolete(turn, report, 'test');
  else endTests(turn, study, null);
  return 'accepted';
}

/** The referee has tested a replicate of the winner: workers with another result of it are wrong. */
function excludeContradicting(turn: Turn, { study, trial, fingerprint }: Report): void {
  const reason = `its result of ${trial.name} in ${study.name} differs from that of the coordinator's machine`;
  // bug: referee-does-not-settle-tests
  for (const other of trial.attempts)
    if (other.toStep === null && other.fingerprint !== null && other.fingerprint !== fingerprint)
      excludeWorker(turn, other, reason);
}

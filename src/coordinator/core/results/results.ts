/**
 * What becomes of a result: taken, compared, or refused.
 *
 * Every result is fenced by (trial, attempt): it counts only where that attempt was granted to the
 * session that reports it, in the pack that it names. Every case has one answer of a fixed set:
 *
 *     no such attempt, or not this session's, or of another pack ........... unknown
 *     the trial is cancelled, its stage closed or its study over without
 *     it, or the worker is convicted, be it by a result that cannot be one
 *     of this study ........................................................ cancelled
 *     the trial has no result yet .......................................... accepted
 *     it has: the same one ................................................. duplicate
 *             another one .................................................. disputed
 *
 * An attempt gives one result: said again it is a duplicate, whatever was counted; another one than
 * before convicts the worker on the spot. Every comparison is of whole results (`result-fingerprint.ts`)
 * and, as long as the stage is open, a vote (`auditing.ts`).
 *
 * Pure: changes the cluster's state and says what to store and send. Attempts that end without a
 * result are in `giving-up.ts`.
 */
import type { Answer, AttemptKey, MemberResult } from '../../../rpc/messages/messages.ts';
import { resultFingerprint } from '../../../study/result-fingerprint.ts';
import { isOver, noCorrectness, trialName, type TrialResult } from '../../../study/trial.ts';
import { countVotes } from './audits.ts';
import {
  isAwaited,
  stageOf,
  trialRecord,
  type ClusterState,
  type Decision,
  type Moment,
  type StageEntry,
  type StudyEntry,
  type WorkerEntry,
} from '../state/cluster-state.ts';
import { closeAttempt, logEvent, send } from '../state/decision.ts';
import { endTests, failTest, closeObsolete } from '../state/failed-attempts.ts';
import { reviewBest } from '../studies/summaries.ts';
import { exclude } from '../workers/exclusions.ts';
import { changeTrial, isLost, type AttemptEntry, type TrialEntry } from '../state/trial-state.ts';
import { dueTests, withTested } from '../state/winner-tests.ts';

/** Takes one member's result, says what became of it, and answers the worker. */
export function takeResult(
  state: ClusterState,
  worker: WorkerEntry,
  pack: string,
  member: MemberResult,
  now: Moment,
  decision: Decision,
): void {
  const answer = decideAnswer(state, worker, pack, member, now, decision);
  send(decision, worker, { kind: 'answer', key: member.key, answer });
}

function decideAnswer(
  state: ClusterState,
  worker: WorkerEntry,
  pack: string,
  { key, result }: MemberResult,
  now: Moment,
  decision: Decision,
): Answer {
  const found = findAttempt(state, key, worker, pack);
  if (found === null) return 'unknown';
  const { study, trial, attempt } = found;
  if (trial.status === 'cancelled' || state.excluded.has(worker.session)) return 'cancelled';
  const { validationCount } = study.data;
  if (!hasBitsFor(result, validationCount)) {
    const reason = `its result of ${trial.name} in ${study.name} does not say which of ${validationCount} validation images it got right`;
    exclude(state, worker.session, worker.name, reason, now, decision);
    return 'cancelled';
  }
  const withTest = study.spec.test === 'all';
  const fingerprint = resultFingerprint(result, withTest);
  const report: Report = { ...found, worker, result, fingerprint };
  if (attempt.fingerprint !== null) return answerRepeated(state, report, now, decision);
  if (attempt.kind === 'test') return decideTest(state, report, now, decision);
  if (trial.result !== null) return compareResult(state, report, now, decision);
  // Lost, and its stage has closed without it, or its study: it comes too late to change anything.
  if (!isAwaited(study, trial)) return 'cancelled';
  acceptResult(state, report, now, decision);
  worker.trialsCompleted += 1;
  return 'accepted';
}

/** Results are compared bit by bit, so one with too few or too many could not be compared at all. */
function hasBitsFor(result: TrialResult, validationCount: number): boolean {
  return (
    result.kind !== 'complete' || result.validationCorrect.length === Math.ceil(validationCount / 8)
  );
}

/** One result as it came in, with the attempt that gave it. */
interface Report extends Located {
  readonly worker: WorkerEntry;
  readonly result: TrialResult;
  readonly fingerprint: string;
}

/** The first result of a trial. */
function acceptResult(state: ClusterState, report: Report, now: Moment, decision: Decision): void {
  const { study, stage, trial, attempt, result, fingerprint } = report;
  const { worker } = attempt;
  if (trial.status === 'waiting') study.waiting -= 1;
  if (isLost(trial)) stage.open += 1;
  changeTrial(trial, { kind: 'completed', by: { worker, fingerprint }, result });
  stage.open -= 1;
  stage.audits = null;
  record(report, result.kind === 'complete' ? 'accepted' : 'diverged', now, decision);
  decision.persist.push({
    kind: 'trial-ended',
    study: study.name,
    trial: trial.id,
    worker,
    result,
    fingerprint,
  });
  keepSummary(study, stage, trial);
  reviewBest(study, trial);
  decision.afterCommit.push({
    kind: 'notice',
    notice: { kind: 'trial-ended', study: study.name, trial: trialRecord(trial) },
  });
  closeObsolete(state, study, trial, 'search', now, decision);
}

/** Closes the attempt, or writes beside one that was closed before that a result came after all. */
function record(
  { study, trial, attempt, worker, fingerprint }: Report,
  outcome: 'accepted' | 'diverged' | 'duplicate' | 'disputed',
  now: Moment,
  decision: Decision,
): void {
  // Not by one that is said again: a worker on which everything fails could go on for ever.
  if (outcome !== 'disputed') worker.failuresInRow = 0;
  if (attempt.outcome === null) {
    closeAttempt(study, trial, attempt, { outcome, fingerprint }, now, decision);
    return;
  }
  attempt.fingerprint = fingerprint;
  const { attempt: number } = attempt;
  decision.persist.push({
    kind: 'attempt-reported',
    study: study.name,
    trial: trial.id,
    attempt: number,
    fingerprint,
  });
}

/** The attempt has given its result before: said again, or taken back? */
function answerRepeated(
  state: ClusterState,
  report: Report,
  now: Moment,
  decision: Decision,
): Answer {
  const { study, trial, attempt, fingerprint } = report;
  if (attempt.fingerprint === fingerprint) {
    const isStanding = attempt.kind === 'test' || fingerprint === trial.fingerprint;
    return isStanding ? 'duplicate' : 'disputed';
  }
  notifyDisputed(report, 'a result that it gave before for the same attempt', now, decision);
  const reason = `it gave two results for attempt ${attempt.attempt} of ${trial.name} in ${study.name}`;
  exclude(state, attempt.session, attempt.worker, reason, now, decision);
  return 'disputed';
}

/** A result for a trial that has one: the same, or somebody's machine is wrong. */
function compareResult(
  state: ClusterState,
  report: Report,
  now: Moment,
  decision: Decision,
): Answer {
  const { study, stage, trial, attempt, result } = report;
  const outcome = trial.fingerprint === report.fingerprint ? 'duplicate' : 'disputed';
  record(report, outcome, now, decision);
  if (outcome === 'disputed')
    notifyDisputed(report, `the one of ${trial.worker} that stands`, now, decision);
  if (!stage.record.closed && !isOver(study.status)) {
    countVotes(state, study, stage, trial, { attempt, result }, now, decision);
    keepSummary(study, stage, trial);
    if (trial.audit !== null) closeObsolete(state, study, trial, 'audit', now, decision);
  }
  return outcome;
}

function notifyDisputed(
  { study, trial, attempt }: Located,
  other: string,
  now: Moment,
  decision: Decision,
): void {
  const { worker } = attempt;
  decision.afterCommit.push({
    kind: 'notice',
    notice: { kind: 'result-disputed', study: study.name, trial: trial.id, worker },
  });
  const detail = `${trial.name}: the result of ${worker} is not ${other}`;
  logEvent(decision, now, 'result-disputed', detail, study.name);
}

function decideTest(state: ClusterState, report: Report, now: Moment, decision: Decision): Answer {
  const { study, trial, attempt, result, fingerprint } = report;
  const { winner } = study;
  const { worker } = attempt;
  // The study was cancelled or extended meanwhile, or another test attempt came first: of no more use.
  if (winner === null || !dueTests(study).includes(trial) || isOver(study.status))
    return 'cancelled';
  const reproduced = fingerprint === trial.fingerprint;
  record(report, reproduced ? 'accepted' : 'disputed', now, decision);
  if (!reproduced && trial.audit === 'verified') {
    // Two workers agree on the winner: it is the third that is wrong, and another one tests.
    notifyDisputed(report, `the verified one of ${trial.worker}`, now, decision);
    const reason = `its result of ${trial.name} in ${study.name} is not the verified one`;
    exclude(state, attempt.session, worker, reason, now, decision);
    failTest(state, study, reason, now, decision);
    return 'disputed';
  }
  const { testAccuracy: accuracy = null, testLoss: loss = null } = result.curve.at(-1) ?? {};
  study.winner = reproduced
    ? withTested(study, winner, { replicate: trial.id.replicate, accuracy, loss, worker })
    : { ...winner, testWorker: worker, reproduced };
  decision.persist.push({ kind: 'winner', study: study.name, winner: study.winner });
  if (study.winner.reproduced === null) closeObsolete(state, study, trial, 'test', now, decision);
  else endTests(state, study, null, now, decision);
  return reproduced ? 'accepted' : 'disputed';
}

interface Located {
  readonly study: StudyEntry;
  readonly stage: StageEntry;
  readonly trial: TrialEntry;
  readonly attempt: AttemptEntry;
}

function findAttempt(
  state: ClusterState,
  key: AttemptKey,
  worker: WorkerEntry,
  pack: string,
): Located | null {
  const study = state.studies.get(key.study);
  const trial = study?.trials.get(trialName(key.trial));
  const attempt = trial?.attempts.find((entry) => entry.attempt === key.attempt);
  if (study === undefined || trial === undefined || attempt?.session !== worker.session)
    return null;
  // Of a study that had this name before and was thrown away.
  if (attempt.pack !== pack) return null;
  return { study, stage: stageOf(study, trial), trial, attempt };
}

/**
 * The store has the curve; memory keeps what ranking needs, so that 100,000 trials fit. Where λ race
 * that is their bits, too, until the stage has closed, and those of the last one: it may be extended.
 */
export function keepSummary(study: StudyEntry, stage: StageEntry, trial: TrialEntry): void {
  if (trial.result === null) return;
  const isLast = stage.record.name === study.spec.stages.at(-1)?.name;
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

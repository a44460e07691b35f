/**
 * Audits: results are computed again by other workers before their stage closes, and compared as a whole.
 *
 *     all trials of the stage have ended --> some are due: the best, a random share, contested ones, those of
 *     machines on probation, and those that only an excluded session has computed --> a worker of another
 *     token computes each of them:
 *         the same result --> verified
 *         another result  --> contested --> the referee decides, or else the majority after one more
 *                                       |   worker: the stored result is corrected if it lost, the other
 *                                       |   sessions are excluded
 *                                       \-> no worker left ---> disputed: not ranked
 *
 * A token has one vote per result; late results of search attempts vote too. Audits do not wait for workers
 * that may not come: the workers of a single token compute their own trials again, which gives `repeated`
 * (they are consistent, but may be wrong). `scheduling/assign-audits.ts` chooses the workers.
 */
import { assert } from '../../../base/assert.ts';
import { rankConfigurations } from '../../../search/ranking/ranking.ts';
import { isDrawnForAudit } from '../../../search/samplers/random.ts';
import { ownTokenId } from '../../../study/own-token.ts';
import { isDropped } from '../../../study/budget.ts';
import type { Objective } from '../../../study/spec/study-spec.ts';
import type { AuditVerdict, TrialResult } from '../../../study/trial.ts';
import type { AttemptPlace, TrialPlace } from '../attempts/close-attempt.ts';
import {
  isReferee,
  type ClusterState,
  type StageEntry,
  type StudyEntry,
  type WorkerEntry,
} from '../state/cluster-state.ts';
import type { Rung } from '../../../rpc/messages/messages.ts';
import { isReproducible, stageFor, updateTrial } from '../state/study-entry.ts';
import { maxFailures, toStepOf, type AttemptEntry, type TrialEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { ableWorkers, expectsReferee } from '../workers/able-workers.ts';
import { excludeWorker } from '../workers/exclusions.ts';
import { isOnProbation, noteVerified } from '../workers/probation.ts';
import { rungRow } from './rung-row.ts';
import { isInQuestion } from './rung-states.ts';
import { isContested, votersFor, votesByFingerprint, type Voters } from './votes.ts';

type Vote = readonly [fingerprint: string, voters: Voters];

export function isBeingAudited(trial: TrialEntry): boolean {
  return trial.attempts.some(({ kind, outcome }) => kind === 'audit' && outcome === null);
}

/** Trials of the stage whose audits are not settled. */
export function openAudits(turn: Turn, study: StudyEntry, stage: StageEntry): TrialEntry[] {
  return (stage.audits ??= findAudits(turn.state, study, stage));
}

function findAudits(state: ClusterState, study: StudyEntry, stage: StageEntry): TrialEntry[] {
  if (!isReproducible(study)) return [];
  const { audit, objective, seed } = study.spec;
  const topCount = audit?.top ?? 0;
  // Trials stay at their rungs if a budget ends.
  const hasEnded = stage.paused === 0 || study.budgetEnd !== null;
  const tops = [
    ...(stage.paused > 0 ? [topPaused(stage, objective)] : []),
    ...(hasEnded ? [topComplete(stage, objective)] : []),
  ];
  const best = new Set(topCount === 0 ? [] : tops.flatMap((top) => top().slice(0, topCount)));
  return stage.trials.filter((trial) => {
    if (trial.result === null || trial.audit === 'disputed' || isDropped(trial)) return false;
    const votes = votesByFingerprint(state, trial);
    const hasVote = trial.fingerprint !== null && votes.has(trial.fingerprint);
    // A verdict is void if all sessions that computed the result were excluded afterwards.
    // bug: repetition-before-exclusion-counts
    if (trial.audit !== null && hasVote) return false;
    if (votes.size > 1 || !hasVote || isBeingAudited(trial)) return true;
    if (isInQuestion(study, trial) || isOnProbation(state, trial)) return true;
    // bug: drawn-trials-are-not-audited
    return best.has(trial.id.index) || isDrawnForAudit(seed, trial.id, audit?.random ?? 0);
  });
}

/** The indices of the ranked configurations, best first. */
const topComplete = (stage: StageEntry, objective: Objective) => (): number[] =>
  rankConfigurations(stage.trials, objective, []).flatMap(({ rank, trial }) =>
    rank === null ? [] : [trial.id.index],
  );

/** The indices of the trials at a rung, best first: the leader decides which of them are stopped. */
const topPaused =
  (stage: StageEntry, { metric, direction }: Objective) =>
  (): number[] => {
    const sign = direction === 'maximize' ? -1 : 1;
    const value = ({ result }: TrialEntry): number =>
      sign * (result?.curve.at(-1)?.metrics[metric] ?? Infinity);
    return stage.trials
      .filter(({ status, audit }) => status === 'paused' && audit !== 'disputed')
      .toSorted((a, b) => value(a) - value(b) || a.id.index - b.id.index)
      .map(({ id }) => id.index);
  };

/** One reported result, and the attempt that it belongs to. */
export interface Report extends AttemptPlace {
  readonly stage: StageEntry;
  readonly worker: WorkerEntry;
  readonly result: TrialResult;
  /** As the worker has sent it: its seconds are those of the attempt. */
  readonly reported: TrialResult;
  readonly fingerprint: string;
  /** The earlier rung of the trial that the attempt has passed; null if it continued from there. */
  readonly passed: Rung | null;
}

/** Counts the votes for a trial that was computed again while its stage is open. */
export function countVotes(turn: Turn, report: Report): void {
  const { study, stage, trial, attempt } = report;
  const { state } = turn;
  if (!isReproducible(study)) return;
  const votes = [...votesByFingerprint(state, trial)].toSorted(
    ([, a], [, b]) => Number(b.has(ownTokenId)) - Number(a.has(ownTokenId)) || b.size - a.size,
  );
  const [first, second] = votes;
  assert(first, () => `${trial.name} has the vote that was just reported`);
  // Only the stored result and the one just reported are available in full.
  const isAvailable = first[0] === trial.fingerprint || first[0] === report.fingerprint;
  // bug: one-vote-decides
  const isDecided =
    second === undefined || first[1].has(ownTokenId) || hasMajority(turn, study, votes);
  if (!isAvailable || !isDecided) {
    setVerdict(turn, report, null);
    stage.audits = null;
    return;
  }
  const [fingerprint, voters] = first;
  // Only results at the present rung are compared.
  const isOfTrialNow = ({ kind, toStep, fingerprint: own }: AttemptEntry): boolean =>
    own !== null && kind !== 'test' && toStep === toStepOf(trial);
  for (const other of trial.attempts) {
    if (!isOfTrialNow(other) || other.fingerprint === fingerprint) continue;
    const reason = `its result of ${trial.name} in ${study.name} differs from that of ${[...voters.values()].join(' and ')}`;
    excludeWorker(turn, other, reason);
  }
  if (trial.fingerprint !== fingerprint) replaceResult(turn, report);
  const agreeing = trial.attempts.filter(
    (other) => other.fingerprint === fingerprint && !state.excluded.has(other.session),
  );
  const isRepeated = attempt.kind === 'audit' && agreeing.length > 1;
  const isVerified = voters.size > 1 || voters.has(ownTokenId);
  const wasVerified = trial.audit === 'verified';
  setVerdict(turn, report, isVerified ? 'verified' : isRepeated ? 'repeated' : null);
  if (isVerified && !wasVerified) noteVerified(turn, trial);
}

/** Whether more tokens have computed the first of these results, and no referee is to decide. */
function hasMajority(turn: Turn, study: StudyEntry, [first, second]: readonly Vote[]): boolean {
  if (expectsReferee(turn.state, study, turn.now)) return false;
  return first !== undefined && second !== undefined && first[1].size > second[1].size;
}

/** Replaces a wrong result by the one that has just been reported. */
function replaceResult(turn: Turn, { study, stage, trial, attempt, ...report }: Report): void {
  const { worker } = attempt;
  const { result, fingerprint } = report;
  const replaces = trial.fingerprint;
  assert(replaces !== null, () => `${trial.name} has a result`);
  updateTrial(study, trial, { kind: 'corrected', worker, fingerprint, result });
  const own = { study: study.name, trial: trial.id, worker, result, fingerprint };
  const row = { ...own, replaces, ...rungRow(trial) };
  turn.persist({ kind: 'result-replaced', ...row });
  stage.audits = null;
  stage.belowTarget = 0;
  study.best = undefined;
}

function setVerdict(turn: Turn, { study, trial }: TrialPlace, verdict: AuditVerdict | null): void {
  if (trial.audit === verdict) return;
  const stage = stageFor(study, trial);
  // A dispute changes the ranking, and so which trials are the best.
  if (verdict === null || verdict === 'disputed' || trial.audit === 'disputed') {
    stage.audits = null;
    study.best = undefined;
  }
  trial.audit = verdict;
  stage.audits = stage.audits?.filter((other) => other !== trial) ?? null;
  turn.persist({ kind: 'trial-audited', study: study.name, trial: trial.id, verdict });
}

/** Ends the audits that no worker can settle. @returns whether all audits of the stage are settled */
export function settleAudits(turn: Turn, study: StudyEntry, stage: StageEntry): boolean {
  for (let hasChanged = true; hasChanged;) {
    hasChanged = false;
    for (const trial of openAudits(turn, study, stage)) {
      const verdict = verdictWithoutAudit(turn, { study, trial });
      if (verdict === null || verdict === trial.audit) continue;
      setVerdict(turn, { study, trial }, verdict);
      hasChanged = true;
    }
  }
  return openAudits(turn, study, stage).length === 0;
}

/** The verdict on a trial that cannot be computed again; null as long as it can. */
function verdictWithoutAudit(turn: Turn, { study, trial }: TrialPlace): AuditVerdict | null {
  if (isBeingAudited(trial)) return null;
  const isExhausted = trial.auditFailures >= maxFailures;
  if (isContested(turn.state, trial))
    return isExhausted || !canOthersCompute(turn, study, trial) ? 'disputed' : null;
  if (!isExhausted) return null;
  // A result that only excluded sessions have computed is not ranked.
  const { fingerprint } = trial;
  const hasVote = fingerprint !== null && votesByFingerprint(turn.state, trial).has(fingerprint);
  return hasVote ? 'unchecked' : 'disputed';
}

/** Whether a worker of a token that has not computed this trial is available, or may be back in a moment. */
export function canOthersCompute(turn: Turn, study: StudyEntry, trial: TrialEntry): boolean {
  const { state, now } = turn;
  // bug: restart-does-not-wait-for-auditors
  if (now.monotonicMs < state.returningUntilMs) return true;
  if (isContested(state, trial) && expectsReferee(turn.state, study, turn.now)) return true;
  const voters = votersFor(state, trial);
  const isNew = (worker: WorkerEntry): boolean => !voters.has(worker.tokenId) && !isReferee(worker);
  const isAway = [...state.workers.values()].some(
    (worker) =>
      !(worker.connected || worker.reportedLost || worker.draining) &&
      !state.excluded.has(worker.session) &&
      isNew(worker),
  );
  // bug: audit-does-not-wait-for-lost-stream
  return isAway || ableWorkers(state, study).some(isNew);
}

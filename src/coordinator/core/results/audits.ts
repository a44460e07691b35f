/**
 * Audits: results are computed again by other workers before their stage closes, and compared as a whole.
 *
 *     all trials of the stage have ended --> some are due: the best, a random share, contested ones, and
 *     those that only an excluded session has computed --> another worker computes each of them:
 *         the same result --> verified
 *         another result  --> contested --> one more worker --> majority: the stored result is corrected if
 *                                       |                       it lost, the other sessions are excluded
 *                                       \-> no worker left ---> disputed: not ranked
 *
 * Each worker name has one vote per result, however often it computes. Attempts of excluded sessions have
 * none; late results of search attempts vote too. Audits end when the stage closes.
 *
 * If there is only one worker, it computes its own trials again. That gives `repeated`: the machine is
 * consistent, but may be wrong. Audits never wait for workers that may not come.
 *
 * Not here: which worker audits which trial (`scheduling/assign-audits.ts`).
 */
import { assert } from '../../../base/assert.ts';
import { rankConfigurations } from '../../../search/ranking/ranking.ts';
import { isDrawnForAudit } from '../../../search/samplers/random.ts';
import type { AuditVerdict, TrialResult } from '../../../study/trial.ts';
import type { AttemptPlace } from '../attempts/close-attempt.ts';
import type { ClusterState, StageEntry, StudyEntry } from '../state/cluster-state.ts';
import { isReproducible, stageFor } from '../state/study-entry.ts';
import { changeTrial, maxFailures, trialRecord, type TrialEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { ableWorkers } from '../workers/able-workers.ts';
import { excludeWorker } from '../workers/exclusions.ts';
import { isContested, votersFor, votesByFingerprint } from './votes.ts';

export function isBeingAudited(trial: TrialEntry): boolean {
  return trial.attempts.some(({ kind, outcome }) => kind === 'audit' && outcome === null);
}

/** Trials of the stage whose audits are not settled. */
export function openAudits(
  state: ClusterState,
  study: StudyEntry,
  stage: StageEntry,
): readonly TrialEntry[] {
  stage.audits ??= findAudits(state, study, stage);
  return stage.audits;
}

function findAudits(state: ClusterState, study: StudyEntry, stage: StageEntry): TrialEntry[] {
  if (!isReproducible(study)) return [];
  const { audit, objective, seed } = study.spec;
  const top = new Set(
    rankConfigurations(stage.trials.map(trialRecord), objective, [])
      .slice(0, audit?.top ?? 0)
      .flatMap(({ rank, trial }) => (rank === null ? [] : [trial.id.index])),
  );
  return stage.trials.filter((trial) => {
    if (trial.result === null || trial.audit === 'disputed') return false;
    const votes = votesByFingerprint(state, trial);
    const hasVote = trial.fingerprint !== null && votes.has(trial.fingerprint);
    // A verdict does not hold any more if all sessions that computed the result were excluded since.
    // bug: repetition-before-exclusion-counts
    if (trial.audit !== null && hasVote) return false;
    if (votes.size > 1 || !hasVote || isBeingAudited(trial)) return true;
    // bug: drawn-trials-are-not-audited
    return top.has(trial.id.index) || isDrawnForAudit(seed, trial.id, audit?.random ?? 0);
  });
}

/** A result that has just been reported for a trial that has one already. */
export interface Recomputation extends AttemptPlace {
  readonly stage: StageEntry;
  readonly result: TrialResult;
}

/** Counts the votes for a trial after it was computed again while its stage is open. */
export function countVotes(turn: Turn, recomputation: Recomputation): void {
  const { study, stage, trial, attempt } = recomputation;
  const { state } = turn;
  if (!isReproducible(study)) return;
  const votes = [...votesByFingerprint(state, trial)].toSorted((a, b) => b[1].size - a[1].size);
  const [first, second] = votes;
  // Only the stored result and the one just reported are available in full.
  const isAvailable = first?.[0] === trial.fingerprint || first?.[0] === attempt.fingerprint;
  // bug: one-vote-decides
  const hasMajority =
    second === undefined ||
    (first !== undefined && first[1].size > 1 && first[1].size > second[1].size);
  if (first === undefined || !isAvailable || !hasMajority) {
    setVerdict(turn, study, trial, null);
    stage.audits = null;
    return;
  }
  const [fingerprint, names] = first;
  for (const other of trial.attempts) {
    if (other.fingerprint === null || other.fingerprint === fingerprint || other.kind === 'test')
      continue;
    const reason = `its result of ${trial.name} in ${study.name} differs from that of ${[...names].join(' and ')}`;
    excludeWorker(turn, other, reason);
  }
  if (trial.fingerprint !== fingerprint) replaceResult(turn, recomputation);
  const agreeing = trial.attempts.filter(
    (other) => other.fingerprint === fingerprint && !state.excluded.has(other.session),
  );
  const isRepeated = attempt.kind === 'audit' && agreeing.length > 1;
  const verdict = names.size > 1 ? 'verified' : isRepeated ? 'repeated' : null;
  setVerdict(turn, study, trial, verdict);
}

/** Replaces a wrong result by the one that has just been reported. */
function replaceResult(turn: Turn, { study, stage, trial, attempt, result }: Recomputation): void {
  const { worker, fingerprint } = attempt;
  const replaces = trial.fingerprint;
  assert(fingerprint !== null && replaces !== null, () => `${trial.name} has two results`);
  changeTrial(trial, { kind: 'corrected', by: { worker, fingerprint }, result });
  turn.persist({
    kind: 'result-replaced',
    study: study.name,
    trial: trial.id,
    worker,
    result,
    fingerprint,
    replaces,
  });
  stage.audits = null;
  study.best = undefined;
}

function setVerdict(
  turn: Turn,
  study: StudyEntry,
  trial: TrialEntry,
  verdict: AuditVerdict | null,
): void {
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

/**
 * Ends the audits that no worker can settle.
 *
 * @returns whether all audits of the stage are settled
 */
export function settleAudits(turn: Turn, study: StudyEntry, stage: StageEntry): boolean {
  for (let hasChanged = true; hasChanged;) {
    hasChanged = false;
    for (const trial of openAudits(turn.state, study, stage)) {
      const verdict = verdictWithoutAudit(turn, study, trial);
      if (verdict === null || verdict === trial.audit) continue;
      setVerdict(turn, study, trial, verdict);
      hasChanged = true;
    }
  }
  return openAudits(turn.state, study, stage).length === 0;
}

/** The verdict on a trial that cannot be computed again; null as long as it can. */
function verdictWithoutAudit(
  turn: Turn,
  study: StudyEntry,
  trial: TrialEntry,
): AuditVerdict | null {
  if (isBeingAudited(trial)) return null;
  const isExhausted = trial.auditFailures >= maxFailures;
  if (isContested(turn.state, trial))
    return isExhausted || !canOthersCompute(turn, study, trial) ? 'disputed' : null;
  if (!isExhausted) return null;
  // A result that only excluded sessions have computed is worth nothing.
  const { fingerprint } = trial;
  const hasVote = fingerprint !== null && votesByFingerprint(turn.state, trial).has(fingerprint);
  return hasVote ? 'unchecked' : 'disputed';
}

/** Whether a worker that has not computed this trial is available, or may be back in a moment. */
export function canOthersCompute(turn: Turn, study: StudyEntry, trial: TrialEntry): boolean {
  const { state, now } = turn;
  // bug: restart-does-not-wait-for-auditors
  if (now.monotonicMs < state.returningUntilMs) return true;
  const voters = votersFor(state, trial);
  const isNew = ({ name }: { readonly name: string }): boolean => !voters.has(name);
  const isAway = [...state.workers.values()].some(
    (worker) =>
      !worker.connected &&
      !worker.reportedLost &&
      !worker.draining &&
      !state.excluded.has(worker.session) &&
      isNew(worker),
  );
  // bug: audit-does-not-wait-for-lost-stream
  return isAway || ableWorkers(state, study).some(isNew);
}

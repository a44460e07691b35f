/**
 * Audits: results are computed again on other workers before their stage closes, and compared whole.
 *
 *     all trials of a stage ended --> some are due: drawn at random, the best, contested ones, and all
 *     that a worker gave which was caught --> another worker computes each again -->
 *         the same result: verified
 *         another result: contested --> one more worker --> a majority: the others are convicted, the
 *                                                          right result stands (`corrected`)
 *                                   \--> nobody is left to ask: disputed, and out of the ranking
 *
 * A vote is a worker's name with the fingerprint of what it computed; a machine counts once, however
 * often it computes. Whatever a convicted worker said is no vote. A late result of a search attempt is
 * a computation that cost nothing, and votes too. Once the stage has closed, all of it is history.
 *
 * Where there is only one worker it computes its own trials again: `repeated`, which shows that the
 * machine is steady, not that it is right. Nothing here waits for workers that may never come.
 *
 * Pure: changes the cluster's state and says what to store and send. Who gets which audit is decided
 * in `granting-audits.ts`.
 */
import { assert } from '../../../base/assert.ts';
import { rankConfigurations } from '../../../search/ranking/ranking.ts';
import { isDrawnForAudit } from '../../../search/samplers/random.ts';
import type { AuditVerdict, TrialResult } from '../../../study/trial.ts';
import {
  trialRecord,
  type ClusterState,
  type Decision,
  type Moment,
  type StageEntry,
  type StudyEntry,
} from '../state/cluster-state.ts';
import { exclude, ableWorkers } from '../workers/exclusions.ts';
import {
  changeTrial,
  maxFailures,
  type AttemptEntry,
  type TrialEntry,
} from '../state/trial-state.ts';

type Vote = AttemptEntry & { readonly fingerprint: string };

function isVote(state: ClusterState, attempt: AttemptEntry): attempt is Vote {
  const { fingerprint, kind, session } = attempt;
  return fingerprint !== null && kind !== 'test' && !state.excluded.has(session);
}

function validVotes(state: ClusterState, trial: TrialEntry): Vote[] {
  return trial.attempts.filter((attempt) => isVote(state, attempt));
}

/** Who has computed a trial, by what came out; only those whose word counts. */
function votesByFingerprint(state: ClusterState, trial: TrialEntry): Map<string, Set<string>> {
  const votes = new Map<string, Set<string>>();
  for (const { fingerprint, worker } of validVotes(state, trial)) {
    const names = votes.get(fingerprint) ?? new Set();
    votes.set(fingerprint, names.add(worker));
  }
  return votes;
}

/** Names of the workers that have computed this trial and are believed. */
export function votersFor(state: ClusterState, trial: TrialEntry): Set<string> {
  return new Set(validVotes(state, trial).map(({ worker }) => worker));
}

/** Asked of every audit that is open, at every event: it stops at the first two that differ. */
export function isContested(state: ClusterState, trial: TrialEntry): boolean {
  const first = trial.attempts.find((attempt) => isVote(state, attempt));
  return trial.attempts.some(
    (attempt) => attempt.fingerprint !== first?.fingerprint && isVote(state, attempt),
  );
}

export function isBeingAudited(trial: TrialEntry): boolean {
  return trial.attempts.some(({ kind, outcome }) => kind === 'audit' && outcome === null);
}

/** The audits of a stage that are still to be settled. */
export function openAudits(
  state: ClusterState,
  study: StudyEntry,
  stage: StageEntry,
): TrialEntry[] {
  stage.audits ??= dueAudits(state, study, stage);
  return stage.audits;
}

function dueAudits(state: ClusterState, study: StudyEntry, stage: StageEntry): TrialEntry[] {
  const { audit, objective, seed, numerics } = study.spec;
  // Machines with other arithmetic differ by right.
  if (numerics === 'any') return [];
  const top = new Set(
    rankConfigurations(stage.trials.map(trialRecord), objective, [])
      .slice(0, audit?.top ?? 0)
      .flatMap(({ rank, trial }) => (rank === null ? [] : [trial.id.index])),
  );
  return stage.trials.filter((trial) => {
    if (trial.result === null || trial.audit === 'disputed') return false;
    const votes = votesByFingerprint(state, trial);
    const isBelieved = trial.fingerprint !== null && votes.has(trial.fingerprint);
    // A worker that had repeated its own, and was convicted then, has shown nothing.
    if (trial.audit !== null && isBelieved) return false;
    if (votes.size > 1 || !isBelieved || isBeingAudited(trial)) return true;
    return top.has(trial.id.index) || isDrawnForAudit(seed, trial.id, audit?.random ?? 0);
  });
}

/** What has just come in besides the result that stands. */
export interface Evidence {
  readonly attempt: AttemptEntry;
  readonly result: TrialResult;
}

/** A trial was computed once more while its stage is open: counts the votes. */
export function countVotes(
  state: ClusterState,
  study: StudyEntry,
  stage: StageEntry,
  trial: TrialEntry,
  evidence: Evidence,
  now: Moment,
  decision: Decision,
): void {
  if (study.spec.numerics === 'any') return;
  const votes = [...votesByFingerprint(state, trial)].toSorted((a, b) => b[1].size - a[1].size);
  const [first, second] = votes;
  const isSettled =
    first !== undefined &&
    // What has neither stood nor just come in is known by its fingerprint only.
    (first[0] === trial.fingerprint || first[0] === evidence.attempt.fingerprint) &&
    (second === undefined || (first[1].size > 1 && first[1].size > second[1].size));
  if (!isSettled) {
    setVerdict(study, stage, trial, null, decision);
    stage.audits = null;
    return;
  }
  const [fingerprint, names] = first;
  for (const attempt of trial.attempts) {
    const { session, worker, kind } = attempt;
    if (attempt.fingerprint === null || attempt.fingerprint === fingerprint || kind === 'test')
      continue;
    const reason = `its result of ${trial.name} in ${study.name} is not the one of ${[...names].join(' and ')}`;
    exclude(state, session, worker, reason, now, decision);
  }
  if (trial.fingerprint !== fingerprint)
    replaceResult(study, stage, trial, fingerprint, evidence, decision);
  const computed = trial.attempts.filter(
    (attempt) => attempt.fingerprint === fingerprint && !state.excluded.has(attempt.session),
  );
  const isRepeated = evidence.attempt.kind === 'audit' && computed.length > 1;
  const alone = isRepeated ? 'repeated' : null;
  setVerdict(study, stage, trial, names.size > 1 ? 'verified' : alone, decision);
}

/** The right result takes the place of a wrong one; it is the one that has just come in. */
function replaceResult(
  study: StudyEntry,
  stage: StageEntry,
  trial: TrialEntry,
  fingerprint: string,
  { attempt, result }: Evidence,
  decision: Decision,
): void {
  assert(attempt.fingerprint === fingerprint, 'only a result that has just come in is at hand');
  const replaces = trial.fingerprint;
  assert(replaces !== null, () => `${trial.name} has a result`);
  const { worker } = attempt;
  changeTrial(trial, { kind: 'corrected', by: { worker, fingerprint }, result });
  const id = trial.id;
  decision.persist.push({
    kind: 'result-replaced',
    study: study.name,
    trial: id,
    worker,
    result,
    fingerprint,
    replaces,
  });
  stage.audits = null;
  study.best = undefined;
}

function setVerdict(
  study: StudyEntry,
  stage: StageEntry,
  trial: TrialEntry,
  verdict: AuditVerdict | null,
  decision: Decision,
): void {
  if (trial.audit === verdict) return;
  // Who is ranked changes with a dispute, and so does who is among the best.
  if (verdict === null || verdict === 'disputed' || trial.audit === 'disputed') {
    stage.audits = null;
    study.best = undefined;
  }
  trial.audit = verdict;
  stage.audits = stage.audits?.filter((other) => other !== trial) ?? null;
  decision.persist.push({ kind: 'trial-audited', study: study.name, trial: trial.id, verdict });
}

/**
 * Ends the audits that nobody can settle.
 *
 * @returns whether all audits of the stage are settled, so that it can close
 */
export function settleAudits(
  state: ClusterState,
  study: StudyEntry,
  stage: StageEntry,
  now: Moment,
  decision: Decision,
): boolean {
  for (let before = -1; before !== decision.persist.length;) {
    before = decision.persist.length;
    for (const trial of openAudits(state, study, stage)) {
      const verdict = verdictWithoutHelp(state, study, trial, now);
      if (verdict !== null) setVerdict(study, stage, trial, verdict, decision);
    }
  }
  return openAudits(state, study, stage).length === 0;
}

/** What is to be said of a trial that nobody can compute again; null while somebody can. */
function verdictWithoutHelp(
  state: ClusterState,
  study: StudyEntry,
  trial: TrialEntry,
  now: Moment,
): AuditVerdict | null {
  if (isBeingAudited(trial)) return null;
  const isTired = trial.auditFailures >= maxFailures;
  if (isContested(state, trial)) {
    return isTired || !mayComeElsewhere(state, study, trial, now) ? 'disputed' : null;
  }
  if (!isTired) return null;
  // What a convicted worker said and nobody could compute again is worth nothing.
  const stands = validVotes(state, trial).some(
    ({ fingerprint }) => fingerprint === trial.fingerprint,
  );
  return stands ? 'unchecked' : 'disputed';
}

/** Whether a worker that has not computed this trial yet is here, or may be back in a moment. */
export function mayComeElsewhere(
  state: ClusterState,
  study: StudyEntry,
  trial: TrialEntry,
  now: Moment,
): boolean {
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
  return isAway || ableWorkers(state, study).some(isNew);
}

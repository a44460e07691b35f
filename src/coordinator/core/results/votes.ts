/**
 * Votes: which voters have computed which result of a trial. Excluded sessions and winner tests have no
 * vote.
 *
 * A voter is a token, since a worker chooses its name, its session and the id of its machine itself. A study
 * from which the result was taken is a voter, too.
 */
import type { ClusterState } from '../state/cluster-state.ts';
import { toStepOf, type AttemptEntry, type TrialEntry } from '../state/trial-state.ts';

type Vote = AttemptEntry & { readonly fingerprint: string };

/** Whether the attempt has a vote on the result of the trial at its present rung. */
function isVote(
  state: Pick<ClusterState, 'excluded'>,
  trial: TrialEntry,
  attempt: AttemptEntry,
): attempt is Vote {
  const { fingerprint, kind, session, toStep } = attempt;
  return (
    fingerprint !== null &&
    kind !== 'test' &&
    // bug: votes-of-other-rungs-count
    toStep === toStepOf(trial) &&
    !state.excluded.has(session)
  );
}

/** The name of one of its workers, by voter. */
export type Voters = ReadonlyMap<string, string>;

/** The voters that computed each result, by its fingerprint. */
export function votesByFingerprint(state: ClusterState, trial: TrialEntry): Map<string, Voters> {
  const votes = new Map<string, Map<string, string>>();
  const { source, fingerprint } = trial;
  if (source !== undefined && fingerprint !== null)
    votes.set(fingerprint, new Map([[source, source]]));
  for (const attempt of trial.attempts) {
    if (!isVote(state, trial, attempt)) continue;
    const voters = votes.get(attempt.fingerprint) ?? new Map<string, string>();
    // bug: names-have-votes
    const voter = attempt.tokenId;
    if (!voters.has(voter)) voters.set(voter, attempt.worker);
    votes.set(attempt.fingerprint, voters);
  }
  return votes;
}

/** The attempts that have computed the present result of the trial. */
export function votesFor(
  excluded: ClusterState['excluded'],
  trial: TrialEntry,
): readonly AttemptEntry[] {
  return trial.attempts.filter(
    (attempt) => attempt.fingerprint === trial.fingerprint && isVote({ excluded }, trial, attempt),
  );
}

/** The tokens whose workers have computed this trial. */
export function votersFor(state: ClusterState, trial: TrialEntry): Set<string> {
  return new Set(
    trial.attempts.filter((attempt) => isVote(state, trial, attempt)).map(({ tokenId }) => tokenId),
  );
}

/** Whether two results differ. Called for every open audit at every event, so it builds no map. */
export function isContested(state: ClusterState, trial: TrialEntry): boolean {
  const first =
    trial.source === undefined
      ? trial.attempts.find((attempt) => isVote(state, trial, attempt))
      : trial;
  return trial.attempts.some(
    (attempt) => attempt.fingerprint !== first?.fingerprint && isVote(state, trial, attempt),
  );
}

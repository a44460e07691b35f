/**
 * Votes: which workers have computed which result of a trial. Excluded sessions and winner tests have no
 * vote.
 */
import type { ClusterState } from '../state/cluster-state.ts';
import type { AttemptEntry, TrialEntry } from '../state/trial-state.ts';

type Vote = AttemptEntry & { readonly fingerprint: string };

function isVote(state: ClusterState, attempt: AttemptEntry): attempt is Vote {
  const { fingerprint, kind, session } = attempt;
  return fingerprint !== null && kind !== 'test' && !state.excluded.has(session);
}

/** Names of the workers that computed each result, by its fingerprint. */
type Votes = Map<string, Set<string>>;

export function votesByFingerprint(state: ClusterState, trial: TrialEntry): Votes {
  const votes: Votes = new Map();
  for (const attempt of trial.attempts) {
    if (!isVote(state, attempt)) continue;
    const names = votes.get(attempt.fingerprint) ?? new Set();
    votes.set(attempt.fingerprint, names.add(attempt.worker));
  }
  return votes;
}

/** Names of the workers that have computed this trial. */
export function votersFor(state: ClusterState, trial: TrialEntry): Set<string> {
  return new Set(
    trial.attempts.filter((attempt) => isVote(state, attempt)).map(({ worker }) => worker),
  );
}

/** Whether two results differ. Called for every open audit at every event, so it builds no map. */
export function isContested(state: ClusterState, trial: TrialEntry): boolean {
  const first = trial.attempts.find((attempt) => isVote(state, attempt));
  return trial.attempts.some(
    (attempt) => attempt.fingerprint !== first?.fingerprint && isVote(state, attempt),
  );
}

/** Attempt search: the fence of results. An attempt belongs to one session and one pack. */
import type { AttemptKey } from '../../../rpc/messages/messages.ts';
import type { AttemptPlace } from '../attempts/close-attempt.ts';
import type { ClusterState } from '../state/cluster-state.ts';

/** The attempt that was assigned to the session in this pack; null if there is none. */
export function findAttempt(
  state: ClusterState,
  session: string,
  pack: string,
  key: AttemptKey,
): AttemptPlace | null {
  const study = state.studies.get(key.study);
  const trial = study?.trials.get(key.trial);
  const attempt = trial?.attempts.find((entry) => entry.attempt === key.attempt);
  // bug: result-of-another-session
  if (!study || !trial || attempt?.session !== session) return null;
  // The pack may be of an earlier study of this name, which was removed.
  // bug: result-of-removed-study
  if (attempt.pack !== pack) return null;
  return { study, trial, attempt };
}

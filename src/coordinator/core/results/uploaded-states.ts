/**
 * Uploaded states: states at rungs that workers have sent to the coordinator, so that any worker continues from
 * there. A worker may upload the state of a search attempt whose result at the rung counts.
 *
 * Only a verified result vouches for its state: whoever continues from a state answers for the result, and must not be
 * excluded for the mistake of another worker. So states are used in studies with audits only.
 *
 * They are in memory only: after a restart, trials continue from what workers keep. An upload is no result,
 * no vote and no progress. An audit never receives one: it trains from the first step.
 */
import type { AttemptKey, UploadedState } from '../../../rpc/messages/messages.ts';
import { isOver, type RungResult } from '../../../study/trial.ts';
import type { AttemptPlace } from '../attempts/close-attempt.ts';
import type { ClusterState, StageEntry, StudyEntry } from '../state/cluster-state.ts';
import { isReproducible, stageFor } from '../state/study-entry.ts';
import type { TrialEntry } from '../state/trial-state.ts';
import { findAttempt } from './find-attempt.ts';

/** The attempt whose state the session may upload; null if the state is not wanted. */
export function uploadPlace(
  state: ClusterState,
  session: string,
  pack: string,
  key: AttemptKey,
): AttemptPlace | null {
  const place = findAttempt(state, session, pack, key);
  if (place === null || state.excluded.has(session)) return null;
  const { study, trial, attempt } = place;
  if (attempt.kind !== 'search' || attempt.toStep === null) return null;
  if (study.spec.audit === undefined || !isReproducible(study)) return null;
  if (isOver(study.status) || stageFor(study, trial).record.closed) return null;
  return reachedRung(place)?.fingerprint === attempt.fingerprint ? place : null;
}

/** @param digest of the content of the state */
export function noteUpload({ study, trial, attempt }: AttemptPlace, digest: string): void {
  const rung = reachedRung({ study, trial, attempt });
  if (rung === null) return;
  const { fingerprint } = rung;
  study.uploads.set(trial, { digest, fingerprint, session: attempt.session });
}

/** The state at a rung that an attempt may fetch; null if none was uploaded, or if its worker is excluded. */
export function uploadedState(
  state: ClusterState,
  { uploads }: StudyEntry,
  trial: TrialEntry,
  rung: RungResult | null,
): UploadedState | null {
  const upload = uploads.get(trial);
  if (upload === undefined) return null;
  // bug: unverified-state-is-used
  if (rung?.audit !== 'verified') return null;
  // bug: uploaded-state-of-another-result
  if (upload.fingerprint !== rung?.fingerprint) return null;
  if (state.excluded.has(upload.session)) return null;
  return { digest: upload.digest, fingerprint: upload.fingerprint };
}

/** The stage has closed, or its study is over. */
export function forgetUploads(study: StudyEntry, { record }: StageEntry): void {
  for (const trial of study.uploads.keys())
    if (trial.id.stage === record.name) study.uploads.delete(trial);
}

function reachedRung({ trial, attempt }: AttemptPlace): RungResult | null {
  return trial.rungs?.results.find(({ result }) => result.steps === attempt.toStep) ?? null;
}

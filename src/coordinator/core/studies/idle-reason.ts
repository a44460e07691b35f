/** Idle reason: why no worker trains a study that is not paused. */
import { isReferee, type ClusterState, type StudyEntry } from '../state/cluster-state.ts';
import { isActive } from '../state/study-entry.ts';
import { incompatibleWith } from '../workers/able-workers.ts';
import { exclusionReason } from '../workers/exclusions.ts';
import { backOffReason, isUnusable } from '../workers/worker-backoff.ts';

/** Workers whose reasons are listed; more are counted. */
const listedMax = 3;

/** @returns null if a worker can train it, or trains it with a chance of success, or if the study is not active */
export function idleReason(state: ClusterState, study: StudyEntry): string | null {
  if (!isActive(study)) return null;
  const workers = [...state.workers.values()].filter(
    (worker) => worker.connected && !isReferee(worker),
  );
  if (workers.length === 0) return 'no worker is connected';
  const reasons: string[] = [];
  for (const worker of workers) {
    const trains = [...worker.packs].some((pack) => pack.study === study.name);
    if (trains && !isUnusable(worker)) return null;
    const reason =
      exclusionReason(state, worker) ??
      incompatibleWith(state, worker, study) ??
      backOffReason(state, worker) ??
      (worker.draining ? 'it is draining' : null);
    if (reason === null) return null;
    reasons.push(`${worker.name}: ${reason}`);
  }
  const more = reasons.length - listedMax;
  const listed = reasons.slice(0, listedMax).join('; ');
  return `no worker can train it: ${listed}${more > 0 ? `; and ${more} more` : ''}`;
}

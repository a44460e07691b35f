/** Running trials: what each worker trains now, and how far it is. */
import type { RunningTrial } from '../../../study/summaries.ts';
import { totalSteps } from '../results/result-rules.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { openTrials } from './summaries.ts';

/** @param most trials to return: a cluster may train many thousand at the same time */
export function runningTrials(state: ClusterState, most: number): RunningTrial[] {
  const running: RunningTrial[] = [];
  for (const worker of state.workers.values()) {
    if (worker.reportedLost) continue;
    for (const pack of worker.packs) {
      const study = state.studies.get(pack.study);
      if (study === undefined) continue;
      const [first] = pack.members;
      if (first === undefined) continue;
      const progress = { step: Math.max(0, pack.step), steps: totalSteps(study, first.trial) };
      for (const trial of openTrials(pack)) {
        if (running.length === most) return running;
        running.push({ worker: worker.name, ...trial, kind: pack.kind, ...progress });
      }
    }
  }
  return running;
}

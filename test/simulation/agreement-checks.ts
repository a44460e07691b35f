/** Agreement of memory and store, at moments when nothing waits to be stored. */
import { assert } from '../../src/base/assert.ts';
import type { ClusterState, StudyEntry } from '../../src/coordinator/core/state/cluster-state.ts';
import type { TrialEntry } from '../../src/coordinator/core/state/trial-state.ts';
import type { ModelStore, ModelStudy, ModelTrial } from './model-store.ts';

export function checkAgreement(state: ClusterState, store: ModelStore): void {
  for (const study of state.studies.values()) checkStudy(study, store.study(study.name));
  const { size } = store.excluded;
  assert(state.excluded.size === size, 'memory and store agree on the excluded workers');
}

function checkStudy(study: StudyEntry, { record, trials }: ModelStudy): void {
  assert(study.status === record.status, `the stored status of ${study.name} is ${record.status}`);
  let waiting = 0;
  for (const trial of study.trials.values()) {
    const stored = trials.get(trial.name);
    assert(stored && isSame(trial, stored), `memory and store agree on ${trial.name}`);
    if (trial.status === 'waiting') waiting += 1;
  }
  assert(study.waiting === waiting, `${study.name} counts its waiting trials`);
  for (const { trials: inStage, open, record: stage } of study.stages) {
    const left = inStage.filter(({ status }) => status === 'waiting' || status === 'running');
    assert(open === left.length, `stage ${stage.name} counts its open trials`);
  }
}

function isSame(trial: TrialEntry, stored: ModelTrial): boolean {
  return (
    trial.status === stored.status &&
    trial.failures === stored.failures &&
    trial.fingerprint === stored.fingerprint &&
    trial.audit === stored.audit &&
    trial.attempts.length === stored.log.length &&
    trial.attempts.every((attempt, index) => attempt.outcome === stored.log[index]?.outcome)
  );
}

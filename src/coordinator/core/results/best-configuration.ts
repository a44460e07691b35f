/**
 * The best configuration of a study so far, for live views. It is kept, since many viewers ask for it
 * several times a second and it seldom changes.
 */
import { objectiveValue } from '../../../search/ranking/configurations.ts';
import { bestConfiguration, type RankedConfiguration } from '../../../search/ranking/ranking.ts';
import type { StudySummary } from '../../../study/summaries.ts';
import { trialName } from '../../../study/trial.ts';
import type { StudyEntry } from '../state/cluster-state.ts';
import { trialRecord, type TrialEntry } from '../state/trial-state.ts';

type Best = StudySummary['best'];

export function bestSoFar(study: StudyEntry): Best {
  if (study.best === undefined) study.best = findBest(study);
  return study.best;
}

/** A trial has its first result: forgets the kept best configuration if it may have changed. */
export function updateBest(study: StudyEntry, trial: TrialEntry): void {
  const { best } = study;
  if (best === undefined) return;
  const { objective, replicates } = study.spec;
  const sign = objective.direction === 'maximize' ? 1 : -1;
  const value = objectiveValue(trialRecord(trial), objective);
  const isWorse = value === null || (best !== null && sign * value < sign * best.value);
  if (replicates > 1 || !isWorse) study.best = undefined;
}

export function toBest(configuration: RankedConfiguration | null): Best {
  if (configuration === null || configuration.value === null) return null;
  const { trial, value } = configuration;
  return { trial: trialName(trial.id), params: trial.params, value };
}

function findBest(study: StudyEntry): Best {
  const { objective, replicates } = study.spec;
  if (replicates > 1) {
    const order = study.stages.map((stage) => stage.record.name);
    const trials = [...study.trials.values()].map(trialRecord);
    return toBest(bestConfiguration(trials, objective, order));
  }
  // Without replicates the first trial with the best value is the best one; ranking all takes longer.
  const sign = objective.direction === 'maximize' ? 1 : -1;
  let best: Best = null;
  for (const trial of study.trials.values()) {
    const value = objectiveValue(trialRecord(trial), objective);
    if (value === null || (best !== null && sign * value <= sign * best.value)) continue;
    best = { trial: trial.name, params: trial.params, value };
  }
  return best;
}

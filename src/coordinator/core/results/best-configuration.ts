/**
 * Best configuration: the best of a study so far, for live views. It is cached in `study.best`: many
 * viewers read it several times a second, and it seldom changes.
 */
import {
  objectiveValue,
  toConfigurations,
  type Configuration,
  type RankableTrial,
} from '../../../search/ranking/configurations.ts';
import { bestConfiguration } from '../../../search/ranking/ranking.ts';
import { inSelectionOrder } from '../../../search/ranking/selection.ts';
import type { Objective } from '../../../study/spec/study-spec.ts';
import type { StudySummary } from '../../../study/summaries.ts';
import { trialName } from '../../../study/trial.ts';
import type { StudyEntry } from '../state/cluster-state.ts';
import type { TrialEntry } from '../state/trial-state.ts';

type Best = StudySummary['best'];

export function bestSoFar(study: StudyEntry): Best {
  if (study.best === undefined) study.best = findBest(study);
  return study.best;
}

/** Forgets the best configuration if the first result of a trial may have changed it. */
export function updateBest(study: StudyEntry, trial: TrialEntry): void {
  const { best } = study;
  if (best === undefined) return;
  const { objective, replicates } = study.spec;
  const value = objectiveValue(trial, objective);
  const isWorse = value === null || (best !== null && isBetter(best.value, value, objective));
  if (replicates > 1 || !isWorse) study.best = undefined;
}

function isBetter(value: number, other: number, { direction }: Objective): boolean {
  return direction === 'maximize' ? value > other : value < other;
}

export function toBest(configuration: Configuration<RankableTrial> | null): Best {
  if (configuration === null || configuration.value === null) return null;
  const { trial, value } = configuration;
  return { trial: trialName(trial.id), params: trial.params, value };
}

function findBest(study: StudyEntry): Best {
  const { objective, replicates } = study.spec;
  if (replicates > 1) {
    const order = study.stages.map((stage) => stage.record.name);
    return toBest(bestConfiguration(study.trials.values(), objective, order));
  }
  // Without replicates the best value is found without a list of configurations, which takes longer.
  let [value, equal]: [number | null, TrialEntry[]] = [null, []];
  for (const trial of study.trials.values()) {
    const own = objectiveValue(trial, objective);
    if (own === null || (value !== null && isBetter(value, own, objective))) continue;
    if (own !== value) [value, equal] = [own, []];
    equal.push(trial);
  }
  const [best = null] = inSelectionOrder(toConfigurations(equal, objective));
  return toBest(best);
}

/**
 * Ranking: the order of configurations, best first.
 *
 * Configurations are ordered by number of replicates, value, stage and index. The number of replicates
 * differs only in a race: a configuration that was left out has fewer, and must not win by the lucky mean
 * of a few. Configurations without a value come last and have no rank.
 */
import type { Objective } from '../../study/spec/study-spec.ts';
import { trialName, type TrialId, type TrialRecord, type TrialStatus } from '../../study/trial.ts';
import { toConfigurations, type Configuration } from './configurations.ts';

export interface RankedConfiguration extends Configuration {
  /** From 1; null if the configuration has no value. */
  readonly rank: number | null;
}

/** Values are compared after rounding to 1e-12: means that were summed in another order are equal. */
const exactness = 1e12;

/** Order of configurations without a value. */
const statuses: readonly TrialStatus[] = ['complete', 'running', 'waiting', 'failed', 'cancelled'];

/** @param stageOrder the names of the study's stages, first stage first */
export function rankConfigurations(
  trials: readonly TrialRecord[],
  objective: Objective,
  stageOrder: readonly string[],
): RankedConfiguration[] {
  const sign = objective.direction === 'maximize' ? -1 : 1;
  const place = new Map(stageOrder.map((stage, index) => [stage, index]));
  return toConfigurations(trials, objective)
    .map((configuration) => ({
      configuration,
      // Computed once each, not at every comparison: there may be 100,000 configurations.
      status: statusPlace(configuration),
      value: sign * Math.round(exactness * (configuration.value ?? 0)),
      stage: place.get(configuration.trial.id.stage) ?? 0,
    }))
    .toSorted(
      (a, b) =>
        a.status - b.status ||
        b.configuration.replicates.length - a.configuration.replicates.length ||
        a.value - b.value ||
        a.stage - b.stage ||
        a.configuration.trial.id.index - b.configuration.trial.id.index,
    )
    .map(({ configuration }, index) => ({
      ...configuration,
      rank: configuration.value === null ? null : index + 1,
    }));
}

function statusPlace({ value, status, audit }: Configuration): number {
  if (value !== null) return 0;
  return statuses.indexOf(status) + (audit === 'disputed' ? 0.5 : 0);
}

/** The best configuration of all stages; null if none has a value. */
export function bestConfiguration(
  trials: readonly TrialRecord[],
  objective: Objective,
  stageOrder: readonly string[],
): RankedConfiguration | null {
  const [first] = rankConfigurations(trials, objective, stageOrder);
  return first === undefined || first.rank === null ? null : first;
}

/**
 * The ranks of each trial, which are those of its configuration; null without a value.
 *
 * @param trials of all stages
 */
export function storedRanks(
  trials: readonly TrialRecord[],
  objective: Objective,
  stageOrder: readonly string[],
): { trial: TrialId; rankInStage: number | null; rankInStudy: number | null }[] {
  const inStage = new Map<string, number | null>();
  for (const stageTrials of Map.groupBy(trials, ({ id }) => id.stage).values())
    for (const { trial, rank } of rankConfigurations(stageTrials, objective, stageOrder))
      inStage.set(trialName(trial.id), rank);
  return rankConfigurations(trials, objective, stageOrder).flatMap(({ trial, replicates, rank }) =>
    replicates.map(({ id }) => ({
      trial: id,
      rankInStage: inStage.get(trialName(trial.id)) ?? null,
      rankInStudy: rank,
    })),
  );
}

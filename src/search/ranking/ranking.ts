/**
 * Ranking: the order of configurations, best first.
 *
 * Configurations are ordered by number of replicates, value, stage and index. The number of replicates
 * differs only in a race: a configuration that was left out has fewer, and must not win by the lucky mean
 * of a few. Configurations without a value come last and have no rank.
 */
import type { Objective } from '../../study/spec/study-spec.ts';
import type { TrialId, TrialRecord, TrialStatus } from '../../study/trial.ts';
import { toConfigurations, type Configuration, type RankableTrial } from './configurations.ts';

export interface RankedConfiguration<
  Trial extends RankableTrial = TrialRecord,
> extends Configuration<Trial> {
  /** From 1; null if the configuration has no value. */
  readonly rank: number | null;
}

/** Values are compared after rounding to 1e-12: means that were summed in another order are equal. */
const exactness = 1e12;

/** Order of configurations without a value. */
const statuses: readonly TrialStatus[] = ['complete', 'running', 'waiting', 'failed', 'cancelled'];

/** @param stageOrder the names of the study's stages, first stage first */
export function rankConfigurations<Trial extends RankableTrial>(
  trials: readonly Trial[],
  objective: Objective,
  stageOrder: readonly string[],
): RankedConfiguration<Trial>[] {
  return inOrder(toConfigurations(trials, objective), objective, stageOrder).map(
    (configuration, index) => ({
      ...configuration,
      rank: configuration.value === null ? null : index + 1,
    }),
  );
}

/** Best configuration first; those without a value last. */
function inOrder<Trial extends RankableTrial>(
  configurations: readonly Configuration<Trial>[],
  objective: Objective,
  stageOrder: readonly string[],
): Configuration<Trial>[] {
  return withKeys(configurations, objective, stageOrder)
    .toSorted(compare)
    .map(({ configuration }) => configuration);
}

interface Keyed<Trial extends RankableTrial> {
  readonly configuration: Configuration<Trial>;
  readonly status: number;
  readonly value: number;
  readonly stage: number;
}

/** The keys of the order, computed once each, not at every comparison: there may be a million. */
function withKeys<Trial extends RankableTrial>(
  configurations: readonly Configuration<Trial>[],
  { direction }: Objective,
  stageOrder: readonly string[],
): Keyed<Trial>[] {
  const sign = direction === 'maximize' ? -1 : 1;
  const place = new Map(stageOrder.map((stage, index) => [stage, index]));
  return configurations.map((configuration) => ({
    configuration,
    status: statusPlace(configuration),
    value: sign * Math.round(exactness * (configuration.value ?? 0)),
    stage: place.get(configuration.trial.id.stage) ?? 0,
  }));
}

function compare(a: Keyed<RankableTrial>, b: Keyed<RankableTrial>): number {
  return (
    a.status - b.status ||
    b.configuration.replicates.length - a.configuration.replicates.length ||
    a.value - b.value ||
    a.stage - b.stage ||
    a.configuration.trial.id.index - b.configuration.trial.id.index
  );
}

function statusPlace({
  value,
  status,
  audit,
}: Pick<Configuration, 'value' | 'status' | 'audit'>): number {
  if (value !== null) return 0;
  return statuses.indexOf(status) + (audit === 'disputed' ? 0.5 : 0);
}

/** The best configuration of all stages; null if none has a value. */
export function bestConfiguration<Trial extends RankableTrial>(
  trials: readonly Trial[],
  objective: Objective,
  stageOrder: readonly string[],
): RankedConfiguration<Trial> | null {
  let best: Keyed<Trial> | null = null;
  for (const keyed of withKeys(toConfigurations(trials, objective), objective, stageOrder))
    if (best === null || compare(keyed, best) < 0) best = keyed;
  const first = best?.configuration ?? null;
  return first === null || first.value === null ? null : { ...first, rank: 1 };
}

/**
 * The ranks of each trial, which are those of its configuration; null without a value.
 *
 * @param trials of all stages
 */
export function storedRanks(
  trials: readonly RankableTrial[],
  objective: Objective,
  stageOrder: readonly string[],
): { trial: TrialId; rankInStage: number | null; rankInStudy: number | null }[] {
  const ranks: { trial: TrialId; rankInStage: number | null; rankInStudy: number | null }[] = [];
  /** Number of configurations so far, by stage: the order within a stage is that of the study. */
  const counts = new Map<string, number>();
  const configurations = toConfigurations(trials, objective);
  for (const [index, configuration] of inOrder(configurations, objective, stageOrder).entries()) {
    const { trial, replicates, value } = configuration;
    const count = (counts.get(trial.id.stage) ?? 0) + 1;
    counts.set(trial.id.stage, count);
    const rankInStage = value === null ? null : count;
    const rankInStudy = value === null ? null : index + 1;
    for (const { id } of replicates) ranks.push({ trial: id, rankInStage, rankInStudy });
  }
  return ranks;
}

/**
 * Ranking: the order of configurations, best first, and the ranks that they share.
 *
 * Configurations are ordered by number of replicates, then by value. The number of replicates differs only
 * in a race: a configuration that was left out has fewer, and must not win by the lucky mean of a few.
 * Configurations that are equal in both share a rank, and the next rank counts them all (1, 1, 1, 4). Those
 * without a value come last and have no rank. `selection.ts` orders the ones that share a rank.
 */
import type { Objective } from '../../study/spec/study-spec.ts';
import type { TrialId, TrialRecord, TrialStatus } from '../../study/trial.ts';
import { configurations, type Configuration, type RankableTrial } from './configurations.ts';
import { inSelectionOrder, rounded } from './selection.ts';

export interface RankedConfiguration<
  Trial extends RankableTrial = TrialRecord,
> extends Configuration<Trial> {
  /** Among all configurations that were ranked, from 1; null if the configuration has no value. */
  readonly rank: number | null;
  /** Among those of its stage, from 1; null without a value. */
  readonly rankInStage: number | null;
  /** Whether another configuration has the same `rank`. */
  readonly isShared: boolean;
  /** Whether another configuration of the stage has the same `rankInStage`. */
  readonly isSharedInStage: boolean;
}

/** Order of configurations without a value. */
const statuses: readonly TrialStatus[] = [
  'complete',
  'stopped',
  'paused',
  'running',
  'waiting',
  'failed',
  'cancelled',
];

export interface RankingOptions {
  /** Order of those that share a rank: by `selection.ts` (default), or by stage and index, for planners. */
  readonly equal?: 'selected' | 'sampled';
  /** The stored winner, which comes first among its equals: earlier releases selected by order of sampling. */
  readonly winner?: TrialId | null | undefined;
}

/** @param stageOrder the names of the study's stages, first stage first */
export function rankConfigurations<Trial extends RankableTrial>(
  trials: readonly Trial[],
  objective: Objective,
  stageOrder: readonly string[],
  { equal = 'selected', winner = null }: RankingOptions = {},
): RankedConfiguration<Trial>[] {
  const keyed = withKeys(configurations(trials, objective), objective, stageOrder);
  const sorted = [...keyed].toSorted(compare);
  const groups = groupsOfEqual(sorted).map((group) => {
    if (equal === 'sampled' || group[0]?.value === null) return group;
    return winnerFirst(inSelectionOrder(group), winner);
  });
  return withRanks(groups);
}

/** Consecutive configurations with the same rank; those without a value are one group each. */
function groupsOfEqual<Trial extends RankableTrial>(
  sorted: readonly Keyed<Trial>[],
): readonly (readonly Configuration<Trial>[])[] {
  const groups: Configuration<Trial>[][] = [];
  let before: Keyed<Trial> | null = null;
  for (const keyed of sorted) {
    const { configuration } = keyed;
    const isEqual =
      before !== null && configuration.value !== null && compareRank(keyed, before) === 0;
    if (isEqual) groups.at(-1)?.push(configuration);
    else groups.push([configuration]);
    before = keyed;
  }
  return groups;
}

function winnerFirst<Trial extends RankableTrial>(
  group: readonly Configuration<Trial>[],
  winner: TrialId | null,
): readonly Configuration<Trial>[] {
  if (winner === null || group.length < 2) return group;
  const isWinner = ({ trial: { id } }: Configuration<Trial>): boolean =>
    id.stage === winner.stage && id.index === winner.index;
  const found = group.find(isWinner);
  return found === undefined ? group : [found, ...group.filter((one) => one !== found)];
}

function withRanks<Trial extends RankableTrial>(
  groups: readonly (readonly Configuration<Trial>[])[],
): RankedConfiguration<Trial>[] {
  const ranked: RankedConfiguration<Trial>[] = [];
  /** Number of configurations in the groups before, by stage. */
  const before = new Map<string, number>();
  for (const group of groups) {
    const own = new Map<string, number>();
    for (const { trial } of group) own.set(trial.id.stage, (own.get(trial.id.stage) ?? 0) + 1);
    const rank = ranked.length + 1;
    for (const configuration of group) {
      const { stage } = configuration.trial.id;
      const hasRank = configuration.value !== null;
      ranked.push({
        ...configuration,
        rank: hasRank ? rank : null,
        rankInStage: hasRank ? (before.get(stage) ?? 0) + 1 : null,
        isShared: group.length > 1,
        isSharedInStage: (own.get(stage) ?? 0) > 1,
      });
    }
    for (const [stage, count] of own) before.set(stage, (before.get(stage) ?? 0) + count);
  }
  return ranked;
}

interface Keyed<Trial extends RankableTrial> {
  readonly configuration: Configuration<Trial>;
  readonly status: number;
  readonly value: number;
  readonly stage: number;
}

/** The keys of the order, computed once each, not at every comparison: there may be a million. */
function* withKeys<Trial extends RankableTrial>(
  all: Iterable<Configuration<Trial>>,
  { direction }: Objective,
  stageOrder: readonly string[],
): Generator<Keyed<Trial>> {
  const sign = direction === 'maximize' ? -1 : 1;
  const place = new Map(stageOrder.map((stage, index) => [stage, index]));
  for (const configuration of all)
    yield {
      configuration,
      status: statusPlace(configuration),
      value: sign * rounded(configuration.value ?? 0) - stoppedAt(configuration),
      stage: place.get(configuration.trial.id.stage) ?? 0,
    };
}

/** The step of the rung at which a configuration was stopped: those that came farther are first. */
function stoppedAt({ status, trial }: Configuration<RankableTrial>): number {
  return status === 'stopped' ? (trial.result?.steps ?? 0) : 0;
}

/** 0 if they share a rank. */
function compareRank(a: Keyed<RankableTrial>, b: Keyed<RankableTrial>): number {
  return (
    a.status - b.status ||
    b.configuration.replicates.length - a.configuration.replicates.length ||
    a.value - b.value
  );
}

function compare(a: Keyed<RankableTrial>, b: Keyed<RankableTrial>): number {
  return (
    compareRank(a, b) ||
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

/** The configuration that is selected of all stages; null if none has a value. Sorts the best ones only. */
export function bestConfiguration<Trial extends RankableTrial>(
  trials: readonly Trial[],
  objective: Objective,
  stageOrder: readonly string[],
): Configuration<Trial> | null {
  let best: Keyed<Trial>[] = [];
  for (const keyed of withKeys(configurations(trials, objective), objective, stageOrder)) {
    const [first] = best;
    const order = first === undefined ? -1 : compareRank(keyed, first);
    if (order < 0) best = [keyed];
    else if (order === 0) best.push(keyed);
  }
  const equal = best.toSorted(compare).map(({ configuration }) => configuration);
  const [first = null] = inSelectionOrder(equal);
  return first?.value === null ? null : first;
}

/** Null without a value. */
interface TrialRanks {
  readonly trial: TrialId;
  rankInStage: number | null;
  rankInStudy: number | null;
}

/**
 * The ranks of each trial, which are those of its configuration.
 *
 * @param trials of all stages
 */
export function storedRanks(
  trials: readonly RankableTrial[],
  objective: Objective,
  stageOrder: readonly string[],
): TrialRanks[] {
  const ranks: TrialRanks[] = [];
  // There may be a million: of those with a value, only numbers are kept.
  const starts = new Uint32Array(trials.length);
  const counts = new Uint32Array(trials.length);
  const values = new Float64Array(trials.length);
  let length = 0;
  for (const keyed of withKeys(configurations(trials, objective), objective, stageOrder)) {
    const { replicates, value } = keyed.configuration;
    if (value !== null) {
      starts[length] = ranks.length;
      counts[length] = replicates.length;
      values[length] = keyed.value;
      length += 1;
    }
    for (const { id } of replicates)
      ranks.push({ trial: id, rankInStage: null, rankInStudy: null });
  }
  const compareAt = (a: number, b: number): number =>
    (counts[b] ?? 0) - (counts[a] ?? 0) || (values[a] ?? 0) - (values[b] ?? 0);
  const order = new Uint32Array(length).map((_, index) => index).toSorted(compareAt);
  const stages = new Map<string, StageRank>();
  let rankInStudy = 0;
  for (const [place, at] of order.entries()) {
    if (place === 0 || compareAt(order[place - 1] ?? 0, at) !== 0) rankInStudy = place + 1;
    const [start, count] = [starts[at] ?? 0, counts[at] ?? 0];
    const name = ranks[start]?.trial.stage ?? '';
    const stage = stages.get(name) ?? { count: 0, rank: 0, rankInStudy: 0 };
    stages.set(name, stage);
    stage.count += 1;
    if (stage.rankInStudy !== rankInStudy) stage.rank = stage.count;
    stage.rankInStudy = rankInStudy;
    for (let index = start; index < start + count; index++)
      Object.assign(ranks[index] ?? {}, { rankInStage: stage.rank, rankInStudy });
  }
  return ranks;
}

/** The last configuration of a stage. */
interface StageRank {
  /** Number of configurations so far. */
  count: number;
  rank: number;
  rankInStudy: number;
}

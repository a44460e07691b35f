/** Rules for stored ranks, computed here from the stored trials without the ranking of the product. */
import { assert } from '../../src/base/assert.ts';
import { isDropped } from '../../src/study/budget.ts';
import type { StoredRank } from '../../src/store/rows.ts';
import { isOver, trialName, type TrialRecord } from '../../src/study/trial.ts';
import type { ModelStudy, ModelTrial } from './model-store.ts';

/** All replicates of one configuration. */
type Replicates = readonly ModelTrial[];

/** Ranks are stored of closed stages, or of all if the study is over; trials without a value have none. */
export function checkRanks({ record, trials }: ModelStudy, ranks: readonly StoredRank[]): void {
  const inStage = record.stages
    .filter(({ closed }) => closed || isOver(record.status))
    .map(({ name }) =>
      rankedConfigurations([...trials.values()].filter(({ id }) => id.stage === name)),
    );
  const expected = inStage.flatMap((configurations) =>
    configurations.flatMap((replicates) =>
      replicates.map(
        ({ id }) =>
          `${trialName(id)} ${rankAmong(configurations, replicates)} ${rankAmong(inStage.flat(), replicates)}`,
      ),
    ),
  );
  const stored = ranks
    .filter(({ rankInStudy }) => rankInStudy !== null)
    .map((rank) => `${trialName(rank.trial)} ${rank.rankInStage} ${rank.rankInStudy}`);
  assert(
    stored.toSorted().join('\n') === expected.toSorted().join('\n'),
    `stored ranks are the ranks of closed stages of ${record.spec.study}`,
  );
}

/** Configurations with a value of one stage, best first. */
export function rankedConfigurations(trials: readonly ModelTrial[]): Replicates[] {
  const counted = trials.filter((trial) => !isDropped(trial));
  return [...Map.groupBy(counted, ({ id }) => id.index).values()]
    .filter((replicates) => replicates.every(hasValue))
    .toSorted((a, b) => byRank(a, b) || (a[0]?.id.index ?? 0) - (b[0]?.id.index ?? 0));
}

/** 1, and one more for each that is better: equal ones share a rank. */
function rankAmong(all: readonly Replicates[], own: Replicates): number {
  return 1 + all.filter((other) => byRank(other, own) < 0).length;
}

/** More replicates first, then the better mean. */
export function byRank(a: Replicates, b: Replicates): number {
  return b.length - a.length || meanAccuracy(b) - meanAccuracy(a);
}

function meanAccuracy(trials: Replicates): number {
  const sum = trials.reduce(
    (total, { result }) => total + (result?.curve.at(-1)?.metrics['validation_accuracy'] ?? 0),
    0,
  );
  return Math.round(1e12 * (sum / trials.length));
}

function hasValue({ status, audit }: TrialRecord): boolean {
  return status === 'complete' && audit !== 'disputed';
}

/**
 * The order of the λ that were tried, best first. One rule, for tables, for narrowing, for the race and
 * for the winner.
 *
 * By number of replicates, then value, then stage order, then k as a number; so ties have one order
 * everywhere. The number comes first because it differs only in a race: who was left out of it has
 * fewer, and a lucky mean of one must not overtake those that went on. λ with a value come first and have
 * a rank; then disputed, running, waiting, failed and cancelled ones, without.
 */
import type { Objective } from '../../study/spec/study-spec.ts';
import type { TrialRecord, TrialStatus } from '../../study/trial.ts';
import { toConfigurations, type Configuration } from './configurations.ts';

export interface RankedConfiguration extends Configuration {
  /** From 1; null without a value. */
  readonly rank: number | null;
}

/**
 * Of values that are compared: means of the same sum, added up in another order, are equal. The store's
 * view does the same, whatever SQLite adds them up.
 */
const exactness = 1e12;

/** After those that have a value. */
const statusOrder: Record<TrialStatus, number> = {
  complete: 0,
  running: 1,
  waiting: 2,
  failed: 3,
  cancelled: 4,
};

/** @param stageOrder the names of the study's stages, first stage first */
export function rankConfigurations(
  trials: readonly TrialRecord[],
  objective: Objective,
  stageOrder: readonly string[],
): RankedConfiguration[] {
  const sign = objective.direction === 'maximize' ? -1 : 1;
  const place = new Map(stageOrder.map((stage, index) => [stage, index]));
  return toConfigurations(trials, objective)
    .map((candidate) => ({
      candidate,
      // Found once each, not at every comparison: there may be a hundred thousand.
      status: placeOf(candidate),
      value: sign * Math.round(exactness * (candidate.value ?? 0)),
      stage: place.get(candidate.trial.id.stage) ?? 0,
    }))
    .toSorted(
      (a, b) =>
        a.status - b.status ||
        b.candidate.replicates.length - a.candidate.replicates.length ||
        a.value - b.value ||
        a.stage - b.stage ||
        a.candidate.trial.id.index - b.candidate.trial.id.index,
    )
    .map(({ candidate }, index) => ({
      ...candidate,
      rank: candidate.value === null ? null : index + 1,
    }));
}

/** A disputed one is shown behind those that count: nobody knows its value. */
function placeOf({ value, status, audit }: Configuration): number {
  if (value !== null) return 0;
  return statusOrder[status] + (audit === 'disputed' ? 0.5 : 0);
}

/** The best λ of all stages; null when there is none. Of a study whose stages have closed. */
export function bestConfiguration(
  trials: readonly TrialRecord[],
  objective: Objective,
  stageOrder: readonly string[],
): RankedConfiguration | null {
  const first = rankConfigurations(trials, objective, stageOrder)[0];
  return first === undefined || first.rank === null ? null : first;
}

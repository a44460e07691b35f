/**
 * Racing planner: trains every configuration once, then adds replicates only to those that may be the best.
 *
 * In each round, every configuration that is tied with the best of its stage (`ranking/ties.ts`) and does
 * not have all its replicates gets one more. The race ends when there is no such configuration. A
 * configuration that was left out of a round can come back if it is tied with the best of a later round.
 *
 * Sources: Maron and Moore 1994 (Hoeffding races); Birattari et al. 2002 (F-race, which tests ranks over
 * instances as this tests validation images).
 */
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { TrialRecord } from '../../study/trial.ts';
import { rankConfigurations } from '../ranking/ranking.ts';
import { tiedConfigurations } from '../ranking/ties.ts';
import { hasEnded } from './one-shot.ts';
import type { PlannedTrial, Planner } from './planner.ts';

/** @param first the planner of the configurations: the race begins when it has planned all of them */
export function racing(first: Planner): Planner {
  return {
    openStage: (study, stage) => first.openStage(study, stage),
    plansAhead: (spec, stage) => first.plansAhead(spec, stage),

    nextRound(study, stage, trials) {
      const begun = trials.filter(({ id }) => id.replicate === 1);
      const round = first.nextRound(study, stage, begun);
      if (round !== null) return round;
      const open = trials.filter((trial) => !hasEnded(trial));
      if (open.length > 0) return { trials: open, reason: null };
      const due = replicatesDue(trials, study.spec);
      if (due.length === 0) return null;
      const reason = `${due.length} of ${stage.trials} configurations are not significantly worse than the best: one more replicate of each`;
      return { trials: due, reason };
    },
  };
}

/**
 * One more replicate of each configuration that is tied with the best and has fewer than `replicates`.
 *
 * @param trials of one stage, with their validation bits; all of them have ended
 */
export function replicatesDue(
  trials: readonly TrialRecord[],
  rules: Pick<StudySpec, 'objective' | 'replicates'>,
): PlannedTrial[] {
  const ranked = rankConfigurations(trials, rules.objective, [], { equal: 'sampled' });
  return tiedConfigurations(ranked, rules)
    .filter(({ replicates }) => replicates.length < rules.replicates)
    .map(({ trial, replicates: existing }) => ({
      id: { ...trial.id, replicate: existing.length + 1 },
      params: trial.params,
    }))
    .toSorted((a, b) => a.id.replicate - b.id.replicate || a.id.index - b.id.index);
}

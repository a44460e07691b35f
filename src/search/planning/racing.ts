/**
 * The race: who of a stage is given another replicate.
 *
 * Every λ is trained once. In each round those that cannot be told from the best of the stage
 * (`ties.ts`) and have not had all replicates yet get one more; the race is over when no such λ is left.
 * Trainings thus go where the answer is still open, and every λ that is called tied at the end, the best
 * included, has all its replicates. (Racing: Maron and Moore 1994, Hoeffding races; Birattari et al.
 * 2002, F-race, which tests ranks over instances as this tests images.)
 *
 * The outcome of a round is a function of results alone, so it is the same for any number of workers.
 * A λ that was left out may come back: the best of a later round is another one, and may not beat it.
 */
import type { TrialId, TrialRecord } from '../../study/trial.ts';
import { rankConfigurations } from '../ranking/ranking.ts';
import { compareConfigurations, type Contest } from '../ranking/ties.ts';

interface RacingTrial {
  readonly id: TrialId;
  readonly lambda: number;
}

/**
 * @param trials of one stage, with their bits; all of them have ended
 * @returns the trials of the next round; none when the race is over
 */
export function nextRound(trials: readonly TrialRecord[], contest: Contest): RacingTrial[] {
  const { objective, replicates } = contest;
  const compared = compareConfigurations(rankConfigurations(trials, objective, []), contest);
  return (compared ?? [])
    .filter(({ tied, candidate }) => tied && candidate.replicates.length < replicates)
    .map(({ candidate: { trial, replicates: had } }) => ({
      id: { ...trial.id, replicate: had.length + 1 },
      lambda: trial.lambda,
    }))
    .toSorted((a, b) => a.id.replicate - b.id.replicate || a.id.index - b.id.index);
}

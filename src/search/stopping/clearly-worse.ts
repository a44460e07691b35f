/**
 * Stopping rule: which trials are clearly worse than the best one at a rung.
 *
 * A rung is a step at which trials are compared, the end of a learning-rate cycle. The leader is the trial
 * with the most correct validation images. A trial is clearly worse if McNemar's exact one-sided test
 * (`ranking/paired-test.ts`) against the leader is below 5 %, divided by the number of other trials and by
 * the number of rungs (Bonferroni). So the trial that is truly best at every rung is stopped with a
 * probability of at most 5 %: any other trial may lead, and each rung is a look.
 *
 * The rule assumes that a trial which is clearly worse at a rung does not overtake the leader later.
 */
import { assert } from '../../base/assert.ts';
import type { StopDecision, TrialId } from '../../study/trial.ts';
import { countCorrect, disagreement } from '../ranking/correctness.ts';
import { binomialTail } from '../ranking/paired-test.ts';

/** Highest probability of stopping the truly best trial. */
const miss = 0.05;

/** A trial at a rung. */
export interface Contender {
  readonly id: TrialId;
  /** Validation bits at the rung. */
  readonly bits: Uint8Array;
}

export interface Comparisons {
  /** Trials that are compared in the stage, those that fail or diverge included. */
  readonly trials: number;
  /** Rungs of a trial, the last one included. */
  readonly rungs: number;
}

/** The level of one test. */
export function stoppingLevel({ trials, rungs }: Comparisons): number {
  return miss / Math.max(1, trials - 1) / Math.max(1, rungs);
}

/**
 * The trial with the most correct images; among equal ones the first.
 *
 * @param contenders by stage, then by index; at least one
 */
export function leaderAt(contenders: readonly Contender[]): Contender {
  let [leader, most] = [contenders[0], -1];
  for (const contender of contenders) {
    const correct = countCorrect(contender.bits);
    if (correct > most) [leader, most] = [contender, correct];
  }
  assert(leader, 'a rung has a leader');
  return leader;
}

/** The counts of a test against the leader; null unless the trial is clearly worse. */
export function clearlyWorse(
  { bits }: Contender,
  leader: Contender,
  level: number,
): Pick<StopDecision, 'leader' | 'onlyLeader' | 'onlyTrial'> | null {
  const { firstOnly, secondOnly } = disagreement(leader.bits, bits);
  if (binomialTail(firstOnly, firstOnly + secondOnly) >= level) return null;
  return { leader: leader.id, onlyLeader: firstOnly, onlyTrial: secondOnly };
}

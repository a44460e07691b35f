/**
 * Which trials cannot be told from the best.
 *
 * The best of many trials is partly the best and partly the luckiest, so the second may be better in
 * truth. A trial is left out of the group only when the leader beats it clearly on the very images
 * that both were scored on: by McNemar's exact test at 5 % divided by the number of trials that might
 * have led instead (Bonferroni). Then the truly best trial is in the group with at least 95 %
 * probability, whichever leads: to be left out, one of the others, none better than it, would have
 * to beat it at a level that all of them together reach in at most 5 % of draws of the images.
 *
 * The promise is about the best trial, not about the others: some that are worse stay in the group, and
 * that is what "tied" says. It is about the images, too, not about the seed (`paired-test.ts`).
 */
import { looksBetterByChance } from './paired-test.ts';

/** The probability with which the truly best trial may be missed. */
const miss = 0.05;

/**
 * @param ranked bits of right answers of each trial, one array a replicate; best trial first
 * @returns for each whether it is tied with the first, which always is
 */
export function tiedWithBest(ranked: readonly (readonly Uint8Array[])[]): boolean[] {
  const leader = ranked[0];
  if (leader === undefined) return [];
  const level = miss / Math.max(1, ranked.length - 1);
  return ranked.map((other, index) => index === 0 || looksBetterByChance(leader, other) > level);
}

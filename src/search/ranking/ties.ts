/**
 * Which trials cannot be told from the best.
 *
 * The best of many trials is partly the best and partly the luckiest, so the second may be better in
 * truth. A trial is left out of the group only when the leader beats it clearly on the very images
 * that both were scored on: by McNemar's exact test at 5 % divided by the number of trials that might
 * have led instead (Bonferroni). Then the truly best trial is in the group with at least 95 %
 * probability, whichever leads: to be left out, one of the others, none better than it, would have
 * to beat it at a level that all of them together reach in at most 5 % of draws of the images. A race
 * looks at a trial after each of its rounds, and whichever look is the bad one decides: there the level is
 * divided by the number of rounds, too.
 *
 * The promise is about the best trial, not about the others: some that are worse stay in the group, and
 * that is what "tied" says. It is about the images, too, not about the seed (`paired-test.ts`): replicates
 * are averaged over, which makes the seed's part smaller, and it is no part of the test.
 */
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { TrialRecord } from '../../study/trial.ts';
import { looksBetterByChance } from './paired-test.ts';
import type { RankedConfiguration } from './ranking.ts';

/** The probability with which the truly best trial may be missed. */
const miss = 0.05;

/** What of a study decides how its λ are compared. */
export type Contest = Pick<StudySpec, 'objective' | 'replicates' | 'racing'>;

/**
 * @param ranked bits of right answers of each trial, one array a replicate; best trial first
 * @param looks  how often a trial may have been left out: the rounds of a race, else 1
 * @returns for each whether it is tied with the first, which always is
 */
export function tiedWithBest(
  ranked: readonly (readonly Uint8Array[])[],
  looks: number = 1,
): boolean[] {
  const leader = ranked[0];
  if (leader === undefined) return [];
  const level = miss / Math.max(1, ranked.length - 1) / looks;
  return ranked.map((other, index) => index === 0 || looksBetterByChance(leader, other) > level);
}

interface ComparedConfiguration {
  readonly candidate: RankedConfiguration;
  readonly tied: boolean;
}

/**
 * The λ that have a value, best first, each with whether it is tied with the first.
 *
 * Replicates are compared one by one: only those from the first on that are complete and have bits
 * count, and a λ without any is left out.
 *
 * @returns null where trials cannot be compared image by image: another objective, or no bits at hand
 */
export function compareConfigurations(
  ranked: readonly RankedConfiguration[],
  { objective: { metric, direction }, replicates, racing }: Contest,
): ComparedConfiguration[] | null {
  if (metric !== 'validation_accuracy' || direction !== 'maximize') return null;
  const compared = ranked
    .filter(({ rank }) => rank !== null)
    .map((candidate) => ({ candidate, bits: bitsOf(candidate.replicates) }))
    .filter(({ bits }, index) => index === 0 || bits.length > 0);
  if (compared[0] === undefined || compared[0].bits.length === 0) return null;
  const tied = tiedWithBest(
    compared.map(({ bits }) => bits),
    racing ? replicates : 1,
  );
  return compared.map(({ candidate }, index) => ({ candidate, tied: tied[index] === true }));
}

function bitsOf(replicates: readonly TrialRecord[]): Uint8Array[] {
  const bits: Uint8Array[] = [];
  for (const { status, result } of replicates) {
    if (status !== 'complete' || result?.kind !== 'complete') break;
    if (result.validationCorrect.length === 0) break;
    bits.push(result.validationCorrect);
  }
  return bits;
}

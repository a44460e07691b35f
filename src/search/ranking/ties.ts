/**
 * Ties of a race: the configurations that get another replicate, because the best one is not significantly
 * better on the same validation images.
 *
 * The test is the paired one (`paired-test.ts`) at 5 % divided by the number of other configurations
 * (Bonferroni) and by the number of rounds. It decides which trials exist, so it stays as it is in release
 * 0.1.0: a study that is resumed gets the same trials. Outputs compare configurations with
 * `comparison.ts`, which excludes more of those that are worse.
 */
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { TrialRecord } from '../../study/trial.ts';
import { looksBetterByChance } from './paired-test.ts';
import type { RankedConfiguration } from './ranking.ts';

/** Highest probability of leaving out the truly best configuration. */
const miss = 0.05;

/**
 * @param ranked validation bits of each configuration, one array per replicate; best configuration first
 * @param looks  number of times that configurations are compared: the rounds of the race
 * @returns for each whether it is tied with the first; the first always is
 */
export function tiedWithBest(ranked: readonly (readonly Uint8Array[])[], looks: number): boolean[] {
  const leader = ranked[0];
  if (leader === undefined) return [];
  const level = miss / Math.max(1, ranked.length - 1) / looks;
  return ranked.map((other, index) => index === 0 || looksBetterByChance(leader, other) > level);
}

/**
 * The configurations of a race that have a value and are tied with the first.
 *
 * Replicate r is compared with replicate r, up to the first that is not complete or has no validation
 * bits; a configuration without any is left out.
 *
 * @param ranked best first; empty if the best one has no bits
 */
export function tiedConfigurations(
  ranked: readonly RankedConfiguration[],
  { replicates }: Pick<StudySpec, 'replicates'>,
): RankedConfiguration[] {
  const compared = ranked
    .filter(({ rank }) => rank !== null)
    .map((configuration) => ({ configuration, bits: comparableBits(configuration.replicates) }))
    .filter(({ bits }, index) => index === 0 || bits.length > 0);
  if (compared[0] === undefined || compared[0].bits.length === 0) return [];
  const tied = tiedWithBest(
    compared.map(({ bits }) => bits),
    replicates,
  );
  return compared.flatMap(({ configuration }, index) =>
    tied[index] === true ? [configuration] : [],
  );
}

/** Validation bits of each replicate, up to the first that is not complete or has none. */
export function comparableBits(replicates: readonly TrialRecord[]): Uint8Array[] {
  const bits: Uint8Array[] = [];
  for (const { status, result } of replicates) {
    if (status !== 'complete' || result?.kind !== 'complete') break;
    if (result.validationCorrect.length === 0) break;
    bits.push(result.validationCorrect);
  }
  return bits;
}

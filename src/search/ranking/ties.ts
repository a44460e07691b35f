/**
 * Ties: the configurations that cannot be distinguished from the best.
 *
 * The best value of many is partly luck, so another configuration may really be better. A configuration is
 * left out of the group only if the first one is significantly better on the same validation images: the
 * paired test (`paired-test.ts`) at 5 % divided by the number of other configurations (Bonferroni). So the
 * truly best configuration is in the group with at least 95 % probability. A race tests after each of its
 * rounds, so its level is also divided by the number of rounds.
 *
 * The guarantee covers the best configuration, not the others: some of the group are worse. It covers the
 * choice of images, not of seeds.
 */
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { TrialRecord } from '../../study/trial.ts';
import { looksBetterByChance } from './paired-test.ts';
import type { RankedConfiguration } from './ranking.ts';

/** Highest probability of leaving out the truly best configuration. */
const miss = 0.05;

/** The part of a study that decides how its configurations are compared. */
export type ComparisonRules = Pick<StudySpec, 'objective' | 'replicates' | 'racing'>;

/**
 * @param ranked validation bits of each configuration, one array per replicate; best configuration first
 * @param looks  number of times that configurations were compared: the rounds of a race, else 1
 * @returns for each whether it is tied with the first; the first always is
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

/**
 * The configurations that have a value, best first, and whether each is tied with the first.
 *
 * Replicate r is compared with replicate r, up to the first that is not complete or has no validation
 * bits; a configuration without any is left out.
 *
 * @returns null if trials cannot be compared image by image: another objective, or no bits
 */
export function compareConfigurations(
  ranked: readonly RankedConfiguration[],
  { objective: { metric, direction }, replicates, racing }: ComparisonRules,
): { readonly configuration: RankedConfiguration; readonly tied: boolean }[] | null {
  if (metric !== 'validation_accuracy' || direction !== 'maximize') return null;
  const compared = ranked
    .filter(({ rank }) => rank !== null)
    .map((configuration) => ({ configuration, bits: comparableBits(configuration.replicates) }))
    .filter(({ bits }, index) => index === 0 || bits.length > 0);
  if (compared[0] === undefined || compared[0].bits.length === 0) return null;
  const bits = compared.map((one) => one.bits);
  const tied = tiedWithBest(bits, racing ? replicates : 1);
  return compared.map(({ configuration }, index) => ({
    configuration,
    tied: tied[index] === true,
  }));
}

/** The validation bits of each replicate, up to the first that is not complete or has none. */
export function comparableBits(replicates: readonly TrialRecord[]): Uint8Array[] {
  const bits: Uint8Array[] = [];
  for (const { status, result } of replicates) {
    if (status !== 'complete' || result?.kind !== 'complete') break;
    if (result.validationCorrect.length === 0) break;
    bits.push(result.validationCorrect);
  }
  return bits;
}

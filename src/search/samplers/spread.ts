/**
 * Spread search: trials that cover the search space evenly, by a shifted Sobol sequence.
 *
 * The shift is one random word per dimension, combined by exclusive or, so it keeps the evenness: of the
 * first 2^m trials, each of 2^m equal intervals of every dimension has one. A trial's place depends on the
 * study's seed, the stage, the dimension and the trial's index only, so an extended stage keeps its trials.
 *
 * Source of the shift: Matousek 1998, "On the L2-discrepancy for anchored boxes", section 2.
 */
import { RandomStream } from '../../base/philox.ts';
import { sobol32 } from './sobol.ts';
import { stagePlace } from './stage-place.ts';

/**
 * Coordinates of a stage's trials in one dimension, by index from 1; in [0, 1).
 *
 * @param dimension from 1: the rank of the parameter's name among the names of the space
 */
export function spreadUnits(seed: number, stage: string, dimension: number): (k: number) => number {
  const shift = new RandomStream(seed, 'spread', stagePlace(stage)).uint32At(dimension);
  return (k) => ((sobol32(dimension, k - 1) ^ shift) >>> 0) / 2 ** 32;
}

/**
 * Settings of the two-layer trainer: their types, and the rules between them.
 *
 * The schema is in another file, because threads train validated settings and need not load it.
 */
import type { z } from 'zod';
import { assert } from '../../base/assert.ts';
import type { Camel } from '../../study/spec/case-codec.ts';
import type { SpecProblem } from '../../study/spec/spec-problem.ts';
import { trainerName, type TrainerSettings } from '../../study/trainer-description.ts';
import { stepsInCycles } from './schedule.ts';
import type { settingsSchema } from './settings-schema.ts';

export const twoLayerName = 'two-layer';

/** Steps are counted in 32 bits on the wire. */
const stepsMax = 2 ** 31 - 1;
/** A curve is sent in one message and kept in memory. */
const measurementsMax = 10_000;

/** `lambda`: of a trial, or fixed for all trials. */
export type TwoLayerSettings = Camel<z.output<typeof settingsSchema>> & {
  readonly lambda?: number;
};
export type LearningRate = TwoLayerSettings['learningRate'];

/** The same settings with their types. The schema has validated them before. */
export function twoLayerSettings(settings: TrainerSettings): TwoLayerSettings {
  assert(isTwoLayer(settings), () => `settings of ${trainerName(settings)} are not of two-layer`);
  return settings;
}

function isTwoLayer(settings: TrainerSettings): settings is TwoLayerSettings {
  return trainerName(settings) === twoLayerName;
}

type GivenSettings = Partial<Omit<TwoLayerSettings, 'learningRate'>> & {
  readonly learningRate?: Partial<LearningRate>;
};

/**
 * Rules between settings. Settings that the schema rejected are missing; `isGivenAt` returns whether the file
 * has a value, valid or not, at a path below `trainer`.
 */
export function settingsProblems(
  settings: TrainerSettings,
  isGivenAt: (path: SpecProblem['path']) => boolean,
): readonly SpecProblem[] {
  const given: GivenSettings = twoLayerSettings(settings);
  const { min, max } = given.learningRate ?? {};
  const problems: SpecProblem[] = [];
  const lengths = ['cycles', 'epochs'].filter((key) => isGivenAt([key]));
  if (lengths.length !== 1) {
    problems.push({ path: lengths.slice(1), message: 'needs exactly one of cycles and epochs' });
  }
  if (min !== undefined && max !== undefined && min > max) {
    problems.push({
      path: ['learning_rate', 'min'],
      message: `min (${min}) must not be larger than max (${max}). Swap them`,
    });
  }
  return problems.length > 0 ? problems : lengthProblems(given);
}

/** Limits of the length. A length in epochs depends on the number of records, which is not known here. */
function lengthProblems(settings: GivenSettings): SpecProblem[] {
  const { learningRate, cycles, epochs, measure = 'cycle' } = settings;
  const { stepSize, cycleMultiplier = 1 } = learningRate ?? {};
  const steps =
    cycles === undefined || stepSize === undefined
      ? 0
      : stepsInCycles({ stepSize, cycleMultiplier }, cycles);
  if (steps > stepsMax) {
    const growth =
      cycleMultiplier === 1 ? '' : `, each ${cycleMultiplier} times as long as the last,`;
    const message = `${cycles} cycles of 2 × ${stepSize} steps${growth} are more than ${stepsMax} steps`;
    return [{ path: ['cycles'], message }];
  }
  const measurements =
    typeof measure === 'object'
      ? steps / measure.steps
      : ((measure === 'cycle' ? cycles : measure === 'epoch' ? epochs : 0) ?? 0);
  if (measurements <= measurementsMax) return [];
  const message = `gives ${Math.ceil(measurements)} measurements per trial; at most ${measurementsMax} are kept`;
  return [{ path: ['measure'], message }];
}

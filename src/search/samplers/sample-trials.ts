/**
 * Sampled trials: the trials of a stage that need no results, by the stage's sampler.
 *
 * A trial's values depend on the study's seed, the stage, its search space and the trial's index, and on
 * nothing else. So an extended stage keeps its trials, except in a grid, which cannot be extended.
 */
import {
  activeParams,
  type ParameterName,
  type Params,
  type SearchSpace,
} from '../../study/search-space.ts';
import type { StageSpec, StudySpec } from '../../study/spec/study-spec.ts';
import { knownIndexBase, type TrialId } from '../../study/trial.ts';
import { quantile } from './distribution.ts';
import { gridPoints } from './grid.ts';
import { randomUnits } from './random.ts';
import { spreadUnits } from './spread.ts';

export interface PlannedTrial {
  readonly id: TrialId;
  readonly params: Params;
}

export type SampledStage = Pick<StageSpec, 'name' | 'trials' | 'also' | 'sampler'>;

/** A configuration of a stage, before it has replicates. */
export interface Configuration {
  readonly index: number;
  readonly params: Params;
}

/**
 * The trials of a stage that are planned when it opens: replicate 1 of each configuration, then replicate 2 of
 * each, and so on; known configurations first. A race begins with replicate 1 only (`planning/racing.ts`).
 */
export function sampleTrials(
  spec: Pick<StudySpec, 'seed' | 'racing' | 'replicates'>,
  stage: SampledStage,
  space: SearchSpace,
): PlannedTrial[] {
  return replicated(spec, stage.name, sampleConfigurations(spec.seed, stage, space));
}

/** Replicate 1 of each configuration, then replicate 2 of each, and so on. */
export function replicated(
  spec: Pick<StudySpec, 'racing' | 'replicates'>,
  stage: string,
  configurations: readonly Configuration[],
): PlannedTrial[] {
  return Array.from({ length: plannedReplicates(spec) }, (_, round) =>
    configurations.map(({ index, params }) => {
      return { id: { stage, index, replicate: round + 1 }, params };
    }),
  ).flat();
}

/** Replicates of a configuration that are planned with it; a race adds the others. */
export function plannedReplicates(spec: Pick<StudySpec, 'racing' | 'replicates'>): number {
  return spec.racing ? 1 : spec.replicates;
}

/** Known configurations first, then the sampled ones by index. */
export function sampleConfigurations(
  seed: number,
  stage: SampledStage,
  space: SearchSpace,
): Configuration[] {
  const { name, also = [], trials } = stage;
  const random = unitSampler(space, (parameter) => randomUnits(seed, name, parameter));
  // A parameter that a known configuration leaves out has the value of random search at its index.
  const known = also.map((params, place) => {
    const index = knownIndexBase + place + 1;
    return { index, params: activeParams({ ...random(index), ...params }, space) };
  });
  const points =
    stage.sampler === 'grid'
      ? gridPoints(space, trials)
      : Array.from({ length: trials }, (_, place) => place + 1).map(
          stage.sampler === undefined
            ? random
            : unitSampler(space, (_, dimension) => spreadUnits(seed, name, dimension)),
        );
  const sampled = points.map((params, place) => {
    return { index: place + 1, params: activeParams(params, space) };
  });
  return [...known, ...sampled];
}

/** The values of a trial by its index, from numbers in [0, 1) of each parameter. */
function unitSampler(
  space: SearchSpace,
  unitsOf: (parameter: ParameterName, dimension: number) => (index: number) => number,
): (index: number) => Params {
  const ranks = Object.keys(space).toSorted();
  const samplers = Object.entries(space).map(([parameter, distribution]) => {
    const units = unitsOf(parameter, ranks.indexOf(parameter) + 1);
    return [parameter, (index: number) => quantile(distribution, units(index))] as const;
  });
  return (index) =>
    Object.fromEntries(samplers.map(([parameter, sample]) => [parameter, sample(index)]));
}

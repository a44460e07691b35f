/** One-shot planner: samples all trials of a stage at once, from the space that the study file gives. */
import { assert } from '../../base/assert.ts';
import { givenDistribution, type SearchSpace } from '../../study/search-space.ts';
import type { StageSpec, StudySpec } from '../../study/spec/study-spec.ts';
import type { TrialRecord } from '../../study/trial.ts';
import { plannedReplicates, sampleTrials } from '../samplers/sample-trials.ts';
import type { Planner } from './planner.ts';

export const oneShot: Planner = {
  openStage({ spec }, stage) {
    return { space: stageSpace(stageSpec(spec, stage)), reason: null };
  },

  plansAhead: () => false,

  nextRound({ spec }, stage, trials) {
    const count = stage.trials * plannedReplicates(spec);
    if (trials.length >= count && trials.every(hasEnded)) return null;
    assert(stage.space, () => `stage ${stage.name} has a search space`);
    return { trials: sampleTrials(spec, stageSpec(spec, stage.name), stage.space), reason: null };
  },
};

export function hasEnded({ status }: TrialRecord): boolean {
  return status !== 'waiting' && status !== 'running';
}

export function stageSpec(spec: Pick<StudySpec, 'stages'>, name: string): StageSpec {
  const stage = spec.stages.find((entry) => entry.name === name);
  assert(stage, () => `stage ${name} is in the study`);
  return stage;
}

/** @param narrowed distributions of the parameters whose bounds the study file does not give */
export function stageSpace({ name, search }: StageSpec, narrowed: SearchSpace = {}): SearchSpace {
  const space = Object.entries(search).map(([parameter, stated]) => {
    const distribution = narrowed[parameter] ?? givenDistribution(stated);
    assert(distribution, () => `stage ${name} has bounds of ${parameter}`);
    return [parameter, distribution] as const;
  });
  return Object.fromEntries(space);
}

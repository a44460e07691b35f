/** One-shot planner: samples all trials of a stage at once, from the space that the study file gives. */
import { assert } from '../../base/assert.ts';
import { givenDistribution, type SearchSpace } from '../../study/search-space.ts';
import type { StageSpec, StudySpec } from '../../study/spec/study-spec.ts';
import type { StageRecord, TrialRecord } from '../../study/trial.ts';
import { sampleTrials, type PlannedTrial } from '../samplers/random.ts';
import type { PlannedStudy, Planner } from './planner.ts';

export const oneShot: Planner = {
  openStage({ spec }, stage) {
    return { space: stageSpace(stageSpec(spec, stage)), reason: null };
  },

  nextRound(study, stage, trials) {
    const count = stage.trials * study.spec.replicates;
    if (trials.length >= count && trials.every(hasEnded)) return null;
    return { trials: firstRound(study, stage), reason: null };
  },
};

/** The trials that a stage begins with. */
export function firstRound({ spec }: PlannedStudy, stage: StageRecord): PlannedTrial[] {
  assert(stage.space, () => `stage ${stage.name} has a search space`);
  return sampleTrials(spec, stageSpec(spec, stage.name), stage.space);
}

export function hasEnded({ status }: TrialRecord): boolean {
  return status !== 'waiting' && status !== 'running';
}

export function stageSpec(spec: StudySpec, name: string): StageSpec {
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

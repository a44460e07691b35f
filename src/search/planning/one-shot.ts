/** One-shot planner: samples all trials of a stage at once, from the space that the study file gives. */
import { assert } from '../../base/assert.ts';
import {
  givenDistribution,
  type Distribution,
  type StageDistribution,
} from '../../study/search-space.ts';
import type { StageSpec, StudySpec } from '../../study/spec/study-spec.ts';
import type { StageRecord, TrialRecord } from '../../study/trial.ts';
import { sampleTrials, type PlannedTrial } from '../samplers/random.ts';
import type { PlannedStudy, Planner } from './planner.ts';

export const oneShot: Planner = {
  openStage({ spec }, stage) {
    const space = Object.entries(stageSpec(spec, stage).search).map(
      ([name, distribution]) => [name, statedDistribution(distribution)] as const,
    );
    return { space: Object.fromEntries(space), reason: null, warnings: [] };
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
  return sampleTrials(spec, stage, stage.space);
}

export function hasEnded({ status }: TrialRecord): boolean {
  return status !== 'waiting' && status !== 'running';
}

export function stageSpec(spec: StudySpec, name: string): StageSpec {
  const stage = spec.stages.find((entry) => entry.name === name);
  assert(stage, () => `stage ${name} is in the study`);
  return stage;
}

/** The distribution of a parameter whose bounds the study file gives. */
export function statedDistribution(from: StageDistribution): Distribution {
  const distribution = givenDistribution(from);
  assert(distribution, 'the stage gives both bounds');
  return distribution;
}

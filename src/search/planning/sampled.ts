/** Sampled stages: the planner of each stage by its sampler. */
import { modelRounds } from './model-rounds.ts';
import { oneShot, stageSpec } from './one-shot.ts';
import type { PlannedStudy, Planner } from './planner.ts';

function plannerOf({ spec }: Pick<PlannedStudy, 'spec'>, stage: string): Planner {
  return stageSpec(spec, stage).sampler === 'model' ? modelRounds : oneShot;
}

export const sampled: Planner = {
  openStage: (study, stage) => plannerOf(study, stage).openStage(study, stage),
  plansAhead: (spec, stage) => plannerOf({ spec }, stage).plansAhead(spec, stage),
  nextRound: (study, stage, trials) => plannerOf(study, stage.name).nextRound(study, stage, trials),
};

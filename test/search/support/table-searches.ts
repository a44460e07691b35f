/** Searches that are replayed on the search tables. */
import type { StageSpec } from '../../../src/study/spec/study-spec.ts';
import type { SearchSettings } from './replayed-search.ts';

type Sampling = Pick<StageSpec, 'sampler' | 'round' | 'lag'>;

const wide: StageSpec['search'] = {
  lambda: { distribution: 'log_uniform', min: 1e-9, max: 1e-1 },
};
const narrowed: StageSpec['search'] = {
  lambda: { distribution: 'log_uniform', narrow: 'coarse' },
};
const cube: StageSpec['search'] = {
  lambda: { distribution: 'log_uniform', min: 1e-6, max: 1e-1 },
  'learning_rate.max': { distribution: 'log_uniform', min: 0.01, max: 0.5 },
  hidden: { distribution: 'values', values: [20, 50, 100] },
};

/** λ alone: a coarse stage and a fine one that narrows it. */
function twoStageSearch(sampling: Sampling, coarse: number, fine: number): StageSpec[] {
  return [
    { name: 'coarse', trials: coarse, search: wide, ...sampling },
    { name: 'fine', trials: fine, search: narrowed, ...sampling },
  ];
}

/** The search of release 0.1.0, with which the others are compared. */
export const reference: SearchSettings = { stages: twoStageSearch({}, 30, 30) };

export const recommended: SearchSettings = {
  stages: twoStageSearch({ sampler: 'spread' }, 12, 8),
  stop: true,
};

const spread = { sampler: 'spread' } as const;
const oneStage = (trials: number, sampling: Sampling, search = wide): StageSpec[] => [
  { name: 'coarse', trials, search, ...sampling },
];

export const mainSearches: Readonly<Record<string, SearchSettings>> = {
  'random 30 + 30': reference,
  'random 15 + 15': { stages: twoStageSearch({}, 15, 15) },
  'spread 15 + 15': { stages: twoStageSearch(spread, 15, 15) },
  'spread 12 + 8': { stages: twoStageSearch(spread, 12, 8) },
  'spread 8 + 8': { stages: twoStageSearch(spread, 8, 8) },
  'model 24, round 8': { stages: oneStage(24, { sampler: 'model', round: 8 }) },
  'model 24, lag 8': { stages: oneStage(24, { sampler: 'model', lag: 8 }) },
  'spread 12 + 8, stop clearly worse': recommended,
  'spread 8 + 8, stop clearly worse': { stages: twoStageSearch(spread, 8, 8), stop: true },
  'spread 12 + 12, stop clearly worse': { stages: twoStageSearch(spread, 12, 12), stop: true },
};

export const cubeSearches: Readonly<Record<string, SearchSettings>> = {
  'random 60': { stages: oneStage(60, {}, cube) },
  'random 30': { stages: oneStage(30, {}, cube) },
  'grid 60': { stages: oneStage(60, { sampler: 'grid' }, cube) },
  'spread 60': { stages: oneStage(60, spread, cube) },
  'spread 30': { stages: oneStage(30, spread, cube) },
  'model 40, round 1': { stages: oneStage(40, { sampler: 'model', round: 1 }, cube) },
  'model 40, round 8': { stages: oneStage(40, { sampler: 'model', round: 8 }, cube) },
  'model 40, lag 8': { stages: oneStage(40, { sampler: 'model', lag: 8 }, cube) },
  'model 24, round 8': { stages: oneStage(24, { sampler: 'model', round: 8 }, cube) },
  'model 24, round 8, stop clearly worse': {
    stages: oneStage(24, { sampler: 'model', round: 8 }, cube),
    stop: true,
  },
};

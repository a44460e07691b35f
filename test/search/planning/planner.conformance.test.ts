/** The built-in planners pass the conformance suite. */
import { narrowing } from '../../../src/search/planning/narrowing.ts';
import { oneShot } from '../../../src/search/planning/one-shot.ts';
import { plannerFor } from '../../../src/search/planning/planner-for.ts';
import { racing } from '../../../src/search/planning/racing.ts';
import type { StageSpec, StudySpec } from '../../../src/study/spec/study-spec.ts';
import { plannerConformance } from '../../conformance/planner.ts';
import { exampleStudy, twoStages } from '../../study/support/example-study.ts';

const coarse: readonly StageSpec[] = twoStages(12, 0).slice(0, 1);
const renamed: readonly StageSpec[] = twoStages(12, 10).map((stage) => ({
  ...stage,
  search: { weight_decay: stage.search['lambda']! },
}));
const loss = { metric: 'validation_loss', direction: 'minimize' } as const;

plannerConformance('one-shot sampling', () => oneShot, [
  exampleStudy({ stages: coarse }),
  exampleStudy({ stages: coarse, replicates: 3 }),
]);
plannerConformance('racing', () => racing(oneShot), [
  exampleStudy({ stages: coarse, replicates: 4, racing: true }),
  exampleStudy({ stages: coarse, replicates: 3, racing: true, objective: loss }),
]);
plannerConformance('narrowing', () => narrowing(oneShot), [
  exampleStudy({ stages: twoStages(12, 10) }),
  exampleStudy({ stages: renamed, replicates: 2 }),
  exampleStudy({ stages: twoStages(12, 10), objective: loss }),
]);
plannerConformance('racing with narrowed stages', () => plannerFor({ racing: true, stages: [] }), [
  exampleStudy({ stages: twoStages(12, 10), replicates: 3, racing: true }),
]);

const two: StageSpec['search'] = {
  lambda: { distribution: 'log_uniform', min: 1e-6, max: 1e-1 },
  hidden: { distribution: 'values', values: [20, 50, 100] },
  dropout: { distribution: 'uniform', min: 0, max: 0.5, where: { hidden: [100] } },
};
const sampledStages = (sampler: Partial<StageSpec>, fine: Partial<StageSpec> = {}): StageSpec[] => [
  { name: 'coarse', trials: 16, search: two, ...sampler },
  { name: 'fine', trials: 12, search: two, ...sampler, ...fine },
];
const study = (...stages: StageSpec[]): StudySpec => exampleStudy({ stages });

plannerConformance('spread sampling', () => plannerFor({ racing: false, stages: [] }), [
  study(...sampledStages({ sampler: 'spread', also: [{ lambda: 0 }, { hidden: 20 }] })),
  study(...twoStages(12, 10).map((stage): StageSpec => ({ ...stage, sampler: 'spread' }))),
]);
plannerConformance('a grid', () => plannerFor({ racing: false, stages: [] }), [
  study({
    name: 'coarse',
    trials: 12,
    sampler: 'grid',
    search: {
      hidden: { distribution: 'values', values: [20, 50, 100] },
      lambda: { distribution: 'log_uniform', min: 1e-6, max: 1e-1 },
    },
  }),
]);
plannerConformance('the model in rounds', () => plannerFor({ racing: false, stages: [] }), [
  study(
    ...sampledStages({ sampler: 'model', round: 8, also: [{ lambda: 0 }] }, { after: 'coarse' }),
  ),
  study(...sampledStages({ sampler: 'model', round: 1 })),
  exampleStudy({ replicates: 2, stages: sampledStages({ sampler: 'model', round: 5 }) }),
  exampleStudy({ objective: loss, stages: sampledStages({ sampler: 'model', round: 7 }) }),
  study(...twoStages(14, 9).map((stage): StageSpec => ({ ...stage, sampler: 'model', round: 4 }))),
]);
plannerConformance('the model with a lag', () => plannerFor({ racing: false, stages: [] }), [
  study(...sampledStages({ sampler: 'model', lag: 3, also: [{ lambda: 0 }] }, { after: 'coarse' })),
  study(...sampledStages({ sampler: 'model', lag: 9 })),
  exampleStudy({ replicates: 2, stages: sampledStages({ sampler: 'model', lag: 1 }) }),
]);
plannerConformance('the model in a race', () => plannerFor({ racing: true, stages: [] }), [
  exampleStudy({
    replicates: 3,
    racing: true,
    stages: sampledStages({ sampler: 'model', round: 6 }, { after: 'coarse' }),
  }),
  exampleStudy({
    replicates: 3,
    racing: true,
    stages: sampledStages({ sampler: 'model', lag: 4 }),
  }),
]);

const stop = 'clearly_worse';
const stopping = (...stages: StageSpec[]): StudySpec => exampleStudy({ stages, stop });
const steps = (count: number, spec: StudySpec): StudySpec => ({
  ...spec,
  budget: { steps: count },
});

plannerConformance('stopping', () => plannerFor({ racing: false, stop, stages: [] }), [
  stopping(...twoStages(12, 10)),
  stopping(...sampledStages({ sampler: 'spread', also: [{ lambda: 0 }] })),
  exampleStudy({ stages: twoStages(12, 10), stop, replicates: 3 }),
]);
plannerConformance(
  'stopping the proposals of the model',
  () => plannerFor({ racing: false, stop, stages: [] }),
  [stopping(...sampledStages({ sampler: 'model', round: 8 }, { after: 'coarse' }))],
);
plannerConformance('stopping before a race', () => plannerFor({ racing: true, stop, stages: [] }), [
  exampleStudy({ stages: twoStages(12, 10), stop, replicates: 3, racing: true }),
]);
plannerConformance('a budget', () => plannerFor({ racing: false, stages: [] }), [
  steps(500, study(...sampledStages({ sampler: 'spread' }))),
  steps(1_000, study(...sampledStages({ sampler: 'model', round: 8 }))),
  steps(1_000, study(...sampledStages({ sampler: 'model', lag: 3 }))),
  steps(700, exampleStudy({ stages: coarse, replicates: 3 })),
]);
plannerConformance('a budget in a race', () => plannerFor({ racing: true, stages: [] }), [
  steps(600, exampleStudy({ stages: coarse, replicates: 4, racing: true })),
]);
plannerConformance(
  'a budget with stopping',
  () => plannerFor({ racing: false, stop, stages: [] }),
  [150, 250, 500, 650].map((count) => steps(count, stopping(...sampledStages({})))),
);

/** The built-in planners pass the conformance suite. */
import { narrowing } from '../../../src/search/planning/narrowing.ts';
import { oneShot } from '../../../src/search/planning/one-shot.ts';
import { plannerFor } from '../../../src/search/planning/planner-for.ts';
import { racing } from '../../../src/search/planning/racing.ts';
import type { StageSpec } from '../../../src/study/spec/study-spec.ts';
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
plannerConformance('racing', () => racing, [
  exampleStudy({ stages: coarse, replicates: 4, racing: true }),
  exampleStudy({ stages: coarse, replicates: 3, racing: true, objective: loss }),
]);
plannerConformance('narrowing', () => narrowing(oneShot), [
  exampleStudy({ stages: twoStages(12, 10) }),
  exampleStudy({ stages: renamed, replicates: 2 }),
  exampleStudy({ stages: twoStages(12, 10), objective: loss }),
]);
plannerConformance('racing with narrowed stages', () => plannerFor({ racing: true }), [
  exampleStudy({ stages: twoStages(12, 10), replicates: 3, racing: true }),
]);

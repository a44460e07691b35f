import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recipeProblems, studyProblems } from '../../../src/study/spec/invariants.ts';
import type { StageSpec, StudySpec, TrainerSettings } from '../../../src/study/spec/study-spec.ts';
import { exampleStudy } from '../support/example-study.ts';
import { anyStudy } from '../support/study-arbitrary.ts';

const spec = exampleStudy();
const [coarse, fine] = [spec.stages[0]!, spec.stages[1]!];
const trained = (change: Partial<TrainerSettings>): StudySpec => ({
  ...spec,
  trainer: { ...spec.trainer, ...change },
});
const staged = (...stages: StageSpec[]): StudySpec => ({ ...spec, stages });
const ranged = (min: number, max: number): StudySpec =>
  staged({
    ...coarse,
    lambda: { kind: 'range', distribution: 'log_uniform', range: { min, max } },
  });
const rate = spec.trainer.learningRate;

describe('the rules of a study', () => {
  test('hold for every valid study', () => {
    fc.assert(
      fc.property(anyStudy, (any) => {
        expect(studyProblems(any)).toEqual([]);
      }),
    );
  });

  test.each<[string, StudySpec]>([
    ['study', { ...spec, study: 'Über' }],
    ['study', { ...spec, study: '../x' }],
    ['study', { ...spec, study: 'a'.repeat(65) }],
    ['seed', { ...spec, seed: 2 ** 53 }],
    ['seed', { ...spec, seed: 0.5 }],
    ['trainer.hidden', trained({ hidden: 4097 })],
    ['trainer.hidden', trained({ hidden: NaN })],
    ['trainer.batch', trained({ batch: 0 })],
    ['trainer.dropout', trained({ dropout: 1 })],
    ['trainer.dropout', trained({ dropout: NaN })],
    ['trainer.shift', trained({ shift: -1 })],
    ['trainer.learning_rate.min', trained({ learningRate: { ...rate, min: 1, max: 0.1 } })],
    ['trainer.learning_rate.max', trained({ learningRate: { ...rate, min: 0, max: 0 } })],
    ['trainer.learning_rate.step_size', trained({ learningRate: { ...rate, stepSize: 1.5 } })],
    ['trainer.cycles', trained({ length: { kind: 'cycles', cycles: 0 } })],
    [
      'trainer.cycles',
      trained({
        length: { kind: 'cycles', cycles: 3 },
        learningRate: { ...rate, stepSize: 1e9 },
        measure: { kind: 'end' },
      }),
    ],
    ['trainer.epochs', trained({ length: { kind: 'epochs', epochs: Infinity } })],
    ['trainer.measure.steps', trained({ measure: { kind: 'steps', steps: 0 } })],
    [
      'trainer.measure',
      trained({ length: { kind: 'cycles', cycles: 100 }, measure: { kind: 'steps', steps: 1 } }),
    ],
    [
      'dataset.train',
      { ...spec, dataset: { ...spec.dataset, train: { kind: 'parts', parts: [] } } },
    ],
    [
      'dataset.validation.0',
      {
        ...spec,
        dataset: {
          ...spec.dataset,
          train: { kind: 'parts', parts: ['a'] },
          validation: { kind: 'parts', parts: ['a'] },
        },
      },
    ],
    ['test', { ...spec, test: 'all', dataset: { ...spec.dataset, test: null } }],
    ['stages', staged()],
    ['stages.1.name', staged(coarse, { ...coarse })],
    ['stages.0.trials', staged({ ...coarse, trials: 2 })],
    ['stages.0.lambda.narrow', staged(fine)],
    ['stages.0.lambda.narrow', staged({ ...fine, name: 'coarse' })],
    ['stages.0.lambda.min', ranged(0, 1)],
    ['stages.0.lambda.min', ranged(1, 1)],
    ['stages.0.lambda.min', ranged(2, 1)],
    ['stages.0.lambda.max', ranged(1, Infinity)],
    ['stages.0.lambda.max', ranged(1, NaN)],
    ['replicates', { ...spec, replicates: 0 }],
    ['replicates', { ...spec, replicates: 101 }],
    ['replicates', { ...staged({ ...coarse, trials: 20_000 }), replicates: 51 }],
    ['racing', { ...spec, racing: true }],
    [
      'racing',
      {
        ...spec,
        replicates: 3,
        racing: true,
        objective: { metric: 'validation_loss', direction: 'minimize' },
      },
    ],
  ])('are broken at %s, and nowhere else', (path, broken) => {
    expect(studyProblems(broken).map((problem) => problem.path.join('.'))).toEqual([path]);
  });

  test('give the value for an exponent that stands where a bound belongs', () => {
    expect(studyProblems(ranged(-9, -1)).map(({ message }) => message)).toEqual([
      'must be above 0 and at most 1e6, got -9; bounds are values: 1.0e-9, not the exponent -9',
      'must be above 0 and at most 1e6, got -1; bounds are values: 1.0e-1, not the exponent -1',
    ]);
  });

  test('let a recipe train without regularisation, but not with a negative one', () => {
    const { seed, dataset, trainer } = spec;
    const recipe = { name: 'r', seed, dataset, trainer, lambda: 0 };
    expect(recipeProblems(recipe)).toEqual([]);
    expect(recipeProblems({ ...recipe, lambda: -1e-9 }).map(({ path }) => path)).toEqual([
      ['trainer', 'lambda'],
    ]);
  });
});

/** Rules of a study: every bound and every rule between keys is broken once, and reported at its path. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkRecipe, checkStudy, type Checked } from '../../../src/study/spec/check-study.ts';
import { specFile } from '../../../src/study/spec/canonical-spec.ts';
import { toSnake } from '../../../src/study/spec/case-codec.ts';
import type { StageSpec, StudySpec } from '../../../src/study/spec/study-spec.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { exampleStudy, plainTrainer } from '../support/example-study.ts';
import { anyStudy } from '../support/study-arbitrary.ts';

const twoLayer = describeTrainer({});
const spec = exampleStudy();
const [coarse, fine] = [spec.stages[0]!, spec.stages[1]!];
const trained = (change: object): StudySpec => ({
  ...spec,
  trainer: { ...plainTrainer, ...change },
});
const staged = (...stages: StageSpec[]): StudySpec => ({ ...spec, stages });
const ranged = (min: number, max: number): StudySpec =>
  staged({ ...coarse, search: { lambda: { distribution: 'log_uniform', min, max } } });
const rate = plainTrainer.learningRate;

function problemsOf(checked: Checked<unknown>): { path: string; message: string }[] {
  if (checked.kind === 'valid') return [];
  const all = [...checked.issues, ...checked.broken];
  return all.map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
}

describe('the rules of a study', () => {
  test('hold for every valid study', () => {
    fc.assert(
      fc.property(anyStudy, (any) => {
        expect(problemsOf(checkStudy(specFile(any), twoLayer))).toEqual([]);
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
    ['trainer.cycles', trained({ cycles: 0 })],
    [
      'trainer.cycles',
      trained({ cycles: 3, learningRate: { ...rate, stepSize: 1e9 }, measure: 'end' }),
    ],
    ['trainer.epochs', trained({ cycles: undefined, epochs: Infinity })],
    ['trainer.measure', trained({ cycles: 100, measure: { steps: 1 } })],
    [
      'dataset.validation.0',
      { ...spec, dataset: { ...spec.dataset!, train: ['a'], validation: ['a'] } },
    ],
    ['test', { ...spec, test: 'all', dataset: { ...spec.dataset!, test: undefined } }],
    ['stages', staged()],
    ['stages.1.name', staged(coarse, { ...coarse })],
    ['stages.0.trials', staged({ ...coarse, trials: 2 })],
    ['stages.0.search.lambda', staged({ ...coarse, search: {} })],
    ['stages.0.search.lambda.narrow', staged(fine)],
    ['stages.0.search.lambda.narrow', staged({ ...fine, name: 'coarse' })],
    ['stages.0.search.lambda.min', ranged(0, 1)],
    ['stages.0.search.lambda.min', ranged(1, 1)],
    ['stages.0.search.lambda.min', ranged(2, 1)],
    ['stages.0.search.lambda.max', ranged(1, Infinity)],
    ['stages.0.search.lambda.max', ranged(1, NaN)],
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
    ['audit', { ...spec, reproducible: false, audit: { random: 0.1, top: 1 } }],
  ])('reports a problem at %s and nowhere else', (path, broken) => {
    const found = new Set(problemsOf(checkStudy(specFile(broken), twoLayer)).map((p) => p.path));
    expect([...found]).toEqual([path]);
  });

  test('a bound that is an exponent is reported with the value to write', () => {
    const messages = problemsOf(checkStudy(specFile(ranged(-9, -1)), twoLayer));
    expect(messages.map(({ message }) => message)).toEqual([
      'must be from 0 to 1000000, got -9. Bounds are values: write 1.0e-9, not the exponent -9',
      'must be from 0 to 1000000, got -1. Bounds are values: write 1.0e-1, not the exponent -1',
    ]);
  });

  test('a recipe may set λ to 0, but not below', () => {
    const { study, seed, dataset, trainer } = toSnake(spec) as Record<string, object>;
    const recipe = (lambda: number) => ({ study, seed, dataset, trainer: { ...trainer, lambda } });
    expect(problemsOf(checkRecipe(recipe(0), twoLayer))).toEqual([]);
    expect(problemsOf(checkRecipe(recipe(-1e-9), twoLayer)).map(({ path }) => path)).toEqual([
      'trainer.lambda',
    ]);
  });

  test('a study file of version 0.1.0 with lambda and numerics gives the same study', () => {
    const { reproducible: _, stages, ...file } = specFile(spec);
    const older = (stages as readonly { search: { lambda: unknown } }[]).map(
      ({ search, ...stage }) => ({ ...stage, lambda: search.lambda }),
    );
    const checked = checkStudy({ ...file, stages: older, numerics: 'canonical' }, twoLayer);
    expect(checked).toEqual({ kind: 'valid', spec });
    const any = checkStudy({ ...file, stages: older, numerics: 'any' }, twoLayer);
    expect(any).toMatchObject({ spec: { reproducible: false } });
  });
});

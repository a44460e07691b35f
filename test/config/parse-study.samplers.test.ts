/** Samplers of a study file: their keys, and the mistakes in them. */
import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../src/base/errors.ts';
import { parseStudy } from '../../src/config/parse-study.ts';
import { canonicalSpec, parseSpec } from '../../src/study/spec/canonical-spec.ts';
import { compareSpecs } from '../../src/study/spec/compare-specs.ts';
import type { PartialStudy } from '../../src/study/spec/rule-types.ts';
import { samplerRules } from '../../src/study/spec/sampler-rules.ts';
import type { StudySpec } from '../../src/study/spec/study-spec.ts';
import { describeTrainer } from '../../src/trainers/registry.ts';

const search = `
search:
  lambda: { log_uniform: [1.0e-6, 1.0] }
  hidden: { values: [25, 50, 100] }`;

function parsed(stages: string, sections = search): StudySpec {
  const text = `study: sampled
dataset: { name: digits, train: { count: 1000 }, validation: { count: 400 } }
trainer:
  hidden: 50
  batch: 50
  learning_rate: { min: 1.0e-4, max: 0.1, step_size: 100 }
  cycles: 2${sections}
stages:
  - { ${stages.split('\n').join(' }\n  - { ')} }`;
  return parseStudy(text, 'study.yaml', describeTrainer);
}

function problemsOf(stages: string, sections = search): string {
  try {
    parsed(stages, sections);
  } catch (error) {
    if (error instanceof RidgelineError) return error.message;
    throw error;
  }
  return 'valid';
}

const coarse = 'name: coarse, trials: 12';

describe('the sampler of a stage', () => {
  test('is kept in the canonical text, and random search is absent from it', () => {
    for (const stage of [coarse, `${coarse}, sampler: random`]) {
      expect(canonicalSpec(parsed(stage))).not.toContain('sampler');
      expect(canonicalSpec(parsed(stage))).toBe(canonicalSpec(parsed(coarse)));
    }
    const spec = parsed(`${coarse}, sampler: model
name: fine, trials: 12, sampler: model, lag: 4, after: coarse
name: last, trials: 12, sampler: spread`);
    expect(spec.stages).toMatchObject([
      { name: 'coarse', sampler: 'model', round: 8 },
      { name: 'fine', sampler: 'model', lag: 4, after: 'coarse' },
      { name: 'last', sampler: 'spread' },
    ]);
    expect(spec.stages[1]).not.toHaveProperty('round');
    expect(parseSpec(canonicalSpec(spec), describeTrainer)).toEqual(spec);
  });

  test('is one of four', () => {
    expect(problemsOf(`${coarse}, sampler: sobol`)).toMatch(/random.*spread.*model.*grid/);
  });

  test.each([
    ['round: 4', 'goes with sampler: model only'],
    ['sampler: spread, lag: 4', 'goes with sampler: model only'],
    ['sampler: model, round: 4, lag: 4', 'does not go with round'],
    ['sampler: model, round: 0', 'must be a whole number from 1 to 200'],
    ['sampler: model, after: fine', 'no earlier stage is called "fine"'],
  ])('is refused with %s', (keys, message) => {
    expect(problemsOf(`${coarse}, ${keys}`)).toContain(message);
  });

  test('does not use a lag together with audits, since results are used before they are audited', () => {
    const audited = `${search}\naudit: { top: 3 }`;
    expect(problemsOf(`${coarse}, sampler: model, lag: 4`, audited)).toContain(
      'does not go with audit',
    );
    expect(problemsOf(`${coarse}, sampler: model, round: 4`, audited)).toBe('valid');
  });

  test('needs more trials for the model than those with which it begins', () => {
    expect(problemsOf('name: coarse, trials: 8, sampler: model')).toContain(
      'begins with 8 trials of spread, so 8 are too few to propose any',
    );
    expect(problemsOf('name: coarse, trials: 12, sampler: model, lag: 12')).toContain(
      'begins with 12 trials of spread',
    );
    expect(problemsOf('name: coarse, trials: 2001, sampler: model')).toContain(
      'at most 2000 trials',
    );
    const after = `${coarse}, sampler: spread\nname: fine, trials: 4, sampler: model, after: coarse`;
    expect(problemsOf(after)).toBe('valid');
  });

  test('searches at most 20 hyperparameters with spread', () => {
    const problems = (count: number): string[] => {
      const names = Array.from({ length: count }, (_, place) => `setting_${place}`);
      const given = names.map((name) => [name, { values: [1, 2] }] as const);
      const file: PartialStudy = {
        search: Object.fromEntries(given),
        stages: [{ name: 'coarse', trials: 100, sampler: 'spread' }],
      };
      const found: string[] = [];
      samplerRules(file, { isGiven: () => false, report: (_, message) => found.push(message) });
      return found;
    };
    expect(problems(20)).toEqual([]);
    expect(problems(21)).toEqual([
      'spread searches at most 20 hyperparameters, got 21. Use sampler: random',
    ]);
  });
});

describe('a grid', () => {
  test('has exactly the trials of the stage, and an error says how many fit', () => {
    expect(problemsOf(`${coarse}, sampler: grid`)).toBe('valid');
    expect(problemsOf('name: coarse, trials: 13, sampler: grid')).toContain(
      'a grid of at most 13 points has 12 (levels: hidden 3, lambda 4). Write trials: 12',
    );
  });

  test('does not go with narrow or where', () => {
    const narrowing = `${coarse}, lambda: { log_uniform: [1.0e-6, 1.0] }
name: fine, trials: 12, sampler: grid, lambda: { distribution: log_uniform, narrow: coarse }`;
    expect(problemsOf(narrowing, '')).toContain('grid does not go with narrow');
    const conditional = `${search}\n  dropout: { uniform: [0, 0.5], where: { hidden: [100] } }`;
    expect(problemsOf('name: coarse, trials: 12, sampler: grid', conditional)).toContain(
      'dropout has a condition (where)',
    );
  });

  test('cannot be extended, while a stage of another sampler can', () => {
    const longer = (sampler: string, trials: number): StudySpec =>
      parsed(`name: coarse, trials: ${trials}, sampler: ${sampler}`);
    expect(compareSpecs(longer('grid', 12), longer('grid', 15)).kind).toBe('different');
    for (const sampler of ['random', 'spread', 'model'])
      expect(compareSpecs(longer(sampler, 12), longer(sampler, 15)).kind).toBe('extended');
  });
});

/** Searched hyperparameters of a study file: their forms, and the mistakes in them. */
import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../src/base/errors.ts';
import { parseStudy } from '../../src/config/parse-study.ts';
import { canonicalSpec, parseSpec } from '../../src/study/spec/canonical-spec.ts';
import type { StudySpec } from '../../src/study/spec/study-spec.ts';
import { describeTrainer } from '../../src/trainers/registry.ts';

/** @param sections `search` and `stages` of the file, and settings that replace those below */
function parsed(sections: string, trainer = ''): StudySpec {
  const text = `study: searched
dataset: { name: digits, train: { count: 1000 }, validation: { count: 400 } }
trainer:
  hidden: 50
  batch: 50
  learning_rate: { min: 1.0e-4, max: 0.1, step_size: 100 }
  cycles: 2${trainer}
${sections}`;
  return parseStudy(text, 'study.yaml', describeTrainer);
}

function problemsOf(sections: string, trainer = ''): string {
  try {
    parsed(sections, trainer);
  } catch (error) {
    if (error instanceof RidgelineError) return error.message;
    throw error;
  }
  return 'valid';
}

const one = '{ name: one, trials: 4 }';
const searching = (search: string): string => `search: ${search}\nstages: [${one}]`;

describe('the search of a study file', () => {
  test('has the same canonical text in its short and in its long form', () => {
    const short = `
search:
  lambda: { log_uniform: [1.0e-6, 1.0], also: [0] }
  hidden: { values: [25, 50] }
  batch: { integer: [10, 60] }
stages: [${one}]`;
    const long = `
stages:
  - name: one
    trials: 4
    also: [{ lambda: 0 }]
    search:
      batch: { distribution: integer, min: 10, max: 60 }
      hidden: { distribution: values, values: [25, 50] }
      lambda: { distribution: log_uniform, min: 1.0e-6, max: 1.0 }`;
    expect(canonicalSpec(parsed(short))).toBe(canonicalSpec(parsed(long)));
    expect(parseSpec(canonicalSpec(parsed(short)), describeTrainer)).toEqual(parsed(short));
  });

  test('applies to every stage; a stage replaces single hyperparameters', () => {
    const { stages } = parsed(`
search:
  lambda: { log_uniform: [1.0e-6, 1.0], also: [0] }
  learning_rate.max: { log_uniform: [0.01, 0.5] }
stages:
  - { name: wide, trials: 4 }
  - { name: near, trials: 4, search: { lambda: { uniform: [0.001, 0.1] } } }
  - { name: short, trials: 4, lambda: { distribution: log_uniform, min: 1.0e-3, max: 1.0e-2 } }`);
    const rate = { distribution: 'log_uniform', min: 0.01, max: 0.5 };
    expect(stages.map(({ search }) => search)).toEqual([
      {
        lambda: { distribution: 'log_uniform', min: 1e-6, max: 1 },
        'learning_rate.max': rate,
      },
      { lambda: { distribution: 'uniform', min: 0.001, max: 0.1 }, 'learning_rate.max': rate },
      { lambda: { distribution: 'log_uniform', min: 1e-3, max: 1e-2 }, 'learning_rate.max': rate },
    ]);
    // Known values of the study are tried once, in its first stage.
    expect(stages.map(({ also }) => also)).toEqual([[{ lambda: 0 }], undefined, undefined]);
  });

  test('narrows its one hyperparameter on the scale of the stage that is narrowed', () => {
    const { stages } = parsed(
      `
search: { dropout: { uniform: [0, 0.5] } }
stages: [{ name: wide, trials: 4 }, { name: near, trials: 4, narrow: wide }]`,
      '\n  lambda: 0.001',
    );
    expect(stages[1]?.search).toEqual({ dropout: { distribution: 'uniform', narrow: 'wide' } });
  });

  test('may fix λ and search a setting', () => {
    const spec = parsed(searching('{ hidden: { log_integer: [8, 512] } }'), '\n  lambda: 0.001');
    expect(spec.trainer).toMatchObject({ lambda: 0.001, hidden: 50 });
    expect(spec.stages[0]?.search).toEqual({
      hidden: { distribution: 'log_integer', min: 8, max: 512 },
    });
  });

  const lambda = 'lambda: { log_uniform: [1.0e-6, 1.0] }';
  test.each<[string, string]>([
    [
      searching(`{ ${lambda}, hiden: { values: [25] } }`),
      'hiden: unknown key; did you mean hidden?',
    ],
    [searching('{ hidden: { values: [25] } }'), 'stages.0.lambda: is missing'],
    [searching('{ lambda: {} }'), 'search.lambda: needs a distribution, such as log_uniform'],
    [searching('{ lambda: { log_uniform: [0, 1.0] } }'), 'log_uniform.0: must be above 0'],
    [searching('{ lambda: { log_uniform: [1.0] } }'), 'must be [smallest, largest]'],
    [searching('{ lambda: { uniform: [1.0, 0.5] } }'), 'min (1) must be smaller than max (0.5)'],
    [
      searching('{ lambda: { log_uniform: [1.0e-6, 1.0], values: [1] } }'),
      'search.lambda.values: is given next to log_uniform. Keep one of them',
    ],
    [
      searching('{ lambda: { log_uniform: [1.0e-6, 1.0], min: 1 } }'),
      'search.lambda.min: does not go with log_uniform',
    ],
    [
      searching(`{ ${lambda}, hidden: { uniform: [10, 20] } }`),
      'search.hidden: takes whole numbers: use integer or values',
    ],
    [
      searching(`{ ${lambda}, hidden: { integer: [10, 9000] } }`),
      'search.hidden.integer.1: must be from 1 to 4096, got 9000',
    ],
    [searching(`{ ${lambda}, hidden: { values: [10, 10] } }`), '10 is in the list twice'],
    [
      searching(`{ ${lambda}, mirror: { values: [yes, true] } }`),
      'search.mirror.values.0: must be',
    ],
    [
      searching(`{ ${lambda}, learning_rate.min: { log_uniform: [0.001, 0.5] } }`),
      'search.learning_rate.min: allows learning_rate.min 0.5, but trainer.learning_rate.min: min (0.5) must not be larger than max (0.1)',
    ],
    [
      searching('{ lambda: { narrow: one } }'),
      'search.lambda.narrow: is a key of a stage: give the bounds here',
    ],
    [
      `search: { ${lambda}, hidden: { values: [25, 50] } }\nstages: [${one}, { name: two, trials: 4, narrow: one }]`,
      'stages.1.narrow: works for a stage with one hyperparameter; this one has lambda, hidden',
    ],
    [
      `search: { lambda: { values: [0.1, 0.2] } }\nstages: [${one}, { name: two, trials: 4, narrow: one }]`,
      'stages.1.narrow: stage one has a list of values of lambda; only a range can be narrowed',
    ],
    [
      searching(`{ ${lambda}, dropout: { uniform: [0, 0.5], where: { hidden: [50] } } }`),
      'search.dropout.where.hidden: is not searched in this stage (searched: lambda)',
    ],
    [
      searching(`{ ${lambda}, dropout: { uniform: [0, 0.5], where: { lambda: [0.1] } } }`),
      'search.dropout.where.lambda: needs a list of values of lambda',
    ],
    [
      searching(
        `{ ${lambda}, hidden: { values: [25, 50] }, dropout: { uniform: [0, 0.5], where: { hidden: [51] } } }`,
      ),
      'search.dropout.where.hidden.0: 51 is not a value of hidden (25, 50)',
    ],
    [
      searching(
        `{ ${lambda}, hidden: { values: [25, 50], where: { mirror: [true] } }, mirror: { values: [true, false], where: { hidden: [25] } } }`,
      ),
      'depend on each other',
    ],
    [
      `search: { ${lambda} }\nstages: [{ name: one, trials: 4, also: [{ hidden: 60 }] }]`,
      'stages.0.also.0.hidden: is not searched in this stage (searched: lambda)',
    ],
    [searching('{ lambda: { log_uniform: [1.0e-6, 1.0], also: [-1] } }'), 'also.0: must be from 0'],
    [
      `search: { ${lambda} }\nstages: [{ name: one, trials: 2 }]`,
      'must be a whole number from 3 to',
    ],
    [
      `search: { ${lambda} }\nstages: [{ name: one, trials: 0 }]`,
      'stages.0.trials: must be at least 3, got 0. Only a stage with known configurations (also) may have 0',
    ],
  ])('with %s is rejected with the reason', (sections, message) => {
    const report = problemsOf(sections);
    expect(report).toContain(message);
    expect(report).toContain('study.yaml has one problem:');
  });

  test('of a switch takes values only', () => {
    const report = problemsOf(searching(`{ ${lambda}, mirror: { uniform: [0, 1] } }`));
    expect(report).toContain('search.mirror: needs values, such as values: [false, true]');
    expect(report).toContain('uniform: unknown key; known here: values, also, where, distribution');
  });

  test('is rejected if a stage searches nothing', () => {
    expect(problemsOf(`stages: [${one}]`, '\n  lambda: 0.1')).toContain(
      'stages.0.search: is missing: a stage searches at least one hyperparameter',
    );
  });
});

/** Import of configurations: the files of other programs, and the study file that receives them. */
import { describe, expect, test } from 'vitest';
import { journalTrials, tableTrials } from '../../src/config/foreign-trials.ts';
import { chooseKnown, withKnown } from '../../src/config/known-configurations.ts';
import { parseStudy } from '../../src/config/parse-study.ts';
import type { Params } from '../../src/study/search-space.ts';
import type { StageSpec } from '../../src/study/spec/study-spec.ts';
import { describeTrainer } from '../../src/trainers/registry.ts';

const { parameters } = describeTrainer({});
const stage: StageSpec = {
  name: 'one',
  trials: 4,
  search: {
    lambda: { distribution: 'log_uniform', min: 1e-6, max: 1 },
    hidden: { distribution: 'values', values: [25, 50] },
    mirror: { distribution: 'values', values: [true, false] },
  },
};
const choice = { top: 3, direction: 'maximize', renamed: new Map(), parameters } as const;

describe('a table of another program', () => {
  const optuna = `number,value,params_lambda,params_hidden,params_mirror,state
0,0.90,0.01,50,True,COMPLETE
1,0.95,0.001,25,False,COMPLETE
2,,0.5,25,False,FAIL
3,0.92,0.002,40.5,False,COMPLETE
`;

  test('gives the best configurations first, with the names and types of the study', () => {
    const known = chooseKnown(tableTrials(optuna, 't.csv', ',', undefined), stage, choice);
    expect(known.configurations).toEqual([
      { lambda: 0.001, hidden: 25, mirror: false },
      { lambda: 0.01, hidden: 50, mirror: true },
      { lambda: 0.5, hidden: 25, mirror: false },
    ]);
    expect([...known.skipped]).toEqual([['hidden must be a whole number, got 40.5', 1]]);
  });

  test('ranks by the named column, in the direction of the objective', () => {
    const text = 'lr\tloss\n0.1\t3\n0.2\t1\n0.3\t2\n';
    const renamed = new Map([['lr', 'lambda']]);
    const trials = tableTrials(text, 't.tsv', '\t', 'loss');
    const known = chooseKnown(trials, stage, {
      ...choice,
      renamed,
      direction: 'minimize',
      top: 2,
    });
    expect(known.configurations).toEqual([{ lambda: 0.2 }, { lambda: 0.3 }]);
    expect(() => tableTrials(text, 't.tsv', '\t', 'los')).toThrow('no column "los"');
  });

  test('leaves out what the stage knows, and trials without its hyperparameters', () => {
    const text = 'lambda,depth\n0.1,1\n0.1,2\n,3\n';
    const trials = tableTrials(text, 't.csv', ',', undefined);
    const known = chooseKnown(trials, { ...stage, also: [{ lambda: 0.1 }] }, choice);
    expect(known.configurations).toEqual([]);
    expect([...known.skipped]).toEqual([
      ['known already', 2],
      ['none of lambda, hidden, mirror in it', 1],
    ]);
  });
});

describe('an Optuna journal', () => {
  test('gives trials that were created whole, and trials that grew by parameter', () => {
    const hidden = JSON.stringify({
      name: 'CategoricalDistribution',
      attributes: { choices: [25, 50] },
    });
    const float = JSON.stringify({
      name: 'FloatDistribution',
      attributes: { low: 1e-6, high: 1, log: true, step: null },
    });
    const lines = [
      { op_code: 0, study_name: 's', directions: [2] },
      { op_code: 4, study_id: 0 },
      {
        op_code: 5,
        trial_id: 0,
        param_name: 'lambda',
        param_value_internal: 0.25,
        distribution: float,
      },
      {
        op_code: 5,
        trial_id: 0,
        param_name: 'hidden',
        param_value_internal: 1,
        distribution: hidden,
      },
      { op_code: 6, trial_id: 0, state: 1, values: [0.8] },
      {
        op_code: 4,
        study_id: 0,
        state: 1,
        value: 0.9,
        params: { lambda: 0.5, hidden: 0 },
        distributions: { lambda: float, hidden },
      },
      { op_code: 4, study_id: 0 },
      { op_code: 6, trial_id: 2, state: 3, values: null },
    ];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    expect(journalTrials(text, 'j')).toEqual([
      { values: { lambda: 0.25, hidden: 50 }, value: 0.8 },
      { values: { lambda: 0.5, hidden: 25 }, value: 0.9 },
      { values: {}, value: null },
    ]);
    expect(() => journalTrials('{"op_code":0}\nnonsense\n', 'j.log')).toThrow('j.log:2 is not');
  });
});

describe('a study file that receives configurations', () => {
  const head = `study: known # a comment
dataset: { name: digits, train: { count: 1000 }, validation: { count: 400 } }
trainer: { hidden: 50, batch: 50, learning_rate: { min: 1.0e-4, max: 0.1, step_size: 100 }, cycles: 2 }
search: { lambda: { log_uniform: [1.0e-6, 1.0] } }
`;
  const configurations: Params[] = [{ lambda: 0.1 + 0.2 }, { lambda: 1e-7 }];

  test.each([
    ['a stage in braces', 'stages: [{ name: one, trials: 4 }] # end\n'],
    ['a stage in lines', 'stages:\n  - name: one\n    trials: 4 # four\n\n# end\n'],
    ['a stage in lines that ends the file', 'stages:\n  - trials: 4\n    name: one'],
    ['a list in brackets', 'stages: [{ name: one, also: [{ lambda: 0 }, ], trials: 4 }]\n'],
    ['a list in lines', 'stages:\n  - name: one\n    also:\n      - lambda: 0\n    trials: 4\n'],
    [
      'the first of two stages',
      'stages:\n  - name: one\n    trials: 4\n  - { name: b, trials: 3 }\n',
    ],
  ])('has them behind those of %s, and all other lines as they were', (_, stages) => {
    const before = head + stages;
    const after = withKnown(before, 0, configurations);
    const also = (text: string): readonly Params[] =>
      parseStudy(text, 'known.yaml', describeTrainer).stages[0]?.also ?? [];
    expect(also(after)).toEqual([...also(before), ...configurations]);
    expect(parseStudy(after, 'f', describeTrainer).stages.slice(1)).toEqual(
      parseStudy(before, 'f', describeTrainer).stages.slice(1),
    );
    expect(after.startsWith(head)).toBe(true);
    for (const comment of stages.match(/#.*/g) ?? []) expect(after).toContain(comment);
  });
});

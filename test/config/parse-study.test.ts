import { globSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { RidgelineError } from '../../src/base/errors.ts';
import { parseStudy, parseStudyOrRecipe } from '../../src/config/parse-study.ts';
import { describeTrainer } from '../../src/trainers/registry.ts';
import { namedDatasets } from '../../src/dataset/named-datasets.ts';
import { canonicalSpec, specFile } from '../../src/study/spec/canonical-spec.ts';
import { datasetNames } from '../../src/study/spec/dataset-names.ts';
import { anyStudy } from '../study/support/study-arbitrary.ts';
import { problemsOf } from './support/problems-of.ts';

const good = readFileSync('configs/quickstart.yaml', 'utf8');

const recipe = `
study: one-run
dataset: { name: cifar10, train: [data_batch_1], validation: [data_batch_2] }
trainer:
  hidden: 50
  batch: 100
  learning_rate: { min: 1.0e-5, max: 1.0e-1, step_size: 500 }
  epochs: 10
  measure: { steps: 100 }
  lambda: 0.01
`;

describe('a study file', () => {
  test('in the folder configs is valid, whichever it is', () => {
    const files = globSync('configs/*.yaml');
    expect(files.length).toBeGreaterThanOrEqual(2);
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      expect(() => parseStudyOrRecipe(text, file, describeTrainer)).not.toThrow();
      expect(text).toMatch(
        /^# yaml-language-server: \$schema=\.\/(?:study|recipe)\.schema\.json\n/,
      );
    }
  });

  test('becomes a spec with all defaults written out', () => {
    expect(
      parseStudy(readFileSync('configs/coarse-to-fine.yaml', 'utf8'), 'f', describeTrainer),
    ).toEqual({
      study: 'coarse-to-fine',
      seed: 1,
      dataset: {
        name: 'cifar10',
        train: ['data_batch_1'],
        validation: ['data_batch_2'],
        test: ['test_batch'],
        stratify: false,
      },
      trainer: {
        name: 'two-layer',
        hidden: 50,
        batch: 100,
        learningRate: { min: 1e-5, max: 1e-1, stepSize: 500, cycleMultiplier: 1 },
        cycles: 2,
        measure: 'cycle',
        dropout: 0,
        mirror: false,
        shift: 0,
      },
      objective: { metric: 'validation_accuracy', direction: 'maximize' },
      stages: [
        {
          name: 'coarse',
          trials: 30,
          search: { lambda: { distribution: 'log_uniform', min: 1e-9, max: 1e-1 } },
        },
        {
          name: 'fine',
          trials: 30,
          search: { lambda: { distribution: 'log_uniform', narrow: 'coarse' } },
        },
      ],
      replicates: 1,
      racing: false,
      reproducible: true,
      test: 'winner',
    });
  });

  test('that names an unknown data set gets the list of known ones, next to its other problems', () => {
    const wrong = good.replace('name: digits', 'name: cifar100').replace('batch: 50', 'batch: 0');
    const problems = problemsOf(wrong);
    expect(problems).toMatch(
      /study\.yaml:\d+:9 {2}dataset\.name: must be one of digits, cifar10, fashion-mnist, mnist, got "cifar100"; did you mean cifar10\?\n/,
    );
    expect(problems).toContain('trainer.batch: ');
    expect(problemsOf(good.replace('name: digits', 'name: ./images.npz'))).toContain(
      'for your own files write path instead of name',
    );
    expect(namedDatasets.map(({ name }) => name).toSorted()).toEqual(datasetNames.toSorted());
  });

  test('with tabs reports each tab and none of the errors that follow from it', () => {
    const one = problemsOf(good.replace('  hidden: 50', '\thidden: 50'));
    expect(one).toMatch(/^study\.yaml has one problem:\n .*Tabs are not allowed.*: use spaces\n/);
    const two = problemsOf(good.replaceAll('    trials: 16', '\t  trials: 16'));
    expect(two).toMatch(/^study\.yaml has 2 problems:/);
    expect(two.match(/Tabs are not allowed as indentation/g)).toHaveLength(2);
    const both = problemsOf(good.replace('seed: 1', 'seed: [1').replace('  hidden', '\thidden'));
    expect(both).toMatch(/Flow sequence/);
  });

  test('gets defaults for the keys that it leaves out', () => {
    const spec = parseStudy(good.replace('seed: 1\n', ''), 'f', describeTrainer);
    expect(spec).toMatchObject({
      seed: 0,
      objective: { metric: 'validation_accuracy', direction: 'maximize' },
      trainer: { dropout: 0, mirror: false, shift: 0, measure: 'cycle' },
      replicates: 1,
      racing: false,
      reproducible: true,
      test: 'winner',
    });
    const audited = parseStudy(`${good}\naudit: {}\n`, 'f', describeTrainer);
    expect(audited.audit).toEqual({ random: 0.02, top: 3 });
    const loss = parseStudy(
      `${good}\nobjective: { metric: validation_loss }\n`,
      'f',
      describeTrainer,
    );
    expect(loss.objective.direction).toBe('minimize');
  });

  test('written from any study parses to the same study', () => {
    fc.assert(
      fc.property(anyStudy, fc.boolean(), (spec, isFlow) => {
        const text = stringify(specFile(spec), { collectionStyle: isFlow ? 'flow' : 'block' });
        const read = parseStudy(text, 'study.yaml', describeTrainer);
        expect(canonicalSpec(read)).toBe(canonicalSpec(spec));
        expect(parseStudyOrRecipe(text, 'study.yaml', describeTrainer)).toEqual({
          kind: 'study',
          spec: read,
        });
      }),
    );
  });

  test('without stages and with a fixed λ is a recipe', () => {
    const read = parseStudyOrRecipe(recipe, 'recipe.yaml', describeTrainer);
    expect(read).toMatchObject({
      kind: 'recipe',
      spec: {
        study: 'one-run',
        seed: 0,
        params: { lambda: 0.01 },
        trainer: { epochs: 10, measure: { steps: 100 } },
      },
    });
  });
});

describe('a wrong study file', () => {
  test('with fractions that add up to more than 1 is rejected', () => {
    const fractions = (train: number): string =>
      good
        .replace('{ count: 1000 }', `{ fraction: ${train} }`)
        .replace('{ count: 400 }', '{ fraction: 0.2 }')
        .replace('{ count: 397 }', '{ fraction: 0.1 }');
    expect(problemsOf(fractions(0.8))).toContain('dataset: the splits take 1.1 of the records');
    expect(parseStudy(fractions(0.7), 'study.yaml', describeTrainer).dataset?.test).toEqual({
      fraction: 0.1,
    });
  });

  test('reports every problem at once, in order of lines, with the line and a caret', () => {
    const text = `study: Bad Name
sed: 3
dataset:
  name: digits
  train: { cuont: 1000 }
  validation: 400
trainer:
  hidden: 50.5
  lr: { min: 1.0e-1, max: 1.0e-5, step_size: '500' }
  mirror: yes
metric: { name: val_acc, goal: maximise }
stages:
  - nmae: coarse
    trials: 1_000
    lambda: { distribution: loguniform, min: -9, max: -1 }
  - name: fine
    trials:
    lambda: { distribution: log_uniform, narrow: corse }
`;
    expect(problemsOf(text)).toMatchInlineSnapshot(`
      "study.yaml has 22 problems:
        study.yaml:1:8  study: must be 1 to 64 of a-z, 0-9, "-", "_" and ".", and start with a letter or a digit
            study: Bad Name
                   ^
        study.yaml:2:1  sed: unknown key; did you mean seed?
            sed: 3
            ^
        study.yaml:5:12  dataset.train.cuont: unknown key; did you mean count?
              train: { cuont: 1000 }
                       ^
        study.yaml:6:15  dataset.validation: must be a list of shards, such as [data_batch_1], { count: N } or { fraction: 0.1 }, got 400
              validation: 400
                          ^
        study.yaml:7:1  trainer.batch: is missing
            trainer:
            ^
        study.yaml:7:1  trainer: needs exactly one of cycles and epochs
            trainer:
            ^
        study.yaml:8:11  trainer.hidden: must be a whole number from 1 to 4096, got 50.5
              hidden: 50.5
                      ^
        study.yaml:9:3  trainer.lr: unknown key; did you mean learning_rate?
              lr: { min: 1.0e-1, max: 1.0e-5, step_size: '500' }
              ^
        study.yaml:9:46  trainer.learning_rate.step_size: must be a number; "500" is a text: write it without quotes
              lr: { min: 1.0e-1, max: 1.0e-5, step_size: '500' }
                                                         ^
        study.yaml:10:11  trainer.mirror: must be true or false, got "yes": write true
              mirror: yes
                      ^
        study.yaml:11:1  metric: unknown key; did you mean objective?
            metric: { name: val_acc, goal: maximise }
            ^
        study.yaml:11:11  objective.name: unknown key; did you mean metric?
            metric: { name: val_acc, goal: maximise }
                      ^
        study.yaml:11:17  objective.metric: must be one of validation_accuracy, validation_loss, validation_cost, train_accuracy, train_loss, got "val_acc"; did you mean validation_accuracy?
            metric: { name: val_acc, goal: maximise }
                            ^
        study.yaml:11:26  objective.goal: unknown key; did you mean direction?
            metric: { name: val_acc, goal: maximise }
                                     ^
        study.yaml:11:32  objective.direction: must be one of maximize, minimize, got "maximise"; did you mean maximize?
            metric: { name: val_acc, goal: maximise }
                                           ^
        study.yaml:13:5  stages.0.nmae: unknown key; did you mean name?
              - nmae: coarse
                ^
        study.yaml:14:13  stages.0.trials: must be a number; "1_000" is a text: write 1000
                trials: 1_000
                        ^
        study.yaml:15:29  stages.0.lambda.distribution: must be log_uniform, as loguniform is called in other programs; min and max are values, not exponents
                lambda: { distribution: loguniform, min: -9, max: -1 }
                                        ^
        study.yaml:15:46  stages.0.lambda.min: must be from 0 to 1000000, got -9. Bounds are values: write 1.0e-9, not the exponent -9
                lambda: { distribution: loguniform, min: -9, max: -1 }
                                                         ^
        study.yaml:15:55  stages.0.lambda.max: must be from 0 to 1000000, got -1. Bounds are values: write 1.0e-1, not the exponent -1
                lambda: { distribution: loguniform, min: -9, max: -1 }
                                                                  ^
        study.yaml:17:12  stages.1.trials: has no value
                trials:
                       ^
        study.yaml:18:50  stages.1.lambda.narrow: no earlier stage is called "corse" (earlier stages: coarse)
                lambda: { distribution: log_uniform, narrow: corse }
                                                             ^"
    `);
  });

  test.each([
    [
      'max: 1.0 }',
      'max: 1.0e-7 }',
      'stages.0.lambda.min: min (0.000001) must be smaller than max (1e-7). Swap them',
    ],
    ['min: 1.0e-6', 'min: 0', 'stages.0.lambda.min: must be above 0 and at most 1000000, got 0'],
    ['min: 1.0e-6, ', '', 'stages.0.lambda: needs both min and max'],
    [
      'narrow: coarse',
      'narrow: fine',
      'no earlier stage is called "fine" (earlier stages: coarse)',
    ],
    [
      'train: { count: 1000 }',
      'train: { count: 5, fraction: 0.5 }',
      'dataset.train.fraction: needs exactly one of count and fraction',
    ],
    [
      'train: { count: 1000 }',
      'train: { fraction: 80 }',
      'dataset.train.fraction: must be above 0 and at most 1, got 80. For 80 records write',
    ],
    ['train: { count: 1000 }', 'train: {}', 'needs exactly one of count and fraction'],
    [
      'train: { count: 1000 }',
      'train: { count: 1000 }\n  stratified: true',
      'dataset.stratified: unknown key; did you mean stratify?',
    ],
    [
      'name: digits',
      'path: x\n  format: npz',
      'dataset.format: must be one of auto, cifar10-binary, cifar10-python, idx, numpy, images, got "npz"; did you mean numpy?',
    ],
    ['name: digits', 'name: digits\n  format: idx', 'dataset.format: format goes with path'],
    [
      'cycles: 2',
      'cycles: 2\n  epochs: 3',
      'trainer.epochs: needs exactly one of cycles and epochs',
    ],
    ['cycles: 2', 'mirror: false', 'trainer: needs exactly one of cycles and epochs'],
    ['cycles: 2', 'cycels: 2', 'trainer.cycels: unknown key; did you mean cycles?'],
    ['cycles: 2', 'cycles: 2\n  measure: cylce', 'must be cycle, epoch, end or { steps: N }'],
    ['cycles: 2', 'cycles: 2\n  measure: {step: 2}', 'trainer.measure.step: unknown key; did you'],
    [
      'cycles: 2',
      'cycles: 2\n  lambda: 1',
      'trainer.lambda: has no effect, since every stage searches it',
    ],
    ['cycles: 2', 'cycles: 12345678901234567890', 'must be a whole number from 1 to 1000000'],
    ['cycles: 2', 'cycles: 1e400', 'trainer.cycles: must be a finite number, got Infinity'],
    ['cycles: 2', 'cycles: 2\n  dropout: .nan', 'must be a finite number, got NaN'],
    ['min: 1.0e-6', "min: '1e-6'", '"1e-6" is a text: write it without quotes'],
    ['min: 1.0e-6', 'min: 10^-6', '"10^-6" is a text: write 1.0e-6'],
    ['hidden: 50', 'hidden: 5,000', '"5,000" is a text: write 5000'],
    ['hidden: 50', 'hidden: 0,01', '"0,01" is a text: write 0.01'],
    ['hidden: 50', 'hidden: 1,5e-3', '"1,5e-3" is a text: write 1.5e-3'],
    ['hidden: 50', 'hidden: 50 60', 'must be a number; "50 60" is a text\n'],
    ['seed: 1', '1: x', 'a key must be a plain word, not a number'],
    ['seed: 1', 'seed: { min: 1,0e-6 }', 'write decimals with a point, such as 1.0e-6'],
    ['seed: 1', 'true: x', 'a key must be a plain word'],
    ['seed: 1', ': x', 'a key must be a plain word'],
    ['seed: 1', '~: x', 'a key must be a plain word'],
    ['cycles: 2', "cycles: 2\n  measure: { steps: '9' }", '"9" is a text: write it without quotes'],
    ['seed: 1', "replicates: '3'\nracing: true", 'replicates: must be a number; "3" is a text'],
    [
      'trials: 16',
      'trials: 16\n    distribution: log_uniform',
      "stages.0.distribution: unknown key here; it belongs in a stage's lambda",
    ],
    ['seed: 1', '__proto__: {x: 1}', '__proto__: unknown key; known here: study, seed'],
    ['seed: 1', 'constructor: 1', 'constructor: unknown key; known here: study, seed'],
    ['seed: 1', '? [a]\n: 1', 'a key must be a plain word'],
    ['seed: 1', 'seed: &a 1', 'anchors are not supported'],
    ['seed: 1', 'seed: *a', 'aliases are not supported'],
    [
      'seed: 1',
      'seed: !!js/function "x"',
      'the tag tag:yaml.org,2002:js/function is not supported',
    ],
    ['seed: 1', 'seed: !x 1', 'the tag !x is not supported'],
    ['seed: 1', '<<: {seed: 1}', 'merge keys are not supported'],
    ['seed: 1', 'seed: 1\nseed: 2', 'seed is given twice, first in line'],
    ['seed: 1', 'seed: 1\n---\nseed: 2', 'a study file holds one document'],
    ['seed: 1', `seed: ${'['.repeat(40)}1${']'.repeat(40)}`, 'nested more than 32 levels deep'],
  ])('with %j changed to %j reports exactly that problem', (before, after, message) => {
    expect(good).toContain(before);
    const report = problemsOf(good.replace(before, after));
    expect(report).toContain(message);
    expect(report).toContain('study.yaml has one problem:');
  });

  test.each([
    'loguniform',
    'logUniform',
    'log',
    'log_uniform_values',
    'log-uniform',
    'LOG_UNIFORM',
  ])('with the distribution %s gets the hint log_uniform', (word) => {
    const text = good.replaceAll('distribution: log_uniform', `distribution: ${word}`);
    expect(problemsOf(text)).toMatch(/must be log_uniform/);
  });

  test('with keys of another program gets the keys of Ridgeline as hints', () => {
    const text = `
name: sweep
method: random
metric: { name: val_accuracy, goal: maximize }
parameters: { lambda: { distribution: log_uniform_values, min: 1e-9, max: 1e-1 } }
run_cap: 30
`;
    const report = problemsOf(text);
    for (const [key, ours] of [
      ['name', 'study'],
      ['metric', 'objective'],
      ['objective.name', 'metric'],
      ['objective.goal', 'direction'],
      ['parameters', 'stages'],
    ] as const) {
      expect(report).toContain(`${key}: unknown key; did you mean ${ours}?`);
    }
    expect(report).toContain('stages: must be a list');
  });

  test('with one wrong value reports no rule that only fails because of that value', () => {
    const report = problemsOf(good.replace('max: 1.0 }', "max: '1' }").replace('1.0e-6', '0.5'));
    expect(report).toContain('study.yaml has one problem:');
    expect(report).toContain('stages.0.lambda.max: must be a number');
    const nameless = problemsOf(good.replace('- name: coarse', '- seed: 1'));
    expect(nameless).toContain('study.yaml has 2 problems:');
    expect(nameless).toContain('stages.0.name: is missing');
  });

  test.each([
    ['', 'the file is empty'],
    ['# nothing\n', 'the file is empty'],
    ['[1, 2]', 'must be a mapping (key: value), got [1,2]'],
    ['%YAML 1.1\n---\nstudy: x', 'directives (%YAML) are not supported'],
    ['study: x\rseed: 1', 'a carriage return without a line feed'],
  ])('with the text %j is rejected with the reason', (text, message) => {
    expect(problemsOf(text)).toContain(message);
  });

  test('that is not YAML is quoted with its line numbers, and long lines are cut', () => {
    const text = `a: 1\n}\nsome\nmore words: here\n- ${'long '.repeat(200)}: x\n`;
    const report = problemsOf(text);
    expect(report).toMatch(/study\.yaml:4:11 .*":"\n {6}more words: here\n {6} {10}\^\n/);
    expect(Math.max(...report.split('\n').map((line) => line.length))).toBeLessThan(250);
  });

  test('with control characters is shown without them', () => {
    const report = problemsOf('study: "\u001b[2J\u202e"\n\u001b[31mkey: 1\n');
    expect(report).toContain('study: must be 1 to 64 of');
    expect(report).not.toMatch(/[^\P{C}\n]/u);
  });

  test('with thousands of problems shows the first ones and the total', () => {
    const keys = Array.from({ length: 2_000 }, (_, index) => `key${index}: 1\n`).join('');
    const report = problemsOf(keys + good);
    expect(report).toContain('study.yaml has 2000 problems:');
    expect(report).toContain('  and 1950 more');
    expect(report.length).toBeLessThan(20_000);
  });

  test('that is neither a study nor a recipe names the keys that would make it one', () => {
    expect(problemsOf(recipe)).toMatch(/stages: is missing: .* a recipe .* has trainer\.lambda/);
    const neither = recipe.replace('  lambda: 0.01\n', '');
    expect(() => parseStudyOrRecipe(neither, 'f', describeTrainer)).toThrow(
      /a recipe .* has trainer\.lambda/,
    );
    const both = recipe.replace('0.01', '-0.01').replace('hidden', 'hiden');
    expect(() => parseStudyOrRecipe(both, 'f', describeTrainer)).toThrow(
      /trainer\.hiden: unknown key; did you mean hidden[^]*trainer\.lambda: must be from 0/,
    );
    for (const word of ['lamda', 'weight_decay'])
      expect(() =>
        parseStudyOrRecipe(recipe.replace('lambda', word), 'f', describeTrainer),
      ).toThrow(new RegExp(`one problem:[^]*trainer\\.${word}: unknown key; did you mean lambda`));
  });

  test('names a working example in the fix', () => {
    try {
      parseStudy('', 'f', describeTrainer);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(RidgelineError);
      const example = /configs\/[a-z-]+\.yaml/.exec((error as RidgelineError).fix)![0];
      expect(() =>
        parseStudy(readFileSync(example, 'utf8'), example, describeTrainer),
      ).not.toThrow();
    }
  });
});

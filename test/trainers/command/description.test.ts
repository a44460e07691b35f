import { expect, test } from 'vitest';
import { parseStudy } from '../../../src/config/parse-study.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';

const study = `
study: own
trainer:
  command: [python3, train.py]
  metrics: { loss: minimize }
search:
  x: { uniform: [0, 1] }
stages:
  - { name: only, trials: 4 }
`;

const parse = (text: string) => parseStudy(text, 'study.yaml', describeTrainer);

test('a study with a command needs no data set, and ranks by its metric in the declared direction', () => {
  expect(parse(study)).toMatchObject({
    objective: { metric: 'loss', direction: 'minimize' },
    trainer: { name: 'command', rungs: [1], repeatable: false },
  });
  expect(parse(study).dataset).toBeUndefined();
});

test('a study with a command and a data set is refused', () => {
  const dataset = 'dataset: { name: digits, train: { count: 9 }, validation: { count: 9 } }';
  expect(() => parse(`${study}${dataset}\n`)).toThrow('the program reads its own data');
});

test.each([
  ['{ loss: minimize }', '{ loss: minimize, test_loss: minimize }', 'is a metric of a test set'],
  ['[python3, train.py]', "['${parameters.x}']", 'the program must not depend on parameters'],
  ['metrics:', 'rungs: [3, 2]\n  metrics:', 'rungs must ascend'],
  ['metrics:', 'files: [../secret]\n  metrics:', 'must be a path inside the folder'],
])('a command trainer with %s replaced by %s is refused', (before, after, problem) => {
  expect(() => parse(study.replace(before, after))).toThrow(problem);
});

import { expect, test } from 'vitest';
import { parseStudy } from '../../../src/config/parse-study.ts';
import { RidgelineError } from '../../../src/base/errors.ts';
import { requireRungs } from '../../../src/study/spec/rung-problem.ts';
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
  ['metrics:', 'memory: 8\n  metrics:', 'memory'],
  ['metrics:', 'memory: 8 gigs\n  metrics:', 'must be a size such as 500MB, 8GB or 1.5GB'],
])('a command trainer with %s replaced by %s is refused', (before, after, problem) => {
  expect(() => parse(study.replace(before, after))).toThrow(problem);
});

const stopping = study
  .replace('{ loss: minimize }', '{ validation_accuracy: maximize }\n  rungs: [2, 5]\n  records: 9')
  .concat('stop: clearly_worse\n');

function rungProblem(text: string): string {
  const spec = parse(text);
  try {
    requireRungs(spec, describeTrainer(spec.trainer), null);
    return '';
  } catch (error) {
    return error instanceof RidgelineError ? `${error.what} ${error.fix}` : String(error);
  }
}

test.each([
  ['', '', /^$/],
  ['records: 9', '', /its trainer section has no records. Set trainer.records/],
  ['[2, 5]', '[5]', /only one rung, its last step: .* Add earlier steps to trainer.rungs/],
])(
  'a command whose trials are stopped needs records and two rungs: %s %s',
  (before, after, problem) => {
    expect(rungProblem(stopping.replace(before, after))).toMatch(problem);
  },
);

test('a command whose trials are stopped needs the objective validation_accuracy', () => {
  const other = stopping.replace('validation_accuracy: maximize', 'loss: minimize');
  expect(() => parse(other)).toThrow('clearly_worse needs the objective validation_accuracy');
});

test('a command is measured at each rung, and says whether it continues from its state there', () => {
  const resuming = parse(stopping.replace('records: 9', 'records: 9\n  resumes: true'));
  const trainer = describeTrainer(resuming.trainer);
  expect(trainer.measuredSteps(resuming.trainer, 0)).toEqual([2, 5]);
  expect(trainer.continues?.(resuming.trainer)).toBe(true);
  expect(trainer.continues?.(parse(stopping).trainer)).toBe(false);
});

test('the limit of memory is a size in powers of 1000, and absent without the setting', () => {
  const limited = parse(study.replace('metrics:', 'memory: 1.5GB\n  metrics:'));
  const trainer = describeTrainer(limited.trainer);
  expect(trainer.memory?.(limited.trainer)).toBe(1.5e9);
  expect(trainer.memory?.(parse(study).trainer)).toBeNull();
});

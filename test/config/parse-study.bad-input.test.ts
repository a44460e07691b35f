/**
 * Study files with one typical mistake each: every one is rejected with its place and the reason.
 *
 * Not here: files with samplers or conditional parameters, which do not exist, and data sets by URL,
 * because a study never causes a download.
 */
import { expect, test } from 'vitest';
import { problemsOf } from './support/problems-of.ts';

const good = `study: good
seed: 1
dataset: { name: digits, train: { count: 1000 }, validation: { count: 400 } }
trainer:
  hidden: 50
  batch: 50
  learning_rate: { min: 1.0e-4, max: 0.2, step_size: 100 }
  cycles: 1
objective: { metric: validation_accuracy, direction: maximize }
stages:
  - { name: coarse, trials: 10, lambda: { distribution: log_uniform, min: 1.0e-6, max: 1.0 } }
`;

test('the study file to which the following tests add one mistake each is valid', () => {
  expect(problemsOf(good)).toBe('');
});

const long = 'x'.repeat(300);

test.each<[string, string, string, RegExp]>([
  ['a merge key', 'seed: 1', '<<: { seed: 1 }', /:2:1 {2}merge keys are not supported/],
  ['__proto__', 'seed: 1', '__proto__: { seed: 1 }', /:2:1 {2}__proto__: unknown key/],
  ['constructor', 'seed: 1', 'constructor: { prototype: 1 }', /:2:1 {2}constructor: unknown key/],
  ['a key twice', 'seed: 1', 'seed: 1\nseed: 2', /:3:1 {2}seed is given twice, first in line 2/],
  ['a function', 'seed: 1', 'seed: !!js/function "x"', /:2:\d+ {2}.*tag/],
  ['an object of Python', 'seed: 1', 'seed: !!python/object:os.system x', /:2:\d+ {2}.*tag/],
  ['an unknown tag', 'seed: 1', 'seed: !mine 1', /:2:\d+ {2}.*tag/],
  ['an alias', 'seed: 1', 'seed: *a', /:2:\d+ {2}.*alias/i],
  ['two documents', 'seed: 1', 'seed: 1\n---\nseed: 2', /one document/],
  ['a misspelt key', 'learning_rate', 'learing_rate', /did you mean learning_rate/],
  ['bounds the wrong way round', 'min: 1.0e-6, max: 1.0', 'min: 1, max: 0.1', /lambda/],
  ['bounds that are equal', 'min: 1.0e-6, max: 1.0', 'min: 1, max: 1', /lambda/],
  ['λ = 0 on a logarithmic scale', 'min: 1.0e-6', 'min: 0', /lambda\.min: must be above 0/],
  ['a negative λ', 'min: 1.0e-6', 'min: -6', /lambda\.min: must be from 0/],
  ['no step', 'step_size: 100', 'step_size: 0', /step_size/],
  ['not a number', 'max: 0.2', 'max: .nan', /learning_rate\.max/],
  ['infinity', 'max: 0.2', 'max: .inf', /learning_rate\.max/],
  ['minus infinity', 'max: 0.2', 'max: -.inf', /learning_rate\.max/],
  ['a number beyond all', 'max: 0.2', 'max: 1e400', /learning_rate\.max/],
  ['an integer that is not exact', 'seed: 1', 'seed: 12345678901234567890', /:2:\d+ {2}seed/],
  ['no trials', 'trials: 10', 'trials: 0', /trials/],
  ['fewer than no trials', 'trials: 10', 'trials: -1', /trials/],
  ['half a trial', 'trials: 10', 'trials: 10.5', /trials/],
  ['a billion trials', 'trials: 10', 'trials: 1e12', /trials/],
  ['trials in quotes', 'trials: 10', 'trials: "10"', /trials/],
  ['a name of markup', 'study: good', 'study: "<script>"', /:1:\d+ {2}study/],
  ['a name that is a path', 'study: good', 'study: ../good', /:1:\d+ {2}study/],
  ['a name of 300 characters', 'study: good', `study: ${long}`, /:1:\d+ {2}study/],
  ['a name that clears the screen', 'study: good', 'study: "\\e[2J"', /:1:\d+ {2}study/],
  ['a name that turns the text', 'study: good', 'study: "a\\u202Eb"', /:1:\d+ {2}study/],
  ['a name that is a formula', 'study: good', 'study: "=cmd()"', /:1:\d+ {2}study/],
  ['no name', 'study: good', 'study: ""', /:1:\d+ {2}study/],
  ['an unknown metric', 'validation_accuracy', 'test_f1', /objective\.metric/],
  ['a network that fits no memory', 'hidden: 50', 'hidden: 1000000', /trainer\.hidden/],
  ['a batch that fits no memory', 'batch: 50', 'batch: 1000000000', /trainer\.batch/],
  ['a list at the top', good, '- study: a', /study\.yaml:1:1 {2}/],
  ['a word at the top', good, 'study', /study\.yaml:1:1 {2}/],
  ['nothing', good, '', /the file is empty/],
  ['nothing but comments', good, '# a study\n', /study\.yaml:\d+:\d+ {2}/],
  ['a null byte', 'seed: 1', 'seed: 1\u0000', /study\.yaml:\d+:\d+ {2}/],
])('a study file with %s is rejected with the line and column', (_, from, to, problem) => {
  const text = good.replace(from, () => to);
  expect(text).not.toBe(good);
  const said = problemsOf(text);
  expect(said).toMatch(problem);
  expect(said).toMatch(/study\.yaml:\d+:\d+ {2}\S/);
  expect(said.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
});

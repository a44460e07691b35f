/** Did you mean: suggestions for misspelled words. */
import { expect, test } from 'vitest';
import { closestWord, didYouMean } from '../../src/base/did-you-mean.ts';

const known = ['learning_rate', 'lambda', 'data_batch_1', 'data_batch_2', 'mnist'];

test.each([
  ['learning-rate', 'learning_rate'],
  ['LearningRate', 'learning_rate'],
  ['lamdba', 'lambda'],
  ['data_batch_3', 'data_batch_1'],
  ['mnits', 'mnist'],
  ['trials', null],
  ['', null],
])('the closest known word to "%s" is %s', (written, meant) => {
  expect(closestWord(written, known)).toBe(meant);
});

test('a word of a million letters has no closest word, and is not compared', () => {
  expect(closestWord('x'.repeat(1_000_000), known)).toBeNull();
});

test('the suggestion is a sentence, and empty without a similar word', () => {
  expect(didYouMean('mnits', known)).toBe(' Did you mean mnist?');
  expect(didYouMean('trials', known)).toBe('');
  expect(closestWord('validation', ['value', 'validation_accuracy'])).toBe('validation_accuracy');
  expect(closestWord('va', ['validation_accuracy'])).toBeNull();
});

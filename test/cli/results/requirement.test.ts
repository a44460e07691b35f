/** A condition on the winner, for scripts. */
import { expect, test } from 'vitest';
import { readRequirement } from '../../../src/cli/results/requirement.ts';
import { study, toResults, trials } from '../../report/support/sample-study.ts';

const results = toResults(study, trials);

test('a requirement reports the value of the winner if it is met', () => {
  expect(readRequirement(results, 'test_accuracy >= 46.8 %')()).toBe(
    'the winner meets test_accuracy >= 46.8 %: fine/2 of study sample: test_accuracy is 0.468',
  );
});

test('a requirement that the winner does not meet is an error with its value', () => {
  expect(readRequirement(results, 'test_accuracy > 0.468 and validation_accuracy > 0')).toThrow(
    /REQUIREMENT_FAILED[^]*validation_accuracy is 0\.4712, test_accuracy is 0\.468/,
  );
});

test('a requirement is not met without a winner, and an unknown column is an error before that', () => {
  const running = toResults({ ...study, status: 'running', winner: null }, trials);
  expect(readRequirement(running, 'test_accuracy > 0')).toThrow(/has no winner \(it is running\)/);
  expect(() => readRequirement(running, 'accuracy > 0')).toThrow(/of --require/);
});

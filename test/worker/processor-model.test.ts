/** The name of the processor that a worker sends. */
import { expect, test } from 'vitest';
import { processorModel } from '../../src/worker/processor-model.ts';

test.each([
  ['Intel(R) Xeon(R)   CPU @ 2.20GHz\n', 'Intel(R) Xeon(R) CPU @ 2.20GHz'],
  ['', 'unknown'],
  [' \u0000 ', 'unknown'],
  ['x'.repeat(500), 'x'.repeat(100)],
])('the model of a processor fits a message: %j', (model, expected) => {
  expect(processorModel(model)).toBe(expected);
});

test('this machine has a model of its processor, or says that it is unknown', () => {
  expect(processorModel()).toMatch(/\w/);
});

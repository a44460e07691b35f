import { expect, test } from 'vitest';
import { checkMeasurement } from '../../../src/trainers/module/measurement.ts';

const rules = {
  metrics: ['validation_accuracy', 'validation_loss', 'test_accuracy'],
  rungs: [5, 10],
  records: 10,
  measureTest: true,
};
const metrics = { validation_loss: 1 };
const correct = [1, 1, 1, 0, 0, 0, 0, 0, 0, 1];

test('the validation accuracy follows from the records that are right', () => {
  for (const marks of [correct, Uint8Array.from(correct), correct.map(Boolean)])
    expect(checkMeasurement({ metrics, correct: marks }, 5, rules)).toEqual({
      metrics: { validation_accuracy: 0.4, validation_loss: 1 },
      correct: Uint8Array.of(0b111, 0b10),
    });
  const asFloat32 = { ...metrics, validation_accuracy: Math.fround(0.4) };
  expect(checkMeasurement({ metrics: asFloat32, correct }, 5, rules).metrics).toEqual({
    validation_accuracy: 0.4,
    validation_loss: 1,
  });
});

test('metrics of the test split are kept at the last step only, and only if they are requested', () => {
  const measured = { metrics: { ...metrics, test_accuracy: 0.5 }, correct };
  const names = (step: number, measureTest: boolean): string[] =>
    Object.keys(checkMeasurement(measured, step, { ...rules, measureTest }).metrics);
  expect(names(5, true)).not.toContain('test_accuracy');
  expect(names(10, false)).not.toContain('test_accuracy');
  expect(names(10, true)).toContain('test_accuracy');
  expect(() => checkMeasurement({ metrics, correct }, 10, rules)).toThrow('no test_accuracy');
});

test.each([
  [null, 'a measurement that is no object'],
  [{ correct }, 'metrics that is no object'],
  [{ metrics, correct: correct.slice(1) }, 'correct for 9 of 10 validation records'],
  [{ metrics, correct: 'yes' }, 'correct for 0 of 10'],
  [{ metrics, correct: correct.with(3, 7) }, 'marks record 3 with 7'],
  [{ metrics }, 'measures no validation_accuracy at step 5'],
  [{ metrics: { ...metrics, validation_accuracy: 0.4 } }, 'measures no correct at step 5'],
  [{ metrics: { ...metrics, validation_accuracy: 0.5 }, correct }, 'a share of 0.4 is marked'],
  [{ metrics: {}, correct }, 'measures no validation_loss'],
  [{ metrics: { ...metrics, f1: 1 }, correct }, 'measures f1, which its metrics do not declare'],
  [{ metrics: { validation_loss: '1' }, correct }, 'validation_loss "1", which is no number'],
])('a module that measures %j fails', (measured, message) => {
  expect(() => checkMeasurement(measured, 5, rules)).toThrow(message);
});

test('a module without validation records cannot mark them', () => {
  const own = { ...rules, metrics: ['loss'], records: 0 };
  expect(() => checkMeasurement({ metrics: { loss: 1 }, correct: [1] }, 5, own)).toThrow(
    'declares no records: add `records`',
  );
  expect(checkMeasurement({ metrics: { loss: 1 } }, 5, own).correct).toBe(null);
});

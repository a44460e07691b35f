import { describe, expect, test } from 'vitest';
import { suggestRates } from '../../../src/trainers/two-layer/learning-rate-range.ts';

/** Measured validation accuracy on CIFAR-10 of a 3072-50-10 network while the rate rose to 0.3 in 8 epochs. */
const measured = [
  0.155, 0.232, 0.295, 0.315, 0.336, 0.347, 0.36, 0.36, 0.377, 0.363, 0.365, 0.37, 0.381, 0.36,
  0.373, 0.381, 0.37, 0.395, 0.356, 0.385, 0.399, 0.358, 0.378, 0.314, 0.396, 0.377, 0.368, 0.324,
  0.355, 0.298, 0.359, 0.303, 0.267, 0.345, 0.337, 0.169, 0.113, 0.112,
];
const points = measured.map((accuracy, index) => ({ learningRate: 0.006 * (index + 1), accuracy }));

describe('the suggested learning rates', () => {
  test('of a measured range test end where accuracy becomes ragged, well before it collapses', () => {
    const suggested = suggestRates(points, 10, 10_000);
    expect(suggested!.min).toBe(0.006);
    expect(suggested!.max).toBeGreaterThan(0.09);
    expect(suggested!.max).toBeLessThan(0.15);
  });

  test('start where accuracy leaves chance, with a note if the test did not show that', () => {
    const waiting = [0.1, 0.098, 0.103, 0.1].map((accuracy, index) => ({
      learningRate: 1e-5 * (index + 1),
      accuracy,
    }));
    const suggested = suggestRates([...waiting, ...points], 10, 10_000);
    expect(suggested!.min).toBe(4e-5);
    expect(suggested!.notes).toEqual([]);
    expect(suggestRates(points, 10, 10_000)!.notes.join()).toMatch(
      /had already risen at the first/,
    );
  });

  test('end at the highest rate if accuracy did not fall, with a note', () => {
    const rising = points.slice(0, 9);
    const suggested = suggestRates(rising, 10, 10_000);
    expect(suggested!.max).toBe(rising.at(-1)!.learningRate);
    expect(suggested!.notes.join()).toMatch(/did not fall/);
  });

  test('are null if accuracy stays at chance, or fewer than five points were measured', () => {
    const flat = points.map(({ learningRate }) => ({ learningRate, accuracy: 0.1 }));
    expect(suggestRates(flat, 10, 10_000)).toBeNull();
    expect(suggestRates(points.slice(0, 3), 10, 10_000)).toBeNull();
    expect(suggestRates([], 10, 10_000)).toBeNull();
  });
});

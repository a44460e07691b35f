/** What is said of a study's trials as a whole. */
import { expect, test } from 'vitest';
import { studyStatistics } from '../../../src/search/statistics/study-statistics.ts';
import { completedTrial } from '../support/completed-trial.ts';

test('the band around accuracies ends at 100 %, and their curve where trials near it do', () => {
  // All are right up to a cliff, with a gap before it, over which a parabola leaps.
  const exponents = [-5.8, -5, -4.6, -4.1, -3.7, -3.2, -2.8, -2.4, -2, -1.2, -1.15, -1, -0.4];
  const trials = exponents.map((exponent, index) =>
    completedTrial(index + 1, 10 ** exponent, {
      trainAccuracy: exponent < -1.1 ? 1 : Math.max(0.1, 1 - 0.5 * (exponent + 1.1)),
    }),
  );
  const objective = { metric: 'train_accuracy', direction: 'maximize' } as const;
  const { fit } = studyStatistics(trials, { objective, racing: false, replicates: 1 }, ['coarse']);
  expect(fit).not.toBeNull();
  for (const { fit: curve, high } of fit!.points) {
    expect(curve).toBeLessThanOrEqual(1);
    expect(high).toBeLessThanOrEqual(1);
  }
  // Of λ that are all right none is worse.
  const [, above] = /lower only above λ (\S+);/.exec(fit!.reason)!;
  expect(Number(above)).toBeGreaterThan(10 ** -1.15);
});

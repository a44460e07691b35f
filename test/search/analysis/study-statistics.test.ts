/** Statistics of a whole study. */
import { expect, test } from 'vitest';
import { studyStatistics } from '../../../src/search/analysis/study-statistics.ts';
import { rankConfigurations } from '../../../src/search/ranking/ranking.ts';
import { exampleStudy } from '../../study/support/example-study.ts';
import { completedTrial } from '../support/completed-trial.ts';

test('a fit of accuracies and its band do not exceed 100 %', () => {
  // All images are correct up to a cliff after a gap.
  const exponents = [-5.8, -5, -4.6, -4.1, -3.7, -3.2, -2.8, -2.4, -2, -1.2, -1.15, -1, -0.4];
  const trials = exponents.map((exponent, index) =>
    completedTrial(index + 1, 10 ** exponent, {
      train_accuracy: exponent < -1.1 ? 1 : Math.max(0.1, 1 - 0.5 * (exponent + 1.1)),
    }),
  );
  const objective = { metric: 'train_accuracy', direction: 'maximize' } as const;
  const { stages } = exampleStudy();
  const { fit } = studyStatistics(rankConfigurations(trials, objective, ['coarse']), {
    objective,
    stages,
    racing: false,
    replicates: 1,
    seed: 7,
  });
  expect(fit).not.toBeNull();
  for (const { fit: curve, high } of fit!.points) {
    expect(curve).toBeLessThanOrEqual(1);
    expect(high).toBeLessThanOrEqual(1);
  }
  // None of the λ with 100 % is reported as lower.
  const [, above] = /worse above λ (\S+);/.exec(fit!.reason)!;
  expect(Number(above)).toBeGreaterThan(10 ** -1.15);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rankConfigurations } from '../../../src/search/ranking/ranking.ts';
import { selectionReason } from '../../../src/search/ranking/selection.ts';
import { trialName, type TrialRecord } from '../../../src/study/trial.ts';
import { completedTrial } from '../support/completed-trial.ts';

const objective = { metric: 'validation_accuracy', direction: 'maximize' } as const;

/** Trials of the same accuracy, by λ and validation loss. */
const equal = (...points: readonly (readonly [lambda: number, loss: number])[]): TrialRecord[] =>
  points.map(([lambda, loss], index) =>
    completedTrial(index + 1, lambda, { validation_accuracy: 0.9625, validation_loss: loss }),
  );
const ranking = (trials: readonly TrialRecord[], winner?: TrialRecord) =>
  rankConfigurations(trials, objective, ['coarse'], { winner: winner?.id });
const names = (...given: Parameters<typeof ranking>): string[] =>
  ranking(...given).map(({ trial }) => trialName(trial.id));

describe('the selection among configurations with the same value', () => {
  test('prefers the lowest validation loss, wherever it was sampled', () => {
    const trials = equal([1e-2, 0.215], [1e-4, 0.1327], [1e-6, 0.15]);
    expect(names(trials)).toEqual(['coarse/2', 'coarse/3', 'coarse/1']);
    const ranked = ranking(trials);
    expect(ranked.map(({ rank }) => rank)).toEqual([1, 1, 1]);
    expect(selectionReason(ranked, ranked[0]!)).toBe('validation loss');
  });

  test('prefers the middle in log λ of those with the lowest loss, such as λ that have no effect', () => {
    const trials = equal([1e-8, 0.1], [1e-2, 0.1], [2e-5, 0.1], [1e-5, 0.3]);
    const ranked = ranking(trials);
    expect(names(trials)).toEqual(['coarse/3', 'coarse/1', 'coarse/2', 'coarse/4']);
    expect(selectionReason(ranked, ranked[0]!)).toBe('middle');
  });

  test('uses the mean loss of the replicates', () => {
    const [first, second] = equal([1e-3, 0.2], [1e-2, 0.19]) as [TrialRecord, TrialRecord];
    const again = (trial: TrialRecord, loss: number): TrialRecord => ({
      ...equal([Number(trial.params['lambda']), loss])[0]!,
      id: { ...trial.id, replicate: 2 },
    });
    expect(names([first, again(first, 0.1), second, again(second, 0.3)])).toEqual([
      'coarse/1',
      'coarse/2',
    ]);
  });

  test('keeps a winner that an earlier release selected by order of sampling', () => {
    const trials = equal([1e-2, 0.215], [1e-4, 0.1327], [1e-6, 0.15]);
    expect(names(trials, trials[0])).toEqual(['coarse/1', 'coarse/2', 'coarse/3']);
    const ranked = ranking(trials, trials[0]);
    expect(selectionReason(ranked, ranked[0]!)).toBe('order of sampling');
  });

  test('never depends on the order in which results arrived', () => {
    const losses = fc.tuple(fc.constantFrom(1e-6, 1e-4, 1e-3, 1e-2), fc.constantFrom(0.1, 0.2));
    fc.assert(
      fc.property(fc.array(losses, { maxLength: 12 }), (points) => {
        const trials = equal(...points);
        expect(names(trials.toReversed())).toEqual(names(trials));
        const [best] = ranking(trials);
        const loss = best?.trial.result?.curve.at(-1)?.metrics['validation_loss'] ?? Infinity;
        expect(loss).toBe(Math.min(...points.map(([, own]) => own)));
      }),
    );
  });
});

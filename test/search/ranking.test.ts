import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { objectiveValue, rankTrials, winnerOf } from '../../src/search/ranking.ts';
import type { Objective } from '../../src/study/study-spec.ts';
import { trialName, type TrialRecord, type TrialStatus } from '../../src/study/trial.ts';
import { completedTrial } from './completed-trial.ts';

const objective: Objective = { metric: 'validation_accuracy', direction: 'maximize' };
const order = ['coarse', 'fine'];

const statuses: readonly TrialStatus[] = ['complete', 'running', 'waiting', 'failed', 'cancelled'];
const draft = fc.record({
  stage: fc.constantFrom(...order),
  // Few values, so that ties are common.
  accuracy: fc.integer({ min: 0, max: 4 }).map((fifth) => fifth / 5),
  status: fc.constantFrom(...statuses),
  replicate: fc.integer({ min: 1, max: 2 }),
});
const trials = fc.array(draft, { maxLength: 30 }).map((drafts) =>
  drafts.map(({ stage, accuracy, status, replicate }, index): TrialRecord => {
    const trial = completedTrial(0, 1e-3, { validationAccuracy: accuracy });
    const id = { stage, k: Math.floor(index / 2) + 1, replicate: 2 * replicate - (index % 2) };
    return { ...trial, id, status, result: status === 'complete' ? trial.result : null };
  }),
);

describe('ranking', () => {
  test('is a permutation that does not depend on the order in which trials come', () => {
    fc.assert(
      fc.property(trials, (records) => {
        const ranked = rankTrials(records, objective, order);
        const names = ranked.map(({ trial }) => trialName(trial.id));
        expect(names.toSorted()).toEqual(records.map(({ id }) => trialName(id)).toSorted());
        expect(rankTrials(records.toReversed(), objective, order)).toEqual(ranked);
      }),
    );
  });

  test('counts complete trials from 1, best first, and nothing after them', () => {
    fc.assert(
      fc.property(trials, (records) => {
        const ranked = rankTrials(records, objective, order);
        const complete = records.filter(({ status }) => status === 'complete').length;
        expect(ranked.map(({ rank }) => rank)).toEqual(
          records.map((_, index) => (index < complete ? index + 1 : null)),
        );
        const values = ranked.slice(0, complete).map(({ value }) => value!);
        expect(values).toEqual(values.toSorted((a, b) => b - a));
        const places = ranked.map(({ trial }) => statuses.indexOf(trial.status));
        expect(places).toEqual(places.toSorted((a, b) => a - b));
      }),
    );
  });

  test('breaks ties by stage in the order of the study, then k as a number, then replicate', () => {
    const tied = ['fine/1', 'coarse/10', 'coarse/9', 'coarse/9.2', 'coarse/2'].map((name) => {
      const [stage, rest] = name.split('/') as [string, string];
      const [k, replicate] = rest.split('.').map(Number) as [number, number?];
      return { ...completedTrial(0, 1, {}), id: { stage, k, replicate: replicate ?? 1 } };
    });
    const names = rankTrials(tied, objective, order).map(({ trial }) => trialName(trial.id));
    expect(names).toEqual(['coarse/2', 'coarse/9', 'coarse/9.2', 'coarse/10', 'fine/1']);
  });

  test('takes the metric at the last step, and the smallest of what is minimised', () => {
    const records = [0.9, 0.1, 0.5].map((validationLoss, i) =>
      completedTrial(i + 1, 1e-3, { validationLoss }),
    );
    const losses: Objective = { metric: 'validation_loss', direction: 'minimize' };
    expect(rankTrials(records, losses, order).map(({ value }) => value)).toEqual([0.1, 0.5, 0.9]);
    expect(winnerOf(records, losses, order)).toBe(records[1]);
  });

  test.each([
    ['validation_accuracy', 'validationAccuracy'],
    ['validation_loss', 'validationLoss'],
    ['validation_cost', 'validationCost'],
    ['train_accuracy', 'trainAccuracy'],
    ['train_loss', 'trainLoss'],
  ] as const)('by %s reads that metric', (metric, field) => {
    const trial = completedTrial(1, 1e-3, { [field]: 0.123 });
    expect(objectiveValue(trial, { metric, direction: 'minimize' })).toBe(0.123);
  });

  test('has no winner where nothing is complete', () => {
    const failed: TrialRecord = { ...completedTrial(1, 1e-3, {}), status: 'failed', result: null };
    expect(winnerOf([failed], objective, order)).toBeNull();
    expect(winnerOf([], objective, order)).toBeNull();
  });
});

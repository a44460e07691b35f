import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toConfigurations, objectiveValue } from '../../../src/search/ranking/configurations.ts';
import {
  bestConfiguration,
  rankConfigurations,
  storedRanks,
} from '../../../src/search/ranking/ranking.ts';
import type { Objective } from '../../../src/study/spec/study-spec.ts';
import { trialName, type TrialRecord, type TrialStatus } from '../../../src/study/trial.ts';
import { completedTrial } from '../support/completed-trial.ts';

const objective: Objective = { metric: 'validation_accuracy', direction: 'maximize' };
const order = ['coarse', 'fine'];

const statuses: readonly TrialStatus[] = ['complete', 'running', 'waiting', 'failed', 'cancelled'];
const replicate = fc.record({
  // Few values, so that ties are common.
  accuracy: fc.integer({ min: 0, max: 4 }).map((fifth) => fifth / 5),
  status: fc.constantFrom('complete', ...statuses),
});
const configuration = fc.record({
  stage: fc.constantFrom(...order),
  replicates: fc.array(replicate, { minLength: 1, maxLength: 3 }),
});
const trials = fc.array(configuration, { maxLength: 20 }).map((drafts) =>
  drafts.flatMap(({ stage, replicates }, index) =>
    replicates.map(({ accuracy, status }, place): TrialRecord => {
      const trial = completedTrial(0, 1e-3, { validation_accuracy: accuracy });
      const id = { stage, index: index + 1, replicate: place + 1 };
      return { ...trial, id, status, result: status === 'complete' ? trial.result : null };
    }),
  ),
);

/** A trial by its name. */
const named = (name: string, accuracy = 0.5): TrialRecord => {
  const [stage, rest] = name.split('/') as [string, string];
  const [index, replicate] = rest.split('.').map(Number) as [number, number?];
  return {
    ...completedTrial(0, 1, { validation_accuracy: accuracy }),
    id: { stage, index, replicate: replicate ?? 1 },
  };
};
const names = (records: readonly TrialRecord[]): string[] =>
  rankConfigurations(records, objective, order).map(({ trial }) => trialName(trial.id));

describe('ranking', () => {
  test('has every trial once, in its configuration, whatever the order of trials', () => {
    fc.assert(
      fc.property(trials, (records) => {
        const ranked = rankConfigurations(records, objective, order);
        const all = ranked.flatMap(({ replicates }) => replicates.map(({ id }) => trialName(id)));
        expect(all.toSorted()).toEqual(records.map(({ id }) => trialName(id)).toSorted());
        for (const { trial, replicates } of ranked) {
          const { stage, index } = trial.id;
          expect(replicates.map(({ id }) => id)).toEqual(
            replicates.map((_, place) => ({ stage, index, replicate: place + 1 })),
          );
        }
        expect(rankConfigurations(records.toReversed(), objective, order)).toEqual(ranked);
      }),
    );
  });

  test('for planners keeps the order of sampling of equal values, so that 0.1.0 studies get the same trials', () => {
    fc.assert(
      fc.property(trials, (records) => {
        const ranked = rankConfigurations(records, objective, order, { equal: 'sampled' });
        for (const [index, { value, replicates, trial }] of ranked.entries()) {
          const next = ranked[index + 1];
          if (value === null || next === undefined || next.value === null) continue;
          if (next.replicates.length !== replicates.length || value - next.value > 1e-12) continue;
          const [a, b] = [trial, next.trial].map(
            ({ id }) => 1e6 * order.indexOf(id.stage) + id.index,
          );
          expect(a).toBeLessThan(b!);
        }
      }),
    );
  });

  test('orders by number of replicates, then by mean; equal ones share a rank, and the next rank counts all', () => {
    fc.assert(
      fc.property(trials, (records) => {
        const ranked = rankConfigurations(records, objective, order);
        const valued = ranked.filter(({ value }) => value !== null);
        const key = ({ value, replicates }: (typeof ranked)[number]): string =>
          `${replicates.length} ${value!.toFixed(9)}`;
        for (const scope of [[...order], ['coarse'], ['fine']]) {
          const own = valued.filter(({ trial }) => scope.includes(trial.id.stage));
          const keys = own.map(key);
          const [ranks, shared] =
            scope.length > 1
              ? [own.map(({ rank }) => rank), own.map(({ isShared }) => isShared)]
              : [own.map((one) => one.rankInStage), own.map((one) => one.isSharedInStage)];
          expect(ranks).toEqual(keys.map((one) => keys.indexOf(one) + 1));
          expect(shared).toEqual(keys.map((one) => keys.indexOf(one) !== keys.lastIndexOf(one)));
        }
        for (const { rank, rankInStage } of ranked.slice(valued.length))
          expect([rank, rankInStage]).toEqual([null, null]);
        for (const [index, { value, replicates }] of valued.entries()) {
          const next = valued[index + 1];
          if (next === undefined) continue;
          expect(next.replicates.length).toBeLessThanOrEqual(replicates.length);
          // Smaller differences are rounding errors and count as equal.
          if (next.replicates.length === replicates.length)
            expect(next.value! - value!).toBeLessThan(1e-12);
        }
        const places = ranked.slice(valued.length).map(({ status }) => statuses.indexOf(status));
        expect(places).toEqual(places.toSorted((a, b) => a - b));
      }),
    );
  });

  test('uses the mean of the complete replicates, or no value if one failed, was cancelled or is disputed', () => {
    const [first, second, third] = [0.2, 0.4, 0.9].map((accuracy, index) =>
      named(`coarse/1.${index + 1}`, accuracy),
    ) as [TrialRecord, TrialRecord, TrialRecord];
    const value = (...records: TrialRecord[]): number | null =>
      toConfigurations(records, objective)[0]!.value;
    expect(value(first, second, third)).toBeCloseTo(0.5, 15);
    const waiting = { ...third, status: 'waiting', result: null } as const;
    expect(value(first, second, waiting)).toBeCloseTo(0.3, 15);
    expect(toConfigurations([first, second, waiting], objective)[0]!.status).toBe('running');
    for (const bad of [
      { ...third, status: 'failed', result: null } as const,
      { ...third, status: 'cancelled', result: null } as const,
      { ...third, audit: 'disputed' } as const,
    ])
      expect(value(first, second, bad)).toBeNull();
  });

  test('gives a configuration no value whose first replicate is stopped or at a rung, whatever the others have', () => {
    for (const status of ['stopped', 'paused'] as const) {
      const first = { ...named('coarse/1', 0.5), status };
      const [found] = toConfigurations([first, named('coarse/1.2', 0.9)], objective);
      expect(found?.value).toBeNull();
    }
  });

  test('reports a configuration as verified only if every replicate is', () => {
    const audit = (...verdicts: TrialRecord['audit'][]): TrialRecord['audit'] =>
      toConfigurations(
        verdicts.map((verdict, index) => ({ ...named(`coarse/1.${index + 1}`), audit: verdict })),
        objective,
      )[0]!.audit;
    expect(audit('verified', 'verified')).toBe('verified');
    expect(audit('verified', null)).toBeNull();
    expect(audit('verified', 'repeated')).toBe('repeated');
    expect(audit('disputed', 'verified')).toBe('disputed');
  });

  test('puts a configuration that a race left out behind those with more replicates', () => {
    const raced = [named('coarse/1', 0.9), named('coarse/2', 0.5), named('coarse/2.2', 0.4)];
    expect(names(raced)).toEqual(['coarse/2', 'coarse/1']);
  });

  test('orders configurations that nothing distinguishes by stage, then by index as a number', () => {
    const tied = ['fine/1', 'coarse/10', 'coarse/9', 'coarse/2'].map((name) => named(name));
    expect(names(tied)).toEqual(['coarse/2', 'coarse/9', 'coarse/10', 'fine/1']);
  });

  test('the best configuration is the first of the ranking', () => {
    fc.assert(
      fc.property(trials, (records) => {
        const [first] = rankConfigurations(records, objective, order);
        const best = bestConfiguration(records, objective, order);
        expect(best?.trial.id).toEqual(first?.value === null ? undefined : first?.trial.id);
      }),
    );
  });

  test('uses the metric at the last step, and puts the smallest of a minimized one first', () => {
    const records = [0.9, 0.1, 0.5].map((validationLoss, i) =>
      completedTrial(i + 1, 1e-3, { validation_loss: validationLoss }),
    );
    const losses: Objective = { metric: 'validation_loss', direction: 'minimize' };
    const ranked = rankConfigurations(records, losses, order);
    expect(ranked.map(({ value }) => value)).toEqual([0.1, 0.5, 0.9]);
    expect(bestConfiguration(records, losses, order)!.trial).toBe(records[1]);
  });

  test('reads the metric of the objective, whatever its name', () => {
    const trial = completedTrial(1, 1e-3, { f1: 0.123 });
    expect(objectiveValue(trial, { metric: 'f1', direction: 'minimize' })).toBe(0.123);
  });

  test('has one stored entry per trial: replicates share the ranks of their configuration', () => {
    fc.assert(
      fc.property(trials, (records) => {
        const ranks = new Map(
          storedRanks(records, objective, order).map(({ trial, ...rank }) => [
            trialName(trial),
            rank,
          ]),
        );
        expect(ranks.size).toBe(records.length);
        for (const { replicates, rank } of rankConfigurations(records, objective, order))
          for (const { id } of replicates) expect(ranks.get(trialName(id))?.rankInStudy).toBe(rank);
        for (const stage of order) {
          const inStage = records.filter(({ id }) => id.stage === stage);
          for (const { replicates, rank } of rankConfigurations(inStage, objective, order))
            for (const { id } of replicates)
              expect(ranks.get(trialName(id))?.rankInStage).toBe(rank);
        }
      }),
    );
  });

  test('has no best configuration if no trial is complete', () => {
    const failed: TrialRecord = { ...completedTrial(1, 1e-3, {}), status: 'failed', result: null };
    expect(bestConfiguration([failed], objective, order)).toBeNull();
    expect(bestConfiguration([], objective, order)).toBeNull();
  });
});

/** A simulated cluster keeps its promises in every history. */
import { describe, expect, test } from 'vitest';
import { workerSummaries } from '../../src/coordinator/core/studies/summaries.ts';
import { twoStages } from '../study/support/example-study.ts';
import type { StudySpec } from '../../src/study/spec/study-spec.ts';
import { paramsText } from '../../src/study/search-space.ts';
import { trialName } from '../../src/study/trial.ts';
import { noFaults } from './faults.ts';
import { History, type HistorySettings } from './history.ts';
import { simulatedStudy } from './random-history.ts';
import { keptSeeds, runSeeds, seedsFrom } from './seeds.ts';
import { correctResult, rungTrainer } from './simulated-results.ts';
import type { WorkerKind } from './simulated-worker.ts';

/** A history without faults. */
async function play(
  seed: number,
  kinds: readonly WorkerKind[],
  study: StudySpec,
  changes: Partial<
    Pick<HistorySettings, 'threads' | 'poison' | 'deadly' | 'renames' | 'plans'>
  > = {},
): Promise<History> {
  const calm = { threads: 2, faults: noFaults, poison: 0, faultyMs: 0 };
  const history = new History({ seed, kinds, studies: [study], ...calm, ...changes });
  await history.run();
  return history;
}

/** Every trial with its parameters and result, and the winner. */
function outcome({ store }: History, name = 'first'): string[] {
  const { winner } = store.study(name).record;
  return [
    ...store
      .trials(name)
      .map(
        ({ id, params, fingerprint, reason }) =>
          `${trialName(id)} ${paramsText(params)} ${fingerprint} ${reason}`,
      ),
    winner === null ? 'no winner' : trialName(winner.trial),
  ];
}

/** The outcome without the trials that were dropped at the end of a budget. */
function counted(history: History): string[] {
  const { store } = history;
  const { budgetEnd } = store.study('first').record;
  const dropped = store.trials('first').filter(({ status }) => status === 'cancelled');
  expect(dropped.length === 0 || (budgetEnd ?? null) !== null).toBe(true);
  const names = new Set(dropped.map(({ id }) => `${trialName(id)} `));
  return outcome(history)
    .filter((line) => !names.has(`${line.split(' ')[0]} `))
    .toSorted();
}

const rungs = { trainer: rungTrainer, stop: 'clearly_worse' } as const;
const [wide] = twoStages(34, 0);
const model = { stages: [{ ...wide!, sampler: 'model', round: 6 }] } as const;

describe('a simulated cluster', () => {
  test('has the same trials, results and winner with 1, 2 and 4 workers', async () => {
    const study = simulatedStudy('first');
    const alone = outcome(await play(1, ['correct'], study, { threads: 1 }));
    expect(alone).toHaveLength(35);
    for (const count of [2, 4]) {
      const kinds = Array.from({ length: count }, () => 'correct' as const);
      expect(outcome(await play(9, kinds, study))).toEqual(alone);
    }
  });

  test('stops the same trials with 1, 2 and 4 workers, and after they have been killed', async () => {
    const study = simulatedStudy('first', { trainer: rungTrainer, stop: 'clearly_worse' });
    const alone = outcome(await play(1, ['correct'], study, { threads: 1 }));
    const stopped = alone.filter((line) => line.includes('stopped at step'));
    expect(stopped.length).toBeGreaterThan(5);
    expect(stopped.length).toBeLessThan(30);
    for (const count of [2, 4]) {
      const kinds = Array.from({ length: count }, () => 'correct' as const);
      expect(outcome(await play(9, kinds, study))).toEqual(alone);
    }
    const killed = await play(3, ['correct', 'dying', 'correct'], study, { renames: true });
    expect(outcome(killed)).toEqual(alone);
  });

  test.each([
    ['random trials and steps', {}, { steps: 593 }, 29],
    ['random trials and a target', {}, { target: 0.92 }, 0],
    ['rungs and steps', rungs, { steps: 1_000 }, 34],
    ['rungs and steps for fewer trials than the stage has', rungs, { steps: 300 }, 13],
    ['rungs and a target', rungs, { target: 0.9 }, 0],
    ['a race and steps', { racing: true, replicates: 3 }, { steps: 900 }, 0],
    ['a race and a target', { racing: true, replicates: 3 }, { target: 0.92 }, 0],
    ['the model and steps', model, { steps: 490 }, 24],
    ['the model and a target', model, { target: 0.9 }, 0],
  ] as const)(
    'ends the search at the same trial with 1, 2 and 4 workers, and after kills: %s',
    async (_, changes, budget, trials) => {
      const study = simulatedStudy('first', { ...changes, budget });
      const history = await play(1, ['correct'], study, { threads: 1 });
      const alone = counted(history);
      expect(history.store.study('first').record.budgetEnd?.by).toBe(Object.keys(budget)[0]);
      if (trials > 0) expect(alone).toHaveLength(trials + 1);
      for (const count of [2, 4]) {
        const kinds = Array.from({ length: count }, () => 'correct' as const);
        expect(counted(await play(9, kinds, study))).toEqual(alone);
      }
      const killed = await play(3, ['correct', 'dying', 'correct'], study, { renames: true });
      expect(counted(killed)).toEqual(alone);
    },
  );

  test.each([
    ['random trials', {}, 3],
    ['replicates', { replicates: 2 }, 6],
    ['rungs', rungs, 30],
    ['a race', { racing: true, replicates: 3 }, 9],
    ['the model with rungs', { ...rungs, ...model }, 60],
  ] as const)(
    'has the trials of a budget of time again with the budget of steps that it prints: %s',
    async (_, changes, least) => {
      let ended = 0;
      for (let time = least; time < 4 * least; time += Math.ceil(least / 3)) {
        const timed = simulatedStudy('first', { ...changes, budget: { time: `${time}s` } });
        const history = await play(time, ['correct', 'correct'], timed);
        const { budgetEnd, winner } = history.store.study('first').record;
        if (budgetEnd?.by !== 'time' || winner === null) continue;
        ended += 1;
        const { steps } = budgetEnd;
        const again = simulatedStudy('first', { ...changes, budget: { steps } });
        expect(counted(await play(1, ['correct'], again)), `${time} s`).toEqual(counted(history));
      }
      // Otherwise this test would prove less than it states.
      expect(ended).toBeGreaterThan(2);
    },
  );

  test.each([
    ['random trials and steps', {}, { steps: 500 }],
    ['random trials and a target', {}, { target: 0.9 }],
    ['random trials and time', {}, { time: '6s' }],
    ['rungs and steps', rungs, { steps: 500 }],
    ['rungs and time', rungs, { time: '60s' }],
    ['a race and time', { racing: true, replicates: 3 }, { time: '14s' }],
    ['the model with rungs and time', { ...rungs, ...model }, { time: '60s' }],
  ] as const)(
    'continues without a budget to the trials of a study that never had one: %s',
    async (_, changes, budget) => {
      const study = simulatedStudy('first', changes);
      const plans = [{ study: 'first', afterMs: 600_000, change: 'no budget' } as const];
      const kinds = ['correct', 'correct'] as const;
      const continued = await play(5, kinds, { ...study, budget }, { plans });
      expect(continued.store.study('first').record.spec.budget).toBe(undefined);
      expect(counted(continued)).toEqual(counted(await play(2, ['correct'], study)));
    },
  );

  test.each([
    ['', {}],
    [' with stopping', { trainer: rungTrainer, stop: 'clearly_worse' }],
    [' with a race', { replicates: 3, racing: true }],
  ] as const)(
    'takes all results of an equal study%s and decides the same, and trains only the winner again',
    async (_name, rules) => {
      const study = simulatedStudy('first', rules);
      const studies = [study, { ...study, study: 'again' }];
      const reusing = { study: 'again', afterMs: 60 * 60_000 };
      const calm = { threads: 2, faults: noFaults, poison: 0, faultyMs: 0 };
      const kinds = ['correct', 'correct'] as const;
      const history = new History({ seed: 1, kinds, studies, reusing, ...calm });
      await history.run();
      expect(outcome(history, 'again')).toEqual(outcome(history));
      const { store } = history;
      expect(store.attempts('again').every(({ kind }) => kind === 'test')).toBe(true);
      for (const { id, source } of store.trials('again'))
        expect(source).toBe(`first ${trialName(id)}`);
    },
  );

  test('keeps its promises in 40 histories of crashes, cuts, stops, full disks and wrong results', async () => {
    await runSeeds([...keptSeeds(), ...seedsFrom(1, 40)]);
  });

  test('has a correct winner with a worker that computes a tenth of its results wrongly, in 50 histories', async () => {
    let exclusions = 0;
    for (let seed = 1; seed <= 50; seed++) {
      const audit = { random: 0.02, top: 3 };
      const study = simulatedStudy('first', { seed, audit });
      const { store, coordinator } = await play(seed, ['correct', 'wrong', 'correct'], study);
      exclusions += store.excluded.size;
      const { state } = coordinator.dispatcher!;
      const now = { monotonicMs: 0, wallMs: 0 };
      const excluded = workerSummaries(state, now).filter((row) => row.state === 'excluded');
      expect(excluded.map(({ name }) => name)).toEqual(store.excluded.size > 0 ? ['w1'] : []);
      for (const { reason } of excluded) expect(reason).toMatch(/differs from|two results/);
      const { winner } = store.study('first').record;
      expect(winner?.reproduced, `seed ${seed}`).toBe(true);
      const stored = store.trial('first', winner!.trial);
      expect(stored.audit, `seed ${seed}: two workers agree on the winner`).toBe('verified');
      expect(stored.result).toEqual(correctResult(stored.id, stored.params, false));
    }
    // Otherwise this test would prove less than it states.
    expect(exclusions).toBeGreaterThan(20);
  });

  test('marks results on which two workers disagree as disputed, and does not rank them', async () => {
    let disputes = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const study = simulatedStudy('first', { seed, audit: { random: 0.2, top: 5 } });
      const { store } = await play(seed, ['correct', 'wrong'], study);
      const disputed = store.trials('first').filter(({ audit }) => audit === 'disputed');
      disputes += disputed.length;
      const winner = store.study('first').record.winner?.trial;
      expect(disputed.map(({ id }) => trialName(id))).not.toContain(trialName(winner!));
      // Two workers that disagree are both kept; one that contradicts a verified result is excluded.
      for (const { reason } of store.excluded.values())
        expect(reason).toMatch(/differs from the verified one/);
    }
    expect(disputes).toBeGreaterThan(10);
  });

  test('tests a winner on the worker that trained it if results are not reproducible', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const study = simulatedStudy('first', { seed, reproducible: false });
      const { store } = await play(seed, ['correct', 'incompatible'], study);
      expect(store.study('first').record.winner?.reproduced, `seed ${seed}`).toBe(true);
    }
  });

  test('lets a single worker audit its own trials, with the verdict "repeated"', async () => {
    const study = simulatedStudy('first', { audit: { random: 0, top: 3 } });
    const { store, timeline } = await play(1, ['correct'], study);
    const verdicts = store.trials('first').map(({ audit }) => audit);
    expect(verdicts.filter((verdict) => verdict === 'repeated')).toHaveLength(6);
    expect(verdicts).not.toContain('verified');
    expect(timeline.nowMs).toBeLessThan(10 * 60_000);
  });

  test('fails poison trials after three counted crashes on two workers, and finishes', async () => {
    const study = simulatedStudy('first');
    const { store } = await play(4, ['correct', 'correct'], study, { poison: 0.1 });
    const poisoned = store.trials('first').filter(({ failures }) => failures === 3);
    expect(poisoned.length).toBeGreaterThan(0);
    for (const { id, status } of poisoned) {
      const { log } = store.trial('first', id);
      expect(status).toBe('failed');
      expect(new Set(log.map(({ worker }) => worker)).size).toBe(2);
      const packs = new Set(log.slice(1).map(({ pack }) => pack));
      const companions = store
        .attempts('first')
        .filter(({ pack, trial }) => packs.has(pack) && trialName(trial) !== trialName(id));
      expect(companions, 'alone after its first attempt').toEqual([]);
    }
  });

  test.each(['crashing', 'returning'] as const)(
    'backs off from a %s worker before it uses up the attempts of the trials',
    async (kind) => {
      const { store } = await play(2, ['correct', kind], simulatedStudy('first'));
      expect(store.study('first').record.status).toBe('complete');
      const wasted = store.attempts('first').filter(({ worker }) => worker === 'w1');
      // All threads twice, and then one pack at a time.
      expect(new Set(wasted.map(({ pack }) => pack)).size).toBeLessThanOrEqual(7);
      expect(store.trials('first').every(({ result }) => result !== null)).toBe(true);
    },
  );

  test('fails no trial if a machine ends its process after each assignment and joins under a new name', async () => {
    const study = simulatedStudy('first');
    const { store } = await play(3, ['correct', 'dying'], study, { renames: true });
    expect(store.study('first').record.status).toBe('complete');
    expect(store.trials('first').every(({ result }) => result !== null)).toBe(true);
    const lost = store.attempts('first').filter(({ outcome }) => outcome === 'lost');
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.every(({ worker }) => worker.startsWith('w1.'))).toBe(true);
  });

  test('repeats no trial of a machine that needs more than a lease for the first steps', async () => {
    const { store } = await play(5, ['slow'], simulatedStudy('first'), { threads: 3 });
    const search = store.attempts('first').filter(({ kind }) => kind === 'search');
    expect(search.every(({ outcome }) => outcome === 'accepted')).toBe(true);
  });

  test('fails a trial that ends every process, and completes the others on the same machine', async () => {
    const { store } = await play(4, ['correct'], simulatedStudy('first'), { deadly: 0.08 });
    const failed = store.trials('first').filter(({ status }) => status === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    for (const { reason } of failed) expect(reason).toMatch(/^10 worker processes ended/);
    expect(store.study('first').record.status).toBe('complete');
  });
});

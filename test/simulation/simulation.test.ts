/** A whole cluster under one seed: what holds in every history. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { workerSummaries } from '../../src/coordinator/core/studies/summaries.ts';
import type { StudySpec } from '../../src/study/spec/study-spec.ts';
import { trialName } from '../../src/study/trial.ts';
import { noFaults } from './faults.ts';
import { findMutation } from './mutation-gate.ts';
import { mutations } from './mutations.ts';
import { simulatedStudy } from './draw-history.ts';
import { History, type HistorySettings } from './history.ts';
import { keptSeeds, runSeeds, seedsFrom } from './seeds.ts';
import type { WorkerKind } from './simulated-worker.ts';
import { trueResult } from './truth.ts';

function settings(
  seed: number,
  kinds: readonly WorkerKind[],
  study: StudySpec,
  changes: Partial<HistorySettings> = {},
): HistorySettings {
  const calm = { threads: 2, faults: noFaults, poison: 0, troubledMs: 0 };
  return { seed, kinds, studies: [study], ...calm, ...changes };
}

function played(history: HistorySettings): History {
  const played = new History(history);
  played.run();
  return played;
}

/** Every trial with its λ and what came out, and the winner. */
function outcome({ store }: History): string[] {
  const winner = store.study('first').record.winner;
  return [
    ...store
      .trialsOf('first')
      .map(({ id, lambda, fingerprint }) => `${trialName(id)} ${lambda} ${fingerprint}`),
    winner === null ? 'no winner' : trialName(winner.trial),
  ];
}

test('a copy of the sources with each planted bug can be made, and one without passes', async () => {
  const texts = mutations.flatMap(({ edits }) => edits.map(({ file, from }) => ({ file, from })));
  const places = texts.map(({ file, from }) => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    return { from, places: text.split(from).length - 1 };
  });
  expect(places).toEqual(texts.map(({ from }) => ({ from, places: 1 })));
  expect(await findMutation({ name: 'none', edits: [] }, 3)).toBe(null);
});

describe('a simulated cluster', () => {
  test('finds the same trials, results and winner with 1, 2 and 4 workers', () => {
    const study = simulatedStudy('first');
    const alone = outcome(played(settings(1, ['sound'], study, { threads: 1 })));
    expect(alone).toHaveLength(35);
    for (const count of [2, 4]) {
      const kinds = Array.from({ length: count }, () => 'sound' as const);
      expect(outcome(played(settings(9, kinds, study)))).toEqual(alone);
    }
  });

  test('keeps its promises in 500 histories of crashes, cuts, stops, full disks and lies', async () => {
    await runSeeds([...keptSeeds(), ...seedsFrom(1, 500)]);
  });

  test('never lets a worker win that lies about a tenth of its results, in 50 histories', () => {
    let lies = 0;
    for (let seed = 1; seed <= 50; seed++) {
      const audit = { random: 0.02, top: 3 };
      const study = simulatedStudy('first', { seed, audit });
      const { store, coordinator } = played(settings(seed, ['sound', 'wrong', 'sound'], study));
      lies += store.convicted.size;
      const { state } = coordinator.dispatcher!;
      const quarantined = workerSummaries(state).filter((row) => row.state === 'quarantined');
      expect(quarantined.map(({ name }) => name)).toEqual(store.convicted.size > 0 ? ['w1'] : []);
      for (const { reason } of quarantined)
        expect(reason).toMatch(/is not the (one of|verified one)|two results/);
      const { winner } = store.study('first').record;
      expect(winner?.reproduced, `seed ${seed}`).toBe(true);
      const stored = store.trial('first', winner!.trial);
      expect(stored.audit, `seed ${seed}: two workers agree on the winner`).toBe('verified');
      expect(stored.result).toEqual(trueResult(stored.id, stored.lambda, false));
    }
    // Otherwise it would prove less than it says.
    expect(lies).toBeGreaterThan(20);
  });

  test('shows what two workers cannot agree on as disputed, and out of the ranking', () => {
    let disputes = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const study = simulatedStudy('first', { seed, audit: { random: 0.2, top: 5 } });
      const { store } = played(settings(seed, ['sound', 'wrong'], study));
      const disputed = store.trialsOf('first').filter(({ audit }) => audit === 'disputed');
      disputes += disputed.length;
      const winner = store.study('first').record.winner?.trial;
      expect(disputed.map(({ id }) => trialName(id))).not.toContain(trialName(winner!));
      // Two that disagree cannot tell who is wrong; one who takes back what both had found convicts itself.
      for (const reason of store.convicted.values()) expect(reason).toMatch(/not the verified one/);
    }
    expect(disputes).toBeGreaterThan(10);
  });

  test('tests a winner where it was trained, when any arithmetic is good enough', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const study = simulatedStudy('first', { seed, numerics: 'any' });
      const { store } = played(settings(seed, ['sound', 'foreign'], study));
      expect(store.study('first').record.winner?.reproduced, `seed ${seed}`).toBe(true);
    }
  });

  test('lets a single worker audit itself, and says so', () => {
    const study = simulatedStudy('first', { audit: { random: 0, top: 3 } });
    const { store, timeline } = played(settings(1, ['sound'], study));
    const verdicts = store.trialsOf('first').map(({ audit }) => audit);
    expect(verdicts.filter((verdict) => verdict === 'repeated')).toHaveLength(6);
    expect(verdicts).not.toContain('verified');
    expect(timeline.nowMs).toBeLessThan(10 * 60_000);
  });

  test('gives up poison trials after three attempts on two workers, and finishes', () => {
    const study = simulatedStudy('first');
    const { store } = played(settings(4, ['sound', 'sound'], study, { poison: 0.1 }));
    const poisoned = store.trialsOf('first').filter(({ failures: charged }) => charged === 3);
    expect(poisoned.length).toBeGreaterThan(0);
    for (const { id, status } of poisoned) {
      const { log } = store.trial('first', id);
      expect(status).toBe('failed');
      expect(new Set(log.map(({ worker }) => worker)).size).toBe(2);
      const packs = new Set(log.slice(1).map(({ pack }) => pack));
      const companions = store
        .attemptsOf('first')
        .filter(({ pack, trial }) => packs.has(pack) && trialName(trial) !== trialName(id));
      expect(companions, 'alone after its first attempt').toEqual([]);
    }
  });

  test.each(['broken', 'lazy'] as const)(
    'suspends a %s worker before it eats the queue',
    (kind) => {
      const study = simulatedStudy('first');
      const { store } = played(settings(2, ['sound', kind], study));
      expect(store.study('first').record.status).toBe('complete');
      const wasted = store.attemptsOf('first').filter(({ worker }) => worker === 'w1');
      expect(new Set(wasted.map(({ pack }) => pack)).size).toBeLessThanOrEqual(6);
      expect(store.trialsOf('first').every(({ result }) => result !== null)).toBe(true);
    },
  );
});

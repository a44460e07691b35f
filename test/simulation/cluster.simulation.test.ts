import { describe, expect, test } from 'vitest';
import { RandomStream } from '../../src/base/philox.ts';
import type { StudySpec } from '../../src/study/study-spec.ts';
import { trialName } from '../../src/study/trial.ts';
import { noFaults, SimulatedCluster, type Faults } from './cluster.ts';

const part = { name: 'all', digest: 'a'.repeat(64), bytes: 1000, count: 100 };
const reference = {
  parts: [part],
  seed: 1,
  train: { kind: 'count', count: 60 },
  validation: { kind: 'count', count: 20 },
  test: { kind: 'count', count: 20 },
} as const;
const data = {
  search: reference,
  test: { ...reference, parts: [part, { ...part, name: 'test' }] },
  validationCount: 10_000,
};

const spec: StudySpec = {
  study: 'simulated',
  seed: 3,
  dataset: {
    source: { kind: 'named', name: 'digits' },
    train: reference.train,
    validation: reference.validation,
    test: reference.test,
  },
  trainer: {
    hidden: 50,
    batch: 10,
    learningRate: { min: 1e-5, max: 0.1, stepSize: 10 },
    length: { kind: 'cycles', cycles: 1 },
    measure: { kind: 'end' },
    dropout: 0,
    mirror: false,
    shift: 0,
  },
  objective: { metric: 'validation_accuracy', direction: 'maximize' },
  stages: [
    {
      name: 'coarse',
      trials: 24,
      lambda: { kind: 'range', distribution: 'log_uniform', range: { min: 1e-9, max: 1e-1 } },
    },
    {
      name: 'fine',
      trials: 18,
      lambda: { kind: 'narrow', distribution: 'log_uniform', narrow: 'coarse' },
    },
  ],
  numerics: 'canonical',
  test: 'winner',
};

/** Each seed has its own mixture of faults, some switched off altogether. */
function drawFaults(seed: number): Faults {
  const random = new RandomStream(seed, 'lambda', 78);
  const rate = (index: number, most: number): number =>
    random.uniformAt(2 * index) < 0.4 ? 0 : random.uniformAt(2 * index + 1) * most;
  return {
    workerCrash: rate(0, 0.004),
    cut: rate(1, 0.02),
    hang: rate(2, 0.03),
    threadCrash: rate(3, 0.06),
    coordinatorCrash: rate(4, 0.004),
    drain: rate(5, 0.003),
  };
}

function table(cluster: SimulatedCluster): string[] {
  return cluster.store
    .trialsOf('simulated')
    .map(
      ({ id, lambda, result }) =>
        `${trialName(id)} ${lambda} ${result?.kind === 'complete' ? result.digest : (result?.kind ?? 'none')}`,
    );
}

function runCluster(
  seed: number,
  workers: number,
  threads: number,
  faults: Faults,
): SimulatedCluster {
  const cluster = new SimulatedCluster(seed, { workers, threads, faults, data });
  cluster.submit(spec);
  cluster.run('simulated', 20 * 60_000);
  cluster.heal();
  cluster.run('simulated', 60 * 60_000);
  return cluster;
}

describe('a simulated cluster', () => {
  const undisturbed = table(runCluster(1, 1, 1, noFaults));

  test('finds the same trials, λ and digests with 1, 2 and 4 workers', () => {
    expect(undisturbed).toHaveLength(42);
    for (const workers of [2, 4])
      expect(table(runCluster(9, workers, 2, noFaults))).toEqual(undisturbed);
  });

  test('ends every trial exactly once, whatever fails in 150 histories', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const cluster = runCluster(seed, 1 + (seed % 4), 1 + (seed % 3), drawFaults(seed));
      const study = cluster.store.studies.get('simulated');
      const trials = cluster.store.trialsOf('simulated');
      const label = `seed ${seed}`;
      expect(study?.status, `${label}: the study comes to its end`).toBe('complete');
      expect(
        study?.stages.every((stage) => stage.closed),
        `${label}: stages are closed`,
      ).toBe(true);
      const open = cluster.store
        .attemptsOf('simulated')
        .filter((attempt) => attempt.outcome === null);
      expect(open, `${label}: no attempt is left open`).toEqual([]);
      for (const trial of trials) {
        expect(['complete', 'failed'], `${label}: ${trialName(trial.id)} has ended`).toContain(
          trial.status,
        );
        const numbers = cluster.store
          .attemptsOf('simulated')
          .filter((attempt) => trialName(attempt.trial) === trialName(trial.id))
          .map((attempt) => attempt.attempt);
        expect(numbers, `${label}: attempts are counted from 1 without a gap`).toEqual(
          numbers.map((_, i) => i + 1),
        );
      }
      for (const name of cluster.acknowledged.keys()) {
        const stored = trials.find((trial) => trialName(trial.id) === name);
        expect(
          stored?.result,
          `${label}: ${name} was acknowledged, so it is stored`,
        ).not.toBeNull();
      }
      // Where no trial was given up, faults changed nothing at all.
      if (trials.every((trial) => trial.result !== null))
        expect(table(cluster), label).toEqual(undisturbed);
    }
  });
});

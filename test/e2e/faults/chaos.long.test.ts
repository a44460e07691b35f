/**
 * Chaos: random faults of three workers over minutes fail no trial and change no result.
 *
 * `RIDGELINE_TEST_CHAOS_SEEDS=1,2,3` and `RIDGELINE_TEST_CHAOS_MINUTES=10` choose other faults.
 */
import { describe, expect, test } from 'vitest';
import { Chance } from '../../simulation/timeline.ts';
import { chaos } from './scenario-chaos.ts';

const minutes = Number(process.env['RIDGELINE_TEST_CHAOS_MINUTES'] ?? 5);
const seeds = (process.env['RIDGELINE_TEST_CHAOS_SEEDS'] ?? '1').split(',').map(Number);

describe('a cluster under random faults', () => {
  test.for(seeds)(
    'ends with the results of an undisturbed run, and no trial fails (seed %i)',
    { timeout: (minutes + 30) * 60_000 },
    async (seed, { onTestFinished }) => {
      const chance = new Chance(seed, 90);
      const { findings, faults, undisturbed } = await chaos({
        onEnd: onTestFinished,
        random: () => chance.draw(),
        minutes,
        trials: 12 * minutes,
      });
      const total = [...faults.values()].reduce((sum, count) => sum + count, 0);
      const lost = findings.attempts.filter(({ outcome }) => outcome === 'lost').length;
      process.stdout.write(`seed ${seed}: ${total} faults, ${lost} attempts lost\n`);
      expect(findings).toMatchObject({ lost: [], twice: [], broken: [] });
      const digests = new Map(findings.trials.map(({ name, digest }) => [name, digest]));
      expect(digests).toEqual(undisturbed);
      expect(findings.trials.filter(({ failures }) => failures > 0)).toEqual([]);
      expect(lost).toBeGreaterThan(0);
    },
  );
});

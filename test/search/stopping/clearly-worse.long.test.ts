/**
 * How often the truly best trial of a stage survives all rungs, over simulated stages of real trainings. The
 * best one is the trial with the highest accuracy on all images after its last cycle; the rule sees a part of
 * the images. Between two λ of the tables, a trial has the answers of one or the other, image by image.
 */
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../src/base/philox.ts';
import {
  clearlyWorse,
  leaderAt,
  stoppingLevel,
  type Contender,
} from '../../../src/search/stopping/clearly-worse.ts';
import { hasTables, readSearchTables, type SearchTables } from '../support/search-tables.ts';

const stages = 200;
const validationImages = 10_000;

interface Stage {
  readonly trials: number;
  readonly cycles: number;
  readonly min: number;
  readonly max: number;
  readonly sampler: 'random' | 'spread';
}

/** Van der Corput numbers, shifted: evenly spread over [0, 1). */
function spread(index: number, shift: number): number {
  let [value, half] = [0, 0.5];
  for (let rest = index; rest > 0; rest >>= 1, half /= 2) if (rest & 1) value += half;
  return (value + shift) % 1;
}

/** Whether the truly best trial survives, and the cycles that are trained. */
function simulate(tables: SearchTables, stage: Stage, number: number) {
  const random = new RandomStream(number, 'lambda', stage.trials);
  let drawn = 0;
  const uniform = (): number => random.uniformAt(drawn++);
  const seed = 1 + Math.floor(3 * uniform());
  const shift = uniform();
  const images = Array.from({ length: tables.images }, (_, image) => image);
  for (let at = 0; at < validationImages; at++) {
    const other = at + Math.floor(uniform() * (images.length - at));
    [images[at], images[other]] = [images[other]!, images[at]!];
  }
  const seen = images.slice(0, validationImages);
  const mixture = Float64Array.from({ length: tables.images }, uniform);
  const trials = Array.from({ length: stage.trials }, (_, index) => {
    const u = stage.sampler === 'random' ? uniform() : spread(index, shift);
    const lambda = Math.exp(Math.log(stage.min) + u * (Math.log(stage.max) - Math.log(stage.min)));
    return { index: index + 1, at: (cycle: number) => mixed(tables, seed, cycle, lambda, mixture) };
  });
  const truth = trials.map(({ at }) => at(stage.cycles).reduce((sum, bit) => sum + bit, 0));
  const best = trials[truth.indexOf(Math.max(...truth))]!;
  const level = stoppingLevel({ trials: stage.trials, rungs: stage.cycles });
  let alive = trials;
  let trained = 0;
  for (let cycle = 1; cycle <= stage.cycles; cycle++) {
    trained += alive.length;
    if (cycle === stage.cycles) break;
    const contenders = alive.map(({ index, at }): Contender => {
      const answers = at(cycle);
      const bits = new Uint8Array(validationImages / 8);
      for (const [place, image] of seen.entries())
        bits[place >> 3]! |= answers[image]! << (place & 7);
      return { id: { stage: 'coarse', index, replicate: 1 }, bits };
    });
    const leader = leaderAt(contenders);
    alive = alive.filter((_, at) => clearlyWorse(contenders[at]!, leader, level) === null);
  }
  return { survives: alive.includes(best), trained };
}

function mixed(
  tables: SearchTables,
  seed: number,
  cycle: number,
  lambda: number,
  mixture: Float64Array,
): Uint8Array {
  const { lambdas } = tables;
  const above = lambdas.findIndex((node) => node > lambda);
  const row = above <= 0 ? (above === 0 ? 0 : lambdas.length - 2) : above - 1;
  const [low, high] = [lambdas[row]!, lambdas[row + 1]!];
  const weight = (Math.log(lambda) - Math.log(low)) / (Math.log(high) - Math.log(low));
  const [first, second] = [tables.answers(seed, cycle, row), tables.answers(seed, cycle, row + 1)];
  return first.map((bit, image) => (mixture[image]! < weight ? second[image]! : bit));
}

const wide = { min: 1e-9, max: 1e-1 };
const fine = { min: 2e-3, max: 6e-2 };
const cases: readonly (Stage & { range: string })[] = [
  { trials: 30, cycles: 2, sampler: 'random', range: 'wide', ...wide },
  { trials: 30, cycles: 2, sampler: 'random', range: 'fine', ...fine },
  { trials: 30, cycles: 4, sampler: 'random', range: 'wide', ...wide },
  { trials: 30, cycles: 4, sampler: 'random', range: 'fine', ...fine },
  { trials: 12, cycles: 4, sampler: 'spread', range: 'wide', ...wide },
  { trials: 12, cycles: 4, sampler: 'spread', range: 'fine', ...fine },
];

describe.skipIf(!hasTables)('the stopping rule (needs RIDGELINE_SEARCH_TABLES)', () => {
  it.each(cases)(
    'keeps the truly best of $trials trials with 95 % probability ($cycles cycles, $range range)',
    (stage) => {
      const tables = readSearchTables();
      const runs = Array.from({ length: stages }, (_, number) => simulate(tables, stage, number));
      const kept = runs.filter(({ survives }) => survives).length / stages;
      const trained = runs.reduce((sum, run) => sum + run.trained, 0) / stages;
      // Less than two standard errors of the simulation below 95 %.
      const found = `${100 * kept} % kept with ${trained} cycles`;
      expect(kept, found).toBeGreaterThanOrEqual(0.95 - 2 * Math.sqrt((0.95 * 0.05) / stages));
      expect(trained, found).toBeLessThan(stage.trials * stage.cycles);
    },
    3_600_000,
  );
});

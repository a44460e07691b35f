/** What may happen in a history, drawn from its seed. */
import type { StudySpec } from '../../src/study/spec/study-spec.ts';
import { exampleStudy, plainTrainer, twoStages } from '../study/support/example-study.ts';
import { drawFaults } from './faults.ts';
import { reference, type HistorySettings } from './history.ts';
import type { Plan } from './operator.ts';
import type { WorkerKind } from './simulated-worker.ts';
import { Chance } from './timeline.ts';

export function simulatedStudy(study: string, changes: Partial<StudySpec> = {}): StudySpec {
  return exampleStudy({
    study,
    dataset: {
      source: { kind: 'named', name: 'digits' },
      train: reference.train,
      validation: reference.validation,
      test: reference.test,
    },
    trainer: {
      ...plainTrainer,
      batch: 10,
      learningRate: { min: 1e-5, max: 0.1, stepSize: 10 },
      length: { kind: 'cycles', cycles: 1 },
      measure: { kind: 'end' },
    },
    stages: twoStages(20, 14),
    ...changes,
  });
}

/** Everything about a history, from its seed. */
export function drawHistory(seed: number): HistorySettings {
  const chance = new Chance(seed, 78);
  const count = chance.whole(1, 4);
  const threads = chance.whole(1, 3);
  const odd = chance.draw();
  const oddKind = odd < 0.12 ? 'broken' : odd < 0.16 ? 'lazy' : odd < 0.45 ? 'wrong' : 'sound';
  // One odd worker at most, and only beside sound ones: a cluster of liars has no truth to find.
  const isAudited = chance.draw() < 0.6;
  const audit = isAudited
    ? { random: chance.draw() < 0.5 ? 0.2 : 0, top: chance.whole(0, 4) }
    : null;
  // From a stream of its own, so that what seeds drew before there were replicates stays the same.
  const repeats = new Chance(seed, 79);
  const replicates = repeats.draw() < 0.7 ? 1 : repeats.whole(2, 3);
  const racing = replicates > 1 && repeats.draw() < 0.6;
  const odds = oddKind === 'wrong' && repeats.draw() < 0.15 ? 'garbled' : oddKind;
  const others = drawOthers(new Chance(seed, 80));
  // A liar who tests a winner of several trials is seldom met otherwise.
  const liar = isAudited && replicates > 1 && others.isLiar ? 'wrong' : 'sound';
  const spare = others.isForeign ? 'foreign' : liar;
  const kinds = Array.from({ length: count }, (_, index): WorkerKind =>
    index === 1 ? (odds === 'sound' ? spare : odds) : 'sound',
  );
  const first = simulatedStudy('first', { seed, audit, replicates, racing, test: others.test });
  const second = simulatedStudy('second', {
    ...others.second,
    test: others.test,
    seed: seed + 1,
    stages: first.stages.slice(0, 1).map((stage) => ({ ...stage, trials: 6 })),
    audit: isAudited ? { random: 0, top: 2 } : null,
  });
  const faults = drawFaults(chance);
  const poison = chance.draw() < 0.8 ? 0 : chance.draw() * 0.15;
  const studies = chance.draw() < 0.35 ? [first, second] : [first];
  const isThere = ({ study }: Plan): boolean => studies.some((spec) => spec.study === study);
  return {
    ...others.settings,
    plans: others.plans.filter(isThere),
    seed,
    kinds,
    threads,
    faults,
    poison,
    studies,
    troubledMs: 10 * 60_000,
  };
}

/** Drawn last, from a stream of their own: what seeds drew before them stays the same. */
function drawOthers(chance: Chance): {
  plans: Plan[];
  isForeign: boolean;
  isLiar: boolean;
  test: StudySpec['test'];
  settings: Pick<HistorySettings, 'packMax' | 'hasTest'>;
  second: Partial<StudySpec>;
} {
  const plans = Array.from({ length: chance.draw() < 0.5 ? 0 : chance.whole(1, 3) }, (): Plan => {
    const study = chance.draw() < 0.75 ? 'first' : 'second';
    const which = chance.draw();
    const grown = which < 0.25 ? 'another stage' : which < 0.5 ? 'both' : 'more trials';
    const change = which < 0.75 ? grown : 'afresh';
    return { study, afterMs: chance.between(0, chance.draw() < 0.5 ? 60_000 : 300_000), change };
  });
  const packMax = chance.draw() < 0.8 ? 8 : chance.whole(1, 3);
  const hasTest = chance.draw() < 0.85;
  const replicates = chance.draw() < 0.7 ? 1 : chance.whole(2, 3);
  const racing = replicates > 1 && chance.draw() < 0.6;
  const numerics = chance.draw() < 0.1 ? 'any' : 'canonical';
  const isForeign = chance.draw() < 0.15;
  const test = chance.draw() < 0.15 ? 'all' : 'winner';
  const isLiar = chance.draw() < 0.5;
  return {
    plans,
    isForeign,
    isLiar,
    test,
    settings: { packMax, hasTest },
    second: { replicates, racing, numerics },
  };
}

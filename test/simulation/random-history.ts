/** Random histories: the cluster, studies, changes and faults of a seed. */
import type { StageSpec, StudySpec } from '../../src/study/spec/study-spec.ts';
import { exampleStudy, twoStages } from '../study/support/example-study.ts';
import { randomFaults } from './faults.ts';
import { reference, type HistorySettings } from './history.ts';
import type { Plan } from './operator.ts';
import { otherSeed, rungTrainer, simulatedTrainer } from './simulated-results.ts';
import type { WorkerKind } from './simulated-worker.ts';
import { Chance } from './timeline.ts';

export function simulatedStudy(study: string, changes: Partial<StudySpec> = {}): StudySpec {
  return exampleStudy({
    study,
    dataset: {
      name: 'digits',
      train: reference.train,
      validation: reference.validation,
      test: reference.test,
      stratify: false,
    },
    trainer: simulatedTrainer,
    stages: twoStages(20, 14),
    ...changes,
  });
}

export function randomHistory(seed: number): HistorySettings {
  const chance = new Chance(seed, 78);
  const count = chance.whole(1, 4);
  const threads = chance.whole(1, 3);
  const odd = chance.draw();
  const oddKind =
    odd < 0.12 ? 'crashing' : odd < 0.16 ? 'returning' : odd < 0.45 ? 'wrong' : 'correct';
  // At most one faulty worker: without a majority of correct ones, no result can be verified.
  const isAudited = chance.draw() < 0.6;
  const audit = isAudited
    ? { random: chance.draw() < 0.5 ? 0.2 : 0, top: chance.whole(0, 4) }
    : undefined;
  // A separate stream: adding a feature does not change the histories of older seeds otherwise.
  const repeats = new Chance(seed, 79);
  const replicates = repeats.draw() < 0.7 ? 1 : repeats.whole(2, 3);
  const racing = replicates > 1 && repeats.draw() < 0.6;
  const odds = oddKind === 'wrong' && repeats.draw() < 0.15 ? 'malformed' : oddKind;
  const others = randomOthers(new Chance(seed, 80));
  // Otherwise a winner with replicates would seldom be tested by a worker with wrong results.
  const tester = isAudited && replicates > 1 && others.isWrong ? 'wrong' : 'correct';
  const spare = others.isIncompatible ? 'incompatible' : tester;
  const kinds = Array.from({ length: count }, (_, index): WorkerKind =>
    index === 1 ? (odds === 'correct' ? spare : odds) : 'correct',
  );
  const stopping = randomStopping(new Chance(seed, 92));
  const rules = { seed, audit, replicates, racing, test: others.test };
  const first = withSamplers(
    simulatedStudy('first', { ...rules, ...stopping }),
    new Chance(seed, 91),
  );
  const budgets = new Chance(seed, 93);
  const limited = { ...first, ...randomBudget(budgets, first) };
  const second = simulatedStudy('second', {
    ...others.second,
    test: others.test,
    seed: seed + 1,
    stages: twoStages(6, 0).slice(0, 1),
    audit: isAudited ? { random: 0, top: 2 } : undefined,
  });
  const drawnFaults = randomFaults(chance);
  const poison = chance.draw() < 0.8 ? 0 : chance.draw() * 0.15;
  const seconds = chance.draw() < 0.35 ? [second] : [];
  // How far a budget of time reaches depends on which results are reused.
  const untimed = limited.budget?.time === undefined ? limited : first;
  const reusing = randomReuse(new Chance(seed, 95), untimed);
  const studies = [reusing?.first ?? limited, ...seconds, ...(reusing?.studies ?? [])];
  const retries = new Chance(seed, 85);
  if (retries.draw() < 0.4)
    others.plans.push({
      study: 'first',
      afterMs: retries.between(0, 300_000),
      change: 'retry',
      isDuringTest: true,
    });
  if (limited.budget !== undefined && budgets.draw() < 0.5)
    others.plans.push({
      study: 'first',
      afterMs: budgets.between(0, 300_000),
      change: 'no budget',
    });
  const isPlayed = ({ study }: Plan): boolean => studies.some((spec) => spec.study === study);
  const sick = randomSickness(new Chance(seed, 82), kinds);
  const testing = new Chance(seed, 81);
  const plans = others.plans
    .filter(isPlayed)
    .map((plan) => ({ isDuringTest: testing.draw() < 0.25, ...plan }));
  const isCalm =
    poison === 0 && sick.deadly === 0 && sick.kinds.every((kind) => kind === 'correct');
  const needsProgram = isCalm && count > 1 && new Chance(seed, 86).draw() < 0.5;
  // Failures of programs have rules of their own, which unit tests prove.
  const faults = needsProgram ? { ...drawnFaults, threadCrash: 0 } : drawnFaults;
  // Repeated messages of a removed study must not count for the fresh one of its name.
  const isFresh = plans.some(({ change }) => change === 'fresh');
  return {
    ...others.settings,
    isTokenShared: new Chance(seed, 83).draw() < 0.3,
    hasReferee: new Chance(seed, 84).draw() < 0.5 && !needsProgram,
    isLastTwin: count === 4 && new Chance(seed, 82).draw() < 0.5 && !needsProgram,
    plans,
    ...sick,
    ...(reusing !== null && { reusing: reusing.reusing }),
    ...(needsProgram && { needsProgram, kinds: withRefusing(sick.kinds) }),
    seed,
    threads,
    faults: isFresh ? { ...faults, replay: Math.max(faults.replay, 0.2) } : faults,
    poison,
    studies,
    faultyMs: 10 * 60_000,
  };
}

/** The last worker does not allow the program of the studies. */
function withRefusing(kinds: readonly WorkerKind[]): WorkerKind[] {
  return [...kinds.slice(0, -1), 'refusing'];
}

/** Samplers of the stages: random search most of the time. */
function withSamplers(spec: StudySpec, chance: Chance): StudySpec {
  if (chance.draw() < 0.55) return spec;
  const stages = spec.stages.map((stage, index): StageSpec => {
    const draw = chance.draw();
    const [round, lag] = [chance.whole(1, 7), chance.whole(1, 10)];
    const after = chance.draw();
    if (draw < 0.2) return { ...stage, sampler: 'spread' };
    if (draw < 0.3 && index === 0) return { ...stage, sampler: 'grid' };
    // A lag uses results before they are audited.
    const isInRounds = spec.audit !== undefined || spec.stop !== undefined;
    const pace = draw < 0.65 || isInRounds ? { round } : { lag };
    const isAfter = index > 0 && after < 0.5;
    return { ...stage, sampler: 'model', ...pace, ...(isAfter && { after: 'coarse' }) };
  });
  return { ...spec, stages };
}

/** A study like the first one, which takes its results; often one of another seed has the same values of λ. */
function randomReuse(chance: Chance, first: StudySpec) {
  if (chance.draw() < 0.8) return null;
  const isGrid = chance.draw() < 0.6;
  const [coarse, ...later] = first.stages;
  const stages: StageSpec[] = [
    isGrid ? { ...withoutSampler(coarse!), sampler: 'grid' } : coarse!,
    ...later,
  ];
  const own = isGrid ? { ...first, stages } : first;
  const other = { ...own, study: otherSeed, seed: first.seed + 5_000 };
  const longer = stages.map((stage, index) =>
    index === stages.length - 1 ? { ...stage, trials: stage.trials + 2 } : stage,
  );
  const again = { ...own, study: 'again', stages: chance.draw() < 0.5 ? stages : longer };
  const hasOther = isGrid && first.stop === undefined;
  return {
    first: own,
    studies: hasOther ? [other, again] : [again],
    reusing: { study: 'again', afterMs: chance.between(0, 600_000) },
  };
}

function withoutSampler({ name, trials, search, stop }: StageSpec): StageSpec {
  return { name, trials, search, ...(stop !== undefined && { stop }) };
}

/** A part of the studies stops trials, in both stages or in one. */
function randomStopping(chance: Chance): Partial<StudySpec> {
  if (chance.draw() < 0.6) return {};
  const [coarse, fine] = twoStages(20, 14);
  const rule = chance.draw();
  const own = { stop: 'never' } as const;
  const stages = [
    rule < 0.2 ? { ...coarse!, ...own } : coarse!,
    rule > 0.8 ? { ...fine!, ...own } : fine!,
  ];
  return { trainer: rungTrainer, stop: 'clearly_worse', stages };
}

/** A third of the studies has a budget of steps or time, or a target. */
function randomBudget(
  chance: Chance,
  { trainer, objective }: StudySpec,
): Pick<StudySpec, 'budget'> {
  if (chance.draw() < 0.65) return {};
  const trial = 20 * Number(trainer['cycles']);
  const steps = chance.whole(trial, 34 * trial);
  const time = `${chance.whole(1, 120)}s`;
  const target =
    objective.direction === 'maximize' ? chance.between(0.75, 1) : chance.between(1.4, 1.6);
  const draw = chance.draw();
  if (draw < 0.5) return { budget: { steps } };
  if (draw < 0.7) return { budget: { target } };
  return { budget: draw < 0.9 ? { time } : { steps, time, target } };
}

/** Machines that are sick or slow, and trials that end processes: they cost no healthy trial. */
function randomSickness(
  chance: Chance,
  kinds: readonly WorkerKind[],
): Pick<HistorySettings, 'kinds' | 'deadly' | 'renames'> & { packMax?: number } {
  const draw = chance.draw();
  const kind = draw < 0.08 ? 'dying' : draw < 0.14 ? 'slow' : draw < 0.24 ? 'sick' : null;
  const last = kinds.length - 1;
  // A slow or sick machine may be the only one; a dying one would never end a study.
  const isPossible = kind !== 'dying' || last > 0;
  const sick = kinds.map((other, index) =>
    kind !== null && isPossible && index === last && other === 'correct' ? kind : other,
  );
  const deadly = chance.draw() < 0.9 ? 0 : chance.draw() * 0.06;
  const renames = chance.draw() < 0.5;
  // Crashes of larger packs do not count.
  const hasSmallPacks = kind === 'sick' && chance.draw() < 0.6;
  return { kinds: sick, deadly, renames, ...(hasSmallPacks && { packMax: 1 }) };
}

function randomOthers(chance: Chance): {
  plans: Plan[];
  isIncompatible: boolean;
  isWrong: boolean;
  test: StudySpec['test'];
  settings: Pick<HistorySettings, 'packMax' | 'hasTest'>;
  second: Partial<StudySpec>;
} {
  const plans = Array.from({ length: chance.draw() < 0.5 ? 0 : chance.whole(1, 3) }, (): Plan => {
    const study = chance.draw() < 0.75 ? 'first' : 'second';
    const which = chance.draw();
    const longer = which < 0.2 ? 'another stage' : which < 0.4 ? 'both' : 'more trials';
    const change = which < 0.6 ? longer : 'fresh';
    return { study, afterMs: chance.between(0, chance.draw() < 0.5 ? 60_000 : 300_000), change };
  });
  const packMax = chance.draw() < 0.8 ? 8 : chance.whole(1, 3);
  const hasTest = chance.draw() < 0.85;
  const replicates = chance.draw() < 0.7 ? 1 : chance.whole(2, 3);
  const racing = replicates > 1 && chance.draw() < 0.6;
  const reproducible = chance.draw() >= 0.1;
  const isIncompatible = chance.draw() < 0.15;
  const test = chance.draw() < 0.15 ? 'all' : 'winner';
  const isWrong = chance.draw() < 0.5;
  return {
    plans,
    isIncompatible,
    isWrong,
    test,
    settings: { packMax, hasTest },
    second: { replicates, racing, reproducible },
  };
}

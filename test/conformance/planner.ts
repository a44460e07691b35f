/**
 * Conformance suite of the planner port: every implementation passes these tests.
 *
 * They check determinism: the trials of a study do not depend on the number of workers, on the order of
 * results, on questions in the middle of a round, or on crashes, after which everything is rebuilt from
 * stored records. Studies may stop trials at rungs, which the suite trains one after another, and may have a
 * budget of steps.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { RandomStream } from '../../src/base/philox.ts';
import type {
  PlannedStudy,
  PlannedTrial,
  Planner,
  RungMove,
} from '../../src/search/planning/planner.ts';
import { activeParams, paramsText } from '../../src/study/search-space.ts';
import {
  configurationCount,
  hasStopping,
  type StudySpec,
} from '../../src/study/spec/study-spec.ts';
import {
  divergedReason,
  knownIndexBase,
  trialName,
  waitingTrial,
  type StageRecord,
  type TrialRecord,
} from '../../src/study/trial.ts';

/** Images of the simulated validation split; a multiple of 8. */
const images = 128;
/** The rungs of a trial in a study that stops trials. */
const rungs = [10, 20, 30];

/**
 * @param make    a new planner; called again after each simulated crash
 * @param studies studies that the planner can plan, with stages of at least 8 trials
 */
export function plannerConformance(
  name: string,
  make: () => Planner,
  studies: readonly StudySpec[],
): void {
  const study = fc.constantFrom(...studies);
  // A race, and trials that were not stopped, may have used the budget before their stage grows.
  const growing = studies.filter(
    (spec) =>
      spec.stages.at(-1)?.sampler !== 'grid' &&
      (spec.budget === undefined || !(spec.racing || hasStopping(spec))),
  );

  describe(name, () => {
    test('a planner plans the same rounds whatever the order of results, and after crashes', () => {
      fc.assert(
        fc.property(study, fc.nat(), (spec, seed) => {
          expect(new Play(make, spec, seed).run()).toEqual(new Play(make, spec, null).run());
        }),
        { numRuns: 12 },
      );
    });

    test('a planner plans the same trials for any number of workers', () => {
      for (const spec of studies) {
        const trialsWith = (workers: number): string[] => {
          const play = new Play(make, spec, workers, workers);
          play.run();
          return play.stages.flatMap(({ trials }) => trials.map(toText)).toSorted();
        };
        const alone = trialsWith(1);
        for (const workers of [2, 4, 100]) expect(trialsWith(workers)).toEqual(alone);
      }
    });

    test('a planner plans trials of the stage, each once, with values in the search space', () => {
      for (const spec of studies) {
        const play = new Play(make, spec, null);
        const names = play.run().flatMap(({ rounds }) => rounds.flatMap(({ trials }) => trials));
        expect(new Set(names).size).toBe(names.length);
        for (const { record, trials } of play.stages) {
          if (spec.budget === undefined)
            expect(trials.length).toBeGreaterThanOrEqual(record.trials);
          for (const { id, params } of trials) expectInSpace(record, { id, params });
        }
      }
    });

    test.skipIf(growing.length === 0)('a planner keeps the trials of an extended stage', () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...growing),
          fc.nat(),
          fc.integer({ min: 1, max: 9 }),
          (spec, seed, more) => {
            const play = new Play(make, spec, seed);
            play.run();
            const before = play.stages.at(-1)!.trials.map(toText);
            const longer = lengthen(spec, more);
            play.extend(longer);
            const after = play.stages.at(-1)!.trials.map(toText);
            expect(after).toEqual(expect.arrayContaining(before));
            const fresh = new Play(make, longer, null);
            fresh.run();
            expect(firstReplicates(after)).toEqual(
              firstReplicates(fresh.stages.at(-1)!.trials.map(toText)),
            );
          },
        ),
        { numRuns: 8 },
      );
    });
  });
}

interface PlayedStage {
  readonly space: StageRecord['space'];
  readonly rounds: readonly {
    readonly trials: readonly string[];
    readonly moves: readonly string[];
    readonly reason: string | null;
  }[];
}

/** A study that is planned and trained to its end. Trials train in the given order, or at random. */
class Play {
  readonly stages: { record: StageRecord; trials: TrialRecord[] }[];
  readonly #make: () => Planner;
  readonly #workers: number;
  #spec: StudySpec;
  #planner: Planner;
  readonly #random: RandomStream | null;
  #draws = 0;

  /**
   * @param seed    of the order of results and of crashes; null: neither
   * @param workers number of trials that run at the same time
   */
  constructor(make: () => Planner, spec: StudySpec, seed: number | null, workers = Infinity) {
    this.#make = make;
    this.#workers = workers;
    this.#spec = spec;
    this.#planner = make();
    this.#random = seed === null ? null : new RandomStream(seed, 'split');
    this.stages = spec.stages.map((stage) => ({
      record: {
        name: stage.name,
        trials: configurationCount(stage),
        space: null,
        reason: null,
        closed: false,
      },
      trials: [],
    }));
  }

  run(): PlayedStage[] {
    return this.stages.map((stage) => {
      const plan = this.#planner.openStage(this.#study(), stage.record.name);
      stage.record = { ...stage.record, ...plan };
      const rounds = this.#runRounds(stage);
      stage.record = { ...stage.record, closed: true };
      return { space: plan.space, rounds };
    });
  }

  /** More trials in the last stage. */
  extend(spec: StudySpec): void {
    this.#spec = spec;
    const stage = this.stages.at(-1)!;
    const trials = configurationCount(spec.stages.at(-1)!);
    stage.record = { ...stage.record, trials, closed: false };
    // As the dispatcher does: trials are compared again from their first rung on.
    stage.trials = stage.trials.map((trial) =>
      trial.rungs === undefined ? trial : moved(trial, rungs[0]!),
    );
    this.#runRounds(stage);
  }

  #runRounds(stage: Play['stages'][number]): PlayedStage['rounds'] {
    const rounds = [];
    const plansAhead = this.#planner.plansAhead(this.#spec, stage.record.name);
    for (;;) {
      const round = this.#startRound(stage);
      if (round === null) return plansAhead ? [inOneRound(rounds)] : rounds;
      const count = round.trials.length + round.moves.length;
      expect(count, 'a round has a new trial or a move').toBeGreaterThan(0);
      rounds.push(round);
      for (let isOpen = true; isOpen;) {
        isOpen = this.#trainOne(stage);
        if (!isOpen || this.#draw() > (plansAhead ? 0.8 : 0.2)) continue;
        // While trials are open, only planners that plan ahead plan further ones.
        const ahead = this.#startRound(stage) ?? { trials: [], moves: [], reason: null };
        if (plansAhead) rounds.push(ahead);
        else expect([...ahead.trials, ...ahead.moves]).toEqual([]);
      }
    }
  }

  /** Adds the trials of the next round. */
  #startRound(stage: Play['stages'][number]): PlayedStage['rounds'][number] | null {
    const round = this.#nextRound(stage);
    if (round === null) return null;
    const added = this.#missing(stage, round.trials);
    const { moves = [] } = round;
    if (round.budgetEnds === true && added.length + moves.length === 0) return null;
    stage.trials.push(
      ...added.map(({ id, params, toStep }) => ({
        ...waitingTrial(id, params),
        ...(toStep !== undefined && { rungs: { toStep, results: [], stop: null } }),
      })),
    );
    const byName = new Map(moves.map((move) => [trialName(move.id), move]));
    stage.trials = stage.trials.map((trial) => {
      const move = byName.get(trialName(trial.id));
      return move === undefined ? trial : afterMove(trial, move);
    });
    return { trials: added.map(toText), moves: moves.map(moveText), reason: round.reason };
  }

  /** Ends one of the running trials. @returns whether any is open afterwards */
  #trainOne(stage: Play['stages'][number]): boolean {
    const open = [...stage.trials.entries()].filter(([, { status }]) => status === 'waiting');
    const [first] = this.#shuffled(open.slice(0, this.#workers));
    if (first === undefined) return false;
    const [index, trial] = first;
    stage.trials[index] = trained(this.#spec, trial);
    return open.length > 1;
  }

  #nextRound({ record, trials }: Play['stages'][number]): ReturnType<Planner['nextRound']> {
    if (this.#draw() < 0.3) this.#planner = this.#make();
    return this.#planner.nextRound(this.#study(), record, this.#shuffled(structuredClone(trials)));
  }

  #missing<Trial extends PlannedTrial>(
    stage: Play['stages'][number],
    trials: readonly Trial[],
  ): Trial[] {
    const existing = new Set(stage.trials.map(({ id }) => trialName(id)));
    return trials.filter(({ id }) => !existing.has(trialName(id)));
  }

  #study(): PlannedStudy {
    const stages = this.stages.map(({ record, trials }) => ({
      record: structuredClone(record),
      trials: this.#shuffled(structuredClone(trials)),
    }));
    const { steps } = this.#spec.budget ?? {};
    return {
      spec: this.#spec,
      validationCount: images,
      rungs: () => (hasStopping(this.#spec) ? rungs : rungs.slice(-1)),
      ...(steps !== undefined && { stepsMax: steps }),
      stages,
    };
  }

  #draw(): number {
    return this.#random?.uniformAt(this.#draws++) ?? 1;
  }

  #shuffled<T>(values: readonly T[]): T[] {
    const keyed = values.map((value) => ({ value, key: this.#draw() }));
    return keyed.toSorted((a, b) => a.key - b.key).map(({ value }) => value);
  }
}

/** All rounds of a planner that plans ahead: when a trial is planned depends on the order of results. */
function inOneRound(rounds: PlayedStage['rounds']): PlayedStage['rounds'][number] {
  return { trials: rounds.flatMap(({ trials }) => trials).toSorted(), moves: [], reason: null };
}

/** The trial with another rung as its target: it waits, or has the result that is known there. */
function moved(trial: TrialRecord, toStep: number | null): TrialRecord {
  const { results = [] } = trial.rungs ?? {};
  const step = toStep ?? rungs.at(-1);
  const known = results.find(({ result }) => result.steps === step)?.result ?? null;
  const status = known === null ? 'waiting' : toStep === null ? 'complete' : 'paused';
  return { ...trial, status, result: known, rungs: { toStep, results, stop: null } };
}

function afterMove(trial: TrialRecord, move: RungMove): TrialRecord {
  if (move.kind === 'continue') return moved(trial, move.toStep);
  const { toStep = null, results = [] } = trial.rungs ?? {};
  return { ...trial, status: 'stopped', rungs: { toStep, results, stop: move.stop } };
}

function moveText(move: RungMove): string {
  const where = move.kind === 'stop' ? JSON.stringify(move.stop) : String(move.toStep);
  return `${trialName(move.id)} ${move.kind} ${where}`;
}

/** The trial with its result, a pure function of the study's seed and the trial. A few diverge. */
function trained(spec: StudySpec, trial: TrialRecord): TrialRecord {
  const digest = sha256(`${spec.seed}`, toText(trial));
  const noise = Number.parseInt(digest.slice(0, 8), 16) / 2 ** 32;
  const fingerprint = digest;
  const toStep = trial.rungs?.toStep ?? null;
  const steps = toStep ?? rungs.at(-1)!;
  const common = { steps, seconds: 1 };
  if (noise < 0.05) {
    const result = { kind: 'diverged', ...common, curve: [] } as const;
    return { ...trial, status: 'failed', reason: divergedReason(steps), result, fingerprint };
  }
  const distances = Object.values(trial.params).map((value) =>
    typeof value === 'number' && value > 0 ? Math.abs(Math.log10(value) + 2) : 0.5,
  );
  const distance = distances.reduce((sum, value) => sum + value, 0);
  // The longer a training is, the more its trials differ.
  const contrast = 0.05 * (steps / rungs.at(-1)!);
  const correct = Math.max(1, Math.round(images * (0.9 - contrast * distance) - 6 * noise));
  const validationCorrect = new Uint8Array(images / 8);
  for (let image = 0; image < correct; image++) validationCorrect[image >> 3]! |= 1 << (image & 7);
  const metrics = {
    validation_accuracy: correct / images,
    [spec.objective.metric]: spec.objective.direction === 'maximize' ? correct / images : distance,
  };
  const curve = [{ step: steps, metrics }];
  const result = { kind: 'complete', ...common, digest, curve, validationCorrect } as const;
  const status = toStep === null ? 'complete' : 'paused';
  const ended = { ...trial, status, result, fingerprint } as const;
  if (trial.rungs === undefined) return ended;
  const rung = { result, worker: 'w', fingerprint, audit: null };
  return { ...ended, rungs: { ...trial.rungs, results: [...trial.rungs.results, rung] } };
}

function toText({ id, params }: PlannedTrial): string {
  return `${trialName(id)} ${paramsText(params)}`;
}

/** The texts of replicate 1 of each configuration, sorted. */
function firstReplicates(texts: readonly string[]): string[] {
  return texts.filter((text) => /^[^.]+\/\d+ /.test(text)).toSorted();
}

function lengthen(spec: StudySpec, more: number): StudySpec {
  const last = spec.stages.at(-1)!;
  const stages = [...spec.stages.slice(0, -1), { ...last, trials: last.trials + more }];
  return { ...spec, stages };
}

function expectInSpace({ name, space }: StageRecord, { id, params }: PlannedTrial): void {
  expect(id.stage).toBe(name);
  expect(Object.keys(activeParams(params, space ?? {}))).toEqual(Object.keys(params));
  for (const [parameter, distribution] of Object.entries(space ?? {})) {
    const value = params[parameter];
    const isKnown = id.index > knownIndexBase;
    if (isKnown || (value === undefined && distribution.where !== undefined)) continue;
    if (distribution.distribution === 'values') expect(distribution.values).toContain(value);
    else {
      expect(value).toBeGreaterThanOrEqual(distribution.min);
      expect(value).toBeLessThanOrEqual(distribution.max);
    }
  }
}

/**
 * Replayed search: runs the planners of a study on a search table, as a coordinator does, without training.
 *
 * With `stop`, the trials of a round are trained from cycle to cycle, and those that are clearly worse than
 * the best one stop (`src/search/stopping`).
 */
import { plannerFor } from '../../../src/search/planning/planner-for.ts';
import type { PlannedStudy, PlannedTrial } from '../../../src/search/planning/planner.ts';
import { bestConfiguration } from '../../../src/search/ranking/ranking.ts';
import {
  clearlyWorse,
  leaderAt,
  stoppingLevel,
  type Contender,
} from '../../../src/search/stopping/clearly-worse.ts';
import type { StageSpec, StudySpec } from '../../../src/study/spec/study-spec.ts';
import {
  trialName,
  waitingTrial,
  type StageRecord,
  type TrialRecord,
} from '../../../src/study/trial.ts';
import { exampleStudy } from '../../study/support/example-study.ts';
import type { ReplayedTrial, Replication } from './table-trials.ts';

export interface SearchSettings {
  readonly stages: readonly StageSpec[];
  /** Whether clearly worse trials stop at the ends of cycles. */
  readonly stop?: boolean;
}

export interface ReplayedSearch {
  /** Updates of all trials. */
  readonly steps: number;
  /** Accuracy points of the winner below the best node of the table. */
  readonly regret: number;
  /** Accuracy of the winner on images that are not in the validation set, in per cent. */
  readonly test: number;
}

interface ReplayedStage {
  record: StageRecord;
  readonly trials: TrialRecord[];
}

/** The study's seed is the number of the replication. */
export function replaySearch(
  replication: Replication,
  { stages, stop = false }: SearchSettings,
): ReplayedSearch {
  const spec = exampleStudy({ seed: replication.number, stages });
  return new Replay(replication, spec, stop).run();
}

class Replay {
  readonly #replication: Replication;
  readonly #spec: StudySpec;
  readonly #stop: boolean;
  readonly #stages: readonly ReplayedStage[];
  readonly #trained = new Map<string, ReplayedTrial>();
  readonly #stopped = new Set<string>();
  #steps = 0;

  constructor(replication: Replication, spec: StudySpec, stop: boolean) {
    this.#replication = replication;
    this.#spec = spec;
    this.#stop = stop;
    this.#stages = spec.stages.map(({ name, trials }) => ({
      record: { name, trials, space: null, reason: null, closed: false },
      trials: [],
    }));
  }

  run(): ReplayedSearch {
    const planner = plannerFor(this.#spec);
    const { validationCount } = this.#replication;
    const rungs = (): readonly number[] => [];
    const study: PlannedStudy = {
      spec: this.#spec,
      validationCount,
      rungs,
      stages: this.#stages,
    };
    for (const stage of this.#stages) {
      stage.record = { ...stage.record, ...planner.openStage(study, stage.record.name) };
      for (;;) {
        const known = new Set(stage.trials.map(({ id }) => id.index));
        const round = planner.nextRound(study, stage.record, stage.trials);
        const added = (round?.trials ?? []).filter(({ id }) => !known.has(id.index));
        if (added.length === 0) break;
        stage.trials.push(...this.#train(stage, added));
      }
      stage.record = { ...stage.record, closed: true };
    }
    const order = this.#stages.map(({ record }) => record.name);
    const winner = bestConfiguration(this.#finished(), this.#spec.objective, order);
    const params = winner!.trial.params;
    return {
      steps: this.#steps,
      regret: this.#replication.regret(params),
      test: 100 * this.#replication.testAccuracy(params),
    };
  }

  /** Trains the trials of a round side by side. */
  #train(stage: ReplayedStage, added: readonly PlannedTrial[]): TrialRecord[] {
    const { rungs } = this.#replication.table;
    const finished = this.#finished();
    const earlier = finished.filter(({ id }) => id.stage !== stage.record.name).length;
    const level = stoppingLevel({
      trials: stage.record.trials + earlier,
      rungs: rungs.length,
    });
    let alive = added.map(({ id, params }) => waitingTrial(id, params));
    for (const trial of alive)
      this.#trained.set(trialName(trial.id), this.#replication.train(trial.params));
    const stopped: TrialRecord[] = [];
    for (const [cycle, step] of rungs.entries()) {
      this.#steps += alive.length * (step - (rungs[cycle - 1] ?? 0));
      if (!this.#stop || cycle === rungs.length - 1) continue;
      const leader = leaderAt([...finished, ...alive].map((trial) => this.#at(trial, cycle)));
      const isWorse = (trial: TrialRecord): boolean =>
        clearlyWorse(this.#at(trial, cycle), leader, level) !== null;
      stopped.push(...alive.filter(isWorse).map((trial) => this.#ended(trial, cycle)));
      alive = alive.filter((trial) => !isWorse(trial));
    }
    for (const { id } of stopped) this.#stopped.add(trialName(id));
    const complete = alive.map((trial) => this.#ended(trial, rungs.length - 1));
    return [...complete, ...stopped].toSorted((a, b) => a.id.index - b.id.index);
  }

  #finished(): TrialRecord[] {
    const all = this.#stages.flatMap(({ trials }) => trials);
    return all.filter(({ id }) => !this.#stopped.has(trialName(id)));
  }

  #at({ id }: TrialRecord, cycle: number): Contender {
    return { id, bits: this.#trained.get(trialName(id))!.bits[cycle]! };
  }

  /** The trial with its result at the end of a cycle. */
  #ended(trial: TrialRecord, cycle: number): TrialRecord {
    const { accuracies, bits } = this.#trained.get(trialName(trial.id))!;
    const steps = this.#replication.table.rungs[cycle]!;
    const curve = [{ step: steps, metrics: { validation_accuracy: accuracies[cycle]! } }];
    const validationCorrect = bits[cycle]!;
    const training = { kind: 'complete', steps, seconds: 1, digest: '' } as const;
    const result = { ...training, curve, validationCorrect };
    return { ...trial, status: 'complete', result, fingerprint: '' };
  }
}

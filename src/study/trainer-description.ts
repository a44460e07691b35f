/**
 * Trainer description: a trainer's settings, parameters, metrics and rules, for the code that does not
 * train. It depends on nothing else of a trainer, so a new setting changes the trainer's folder only.
 * Training itself is `trainers/trainer.ts`.
 */
import type { z } from 'zod';
import type { Metric, Metrics } from './metrics.ts';
import type { ParameterDescription, ParameterName, Params } from './search-space.ts';
import type { IsGiven, SpecProblem } from './spec/spec-problem.ts';

/** The `trainer` section of a study with camelCase keys, validated, defaults written out. */
export type TrainerSettings = Readonly<Record<string, unknown>>;

export interface TrainerDescription {
  /** As a study file names it; `two-layer` if it names none. */
  readonly name: string;
  /** Keys, bounds, defaults and descriptions of the section, in the file's snake_case. A strict object. */
  readonly settings: z.ZodObject;
  /**
   * Problems between settings, with paths of the file that start below `trainer`. Values that the schema
   * rejects were removed, so any may be missing; `isGiven` is true for those.
   */
  problems(settings: TrainerSettings, isGiven: IsGiven): readonly SpecProblem[];
  /** What may be searched. */
  readonly parameters: Readonly<Record<ParameterName, ParameterDescription>>;
  readonly metrics: readonly Metric[];
  /** Whether results may be compared bit by bit (audits, digests). */
  readonly reproducible: boolean;
  /** The same trainer with these parameters, if a study may search any name; absent: it may not. */
  withParameters?(names: readonly ParameterName[]): TrainerDescription;
  /** Whether a study needs a data set; absent: yes. Without one, a trainer reads its own data. */
  readonly needsData?: boolean;
  /** Whether a curve may have measurements at any steps before the last; absent: only at `measuredSteps`. */
  readonly measuresAnyStep?: boolean;
  /** Validation records of a study without a data set, for which results have bits; absent or 0: none. */
  validationRecords?(settings: TrainerSettings): number;
  /** Whether training continues from the state at a rung; absent: yes. If not, each rung is trained from step 0. */
  continues?(settings: TrainerSettings): boolean;
  /** What a worker must allow before it runs the trainer (`program-needs.ts`); absent or null: nothing. */
  needs?(settings: TrainerSettings): string | null;
  /** Most memory of a trial, in bytes; absent or null: unlimited. */
  memory?(settings: TrainerSettings): number | null;
  /**
   * Trials of a study with equal keys may be trained side by side in one thread. Their rungs and measured
   * steps are the same.
   */
  packKey(params: Params): string;
  // The functions below read the settings of one trial (`trial-settings.ts`), or those of the study.
  /** The most trials in one pack. */
  packSize(settings: TrainerSettings): number;
  /** Steps at which the state is saved and a trial may stop: ascending; the last is its end. */
  rungs(settings: TrainerSettings, trainRecords: number): readonly number[];
  /** Steps at which a trial is measured: ascending; the last is its end. */
  measuredSteps(settings: TrainerSettings, trainRecords: number): readonly number[];
  /** Exact values of its metrics of the kind `progress` at a step; the coordinator checks results by them. */
  progressAt(settings: TrainerSettings, trainRecords: number, step: number): Metrics;
  /** Remarks about these settings, printed before the study starts. */
  remarks(settings: TrainerSettings, trainRecords: number): readonly string[];
  /** How it trains, as sentences for the method of a report: model, schedule, cost. */
  method(settings: TrainerSettings): readonly string[];
  /** Settings to lower if trials diverge, with their values: `learning_rate.max (0.1)`. */
  divergenceAdvice(settings: TrainerSettings): readonly string[];
  /** The value of a parameter below which it has no effect on `steps` updates; null if there is none. */
  effectiveMinimum(
    parameter: ParameterName,
    settings: TrainerSettings,
    steps: number,
  ): number | null;
}

/**
 * The description of the trainer of a section, which may be that of a file and need not be valid. Equal
 * sections give the same object.
 *
 * @throws RidgelineError STUDY_INVALID for an unknown name
 */
export type DescribeTrainer = (section: TrainerSettings) => TrainerDescription;

/** The trainer that a section names, or whose key it has. */
export function trainerName(section: TrainerSettings): string {
  if (typeof section['name'] === 'string') return section['name'];
  if (section['module'] !== undefined) return moduleTrainer;
  return section['command'] === undefined ? defaultTrainer : commandTrainer;
}

/** Whether `train` and `verify` can train a trial in their process; workers alone run programs of users. */
export function isTrainedHere(section: TrainerSettings): boolean {
  return trainerName(section) === defaultTrainer;
}

/** Trains with a program of the user (`trainers/command`). A section with the key `command` is of it. */
export const commandTrainer = 'command';

/** Trains with a module of the user (`trainers/module`). A section with the key `module` is of it. */
export const moduleTrainer = 'module';

/** Whether code of the user trains the trials. */
export function isProgram(section: TrainerSettings): boolean {
  return [commandTrainer, moduleTrainer].includes(trainerName(section));
}

/** The trainer of a study file that names none. */
const defaultTrainer = 'two-layer';

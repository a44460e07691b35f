/**
 * Trainer module: the contract of a trainer that is a TypeScript or JavaScript module of the user. Its
 * default export is a `TrainerModule`. A module imports the types of this file as `ridgeline/trainer`.
 *
 * This file has types only and imports nothing: it is published as its own declaration.
 */

/** @typeParam Values parameters by name, such as `{ rate: number; kernel: string }` */
export interface TrainerModule<Values extends object = Record<string, number>> {
  /** Version of the contract. */
  readonly contract: 1;
  /** What a study may search or set, by name. */
  readonly parameters: { readonly [Name in keyof Values]: ParameterSpec };
  /** What `measure` returns, by name, with the better direction. The names say the split: `validation_loss`. */
  readonly metrics: Readonly<Record<string, 'maximize' | 'minimize'>>;
  /** Whether it trains on the images of the study's data set. Absent: it has its own data, and studies have no data set. */
  readonly needsData?: boolean;
  /** Number of validation records, if it has its own data and `measure` returns `correct`. */
  readonly records?: number;
  /**
   * Steps at which a trial is measured and may stop: ascending, the last is its end. They may depend on
   * parameters that the study does not search. A step is what the module calls one.
   */
  rungs(parameters: Readonly<Values>): readonly number[];
  /** Starts a trial, before its first step. Each trial has a thread of its own. */
  open(task: TrainerTask<Values>): Training;
}

export interface ParameterSpec {
  readonly kind: 'number' | 'integer' | 'choice';
  /** Bounds of a number, inclusive. */
  readonly min?: number;
  readonly max?: number;
  /** The values of a choice. */
  readonly values?: readonly (number | string | boolean)[];
  /** The value in studies that neither search nor set the parameter. */
  readonly default: number | string | boolean;
  readonly description?: string;
}

export interface TrainerTask<Values extends object = Record<string, number>> {
  /** From 0 to 2^31 - 1: the same for all configurations, another one for each replicate. */
  readonly seed: number;
  /** From 1. */
  readonly replicate: number;
  readonly parameters: Readonly<Values>;
  /** Without records if the module does not need data. */
  readonly data: TrainerData;
  /**
   * A number in [0, 1) that depends on the seed, `stream` and `index` alone, so a state needs no generator.
   *
   * @param stream for example the epoch: a whole number from 0 to 2^32 - 1
   * @param index  a whole number from 0 to 2^32 - 1
   */
  readonly random: (stream: number, index: number) => number;
}

/** The images of a study's data set. */
export interface TrainerData {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Number of classes. */
  readonly classes: number;
  /** The largest value of a pixel: 255; for the digits 16. */
  readonly pixelMax: number;
  readonly train: TrainerRecords;
  readonly validation: TrainerRecords;
  /** Null unless metrics with the prefix `test_` must be measured: the search does not see the test split. */
  readonly test: TrainerRecords | null;
}

/** The records of a split: a copy for this trial. */
export interface TrainerRecords {
  readonly count: number;
  /** Record r has the channels · height · width bytes from r · channels · height · width on, in this order. */
  readonly pixels: Uint8Array;
  /** Class of each record, from 0. */
  readonly labels: Uint8Array;
}

/** A trial in training. Everything that its steps change is in `state`. */
export interface Training {
  /**
   * Trains until `step` steps are done, and calls `hooks.onStep` after each. Division into several calls
   * does not change the result.
   *
   * @returns `diverged`: the loss was not finite after the last step; `stopped`: `hooks.isStopped` was true
   */
  trainTo(step: number, hooks: TrainerHooks): 'reached' | 'diverged' | 'stopped';
  /** Measures the trial after its last step. A metric that is not finite means that it has diverged. */
  measure(): TrainerMeasurement;
  /** All that is needed to continue. */
  state(): Uint8Array;
  /** Continues from a state of the same trial. Called before the first `trainTo`. */
  restore(state: Uint8Array): void;
  /** SHA-256 of the trained parameters as 64 hexadecimal digits. Absent: that of `state`. */
  digest?(): string;
}

export interface TrainerHooks {
  /** Call it after each step, with the number of steps done: a trial that makes no progress for long is ended. */
  readonly onStep: (step: number) => void;
  /** Call it to add a point to the learning curve between two rungs, at the last step of `onStep`. */
  readonly onMeasured: (metrics: Readonly<Record<string, number>>) => void;
  /** If it is true after a step, return `stopped`. Workers end the thread instead. */
  readonly isStopped: () => boolean;
}

export interface TrainerMeasurement {
  /** Values by name. `validation_accuracy` may be left out if `correct` is given. */
  readonly metrics: Readonly<Record<string, number>>;
  /**
   * For each validation record in order, whether it is right: 1 or true, 0 or false. Without it, results
   * have no ± and no ties, and `stop: clearly_worse` cannot compare trials.
   */
  readonly correct?: ArrayLike<number | boolean>;
}

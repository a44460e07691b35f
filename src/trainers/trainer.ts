/**
 * Trainer port: the interface of the code that trains the trials of a study.
 *
 * A `Trainer` opens a `Training` for one pack: trials trained side by side in one thread. A trainer
 * without packs has packs of one trial. It is synchronous, and reads the clock only through its hooks.
 * `train-trials.ts` drives it; every implementation passes `test/conformance/trainer.ts`.
 */
import type { TrainingData } from '../study/images.ts';
import type { Metrics } from '../study/metrics.ts';
import type { Params } from '../study/search-space.ts';
import type { TrainerDescription, TrainerSettings } from '../study/trainer-description.ts';
import type { Measurement } from '../study/trial.ts';

export interface Trainer extends TrainerDescription {
  /**
   * Starts a pack: one member per trial, in order, before its first step. A thread has one open
   * training: opening the next one ends the last one.
   *
   * @throws RidgelineError STUDY_INVALID if the settings cannot be trained on these data
   */
  open(trials: readonly TrialInput[], data: TrainingData, context: TrainingContext): Training;
}

/** The part of a trainer that a thread uses; it does not load the description. */
export type TrainingPort = Pick<Trainer, 'open' | 'rungs'>;

export interface TrialInput {
  readonly params: Params;
}

/** What the trials of a pack have in common. */
export interface TrainingContext {
  readonly seed: number;
  /** From 1. */
  readonly replicate: number;
  readonly settings: TrainerSettings;
  /** Whether the test split is measured at the last step. */
  readonly measureTest: boolean;
}

export interface Training {
  /**
   * Trains all members up to `step` updates, and measures them at the steps that the settings name. A
   * member that diverges does not disturb the others. Returns one status per member, in order.
   */
  trainTo(step: number, hooks: TrainHooks): readonly MemberStatus[];
  /** Measures a member after its last update. */
  measure(member: number): MemberMeasurement;
  /** All that is needed to continue a member that has not diverged. */
  state(member: number): Uint8Array;
  /** Continues a member from a state of the same trial. Only before the first `trainTo`. */
  restore(member: number, state: Uint8Array): void;
  /** SHA-256 of the member's parameters, 64 hexadecimal digits; null if the trainer has none. */
  digest(member: number): string | null;
  /** The member leaves the pack; the others continue. */
  end(member: number): void;
}

export interface TrainHooks {
  /** A clock, in milliseconds. */
  nowMs(): number;
  /** Called after each update, and many times while members are measured. */
  onStep?(step: number): void;
  /** Called with each new point of a member's curve. */
  onMeasured?(member: number, measurement: Measurement): void;
  /** Called after each update but the last; true stops the pack there. */
  isStopped?(): boolean;
}

export interface MemberStatus {
  /** `ended`: the member left the pack earlier. */
  readonly kind: 'reached' | 'diverged' | 'stopped' | 'ended';
  /** Updates done; if diverged, the step after which a loss was NaN or infinite. */
  readonly step: number;
  /** Seconds of training without measuring: the member's share of the pack's time. */
  readonly seconds: number;
  /** Measurements so far, by step. */
  readonly curve: readonly Measurement[];
}

export interface MemberMeasurement {
  readonly metrics: Metrics;
  /** Bit r: record r of the validation split is classified correctly; null if the trainer does not classify. */
  readonly correct: Uint8Array | null;
}

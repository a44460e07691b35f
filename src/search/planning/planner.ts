/**
 * Planner: decides which trials a stage runs, round by round.
 *
 * A round ends when all its trials have ended and their audits are settled; then the dispatcher asks for
 * the next round. A planner has no state and reads only its arguments, so its decisions do not depend on
 * the number of workers, the order of results or crashes.
 *
 * The planners: `one-shot.ts` (all trials in one round), `model-rounds.ts` (proposes trials from results),
 * `sampled.ts` (one of these two, by the stage's sampler), `racing.ts` (adds replicates round by round),
 * `narrowing.ts` (derives a stage's range from an earlier stage), `stopping.ts` (trains the trials of each
 * round from rung to rung) and `budgeted.ts` (opens what fits in the budget). The last four take the trials
 * from another planner.
 */
import type { Params, SearchSpace } from '../../study/search-space.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { StageRecord, StopDecision, TrialId, TrialRecord } from '../../study/trial.ts';
import type { PlannedTrial } from '../samplers/sample-trials.ts';

export type { PlannedTrial } from '../samplers/sample-trials.ts';

/** A trial of a round. */
export interface NewTrial extends PlannedTrial {
  /** The rung to which it is trained first; null: its last step. Absent: the trial has no rungs. */
  readonly toStep?: number | null;
}

/** What becomes of a trial at a rung: it is trained on to another one (null: to its last step), or stopped. */
export type RungMove =
  | { readonly kind: 'continue'; readonly id: TrialId; readonly toStep: number | null }
  | { readonly kind: 'stop'; readonly id: TrialId; readonly stop: StopDecision };

/** Trials to run side by side. */
export interface Round {
  /** Trials that exist already are not created again. */
  readonly trials: readonly NewTrial[];
  /** Trials of earlier rounds that are at a rung; absent: none. */
  readonly moves?: readonly RungMove[];
  /** Why the stage runs another round, in words; null for the first round of a stage. */
  readonly reason: string | null;
  /** Whether trials or moves were left out because they do not fit in the budget: no other stage opens. */
  readonly budgetEnds?: boolean;
}

/** The search space of a stage that opens. */
export interface StagePlan {
  readonly space: SearchSpace;
  /** How the space was derived, with numbers; null if the study file gives it. */
  readonly reason: string | null;
}

/** The part of a study that planners read. */
export interface PlannedStudy {
  readonly spec: StudySpec;
  /** Number of records in the validation split. */
  readonly validationCount: number;
  /** The steps at which a trial with these values may be stopped: ascending; the last is its end. */
  readonly rungs: (params: Params) => readonly number[];
  /** The most steps that all trials together may be planned for; absent: no limit. */
  readonly stepsMax?: number;
  /** Whether a clock or a target ended the search at `stepsMax`: no steps are kept to complete a trial. */
  readonly isCut?: boolean;
  /** All stages of the study, in order, with the trials that exist. */
  readonly stages: readonly {
    readonly record: StageRecord;
    readonly trials: readonly TrialRecord[];
  }[];
}

export interface Planner {
  /**
   * The search space of a stage that is about to open.
   *
   * @param stage name of the stage; every stage that it depends on is closed
   */
  openStage(study: PlannedStudy, stage: string): StagePlan;

  /**
   * Whether trials of a stage may be planned while others are open. `nextRound` is then also asked when a
   * trial has ended, and uses only results whose trials have fixed numbers, so that the order of results
   * does not matter.
   */
  plansAhead(spec: StudySpec, stage: string): boolean;

  /**
   * The round in progress, or the next one if it has ended, or null if the stage is finished. A stage
   * that has gained trials gets a round again.
   *
   * @param stage  an open stage, with its search space
   * @param trials trials of the stage that exist, in any order; complete ones with their validation bits
   */
  nextRound(study: PlannedStudy, stage: StageRecord, trials: readonly TrialRecord[]): Round | null;
}

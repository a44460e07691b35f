/** Study record: one study, as it is stored. */
import type { BudgetEnd } from './budget.ts';
import type { DataWarning } from './data-warning.ts';
import type { Relation } from './independence.ts';
import type { StudySpec } from './spec/study-spec.ts';
import type { StageRecord, StudyStatus, TrialId } from './trial.ts';

/** The largest priority of a study; the default is 1. */
export const priorityMax = 100;

export interface StudyRecord {
  readonly spec: StudySpec;
  readonly status: StudyStatus;
  /** Weight of its share of the threads, from 1 to `priorityMax`. */
  readonly priority: number;
  /** Whether it takes results of other studies (`--reuse`); absent: no. */
  readonly reuse?: boolean;
  /** Why it failed, or the operator's reason for a pause; null otherwise. */
  readonly reason: string | null;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  /** Self-test digest with which it was started; it cannot be resumed with another one. */
  readonly selfTestDigest: string;
  /** Digests of the data set's shards, by name; it cannot be resumed with other data. */
  readonly shardDigests: Readonly<Record<string, string>>;
  /** Whether the shards have the digests of the official release; null if there is no such release. */
  readonly officialData: boolean | null;
  /** About its data, from when it was started; empty for a study that release 0.1.0 started. */
  readonly dataWarnings: readonly DataWarning[];
  /** Images in each split; null for a study of release 0.1.0, which did not store them. */
  readonly imageCounts: ImageCounts | null;
  /** One for each stage of the spec, in order. */
  readonly stages: readonly StageRecord[];
  readonly winner: WinnerRecord | null;
  /** Absent or null: the budget has not ended, or there is none. */
  readonly budgetEnd?: BudgetEnd | null;
  /** Milliseconds in which it ran; counted for studies with a budget of time. Absent: 0. */
  readonly activeMs?: number;
}

export interface ImageCounts {
  readonly train: number;
  readonly validation: number;
  /** Null without a test split. */
  readonly test: number | null;
}

/** The best configuration of all stages, and the results of its test attempts. */
export interface WinnerRecord {
  /** The first replicate of the configuration. */
  readonly trial: TrialId;
  /** Mean over its replicates; null until all are tested, or without a test split. */
  readonly testAccuracy: number | null;
  readonly testLoss: number | null;
  /** Names of the workers that trained the replicates again; null until then. */
  readonly testWorker: string | null;
  /** Whether every second training gave the same digest; null until then. */
  readonly reproduced: boolean | null;
  /** The replicates that were reproduced so far, in order. */
  readonly tests: readonly WinnerTest[];
  /** Number of the last attempt of each replicate before it was chosen: earlier tests do not count. */
  readonly attemptsBefore: readonly number[];
}

/** One replicate of the winner, trained again with the test set. */
export interface WinnerTest {
  readonly replicate: number;
  readonly accuracy: number | null;
  readonly loss: number | null;
  readonly worker: string;
  /** How it relates to the executions that gave the stored result; absent in release 0.1.0. */
  readonly relation?: Relation;
}

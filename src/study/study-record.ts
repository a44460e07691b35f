/** One study, as the store keeps it and results are made of it. */
import type { StudySpec } from './spec/study-spec.ts';
import type { StageRecord, StudyStatus, TrialId } from './trial.ts';

export interface StudyRecord {
  readonly spec: StudySpec;
  readonly status: StudyStatus;
  /** Why it failed, or the operator's words for a pause; null otherwise. */
  readonly reason: string | null;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  /** The known answer under which it was started (`trainers/two-layer/arithmetic-self-test.ts`): resuming under another is refused. */
  readonly selfTestDigest: string;
  /** Digests of the data set's parts, by name: resuming over other data is refused. */
  readonly shardDigests: Readonly<Record<string, string>>;
  /** True where the parts' digests are those of the official release; null where there is none to compare. */
  readonly officialData: boolean | null;
  /** In order; one for each stage of the spec. */
  readonly stages: readonly StageRecord[];
  readonly winner: WinnerRecord | null;
}

/** The best λ of all stages, and what its test attempts found. */
export interface WinnerRecord {
  /** Its replicate 1. */
  readonly trial: TrialId;
  /** The mean over its replicates; null until all are tested, or where the study has no test split. */
  readonly testAccuracy: number | null;
  readonly testLoss: number | null;
  /** Who trained them again; null until then. */
  readonly testWorker: string | null;
  /** Whether the second training of each gave the same digest; null until then. */
  readonly reproduced: boolean | null;
  /** By replicate; those that were reproduced so far. */
  readonly tests: readonly WinnerTest[];
}

/** One replicate of the winner, trained again with the test set. */
export interface WinnerTest {
  readonly replicate: number;
  readonly accuracy: number | null;
  readonly loss: number | null;
  readonly worker: string;
}

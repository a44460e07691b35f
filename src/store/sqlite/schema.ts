/**
 * The tables as queries see them; `migrations.ts` makes them.
 *
 * Names are keys (study, stage, k, replicate), so that somebody who opens the file finds the words of
 * the tables that Ridgeline prints. Booleans are 0 and 1, lists and maps are JSON text.
 */
import type { Generated } from 'kysely';
import type {
  AttemptOutcome,
  AttemptKind,
  AuditVerdict,
  StudyStatus,
  TrialStatus,
} from '../../study/trial.ts';

export interface Tables {
  meta: MetaTable;
  study: StudyTable;
  stage: StageTable;
  trial: TrialTable;
  correctness: CorrectnessTable;
  attempt: AttemptTable;
  measurement: MeasurementTable;
  winner: WinnerTable;
  event: EventTable;
  quarantine: QuarantineTable;
}

interface MetaTable {
  one: number;
  application: string;
  schema_version: number;
}

interface StudyTable {
  name: string;
  /** Order of submission. */
  ordinal: number;
  /** The canonical text of the spec. */
  spec: string;
  /** Taken out of the spec for `trials_ranked`. */
  objective_metric: string;
  objective_direction: string;
  status: StudyStatus;
  reason: string | null;
  created_at_ms: number;
  ended_at_ms: number | null;
  known_answer: string;
  part_digests: string;
  official_data: number | null;
}

interface StageTable {
  study: string;
  name: string;
  ordinal: number;
  trials: number;
  range_min: number | null;
  range_max: number | null;
  reason: string | null;
  closed: number;
  warnings: string;
}

interface TrialKey {
  study: string;
  stage: string;
  k: number;
  replicate: number;
}

interface TrialTable extends TrialKey {
  lambda: number;
  status: TrialStatus;
  reason: string | null;
  attempts: number;
  charged: number;
  /** Null until there is a result, like everything below it. */
  worker: string | null;
  steps: number | null;
  seconds: number | null;
  /** Null for a diverged trial. */
  digest: string | null;
  /** The last point of the curve: the result. Null where a diverged trial was never measured. */
  measured_step: number | null;
  /** Of the result, whole. Null where an earlier release stored it. */
  fingerprint: string | null;
  audit: AuditVerdict | null;
}

/** Which validation records a completed trial classified right. */
interface CorrectnessTable extends TrialKey {
  bits: Uint8Array;
}

interface AttemptTable extends TrialKey {
  attempt: number;
  purpose: AttemptKind;
  worker: string;
  session: string;
  pack: string;
  granted_at_ms: number;
  ended_at_ms: number | null;
  outcome: AttemptOutcome | null;
  reason: string | null;
  /** Of the result that it gave, whatever became of it. */
  fingerprint: string | null;
}

/** Metrics are null where they were not finite. */
interface MeasurementTable extends TrialKey {
  step: number;
  epoch: number;
  learning_rate: number;
  train_loss: number | null;
  train_cost: number | null;
  train_accuracy: number | null;
  validation_loss: number | null;
  validation_cost: number | null;
  validation_accuracy: number | null;
  test_loss: number | null;
  test_accuracy: number | null;
}

interface WinnerTable extends TrialKey {
  test_accuracy: number | null;
  test_loss: number | null;
  test_worker: string | null;
  reproduced: number | null;
  /** Of its replicates, one by one. */
  tests: string;
}

interface EventTable {
  /** Given by the database, ascending. */
  sequence: Generated<number>;
  at_ms: number;
  study: string | null;
  what: string;
  detail: string;
}

/** Worker processes whose results were shown to be wrong: nothing of theirs counts any more. */
interface QuarantineTable {
  session: string;
  worker: string;
  reason: string;
  at_ms: number;
}

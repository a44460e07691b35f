/**
 * Tables: the columns of the store, typed for queries. `schema.ts` creates them.
 *
 * Keys are names (study, stage, index, replicate), so that a person who opens the file finds the names
 * of Ridgeline's output. Booleans are 0 and 1; lists and records are JSON text.
 */
import type {
  AttemptKind,
  AttemptOutcome,
  AuditVerdict,
  StudyStatus,
  TrialStatus,
} from '../../study/trial.ts';

/** The columns by which a trial is found. */
export interface TrialKey {
  study: string;
  stage: string;
  trial_index: number;
  replicate: number;
}

export interface Tables {
  meta: { one: number; application: string; schema_version: number };
  study: {
    name: string;
    /** Order of submission. */
    ordinal: number;
    /** The canonical text of the spec. */
    spec: string;
    /** A copy from the spec, for `trials_ranked`. */
    objective_metric: string;
    status: StudyStatus;
    reason: string | null;
    created_at_ms: number;
    ended_at_ms: number | null;
    self_test_digest: string;
    /** Object: digest by name of the shard. */
    shard_digests: string;
    official_data: number | null;
    /** JSON, a list of warnings. */
    data_warnings: string;
    image_counts: string | null;
    priority: number;
    /** Object: how the budget ended. Null: it has not, or there is none. */
    budget_end: string | null;
    /** Counted with a budget of time. */
    active_ms: number;
    /** Whether it takes results of other studies. */
    reuse: number;
  };
  /** A file that the trainer of a study needs. */
  program_file: { study: string; name: string; sha256: string; content: Uint8Array };
  stage: {
    study: string;
    name: string;
    ordinal: number;
    trials: number;
    /** Object: distribution by name of the parameter. Null until the stage opens. */
    space: string | null;
    reason: string | null;
    closed: number;
    /** Array of sentences. */
  };
  trial: TrialKey & {
    /** Object: value by name of the parameter. */
    params: string;
    status: TrialStatus;
    reason: string | null;
    attempts: number;
    failures: number;
    audit: AuditVerdict | null;
  };
  /** The first result of a trial, or the one that replaced it. */
  result: TrialKey & {
    worker: string;
    steps: number;
    seconds: number;
    /** Null for a diverged trial. */
    digest: string | null;
    fingerprint: string;
    /** The last point of the curve, which is the result; null if a diverged trial was never measured. */
    measured_step: number | null;
    /** Object: value by name of the metric, at `measured_step`. Metrics that are not finite are left out. */
    metrics: string | null;
    /** The whole curve: `curve-text.ts`. */
    curve: string;
    /** Which validation records were classified correctly: one bit each. Null for a diverged trial. */
    bits: Uint8Array | null;
    /** Study and trial from which it was taken, such as `quickstart coarse/7`; null: it was trained. */
    source: string | null;
  };
  /** A trial that is trained from rung to rung. */
  rung_progress: TrialKey & {
    /** Null: its last step. */
    to_step: number | null;
    /** The decision that stopped it; all null unless it is stopped. */
    stop_rung: number | null;
    stop_step: number | null;
    leader_stage: string | null;
    leader_index: number | null;
    only_leader: number | null;
    only_trial: number | null;
  };
  /** The result of a trial at a rung, its last step included. */
  rung_result: TrialKey & {
    step: number;
    worker: string;
    seconds: number;
    digest: string;
    fingerprint: string;
    /** At the step. */
    metrics: string;
    curve: string;
    bits: Uint8Array;
    /** The verdict when the trial left the rung. */
    audit: AuditVerdict | null;
    source: string | null;
  };
  attempt: TrialKey & {
    attempt: number;
    kind: AttemptKind;
    worker: string;
    session: string;
    /** Random id of the worker's machine; '' for an attempt of release 0.1.0. */
    machine_id: string;
    /** Id of the worker's token; '' for an attempt of release 0.1.0. */
    token_id: string;
    pack: string;
    assigned_at_ms: number;
    ended_at_ms: number | null;
    outcome: AttemptOutcome | null;
    reason: string | null;
    /** Fingerprint of the attempt's result, accepted or not. */
    fingerprint: string | null;
    /** The rung to which it trains; null: the last step of the trial. */
    to_step: number | null;
  };
  /** What the program of an attempt has printed (`study/attempt-log.ts`). */
  attempt_log: TrialKey & { attempt: number; text: string };
  /** Ranks of the trials of closed stages; replicates of one configuration share theirs. */
  ranking: TrialKey & {
    rank_in_stage: number;
    rank_in_study: number;
  };
  winner: TrialKey & {
    test_accuracy: number | null;
    test_loss: number | null;
    test_worker: string | null;
    reproduced: number | null;
    /** Array: the test result of each replicate. */
    tests: string;
    /** Array of numbers. */
    attempts_before: string;
  };
  event: {
    sequence: number;
    at_ms: number;
    study: string | null;
    what: string;
    detail: string;
  };
  /** Worker processes whose results were wrong: none of their results count. */
  exclusion: {
    session: string;
    worker: string;
    reason: string;
    /** Null: unknown, or trusted again. */
    machine: string | null;
    at_ms: number;
  };
}

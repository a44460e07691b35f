/**
 * Rows: what can be written to the store, one kind for each change of a study.
 *
 * A row is a guarded write: it names the state that it expects. If the store is in another state, the
 * caller has a bug, and the whole commit fails. Rows decide nothing; the coordinator does.
 */
import type { BudgetEnd } from '../study/budget.ts';
import type { StoredFile } from '../study/program-files.ts';
import type { StudySpec } from '../study/spec/study-spec.ts';
import type { StudyRecord, WinnerRecord } from '../study/study-record.ts';
import type { Params } from '../study/search-space.ts';
import type {
  AttemptOutcome,
  AttemptRecord,
  AuditVerdict,
  StageRecord,
  StopDecision,
  StudyStatus,
  TrialId,
  TrialResult,
} from '../study/trial.ts';

/** The ranks of a trial, from 1, best first. */
export interface StoredRank {
  readonly trial: TrialId;
  /** Null, like `rankInStudy`, if the trial has no rank. */
  readonly rankInStage: number | null;
  readonly rankInStudy: number | null;
}

interface ResultFields {
  readonly study: string;
  readonly trial: TrialId;
  readonly worker: string;
  readonly result: TrialResult;
  /** Fingerprint of `result` (`study/result-fingerprint.ts`). */
  readonly fingerprint: string;
  /** Of a trial with rungs: whether the result is that of its last step. It is kept as the result of its rung. */
  readonly rung?: 'between' | 'last';
  /** Study and trial from which it was taken, such as `quickstart coarse/7`; absent: the worker trained it. */
  readonly source?: string;
}

interface Rows {
  /** A new study, after those that exist. Its name is free. */
  'study-created': {
    readonly record: StudyRecord;
    /** Files that its trainer needs; absent: none. */
    readonly files?: readonly StoredFile[];
  };
  /** More trials in the last stage, more stages, or closed stages that are open again. `stages`: the whole list, in order. */
  'study-extended': { readonly spec: StudySpec; readonly stages: readonly StageRecord[] };
  /** A study that is over is taken up again: it is running. */
  'study-reopened': { readonly study: string };
  /** A failed or cancelled study keeps its status until it is reopened. */
  'study-status': {
    readonly study: string;
    readonly status: StudyStatus;
    readonly reason: string | null;
    /** Null while the study is not over. */
    readonly endedAtMs: number | null;
  };
  /** Of a study that is not failed or cancelled. */
  'study-priority': { readonly study: string; readonly priority: number };
  /** The budget of the study has ended; null: it is larger now, and the search continues. */
  'budget-ended': { readonly study: string; readonly end: BudgetEnd | null };
  /** Milliseconds in which a study with a budget of time ran. */
  'study-time': { readonly study: string; readonly activeMs: number };
  /** The study takes results of other studies from now on. */
  'study-reuse': { readonly study: string };
  /** The stage's search space is known. It had none before. */
  'stage-opened': { readonly study: string; readonly stage: StageRecord };
  /** A stage closes once, and only after it was opened. */
  'stage-closed': { readonly study: string; readonly stage: string };
  /** Replaces all ranks of the study. They are best in the order of the trials, which is that of the table. */
  ranks: { readonly study: string; readonly ranks: readonly StoredRank[] };
  /** A trial that waits for its first attempt. */
  'trial-created': {
    readonly study: string;
    readonly id: TrialId;
    readonly params: Params;
    /** The rung to which it is trained first, as a step; null: its last step. Absent: it has no rungs. */
    readonly toStep?: number | null;
  };
  /** Kind `search`: the trial waits, runs from now on, and has no other open attempt of this kind. */
  'attempt-opened': { readonly study: string; readonly attempt: AttemptRecord };
  /** An attempt closes once. */
  'attempt-closed': {
    readonly study: string;
    readonly trial: TrialId;
    readonly attempt: number;
    readonly outcome: AttemptOutcome;
    readonly reason: string | null;
    readonly endedAtMs: number;
    /** Whether it is added to the trial's `failures`; only attempts of kind `search` are. */
    readonly countsAsFailure: boolean;
    /** Fingerprint of the result that closed the attempt; null if there was none. */
    readonly fingerprint: string | null;
  };
  /** The first result of an attempt that was closed without one. */
  'attempt-reported': {
    readonly study: string;
    readonly trial: TrialId;
    readonly attempt: number;
    readonly fingerprint: string;
  };
  /** What the program of an attempt has printed (`study/attempt-log.ts`); replaces what was stored before. */
  'attempt-logged': {
    readonly study: string;
    readonly trial: TrialId;
    readonly attempt: number;
    readonly text: string;
  };
  /** A running trial waits again, or a trial that has not ended fails or is cancelled. */
  'trial-status': {
    readonly study: string;
    readonly trial: TrialId;
    readonly status: 'waiting' | 'failed' | 'cancelled';
    readonly reason: string | null;
  };
  /** A trial that failed without a result or was cancelled waits again, with no failures. */
  'trial-retried': { readonly study: string; readonly trial: TrialId };
  /** A trial beyond the end of a budget is cancelled, whatever its status. A result stays stored. */
  'trial-dropped': { readonly study: string; readonly trial: TrialId; readonly reason: string };
  /** A trial that was dropped has the status that its stored result gives. */
  'trial-restored': {
    readonly study: string;
    readonly trial: TrialId;
    readonly status: 'complete' | 'paused' | 'failed';
    readonly reason: string | null;
  };
  /**
   * A trial with rungs is to be trained to another one, from where it is paused, or because its stage has
   * gained trials. It waits, or has the result that is stored for this rung, and has no failures.
   */
  'trial-moved': {
    readonly study: string;
    readonly trial: TrialId;
    readonly toStep: number | null;
    /** Step of the stored result that it has now; null: it waits. */
    readonly known: number | null;
  };
  /** A paused trial ends at its rung. */
  'trial-stopped': { readonly study: string; readonly trial: TrialId; readonly stop: StopDecision };
  /** The first result of a trial that waits, runs, or failed without one. The trial becomes complete, paused (`rung` is between), or failed (diverged). */
  'trial-ended': ResultFields;
  /** Audits showed that the stored result is wrong. Its stage is open. */
  'result-replaced': ResultFields & {
    /** The fingerprint of the wrong result. */
    readonly replaces: string;
  };
  /** The trial has a result. */
  'trial-audited': {
    readonly study: string;
    readonly trial: TrialId;
    /** Null: the audit is open again. */
    readonly verdict: AuditVerdict | null;
  };
  /** Excludes a session until the worker process ends; stored once for each session. */
  'worker-excluded': {
    readonly session: string;
    readonly worker: string;
    readonly reason: string;
    /** Where it ran. */
    readonly machine: string;
    readonly atMs: number;
  };
  /** The results of a machine are no longer audited because of exclusions. */
  'machine-trusted': { readonly machine: string };
  /** Null removes the winner: the study was extended. */
  winner: { readonly study: string; readonly winner: WinnerRecord | null };
  /** A line of the log, such as a join, a loss or a retry. */
  event: {
    readonly atMs: number;
    /** Null if the event concerns no study. */
    readonly study: string | null;
    readonly what: string;
    readonly detail: string;
  };
}

/** Any row; `StoreRow<'trial-ended'>` is a row of that kind. */
export type StoreRow<Kind extends keyof Rows = keyof Rows> = {
  [K in Kind]: { readonly kind: K } & Rows[K];
}[Kind];

/** Writes rows of some kinds. */
export type RowWriters<Kind extends StoreRow['kind']> = {
  readonly [K in Kind]: (row: StoreRow<K>) => void;
};

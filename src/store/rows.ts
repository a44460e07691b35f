/**
 * What the store can be told: one kind of row for each thing that happens to a study.
 *
 * A row is one guarded write: it names the state that it expects, and a write that meets another
 * state is a bug of the sender, so the whole commit fails. Rows decide nothing; `coordinator` does.
 */
import type { StudyRecord, WinnerRecord } from '../study/study-record.ts';
import type { StudySpec } from '../study/spec/study-spec.ts';
import type {
  AttemptOutcome,
  AttemptRecord,
  AuditVerdict,
  StageRecord,
  StudyStatus,
  TrialId,
  TrialResult,
} from '../study/trial.ts';

export type StoreRow =
  /** A new study, behind those that are there. Its name is free. */
  | { readonly kind: 'study-created'; readonly record: StudyRecord }
  /** More trials in the last stage, or more stages; `stages` is the whole list, in order. */
  | {
      readonly kind: 'study-extended';
      readonly spec: StudySpec;
      readonly stages: readonly StageRecord[];
    }
  /** A failed or cancelled study stays so. `endedAtMs` is null while the study is not over. */
  | {
      readonly kind: 'study-status';
      readonly study: string;
      readonly status: StudyStatus;
      readonly reason: string | null;
      readonly endedAtMs: number | null;
    }
  /** The stage's range is known. It had none before. */
  | { readonly kind: 'stage-opened'; readonly study: string; readonly stage: StageRecord }
  /** A stage closes once, and only after it was opened. */
  | {
      readonly kind: 'stage-closed';
      readonly study: string;
      readonly stage: string;
      readonly warnings: readonly string[];
    }
  /** A trial that waits for its first attempt. */
  | {
      readonly kind: 'trial-created';
      readonly study: string;
      readonly id: TrialId;
      readonly lambda: number;
    }
  /** Purpose `search`: the trial waited, runs from now on, and no other such attempt of it is open. */
  | { readonly kind: 'attempt-opened'; readonly study: string; readonly attempt: AttemptRecord }
  /** An attempt closes once. `charged` counts against its trial where the purpose is `search`. */
  | {
      readonly kind: 'attempt-closed';
      readonly study: string;
      readonly trial: TrialId;
      readonly attempt: number;
      readonly outcome: AttemptOutcome;
      readonly reason: string | null;
      readonly endedAtMs: number;
      readonly charged: boolean;
      /** Of the result that closed it; null where it gave none. */
      readonly fingerprint: string | null;
    }
  /** A result came for an attempt that was closed before; it had given none yet. */
  | {
      readonly kind: 'attempt-reported';
      readonly study: string;
      readonly trial: TrialId;
      readonly attempt: number;
      readonly fingerprint: string;
    }
  /** A running trial waits again or is given up; one that has not ended is cancelled. */
  | {
      readonly kind: 'trial-status';
      readonly study: string;
      readonly trial: TrialId;
      readonly status: 'waiting' | 'failed' | 'cancelled';
      readonly reason: string | null;
    }
  /** The first result of a trial that waits, runs, or was given up: complete, or failed as diverged. */
  | {
      readonly kind: 'trial-ended';
      readonly study: string;
      readonly trial: TrialId;
      readonly worker: string;
      readonly result: TrialResult;
      readonly fingerprint: string;
    }
  /** Audits have shown the stored result to be wrong; its stage is open. */
  | {
      readonly kind: 'result-replaced';
      readonly study: string;
      readonly trial: TrialId;
      readonly worker: string;
      readonly result: TrialResult;
      readonly fingerprint: string;
      /** The fingerprint of the result that goes. */
      readonly replaces: string;
    }
  /** The trial has a result. Null: it is open again. */
  | {
      readonly kind: 'trial-audited';
      readonly study: string;
      readonly trial: TrialId;
      readonly verdict: AuditVerdict | null;
    }
  /** For the rest of the worker process's life. Once for a session. */
  | {
      readonly kind: 'worker-quarantined';
      readonly session: string;
      readonly worker: string;
      readonly reason: string;
      readonly atMs: number;
    }
  /** Null takes the winner away: the study was extended. */
  | { readonly kind: 'winner'; readonly study: string; readonly winner: WinnerRecord | null }
  /** A line for the log: joins, losses, retries. `study` is null where it concerns none. */
  | {
      readonly kind: 'event';
      readonly atMs: number;
      readonly study: string | null;
      readonly what: string;
      readonly detail: string;
    };

/** The rows of one kind. */
export type RowOf<Kind extends StoreRow['kind']> = Extract<StoreRow, { readonly kind: Kind }>;

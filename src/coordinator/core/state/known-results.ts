/** Known results: results of other studies that the trials of a study take instead of being trained. */
import type { AuditVerdict, TrialResult } from '../../../study/trial.ts';

export interface KnownResult {
  readonly result: TrialResult;
  readonly fingerprint: string;
  /** The worker that trained it. */
  readonly worker: string;
  /** The verdict of its study. */
  readonly audit: AuditVerdict | null;
  /** Study and trial that trained it, such as `quickstart coarse/7`. */
  readonly source: string;
}

export interface KnownResults {
  /** `studyIdentity` of the study that takes them. */
  readonly ofStudy: string;
  /** By `trialIdentity`, with different numbers of steps. */
  readonly byTrial: ReadonlyMap<string, readonly KnownResult[]>;
}

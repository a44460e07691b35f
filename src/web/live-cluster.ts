/**
 * Live cluster: the port through which the dashboard reads a running coordinator, or stored studies; `cli`
 * implements it. Reads come from memory or the store; none waits for the network.
 */
import type { RunningTrial, WorkerSummary } from '../study/summaries.ts';
import type { StudyRecord } from '../study/study-record.ts';
import type { DescribeTrainer } from '../study/trainer-description.ts';
import type { AttemptRecord, Measurement, TrialId, TrialRecord } from '../study/trial.ts';
import type { DownloadName, LogLine, StudyLine, ViewerRole } from './page-messages.ts';

/** Events of a subscription. `changed`: workers, stages or studies. */
export type ClusterEvent =
  | { readonly kind: 'trial-ended'; readonly study: string; readonly trial: TrialRecord }
  | {
      readonly kind: 'measured';
      readonly study: string;
      readonly trial: TrialId;
      readonly measurement: Measurement;
    }
  | { readonly kind: 'changed' };

export interface StudyFile {
  /** Bytes. */
  readonly size: number;
  /** It must be read to its end, or cancelled. */
  readonly content: ReadableStream<Uint8Array>;
}

export interface LiveCluster {
  readonly version: string;
  /** Whether it shows stored studies without a coordinator, so that nothing can be changed. */
  readonly isStored: boolean;
  readonly describeTrainer: DescribeTrainer;
  studies(): Promise<readonly StudyLine[]>;
  workers(): readonly WorkerSummary[];
  /** Why nothing can be stored; null if the store works. */
  storeProblem(): string | null;
  /** The record of a study; null for an unknown study. */
  study(name: string): Promise<StudyRecord | null>;
  /** All trials of a study, with the last point of their curves, and on request with their validation bits. */
  trials(name: string, details: { readonly correctness: boolean }): Promise<readonly TrialRecord[]>;
  /** One trial with its whole curve and its validation bits; null if it is unknown. */
  trial(study: string, id: TrialId): Promise<TrialRecord | null>;
  /** Attempts of one trial, by number. */
  attempts(study: string, id: TrialId): Promise<readonly AttemptRecord[]>;
  /** The command line that trains a trial again on the coordinator's machine. */
  trainCommand(study: string, trial: string): string;
  /** Trials that workers train now, at most `most`. */
  running(most: number): readonly RunningTrial[];
  /** A file for download. @throws RidgelineError if it cannot be written */
  file(study: string, name: DownloadName): Promise<StudyFile>;
  /** The newest `limit` lines, oldest first. */
  log(limit: number): Promise<readonly LogLine[]>;
  /** @returns a function that ends the subscription */
  listen(listener: (event: ClusterEvent) => void): () => void;
  /** @throws RidgelineError if the study is unknown or over */
  setStudy(study: string, change: 'pause' | 'resume' | 'cancel', reason: string): Promise<void>;
  /** The role of a token that `ridgeline token new` printed; null if it is not valid. */
  tokenRole(text: string): ViewerRole | null;
}

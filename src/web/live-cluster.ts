/**
 * What the dashboard must be handed to show a cluster: `cli` makes it of a running coordinator.
 *
 * The dashboard does not know the coordinator, nor how tokens are kept; it asks these few questions.
 * Everything is read from memory or from the store; nothing waits for the network.
 */
import type { StudyRecord } from '../study/study-record.ts';
import type { Measurement, TrialId, TrialRecord } from '../study/trial.ts';
import type { LogLine, StudyLine, ViewerRole, WorkerLine } from './page-messages.ts';

export type WorkerState =
  'joining' | 'ready' | 'busy' | 'draining' | 'ineligible' | 'quarantined' | 'lost';

/** What the dashboard is told while it listens. */
type ClusterEvent =
  | { readonly kind: 'trial-ended'; readonly study: string; readonly trial: TrialRecord }
  | {
      readonly kind: 'measured';
      readonly study: string;
      readonly trial: TrialId;
      readonly measurement: Measurement;
    }
  /** Anything else: workers, stages, studies. */
  | { readonly kind: 'changed' };

export interface LiveCluster {
  readonly version: string;
  studies(): readonly StudyLine[];
  workers(): readonly Omit<WorkerLine, 'trialsPerMinute'>[];
  storeProblem(): string | null;
  study(name: string): StudyRecord | null;
  /** All trials of a study, with the last point of their curves, and with the bits of right answers where asked for. */
  trials(name: string, details: { readonly correctness: boolean }): TrialRecord[];
  /** The newest `limit`, oldest first. */
  log(limit: number): readonly LogLine[];
  /** @returns a function that ends the subscription */
  listen(listener: (event: ClusterEvent) => void): () => void;
  /** @throws RidgelineError when the study is unknown or over */
  setStudy(study: string, change: 'pause' | 'resume' | 'cancel', reason: string): Promise<void>;
  /** The role of a token as `ridgeline token new` printed it; null when it is not good (any more). */
  roleOfToken(text: string): ViewerRole | null;
}

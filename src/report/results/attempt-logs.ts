/** Attempt logs: the attempts of one trial with their stored output, as `logs` prints them. */
import type { AttemptRecord, TrialId } from '../../study/trial.ts';

export interface LogsSource {
  readonly study: string;
  readonly trial: TrialId;
  readonly attempts: readonly LoggedAttempt[];
  /** Why the trainer prints nothing; null if it is a program. */
  readonly silence: string | null;
}

export interface LoggedAttempt {
  readonly record: AttemptRecord;
  /** Null if no output is stored. */
  readonly text: string | null;
}

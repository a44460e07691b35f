/** Study picture: the stored data that charts and the report are made from. */
import type { JoinedWorker } from '../../study/joined-worker.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { AttemptRecord, TrialRecord } from '../../study/trial.ts';
import type { StudyResults } from '../results/study-results.ts';

/** What charts and the report are made from. */
export interface StudyPicture {
  readonly record: StudyRecord;
  readonly results: StudyResults;
  /** All trials; their curves are whole only for the kinds that draw all of them. */
  readonly trials: readonly TrialRecord[];
  readonly attempts: readonly AttemptRecord[];
  /** Workers that joined, in the order of time, as far as the log has them; a name may occur several times. */
  readonly workers: readonly (JoinedWorker & { readonly atMs: number })[];
  /** Trials with whole curves. */
  readonly examples: readonly ExampleTrial[];
  /** What the parameter of charts is, such as `the L2 strength`; null if unknown. */
  readonly parameterDescription: string | null;
  /** How the trainer trains, in sentences. */
  readonly method: readonly string[];
  /** End of the bars of open attempts. */
  readonly nowMs: number;
}

export interface ExampleTrial {
  /** `best`, `median` or `worst`; empty for a trial that the user named. */
  readonly role: string;
  readonly trial: TrialRecord;
}

/** What the outputs of one trial are made from. */
import type { StudyRecord } from '../../study/study-record.ts';
import type { AttemptRecord, TrialRecord } from '../../study/trial.ts';
import type { ResultRow } from './result-row.ts';
import type { StudyResults } from './study-results.ts';

export interface TrialSource {
  readonly study: StudyRecord;
  readonly results: StudyResults;
  readonly row: ResultRow;
  /** With its whole curve. */
  readonly trial: TrialRecord;
  readonly attempts: readonly AttemptRecord[];
  /** The command that trains it again. */
  readonly command: string;
}

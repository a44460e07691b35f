/** Live events: what the coordinator reports to live views while studies run. */
import type { BudgetEnd } from '../../../study/budget.ts';
import type {
  Measurement,
  StageRecord,
  StudyStatus,
  TrialId,
  TrialRecord,
} from '../../../study/trial.ts';

type OfWorker<Kind> = { readonly kind: Kind; readonly worker: string };
type OfStudy<Kind> = { readonly kind: Kind; readonly study: string };

export type WorkerChange =
  | 'worker-left'
  | 'worker-lost'
  | 'worker-backing-off'
  /** Everything has failed on its machine. */
  | 'worker-unusable'
  | 'worker-excluded';

/** A change that a decision has made; reported once it is on disk. */
export type Notice =
  | (OfWorker<'worker-joined'> & { readonly threads: number })
  | (OfWorker<WorkerChange> & { readonly reason: string })
  | (OfWorker<'worker-incompatible'> & { readonly study: string; readonly reason: string })
  | (OfStudy<'trial-ended'> & { readonly trial: TrialRecord })
  | (OfStudy<'attempt-lost'> & {
      readonly trial: TrialId;
      readonly attempt: number;
      readonly worker: string;
      readonly reason: string;
    })
  /** A dispute waits for the coordinator's own worker, which the shell starts. */
  | { readonly kind: 'referee-wanted' }
  | (OfStudy<'result-disputed'> & { readonly trial: TrialId; readonly worker: string })
  | (OfStudy<'stage-opened'> & { readonly stage: StageRecord })
  /** Another round of a stage. */
  | (OfStudy<'round-started'> & { readonly stage: string; readonly reason: string })
  /** Nothing else is trained for the search. */
  | (OfStudy<'budget-ended'> & { readonly end: BudgetEnd })
  | (OfStudy<'stage-closed'> & { readonly stage: string })
  | (OfStudy<'study-ended'> & { readonly status: StudyStatus; readonly reason: string | null });

export type LiveEvent =
  Notice | (OfStudy<'measured'> & { readonly trial: TrialId; readonly measurement: Measurement });

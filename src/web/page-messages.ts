/** Page messages: the JSON that the dashboard's server sends to its page. Times are milliseconds since 1970. */
import type { CyclicalRate } from '../report/charts/rate-cycles.ts';
import type { ResultRow } from '../report/results/result-row.ts';
import type { StageCounts, StudyResults } from '../report/results/study-results.ts';
import type { ResultWarning } from '../report/results/warning.ts';
import type { Importance } from '../search/analysis/importance.ts';
import type { Params } from '../study/search-space.ts';
import type { RunningTrial, ShownStatus, StudySummary, WorkerSummary } from '../study/summaries.ts';
import type { AttemptRecord, Measurement, StageRecord, TrialStatus } from '../study/trial.ts';

export type ViewerRole = 'viewer' | 'admin';

/** Code of the error of a request from an address that is not one of the dashboard's. */
export const foreignOrigin = 'FOREIGN_ORIGIN';

export type StudyLine = Pick<
  StudySummary,
  'study' | 'status' | 'stage' | 'done' | 'total' | 'running'
>;

export interface WorkerLine extends Omit<WorkerSummary, 'heardAtMs' | 'training'> {
  /** Completed trials per minute over the last minutes; null if unknown. */
  readonly trialsPerMinute: number | null;
  /** Some of the trials that it trains now, and how far they are. */
  readonly running: readonly RunningTrial[];
}

export interface Overview {
  readonly version: string;
  readonly role: ViewerRole;
  /** Whether stored studies are shown without a coordinator, so that nothing can be changed. */
  readonly isStored: boolean;
  readonly studies: readonly StudyLine[];
  readonly workers: readonly WorkerLine[];
  /** Why nothing can be stored; null if the store works. */
  readonly storeProblem: string | null;
}

/** Counts are of configurations, as in the tables. */
export interface StageLine extends StageRecord, StageCounts {
  /** Whether another stage's results give the space. */
  readonly isNarrowed: boolean;
}

/** The fields of `StudyResults` that the sentences below the tables need. */
export interface StudyPage extends Pick<
  StudyResults,
  | 'study'
  | 'reason'
  | 'seed'
  | 'objective'
  | 'metrics'
  | 'parameters'
  | 'styles'
  | 'scales'
  | 'parameter'
  | 'winner'
  | 'best'
  | 'sharedBest'
  | 'ties'
  | 'fit'
  | 'validationCount'
> {
  readonly status: ShownStatus;
  readonly dataset: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  /** Estimate of the time until all stages are complete; null if unknown. */
  readonly leftMs: number | null;
  readonly stages: readonly StageLine[];
  /** Of the study, once it is over. */
  readonly warnings: readonly ResultWarning[];
  /** False for a study with too many trials, which has no errors, ties, fit and warnings. */
  readonly isCompared: boolean;
  /** The first rows of the ranking over all stages; the page requests others. */
  readonly rows: readonly ResultRow[];
  readonly rowsTotal: number;
  /** Importance of the hyperparameters; null while the study runs, and if it is unknown. */
  readonly importance: Importance | null;
  readonly points: readonly ScatterPoint[];
  /** Number of trials that have ended; `points` may be a selection. */
  readonly pointsTotal: number;
  readonly curves: readonly TrialCurve[];
  /** The cyclical learning rate; null for a trainer without cycles. */
  readonly learningRate: CyclicalRate | null;
}

/**
 * `at`: the value of the only number that the study searches; null if it searches something else, and then
 * `params` has all values. `value`: null for a failed trial. `tied`: null if not compared. `error`: standard error
 * of `value`; null if unknown. `rank`: in the study; null without a value. `replicates`: complete ones.
 * `isStopped`: why it has no value.
 */
export type ScatterPoint = readonly [
  stage: number,
  at: number | null,
  value: number | null,
  trial: string,
  tied: boolean | null,
  error: number | null,
  rank: number | null,
  replicates: number,
  params?: Params | null,
  isStopped?: true,
];

export interface LogLine {
  readonly sequence: number;
  readonly atMs: number;
  readonly study: string | null;
  readonly what: string;
  readonly detail: string;
}

/** One page of the ranking. */
export interface TrialPage {
  readonly rows: readonly ResultRow[];
  readonly total: number;
}

/** One trial in full. */
export interface TrialDetail {
  readonly study: string;
  /** The trial alone, with the rank of its configuration. */
  readonly row: ResultRow;
  /** The means of its configuration; null without replicates. */
  readonly mean: ResultRow | null;
  /** All trials of its configuration. */
  readonly replicates: readonly { readonly trial: string; readonly status: TrialStatus }[];
  /** Measurements by step, ascending; so far, if it trains now. */
  readonly curve: readonly Measurement[];
  readonly attempts: readonly AttemptLine[];
  /** Whether another worker computed the same result, in words; null without a result. */
  readonly verification: string | null;
  /** The command that trains it again; null if only workers can. */
  readonly command: string | null;
}

export type AttemptLine = Pick<
  AttemptRecord,
  'attempt' | 'kind' | 'worker' | 'assignedAtMs' | 'endedAtMs' | 'outcome' | 'reason'
>;

/** A learning curve. */
export interface TrialCurve {
  readonly trial: string;
  readonly params: Params;
  /** Measurements by step, ascending. */
  readonly points: readonly Measurement[];
}

/** A list as entries that it had before (`kept`: the place of the first one, and their number) and new ones. */
export type ListUpdate<T> = readonly (
  { readonly kept: readonly [first: number, count: number] } | { readonly added: readonly T[] }
)[];

/** The points of a curve from `firstStep` on that the page has, then `points`. */
export interface CurveUpdate extends TrialCurve {
  readonly firstStep: number;
}

/** What changed of a study's page since the previous message of the stream. An absent field is the same. */
export interface StudyUpdate {
  /** Whether it has all fields: it is the first message about this study. */
  readonly isWhole: boolean;
  readonly fields?: Partial<Omit<StudyPage, 'rows' | 'points' | 'curves'>>;
  readonly rows?: ListUpdate<ResultRow>;
  readonly points?: ListUpdate<ScatterPoint>;
  /** All curves of the page; of each, the points that are new. */
  readonly curves?: readonly CurveUpdate[];
}

/** Files of a study for download. */
export const downloadNames = [
  'report.html',
  'results.csv',
  'results.json',
  'results.parquet',
  'measurements.csv',
  'scatter.svg',
  'scatter.png',
  'slices.svg',
  'slices.png',
  'curves.svg',
  'curves.png',
] as const;

export type DownloadName = (typeof downloadNames)[number];

/** The events of the stream, by name. */
export interface StreamEvents {
  readonly overview: Overview;
  readonly study: StudyUpdate;
  readonly log: readonly LogLine[];
}

/**
 * What the dashboard's server tells its page: plain JSON, in the page's own words.
 *
 * Both sides import this file, so that neither can drift. Numbers are whole (not rounded), times are
 * milliseconds since 1970. Nothing of it is HTML: the page writes every text as text.
 *
 * Not here: how it travels (`web-server.ts`) and how it looks (`page`).
 */
import type { CyclicalRate } from '../study/spec/study-spec.ts';
import type { ResultRow, StageCounts, StudyResults } from '../report/results/study-results.ts';
import type { Measurement, StageRecord } from '../study/trial.ts';
import type { WorkerState } from './live-cluster.ts';

export type ViewerRole = 'viewer' | 'admin';

export interface StudyLine {
  readonly study: string;
  readonly status: string;
  readonly stage: string | null;
  readonly done: number;
  readonly total: number;
  readonly running: number;
}

export interface WorkerLine {
  readonly name: string;
  readonly address: string;
  readonly threads: number;
  readonly busy: number;
  readonly kernel: string;
  readonly trialsCompleted: number;
  /** Completed trials a minute, over the last minutes; null before there is enough to tell. */
  readonly trialsPerMinute: number | null;
  readonly state: WorkerState;
  readonly reason: string | null;
}

export interface Overview {
  readonly version: string;
  readonly role: ViewerRole;
  readonly studies: readonly StudyLine[];
  readonly workers: readonly WorkerLine[];
  /** Why nothing can be stored at the moment; null when all is well. */
  readonly storeProblem: string | null;
}

/** Counts are of λ, whatever replicates they have, as the tables count. */
export interface StageLine extends StageRecord, StageCounts {
  /** Whether the range is found from another stage. */
  readonly isNarrowed: boolean;
}

/** Of `StudyResults` what the same sentences are made of that stand below the tables. */
export interface StudyPage extends Pick<
  StudyResults,
  | 'study'
  | 'status'
  | 'reason'
  | 'seed'
  | 'objective'
  | 'winner'
  | 'best'
  | 'ties'
  | 'fit'
  | 'validationCount'
> {
  readonly dataset: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly stages: readonly StageLine[];
  /** Of the study as a whole, once it is over; those of a stage stand with it. */
  readonly warnings: readonly string[];
  /** False where it has too many trials: then nothing is known of errors, ties, the fit and warnings. */
  readonly isCompared: boolean;
  /** The first rows of the ranking; the rest is asked for by page. Ranks count over all stages. */
  readonly rows: readonly ResultRow[];
  readonly rowsTotal: number;
  readonly points: readonly ScatterPoint[];
  /** Of how many that have ended the points were chosen, where there are too many to draw. */
  readonly pointsTotal: number;
  readonly curves: readonly RunningCurve[];
  readonly learningRate: CyclicalRate;
}

/** Stage (by place), λ, value of the objective (null: failed), trial, whether it is tied with the best. */
export type ScatterPoint = readonly [
  stage: number,
  lambda: number,
  value: number | null,
  trial: string,
  tied: boolean | null,
];

export interface RunningCurve {
  readonly trial: string;
  readonly lambda: number;
  /** By step, ascending. */
  readonly points: readonly Measurement[];
}

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

/** The events of the stream, by name. */
export interface StreamEvents {
  readonly overview: Overview;
  readonly study: StudyPage;
  readonly log: readonly LogLine[];
}

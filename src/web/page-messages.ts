/**
 * What the dashboard's server tells its page: plain JSON, in the page's own words.
 *
 * Both sides import this file, so that neither can drift. Numbers are whole (not rounded), times are
 * milliseconds since 1970. Nothing of it is HTML: the page writes every text as text.
 *
 * Not here: how it travels (`web-server.ts`) and how it looks (`page`).
 */
import type { CyclicalRate } from '../study/study-spec.ts';
import type { Measurement } from '../study/trial.ts';
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

export interface TrialRow {
  readonly trial: string;
  readonly stage: string;
  /** Over all stages, from 1; null unless complete. */
  readonly rank: number | null;
  readonly lambda: number;
  readonly value: number | null;
  readonly trainAccuracy: number | null;
  readonly validationAccuracy: number | null;
  readonly validationLoss: number | null;
  readonly status: string;
  readonly reason: string | null;
  readonly attempts: number;
  readonly worker: string | null;
  readonly seconds: number | null;
}

export interface StageLine {
  readonly name: string;
  readonly trials: number;
  readonly done: number;
  readonly failed: number;
  readonly running: number;
  readonly range: { readonly min: number; readonly max: number } | null;
  /** Whether the range is found from another stage. */
  readonly isNarrowed: boolean;
  readonly reason: string | null;
  readonly closed: boolean;
  readonly warnings: readonly string[];
}

export interface StudyPage {
  readonly study: string;
  readonly status: string;
  readonly reason: string | null;
  readonly metric: string;
  readonly direction: 'maximize' | 'minimize';
  readonly seed: number;
  readonly dataset: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly stages: readonly StageLine[];
  readonly winner: {
    readonly trial: string;
    readonly lambda: number;
    readonly testAccuracy: number | null;
    readonly reproduced: boolean | null;
  } | null;
  readonly best: TrialRow | null;
  /** The first rows of the ranking; the rest is asked for by page. */
  readonly rows: readonly TrialRow[];
  readonly rowsTotal: number;
  readonly points: readonly ScatterPoint[];
  /** Of how many complete trials the points were chosen, where there are too many to draw. */
  readonly pointsTotal: number;
  readonly curves: readonly RunningCurve[];
  readonly learningRate: CyclicalRate;
}

/** Stage (by place), λ, value of the objective, trial. */
export type ScatterPoint = readonly [stage: number, lambda: number, value: number, trial: string];

export interface RunningCurve {
  readonly trial: string;
  readonly lambda: number | null;
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
  readonly rows: readonly TrialRow[];
  readonly total: number;
}

/** The events of the stream, by name. */
export interface StreamEvents {
  readonly overview: Overview;
  readonly study: StudyPage;
  readonly log: readonly LogLine[];
}

/**
 * Study overview: summaries of all studies, from memory if the coordinator works on the study, otherwise
 * from the store. Memory is ahead of the store by at most the commits in progress.
 */
import type { StoreReads } from '../../store/store.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { shownStatus, type ShownStatus, type StudySummary } from '../../study/summaries.ts';
import { isOver, type TrialRecord } from '../../study/trial.ts';
import type { ClusterState, StudyEntry } from '../core/state/cluster-state.ts';
import { trialRecord } from '../core/state/trial-state.ts';
import { idleReason } from '../core/studies/idle-reason.ts';
import {
  storedProgress,
  studyCounts,
  studyProgress,
  type StudyCounts,
  type StudyProgress,
} from '../core/studies/summaries.ts';

export interface OverviewSources {
  readonly store: Pick<StoreReads, 'studies' | 'study' | 'trials'>;
  /** State of the dispatcher; null while nothing can be stored. */
  readonly state: () => ClusterState | null;
  /** Why nothing can be stored; null if the store can be written. */
  readonly storeProblem: () => string | null;
  /** Whether a coordinator works on the running studies that are not in `state`. */
  readonly isServed: () => boolean;
  /** Time between the ends of a study's trials; null if unknown. */
  readonly msPerTrial: (study: string) => number | null;
  /** Why the coordinator does not work on a study that is not over; null if it does. */
  readonly leftOut?: (study: string) => string | null;
}

export class StudyOverview {
  readonly #sources: OverviewSources;
  /** Progress of studies that are over, which does not change, so that it is read and ranked once. */
  readonly #over = new Map<string, { version: string; progress: StudyProgress }>();

  constructor(sources: OverviewSources) {
    this.#sources = sources;
  }

  /** All studies in the order of submission. */
  async studies(): Promise<StudySummary[]> {
    const records = await this.#sources.store.studies();
    return await Promise.all(records.map((record) => this.#summary(record)));
  }

  /** Summary of a study; null if there is no such study. */
  async study(name: string): Promise<StudySummary | null> {
    const record = await this.#sources.store.study(name);
    return record === null ? null : await this.#summary(record);
  }

  /** All studies without their best configurations, which depend on every trial. */
  async counts(): Promise<StudyCounts[]> {
    const records = await this.#sources.store.studies();
    return await Promise.all(
      records.map(async (record) => {
        const live = this.#live(record.spec.study);
        const counts = live === undefined ? await this.#stored(record) : studyCounts(live);
        return { ...counts, status: this.#status(record, live) };
      }),
    );
  }

  /** All trials of a study, with their last measurements only, faster than the store reads them. */
  async trials(name: string): Promise<TrialRecord[]> {
    const live = this.#live(name);
    return live === undefined
      ? await this.#sources.store.trials(name)
      : live.trials.values().map(trialRecord);
  }

  #live(name: string): StudyEntry | undefined {
    return this.#sources.state()?.studies.get(name);
  }

  async #summary(record: StudyRecord): Promise<StudySummary> {
    const live = this.#live(record.spec.study);
    const progress = live === undefined ? await this.#stored(record) : studyProgress(live);
    const problem = this.#sources.storeProblem();
    const { metric } = record.spec.objective;
    const reason =
      problem === null || isOver(record.status)
        ? (record.reason ?? this.#idleReason(record, live))
        : `nothing is assigned or acknowledged: ${problem}`;
    const { createdAtMs, endedAtMs } = record;
    const status = this.#status(record, live);
    const perTrial = status === 'running' ? this.#sources.msPerTrial(record.spec.study) : null;
    const msLeft = perTrial === null ? null : perTrial * (progress.total - progress.done);
    return { ...progress, status, metric, reason, createdAtMs, endedAtMs, msLeft };
  }

  /** Why a study that is not over makes no progress; null if it does, or is paused. */
  #idleReason({ spec, status }: StudyRecord, live: StudyEntry | undefined): string | null {
    const { state, leftOut } = this.#sources;
    if (isOver(status)) return null;
    const cluster = state();
    if (live !== undefined && cluster !== null) return idleReason(cluster, live);
    const why = leftOut?.(spec.study) ?? null;
    return why === null ? null : `left out: ${why}`;
  }

  #status({ status }: StudyRecord, live: StudyEntry | undefined): ShownStatus {
    return live?.status ?? shownStatus(status, this.#sources.isServed());
  }

  async #stored(record: StudyRecord): Promise<StudyProgress> {
    const { spec, status, createdAtMs, endedAtMs } = record;
    const version = `${status} ${createdAtMs} ${endedAtMs}`;
    const kept = this.#over.get(spec.study);
    if (kept?.version === version) return kept.progress;
    const progress = storedProgress(record, await this.#sources.store.trials(spec.study));
    if (isOver(status)) this.#over.set(spec.study, { version, progress });
    return progress;
  }
}

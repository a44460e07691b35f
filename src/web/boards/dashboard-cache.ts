/**
 * Dashboard cache: the studies that open pages show, updated by the events of the cluster. The trials of a
 * shown study are read again after a change, but reading uses at most a fixed share of the time.
 */
import type { Clock } from '../../base/clock.ts';
import { thinnedCurve } from '../../report/results/metric-values.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { ShownStatus } from '../../study/summaries.ts';
import { isTrainedHere } from '../../study/trainer-description.ts';
import { trialName, type TrialId } from '../../study/trial.ts';
import type { ClusterEvent, LiveCluster } from '../live-cluster.ts';
import type {
  Overview,
  StudyPage,
  TrialCurve,
  TrialDetail,
  TrialPage,
  ViewerRole,
} from '../page-messages.ts';
import { DashboardStudy } from './dashboard-study.ts';
import { isCompared } from './live-results.ts';
import type { RowsQuery } from './row-query.ts';
import { curvePointsMax, RunningCurves } from './running-curves.ts';
import { WorkerRates } from './worker-rates.ts';

/** Most studies in the cache; those that were shown least recently are dropped. */
const studiesMax = 8;
/** Interval at which a running study's trials are read without an event: the start of a trial has no event. */
const refreshMs = 2_000;
/** Most trials that the workers' lines name. */
const runningMax = 200;
/** Largest share of the time that reading and comparing trials may take. */
const refreshShare = 0.05;

interface Entry {
  readonly study: DashboardStudy;
  /** The study's state at the last read; empty before the first. */
  state: string;
  /** Whether something changed since the last read. */
  isStale: boolean;
  /** Time of the next read without a change, and the earliest time of the next read. */
  refreshAtMs: number;
  earliestMs: number;
  /** The cached page; null after a change. */
  page: StudyPage | null;
  /** The read in progress. */
  reading: Promise<void> | null;
}

export class DashboardCache implements Disposable {
  readonly #cluster: LiveCluster;
  readonly #clock: Clock;
  /** The study that was shown last is the last one. */
  readonly #entries = new Map<string, Entry>();
  readonly #rates = new WorkerRates();
  readonly #curves = new RunningCurves();
  /** By study. */
  readonly #studyRates = new WorkerRates();
  readonly #unsubscribe: () => void;
  #version = 1;

  constructor(cluster: LiveCluster, clock: Clock) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#unsubscribe = cluster.listen((event) => this.#received(event));
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  async overview(role: ViewerRole): Promise<Overview> {
    const studies = await this.#cluster.studies();
    const nowMs = this.#clock.monotonicMs();
    const running = Map.groupBy(this.#cluster.running(runningMax), ({ worker }) => worker);
    return {
      version: this.#cluster.version,
      role,
      isStored: this.#cluster.isStored,
      studies,
      workers: this.#cluster
        .workers()
        .map(({ heardAtMs: _heardAtMs, training: _training, ...worker }) => ({
          ...worker,
          trialsPerMinute: this.#rates.perMinute(worker.name, nowMs),
          running: running.get(worker.name) ?? [],
        })),
      storeProblem: this.#cluster.storeProblem(),
    };
  }

  /** The page of a study; null for an unknown study. */
  async page(study: string): Promise<StudyPage | null> {
    const record = await this.#cluster.study(study);
    if (record === null) {
      this.#entries.delete(study);
      return null;
    }
    const entry = await this.#load(record);
    // A change of the study's state has no event.
    const status = await this.#status(record);
    if (entry.page?.status !== status) {
      const perMinute = this.#studyRates.perMinute(study, this.#clock.monotonicMs());
      entry.page = { ...entry.study.page(record, perMinute), status };
    }
    return entry.page;
  }

  /** A part of the ranking; null for an unknown study. @throws RidgelineError USAGE for a wrong filter */
  async rows(study: string, query: RowsQuery): Promise<TrialPage | null> {
    const record = await this.#cluster.study(study);
    if (record === null) return null;
    const entry = await this.#load(record);
    const startedMs = this.#clock.monotonicMs();
    const page = entry.study.rows(record, query);
    // A filter tests all rows again after each read, so it counts as a part of the read.
    const nowMs = this.#clock.monotonicMs();
    const restMs = (nowMs - startedMs) / refreshShare;
    entry.earliestMs = Math.max(entry.earliestMs, nowMs + restMs);
    return page;
  }

  /** One trial in full; null if the study or the trial is unknown. */
  async trial(study: string, id: TrialId): Promise<TrialDetail | null> {
    const record = await this.#cluster.study(study);
    const trial = record === null ? null : await this.#cluster.trial(study, id);
    if (record === null || trial === null) return null;
    const attempts = await this.#cluster.attempts(study, id);
    const command = isTrainedHere(record.spec.trainer)
      ? this.#cluster.trainCommand(study, trialName(id))
      : null;
    return (await this.#load(record)).study.detail(record, { trial, attempts, command });
  }

  /** The curves of the trials that have one, in the given order; null for an unknown study. */
  async curves(study: string, ids: readonly TrialId[]): Promise<readonly TrialCurve[] | null> {
    const record = await this.#cluster.study(study);
    if (record === null) return null;
    const curves: TrialCurve[] = [];
    for (const id of ids) {
      const trial = await this.#cluster.trial(study, id);
      if (trial === null) continue;
      const points = trial.result?.curve ?? this.#curves.curve(study, trialName(id));
      const { params } = trial;
      curves.push({ trial: trialName(id), params, points: thinnedCurve(points, curvePointsMax) });
    }
    return curves.filter(({ points }) => points.length > 0);
  }

  /** Only the list of studies tells whether a coordinator works on a running study. */
  async #status({ spec, status }: StudyRecord): Promise<ShownStatus> {
    if (status !== 'running') return status;
    const lines = await this.#cluster.studies();
    const isInterrupted = lines.some(
      (line) => line.study === spec.study && line.status === 'interrupted',
    );
    return isInterrupted ? 'interrupted' : status;
  }

  /** Reads all trials once more before the last event of the streams, without the limit of the time share. */
  forceRefresh(): void {
    for (const entry of this.#entries.values()) {
      entry.earliestMs = 0;
      entry.isStale = true;
    }
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  #received(event: ClusterEvent): void {
    this.#version += 1;
    if (event.kind === 'measured')
      this.#curves.measured(event.study, event.trial, event.measurement);
    if (event.kind === 'trial-ended') {
      this.#curves.ended(event.study, event.trial.id);
      const { worker, status } = event.trial;
      const nowMs = this.#clock.monotonicMs();
      if (worker !== null && status === 'complete') this.#rates.completed(worker, nowMs);
      this.#studyRates.completed(event.study, nowMs);
    }
    for (const [name, entry] of this.#entries) {
      if (event.kind !== 'changed' && event.study !== name) continue;
      entry.page = null;
      if (event.kind !== 'measured') entry.isStale = true;
    }
  }

  async #load(record: StudyRecord): Promise<Entry> {
    const { study } = record.spec;
    const nowMs = this.#clock.monotonicMs();
    const entry = this.#entries.get(study) ?? this.#newEntry(record);
    this.#entries.delete(study);
    this.#entries.set(study, entry);
    const oldest = this.#entries.keys().next().value;
    if (this.#entries.size > studiesMax && oldest !== undefined) this.#entries.delete(oldest);
    if (nowMs >= entry.earliestMs && isDue(entry, record, nowMs)) {
      entry.reading ??= this.#read(entry, record).finally(() => {
        entry.reading = null;
      });
    }
    await entry.reading;
    return entry;
  }

  #newEntry(record: StudyRecord): Entry {
    const trainer = this.#cluster.describeTrainer(record.spec.trainer);
    return {
      study: new DashboardStudy(record, trainer, [], this.#curves),
      state: '',
      isStale: true,
      refreshAtMs: 0,
      earliestMs: 0,
      page: null,
      reading: null,
    };
  }

  async #read(entry: Entry, record: StudyRecord): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    // An event during the read makes the entry stale again.
    entry.isStale = false;
    const correctness = isCompared(record);
    entry.study.refresh(record, await this.#cluster.trials(record.spec.study, { correctness }));
    const nowMs = this.#clock.monotonicMs();
    entry.state = stateText(record);
    entry.refreshAtMs = nowMs + refreshMs;
    entry.earliestMs = nowMs + (nowMs - startedMs) / refreshShare;
    entry.page = null;
  }
}

/** A study that is over is read again only if its state changed: it may have 100,000 trials. */
function isDue(entry: Entry, record: StudyRecord, nowMs: number): boolean {
  if (entry.state !== stateText(record)) return true;
  return record.endedAtMs === null && (entry.isStale || nowMs >= entry.refreshAtMs);
}

function stateText({ status, createdAtMs, endedAtMs }: StudyRecord): string {
  return `${status} ${createdAtMs} ${endedAtMs}`;
}

/** Summaries: the progress of studies and the state of workers, for live views and tables. */
import { bestConfiguration } from '../../../search/ranking/ranking.ts';
import type { StudySpec } from '../../../study/spec/study-spec.ts';
import type { StudyRecord } from '../../../study/study-record.ts';
import type { StudySummary, WorkerSummary } from '../../../study/summaries.ts';
import type { TrialRecord } from '../../../study/trial.ts';
import { bestSoFar, toBest } from '../results/best-configuration.ts';
import type { ClusterState, StudyEntry } from '../state/cluster-state.ts';
import { openStage } from '../state/study-entry.ts';
import { workerState } from '../workers/workers.ts';

/** The part of a summary that is in memory; the metric and the reason of the status are in the store. */
export type StudyProgress = Omit<StudySummary, 'reason' | 'metric'>;

export type StudyCounts = Omit<StudyProgress, 'best'>;

export function studyProgress(study: StudyEntry): StudyProgress {
  return { ...studyCounts(study), best: bestSoFar(study) };
}

/** The counts of a study's summary. Takes the same time for any number of trials. */
export function studyCounts(study: StudyEntry): StudyCounts {
  const stage = openStage(study) ?? null;
  const counted = stage ?? study.stages.at(-1) ?? null;
  return {
    study: study.name,
    status: study.status,
    stage: stage?.record.name ?? null,
    done: counted === null ? 0 : counted.trials.length - counted.open - counted.cancelled,
    total: plannedTrials(study.spec, counted?.record.trials ?? 0, counted?.trials.length ?? 0),
    // Only the open stage has waiting trials.
    running: stage === null ? 0 : stage.open - study.waiting,
    testing: stage === null && study.winner !== null && study.status === 'running',
  };
}

/** The progress of a study that is in the store only. */
export function storedProgress(record: StudyRecord, trials: readonly TrialRecord[]): StudyProgress {
  const { spec, status, stages } = record;
  const stage = stages.find(({ closed }) => !closed) ?? stages.at(-1);
  const counted = trials.filter(({ id }) => id.stage === stage?.name);
  const order = stages.map(({ name }) => name);
  return {
    study: spec.study,
    status,
    stage: stage?.closed === false ? stage.name : null,
    done: counted.filter((trial) => trial.status === 'complete' || trial.status === 'failed')
      .length,
    total: plannedTrials(spec, stage?.trials ?? 0, counted.length),
    running: 0,
    best: toBest(bestConfiguration(trials, spec.objective, order)),
    testing: false,
  };
}

/** `planned`: configurations. A race has the trials created so far, and at least one per configuration. */
function plannedTrials({ racing, replicates }: StudySpec, planned: number, soFar: number): number {
  return Math.max(soFar, racing ? planned : planned * replicates);
}

/** Summaries of all workers but those that have not come back since a restart. */
export function workerSummaries(state: ClusterState): WorkerSummary[] {
  const known = [...state.workers.values()].filter(({ threads }) => threads > 0);
  return known.map((worker) => {
    const { name, address, threads, kernel, trialsCompleted } = worker;
    const reported = workerState(state, worker);
    // The packs of a lost worker are kept for late results only.
    const busy = reported.state === 'lost' ? 0 : worker.packs.size;
    const reproducible = worker.selfTestDigest === state.settings.selfTestDigest;
    return { name, address, threads, busy, kernel, reproducible, trialsCompleted, ...reported };
  });
}

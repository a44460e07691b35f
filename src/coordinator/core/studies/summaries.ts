/** Summaries: the progress of studies and the state of workers, for live views and tables. */
import { bestConfiguration } from '../../../search/ranking/ranking.ts';
import { decimalParameters } from '../../../study/search-space.ts';
import { budgetText } from '../../../study/budget.ts';
import type { StudySpec } from '../../../study/spec/study-spec.ts';
import type { StudyRecord } from '../../../study/study-record.ts';
import type { StageCount, StudySummary, WorkerSummary } from '../../../study/summaries.ts';
import { isOver, type TrialRecord } from '../../../study/trial.ts';
import { bestSoFar, toBest } from '../results/best-configuration.ts';
import type { ClusterState, Moment, PackEntry, StudyEntry } from '../state/cluster-state.ts';
import { openStage } from '../state/study-entry.ts';
import { stepsPlanned } from './budget.ts';
import { workerState } from '../workers/workers.ts';

/** The part of a summary that is in memory; the others are in the store, and `msLeft` is measured. */
export type StudyProgress = Omit<
  StudySummary,
  'reason' | 'metric' | 'createdAtMs' | 'endedAtMs' | 'msLeft'
>;

export type StudyCounts = Omit<StudyProgress, 'best'>;

export function studyProgress(study: StudyEntry): StudyProgress {
  return { ...studyCounts(study), best: bestSoFar(study) };
}

/** The counts of a study's summary. Takes the same time for any number of trials. */
export function studyCounts(study: StudyEntry): StudyCounts {
  const { spec } = study;
  const stage = isOver(study.status) ? null : (openStage(study) ?? null);
  const stages = study.stages.map(({ record, trials, open, paused, cancelled }): StageCount => {
    const total = plannedTrials(study.spec, record.trials, trials.length);
    return { name: record.name, done: trials.length - open - paused - cancelled, total };
  });
  return {
    study: study.name,
    status: study.status,
    priority: study.priority,
    stage: stage?.record.name ?? null,
    stages,
    ...sums(stages),
    decimals: decimalParameters(study.spec.stages),
    testAccuracy: study.winner?.testAccuracy ?? null,
    budget: budgetText(spec.budget, {
      end: study.budgetEnd,
      activeMs: study.activeMs,
      steps: spec.budget?.steps === undefined ? null : stepsPlanned(study),
    }),
    running: study.stages.reduce((sum, { open }) => sum + open, 0) - study.waiting,
    testing: stage === null && study.winner !== null && study.status === 'running',
  };
}

/** The progress of a study that is in the store only. */
export function storedProgress(record: StudyRecord, trials: readonly TrialRecord[]): StudyProgress {
  const { spec, status, priority } = record;
  const byStage = Map.groupBy(trials, ({ id }) => id.stage);
  const stages = record.stages.map((stage): StageCount => {
    const counted = byStage.get(stage.name) ?? [];
    const ended = counted.filter(({ status: own }) =>
      ['complete', 'stopped', 'failed'].includes(own),
    );
    const total = plannedTrials(spec, stage.trials, counted.length);
    return { name: stage.name, done: ended.length, total };
  });
  const order = stages.map(({ name }) => name);
  return {
    study: spec.study,
    status,
    priority,
    stage: isOver(status) ? null : (record.stages.find(({ closed }) => !closed)?.name ?? null),
    stages,
    ...sums(stages),
    decimals: decimalParameters(spec.stages),
    testAccuracy: record.winner?.testAccuracy ?? null,
    running: 0,
    budget: budgetText(spec.budget, {
      end: record.budgetEnd ?? null,
      activeMs: record.activeMs ?? 0,
      steps: null,
    }),
    best: toBest(bestConfiguration(trials, spec.objective, order)),
    testing: false,
  };
}

function sums(stages: readonly StageCount[]): { readonly done: number; readonly total: number } {
  return {
    done: stages.reduce((sum, { done }) => sum + done, 0),
    total: stages.reduce((sum, { total }) => sum + total, 0),
  };
}

/** `planned`: configurations. A race has the trials created so far, and at least one per configuration. */
function plannedTrials({ racing, replicates }: StudySpec, planned: number, soFar: number): number {
  return Math.max(soFar, racing ? planned : planned * replicates);
}

/** Summaries of all workers but those that have not come back since a restart. */
export function workerSummaries(state: ClusterState, now: Moment): WorkerSummary[] {
  const known = [...state.workers.values()].filter(({ threads }) => threads > 0);
  return known.map((worker) => {
    const { name, address, threads, kernel, trialsCompleted } = worker;
    const reported = workerState(state, worker);
    // The packs of a lost worker are kept for late results only.
    const busy = reported.state === 'lost' ? 0 : worker.packs.size;
    const reproducible = worker.selfTestDigest === state.settings.selfTestDigest;
    const training = busy === 0 ? [] : [...worker.packs].flatMap(openTrials);
    const heardAtMs = Math.round(now.wallMs - (now.monotonicMs - worker.heardAtMs));
    const facts = { name, address, threads, busy, kernel, reproducible, trialsCompleted };
    return { ...facts, training, heardAtMs, ...reported };
  });
}

/** The trials of a pack whose attempts are open. */
export function openTrials({ study, members }: PackEntry): WorkerSummary['training'] {
  return members
    .filter(({ trial, attempt }) =>
      trial.attempts.some((one) => one.attempt === attempt && one.outcome === null),
    )
    .map(({ trial }) => ({ study, trial: trial.name }));
}

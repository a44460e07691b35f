/** Where a study and its workers stand, read from the dispatcher's memory: for live views and tables. */
import type { StudySummary, WorkerSummary } from '../../../rpc/messages/control-messages.ts';
import { objectiveValue } from '../../../search/ranking/configurations.ts';
import { bestConfiguration, type RankedConfiguration } from '../../../search/ranking/ranking.ts';
import type { StoreReader } from '../../../store/sqlite/read.ts';
import type { StudyRecord } from '../../../study/study-record.ts';
import type { StudySpec } from '../../../study/spec/study-spec.ts';
import { isOver, trialName, type TrialRecord } from '../../../study/trial.ts';
import {
  trialRecord,
  type ClusterState,
  type StudyEntry,
  type WorkerEntry,
} from '../state/cluster-state.ts';
import { exclusionReason } from '../workers/exclusions.ts';
import type { TrialEntry } from '../state/trial-state.ts';
import { incompatibilityReason } from '../workers/workers.ts';

/** What the dispatcher knows of a study; why it failed and what ranks stand in the store. */
export type StudyProgress = Omit<StudySummary, 'reason' | 'metric'>;

export type StudyCounts = Omit<StudyProgress, 'best'>;

export function studyProgress(study: StudyEntry): StudyProgress {
  return { ...studyCounts(study), best: bestOf(study) };
}

/** From numbers that are kept: it costs the same for any number of trials. */
export function studyCounts(study: StudyEntry): StudyCounts {
  const stage = study.stages.find((entry) => !entry.record.closed) ?? null;
  const counted = stage ?? study.stages.at(-1) ?? null;
  return {
    study: study.name,
    status: study.status,
    stage: stage?.record.name ?? null,
    done: counted === null ? 0 : counted.trials.length - counted.open - counted.cancelled,
    total: plannedTrials(study.spec, counted?.record.trials ?? 0, counted?.trials.length ?? 0),
    // Only trials of the open stage wait.
    running: stage === null ? 0 : stage.open - study.waiting,
    testing: stage === null && study.winner !== null && study.status === 'running',
  };
}

/**
 * The same for studies that nobody works on, from the store. One that is over does not change: it is
 * read and ranked once, not several times a second for everybody who watches another one.
 */
export class StoredStudies {
  readonly #store: Pick<StoreReader, 'trials'>;
  readonly #over = new Map<
    string,
    { readonly version: string; readonly progress: StudyProgress }
  >();

  constructor(store: Pick<StoreReader, 'trials'>) {
    this.#store = store;
  }

  progress(record: StudyRecord): StudyProgress {
    const { spec, status, createdAtMs, endedAtMs } = record;
    const version = `${status} ${createdAtMs} ${endedAtMs}`;
    const kept = this.#over.get(spec.study);
    if (kept?.version === version) return kept.progress;
    const progress = storedProgress(record, this.#store.trials(spec.study));
    if (isOver(status)) this.#over.set(spec.study, { version, progress });
    return progress;
  }
}

export function storedProgress(record: StudyRecord, trials: readonly TrialRecord[]): StudyProgress {
  const { spec, status, stages } = record;
  const stage = stages.find((candidate) => !candidate.closed) ?? stages.at(-1);
  const ofStage = trials.filter((trial) => trial.id.stage === stage?.name);
  const order = stages.map((candidate) => candidate.name);
  const best = bestConfiguration(trials, spec.objective, order);
  return {
    study: spec.study,
    status,
    stage: stage?.closed === false ? stage.name : null,
    done: ofStage.filter(({ status: of }) => of === 'complete' || of === 'failed').length,
    total: plannedTrials(spec, stage?.trials ?? 0, ofStage.length),
    running: 0,
    best: bestLine(best),
    testing: false,
  };
}

/** A race has as many as its rounds have brought so far. */
function plannedTrials(
  { replicates, racing }: StudySpec,
  lambdas: number,
  trialsSoFar: number,
): number {
  return Math.max(trialsSoFar, racing ? lambdas : lambdas * replicates);
}

function bestLine(best: RankedConfiguration | null): StudyProgress['best'] {
  if (best === null || best.value === null) return null;
  return { trial: trialName(best.trial.id), lambda: best.trial.lambda, value: best.value };
}

/** It is looked at several times a second for everybody who watches, and seldom changes. */
function bestOf(study: StudyEntry): StudyProgress['best'] {
  if (study.best === undefined) study.best = findBest(study);
  return study.best;
}

/** A trial has its first result: the best λ is to be found again, unless it stays what it was. */
export function reviewBest(study: StudyEntry, trial: TrialEntry): void {
  const { best } = study;
  if (best === undefined) return;
  const { objective, replicates } = study.spec;
  const sign = objective.direction === 'maximize' ? 1 : -1;
  const value = objectiveValue(trialRecord(trial), objective);
  const isBehind = value === null || (best !== null && sign * value < sign * best.value);
  if (replicates > 1 || !isBehind) study.best = undefined;
}

function findBest(study: StudyEntry): StudyProgress['best'] {
  const { objective, replicates } = study.spec;
  if (replicates > 1) {
    const order = study.stages.map((stage) => stage.record.name);
    return bestLine(
      bestConfiguration([...study.trials.values()].map(trialRecord), objective, order),
    );
  }
  const sign = objective.direction === 'maximize' ? 1 : -1;
  let best: StudyProgress['best'] = null;
  for (const trial of study.trials.values()) {
    const value = objectiveValue(trialRecord(trial), objective);
    if (value === null || (best !== null && sign * value <= sign * best.value)) continue;
    best = { trial: trial.name, lambda: trial.lambda, value };
  }
  return best;
}

/** Not of those that a restart knows by their attempts alone, until they come back. */
export function workerSummaries(state: ClusterState): WorkerSummary[] {
  const known = [...state.workers.values()].filter(({ threads }) => threads > 0);
  return known.map((worker) => {
    const quarantine = exclusionReason(state, worker);
    const reason = quarantine ?? incompatibilityReason(state, worker);
    const stands = stateOf(worker, reason, quarantine !== null);
    return {
      name: worker.name,
      address: worker.address,
      threads: worker.threads,
      // The packs of a lost worker are kept for late results only.
      busy: stands === 'lost' ? 0 : worker.packs.size,
      kernel: worker.kernel,
      numerics: worker.selfTestDigest === state.settings.selfTestDigest ? 'canonical' : 'other',
      trialsCompleted: worker.trialsCompleted,
      state: stands,
      reason,
    };
  });
}

function stateOf(
  worker: WorkerEntry,
  reason: string | null,
  isQuarantined: boolean,
): WorkerSummary['state'] {
  if (!worker.connected) return worker.reportedLost ? 'lost' : 'joining';
  if (worker.draining) return 'draining';
  if (isQuarantined) return 'quarantined';
  if (reason !== null) return 'ineligible';
  if (worker.packs.size > 0) return 'busy';
  return worker.datasets.size > 0 ? 'ready' : 'joining';
}

/**
 * Who trains what next.
 *
 * Studies are served in the order in which they were submitted, or one of them alone, trials in the
 * order of their stage; a study that waits at a stage's end lets the next one use its threads. Trials
 * that are equal in everything but λ are granted as one pack, so many at a time that every thread has
 * something to do.
 * Which worker gets which trial changes nothing but the time: results depend on the trial alone.
 *
 * A worker is granted a study's trials only once it has said that it holds the study's data.
 *
 * Pure: changes the cluster's state and says what to store and send.
 */
import {
  freeThreads,
  isActive,
  type ClusterState,
  type Decision,
  type Moment,
  type StudyEntry,
  type WorkerEntry,
} from '../state/cluster-state.ts';
import { send } from '../state/decision.ts';
import { assignAudits } from './assign-audits.ts';
import { assignPack, packLimit } from './assign-pack.ts';
import { ableWorkers } from '../workers/exclusions.ts';
import { countsAsFailure, type TrialEntry } from '../state/trial-state.ts';
import { dueTests, hasTestFailed } from '../state/winner-tests.ts';

/** Sends out data sets and grants what can be granted now. */
export function scheduleAll(state: ClusterState, now: Moment, decision: Decision): void {
  for (const study of state.studies.values()) {
    if (!isActive(study) || study.name !== (state.settings.onlyStudy ?? study.name)) continue;
    prepareWorkers(state, study, decision);
    if (study.winner === null) {
      assignAudits(state, study, now, decision);
      assignTrials(state, study, now, decision);
    } else for (const trial of dueTests(study)) assignTest(state, study, trial, now, decision);
  }
}

function prepareWorkers(state: ClusterState, study: StudyEntry, decision: Decision): void {
  if (study.winner !== null) return;
  for (const worker of ableWorkers(state, study))
    prepare(worker, study.searchKey, study.data.search, decision);
}

/** Asks a worker to fetch a data set, unless it has it, fetches one already, or has failed at it. */
function prepare(
  worker: WorkerEntry,
  key: string,
  reference: StudyEntry['data']['search'],
  decision: Decision,
): void {
  if (!worker.connected || worker.draining || worker.preparing !== null) return;
  if (worker.datasets.has(key) || worker.datasetFailures.has(key)) return;
  worker.preparing = key;
  send(decision, worker, { kind: 'prepare', dataset: key, reference });
}

function assignTrials(
  state: ClusterState,
  study: StudyEntry,
  now: Moment,
  decision: Decision,
): void {
  if (study.waiting === 0) return;
  const able = ableWorkers(state, study);
  const workers = able.filter((worker) => worker.datasets.has(study.searchKey));
  // Those, too, that are still on their way to the data, or to the coordinator.
  const threads = Math.max(
    state.settings.threadsExpected ?? 0,
    able.reduce((sum, worker) => sum + worker.threads, 0),
  );
  // One pack a worker and round: a short queue is spread over machines before it fills one of them.
  for (let granted = true; granted && study.waiting > 0;) {
    granted = false;
    for (const worker of workers) {
      if (study.waiting === 0 || freeThreads(state, worker) === 0) continue;
      const size = Math.min(packLimit(study, study.waiting, threads), worker.packMax);
      const trials = takePack(study, size, (trial) => isForOthers(trial, worker, able));
      if (trials.length === 0) continue;
      assignPack(state, { study, worker, trials, kind: 'search' }, now, decision);
      granted = true;
    }
  }
}

/** A trial that was lost on this worker goes to one where it was not, as long as there is one. */
function isForOthers(
  trial: TrialEntry,
  worker: WorkerEntry,
  workers: readonly WorkerEntry[],
): boolean {
  if (trial.failures === 0) return false;
  const failedOn = new Set(
    trial.attempts
      .filter(({ outcome }) => countsAsFailure(outcome))
      .map((attempt) => attempt.worker),
  );
  return failedOn.has(worker.name) && workers.some(({ name }) => !failedOn.has(name));
}

/**
 * Takes up to `size` trials of one replicate from the queue; one that is to be alone comes alone.
 *
 * @param isLeft trials that stay in their place
 */
function takePack(
  study: StudyEntry,
  size: number,
  isLeft: (trial: TrialEntry) => boolean,
): TrialEntry[] {
  const taken: TrialEntry[] = [];
  const left: TrialEntry[] = [];
  while (taken.length < size) {
    const trial = study.queue.pop();
    if (trial === undefined) break;
    if (trial.status !== 'waiting') continue;
    const first = taken[0];
    if (isLeft(trial)) {
      left.push(trial);
      continue;
    }
    if (first !== undefined && (trial.alone || trial.id.replicate !== first.id.replicate)) {
      study.queue.push(trial);
      break;
    }
    taken.push(trial);
    if (trial.alone) break;
  }
  study.queue.push(...left.toReversed());
  study.waiting -= taken.length;
  return taken;
}

/**
 * A test attempt: a trial of the winner once more, with the test set, on a worker that has not trained
 * it where there is one. It must give the same digest, so it is a check of the machines as well. Where
 * any arithmetic is good enough others may differ by right, so it is the worker that has trained it.
 */
function assignTest(
  state: ClusterState,
  study: StudyEntry,
  trial: TrialEntry,
  now: Moment,
  decision: Decision,
): void {
  const { testKey, data } = study;
  if (testKey === null || data.test === null) return;
  if (trial.attempts.some((attempt) => attempt.kind === 'test' && attempt.outcome === null)) return;
  if (hasTestFailed(study)) return;
  const able = ableWorkers(state, study).filter((worker) => !worker.datasetFailures.has(testKey));
  const wantsItself = study.spec.numerics === 'any';
  const preferred = able.filter((worker) => (worker.name === trial.worker) === wantsItself);
  const candidates = preferred.length > 0 ? preferred : able;
  const worker = candidates.find(
    (candidate) => candidate.datasets.has(testKey) && freeThreads(state, candidate) > 0,
  );
  if (worker !== undefined) {
    assignPack(state, { study, worker, trials: [trial], kind: 'test' }, now, decision);
  } else if (
    candidates[0] !== undefined &&
    !candidates.some((candidate) => candidate.preparing === testKey)
  ) {
    prepare(candidates[0], testKey, data.test, decision);
  }
}

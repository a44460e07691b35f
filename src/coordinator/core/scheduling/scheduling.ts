/**
 * Scheduling: which worker runs which trials next. It affects only when a study ends: results depend on the
 * trial alone.
 *
 * Studies share the threads (`fair-shares.ts`); trials are served in the order of their stage. While a study
 * waits for the end of a stage, the other studies use its threads. A worker receives trials of a study once
 * it has reported that it holds the study's data.
 */
import type { DatasetReference } from '../../../study/spec/dataset-reference.ts';
import { isResting, mustBeAlone, mustBeIsolated, setbacksInRow } from '../attempts/setbacks.ts';
import {
  contestedTests,
  dueTests,
  hasTestFailed,
  isBeingTested,
} from '../attempts/winner-tests.ts';
import { votersFor } from '../results/votes.ts';
import type { ClusterState, StudyEntry, WorkerEntry } from '../state/cluster-state.ts';
import { isActive, isReproducible } from '../state/study-entry.ts';
import type { TrialEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { ableReferees, ableWorkers, freeThreads, someWorker } from '../workers/able-workers.ts';
import { fewestSetbacks } from '../workers/untried-trials.ts';
import { isInDoubt } from '../workers/worker-backoff.ts';
import { assignAudits } from './assign-audits.ts';
import { assignIsolated } from './assign-isolated.ts';
import { assignPack, packShape, type PackShape } from './assign-pack.ts';
import { FairShares, hasFreeThread, skipUse } from './fair-shares.ts';
import { isForOthers } from './preferred-workers.ts';
import { isHeldByOther } from './state-holders.ts';

/** Sends data sets to workers and assigns all trials that can be assigned now. */
export function scheduleAll(turn: Turn): void {
  const { state } = turn;
  const active: StudyEntry[] = [];
  for (const study of state.studies.values()) {
    const isScheduled = study.name === (state.settings.onlyStudy ?? study.name);
    if (isScheduled && isActive(study)) active.push(study);
    else study.share.isIdle = true;
  }
  state.reserved.clear();
  for (const study of active) assignIsolated(turn, study);
  if (active.length < 2) skipUse(state);
  if (active.length > 1 && hasFreeThread(state)) shareThreads(turn, active);
  else for (const study of active) for (const _ of packsFor(turn, study));
}

/** Assigns packs of several studies one by one. */
function shareThreads(turn: Turn, studies: readonly StudyEntry[]): void {
  const shares = new FairShares(turn.state, studies);
  const packs = new Map(studies.map((study) => [study, packsFor(turn, study)]));
  for (let study = shares.next(); study !== undefined; study = shares.next()) {
    if (packs.get(study)?.next().done === false) shares.assigned(study);
    else shares.remove(study);
  }
}

/** Assigns the packs of a study: one before each `yield`, as long as a thread is free. */
function* packsFor(turn: Turn, study: StudyEntry): Generator<void> {
  if (study.winner === null) {
    prepareAll(turn, study);
    yield* assignAudits(turn, study);
    yield* assignTrials(turn, study);
  } else for (const trial of dueTests(study)) yield* assignTest(turn, study, trial);
}

/** Asks all workers that may run trials of the study to fetch its data set. */
function prepareAll(turn: Turn, study: StudyEntry): void {
  const { searchKey, data } = study;
  // Called at each event, when nearly always all workers have the data.
  if (!someWorker(turn.state, (worker) => needsData(worker, searchKey))) return;
  const { state } = turn;
  for (const worker of [...ableWorkers(state, study), ...ableReferees(state, study)])
    prepare(turn, worker, searchKey, data.search);
}

/** Whether a worker can fetch a data set: it does not have it, fetches no other, and did not fail to fetch it. */
function needsData(worker: WorkerEntry, key: string): boolean {
  if (!worker.connected || worker.draining || worker.preparing !== null) return false;
  return !worker.datasets.has(key) && !worker.datasetFailures.has(key);
}

function prepare(turn: Turn, worker: WorkerEntry, key: string, reference: DatasetReference): void {
  if (!needsData(worker, key)) return;
  worker.preparing = key;
  turn.send(worker, { kind: 'prepare', dataset: key, reference });
}

function* assignTrials(turn: Turn, study: StudyEntry): Generator<void> {
  const { state, now } = turn;
  const isFree = (worker: WorkerEntry): boolean => freeThreads(state, worker, study) > 0;
  // Called at each event, when most threads are busy.
  if (study.waiting === 0 || !someWorker(state, isFree)) return;
  const able = ableWorkers(state, study);
  const workers = able.filter((worker) => isFree(worker) && worker.datasets.has(study.searchKey));
  // Workers that are still fetching the data, or starting, get their share as well.
  const ableThreads = able.reduce((sum, worker) => sum + worker.threads, 0);
  const threads = Math.max(ableThreads, state.settings.threadsExpected ?? 0);
  // One pack per worker and round: a short queue is spread over machines before it fills one of them.
  for (let hasAssigned = true; hasAssigned && study.waiting > 0;) {
    hasAssigned = false;
    for (const worker of workers) {
      if (study.waiting === 0 || !isFree(worker)) continue;
      const { packMax } = worker;
      const setbacksMax = isInDoubt(worker) ? fewestSetbacks(state, worker) : Infinity;
      const trials = takePack(study, {
        skips: (trial) =>
          (setbacksMax < Infinity && setbacksInRow(trial) > setbacksMax) ||
          mustBeIsolated(study, trial) ||
          isResting(study, trial, now.monotonicMs) ||
          isForOthers(trial, worker, able) ||
          isHeldByOther(state, study, trial, worker, able),
        shape: (first) => packShape(study, first, { waiting: study.waiting, threads, packMax }),
      });
      if (trials.length === 0) continue;
      assignPack(turn, { study, worker, trials, kind: 'search' });
      hasAssigned = true;
      yield;
    }
  }
}

/** How many trials with another pack key are skipped in the queue to fill a pack. */
const lookAheadMax = 64;

/** Takes trials for one pack from the queue; a trial that must be alone is the only one. */
function takePack(
  study: StudyEntry,
  pack: { skips(trial: TrialEntry): boolean; shape(first: TrialEntry): PackShape },
): TrialEntry[] {
  const taken: TrialEntry[] = [];
  const skipped: TrialEntry[] = [];
  let shape: PackShape | null = null;
  let others = 0;
  while (shape === null || taken.length < shape.size) {
    const trial = study.queue.pop();
    if (trial === undefined) break;
    if (trial.status !== 'waiting') continue;
    if (pack.skips(trial)) {
      skipped.push(trial);
      continue;
    }
    const isAlone = mustBeAlone(study, trial);
    if (shape !== null && (isAlone || !shape.matches(trial))) {
      skipped.push(trial);
      others += 1;
      if (others >= lookAheadMax) break;
      continue;
    }
    taken.push(trial);
    if (isAlone) break;
    shape ??= pack.shape(trial);
  }
  study.queue.push(...skipped.toReversed());
  return taken;
}

/**
 * Assigns a test: a replicate of the winner is trained again with the test set, preferably by a worker of
 * another token, to check the machines too; by the same one if results are not reproducible.
 */
function* assignTest(turn: Turn, study: StudyEntry, trial: TrialEntry): Generator<void> {
  const { state } = turn;
  const { testKey, data } = study;
  if (testKey === null || data.test === null || hasTestFailed(study)) return;
  if (isBeingTested(trial)) return;
  // bug: contested-winner-is-tested-by-workers
  const isContested = contestedTests(state, study).includes(trial);
  const connected = isContested ? ableReferees(state, study) : ableWorkers(state, study);
  const able = connected.filter((worker) => !worker.datasetFailures.has(testKey));
  const eligible = isContested ? able : preferredTesters(state, study, trial, able);
  const worker = eligible.find(
    (candidate) => candidate.datasets.has(testKey) && freeThreads(state, candidate, study) > 0,
  );
  if (worker !== undefined) {
    assignPack(turn, { study, worker, trials: [trial], kind: 'test' });
    yield;
  } else if (eligible[0] !== undefined && !eligible.some(({ preparing }) => preparing === testKey))
    prepare(turn, eligible[0], testKey, data.test);
}

/** Of these workers, those with another token than the voters of the trial, or else with another name. */
function preferredTesters(
  state: ClusterState,
  study: StudyEntry,
  trial: TrialEntry,
  able: readonly WorkerEntry[],
): readonly WorkerEntry[] {
  const same = able.filter(({ name }) => name === trial.worker);
  if (!isReproducible(study)) return same.length > 0 ? same : able;
  const voters = votersFor(state, trial);
  const independent = able.filter(({ tokenId }) => !voters.has(tokenId));
  const others = able.filter((worker) => !same.includes(worker));
  // bug: winner-tested-where-trained
  const preferred = independent.length > 0 ? independent : others;
  return preferred.length > 0 ? preferred : able;
}

/**
 * Setbacks: trials whose attempts ended without a result, and when they are tried again.
 *
 * An attempt that ends without a result costs a trial nothing: the trial rests a little longer each time and
 * is tried again, without limit. Only two things count as failures of a trial, because it may have caused
 * them, and only on a machine that has finished trials (`isProven`):
 *
 * - A thread that crashes or hangs while it trains this trial alone. `maxFailures` of them fail the trial.
 * - A worker process that ends while this trial is all that it runs. A process may also be killed from
 *   outside, so more of them fail the trial (`maxDeaths`), and only consecutive ones at the same progress: a
 *   trial is deterministic, so a trial that ends its process does so at the same step.
 *
 * After a failed pack, its trials are trained alone in a thread (`mustBeAlone`); after several deaths at the
 * same progress, a trial is trained alone in a process (`mustBeIsolated`). A connection that closes is not a
 * death: the process has ended if another process joins from the same machine under the same name.
 */
import type { AttemptOutcome } from '../../../study/trial.ts';
import type { PackEntry, Setback, StudyEntry, WorkerEntry } from '../state/cluster-state.ts';
import { updateTrial } from '../state/study-entry.ts';
import { countsAsFailure, trialRecord, type TrialEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { isProven } from '../workers/machines.ts';

/** Deaths of its worker process that fail a trial. */
const maxDeaths = 10;
/** Deaths after which a trial is trained alone in a process. */
const isolatedFrom = 3;
/** Two deaths are at the same progress if they differ by at most this many reports of progress. */
const stridesMax = 2;

/** Attempts without a result before the trial rests; it returns to the first place in the queue. */
const restFrom = 3;
const restMinMs = 1_000;
const restMaxMs = 60_000;

/** Whether an attempt with this outcome ended without a result that is still needed. */
export function isSetback(outcome: AttemptOutcome | null): boolean {
  return countsAsFailure(outcome) || outcome === 'lost' || outcome === 'returned';
}

/** Consecutive search attempts to the same rung that ended without a result, up to now. */
export function setbacksInRow({ attempts }: TrialEntry): number {
  const searches = attempts.filter(({ kind }) => kind === 'search');
  const last = searches.at(-1);
  let count = 0;
  for (const { outcome, fingerprint, toStep } of searches.toReversed()) {
    // The result of a lost attempt may have arrived later, and the trial is at its next rung since then.
    if (!isSetback(outcome) || fingerprint !== null || toStep !== last?.toStep) break;
    count += 1;
  }
  return count;
}

function setbackOf({ setbacks }: StudyEntry, trial: TrialEntry): Setback {
  let setback = setbacks.get(trial);
  if (setback === undefined) {
    const noDeaths = { deaths: 0, deathsCounted: 0, deathStep: 0, deathStride: 0 };
    setback = { restUntilMs: 0, alone: false, ...noDeaths };
    setbacks.set(trial, setback);
  }
  return setback;
}

/** The trial is waiting again: it rests, the longer the more attempts in a row had no result. */
export function restTrial(
  { now }: Turn,
  study: StudyEntry,
  trial: TrialEntry,
  { hasFailed }: { readonly hasFailed: boolean },
): void {
  const setback = setbackOf(study, trial);
  if (hasFailed) setback.alone = true;
  const count = setbacksInRow(trial) - restFrom;
  if (count < 0) return;
  setback.restUntilMs = now.monotonicMs + Math.min(restMaxMs, restMinMs * 2 ** count);
}

export function isResting({ setbacks }: StudyEntry, trial: TrialEntry, nowMs: number): boolean {
  const setback = setbacks.get(trial);
  // bug: trials-do-not-rest
  return setback !== undefined && nowMs < setback.restUntilMs;
}

/** Whether the trial is trained without other trials in its pack: a pack that contained it has failed. */
export function mustBeAlone(study: StudyEntry, trial: TrialEntry): boolean {
  // bug: failed-trial-is-packed
  return (
    trial.failures > 0 || study.setbacks.get(trial)?.alone === true || mustBeIsolated(study, trial)
  );
}

/** Whether the trial is trained without other packs on its worker: processes have ended that trained it. */
export function mustBeIsolated({ setbacks }: StudyEntry, trial: TrialEntry): boolean {
  return (setbacks.get(trial)?.deaths ?? 0) >= isolatedFrom;
}

/** The worker process of a lost pack has ended: notes it for the trials that the pack trained. */
export function noteDeath(turn: Turn, worker: WorkerEntry, pack: PackEntry): void {
  const study = turn.state.studies.get(pack.study);
  if (study === undefined || pack.kind !== 'search') return;
  const isAlone = worker.packs.size === 1 && pack.members.length === 1;
  for (const { trial } of pack.members) {
    const setback = setbackOf(study, trial);
    const difference = pack.step - setback.deathStep;
    const margin = stridesMax * Math.max(pack.stride, setback.deathStride);
    const isFirst = setback.deaths === 0 || difference > margin;
    // It has passed this progress before, so another process did not end because of it.
    if (!isFirst && difference < -margin) continue;
    // It has passed the progress of its earlier deaths, so it did not cause them.
    if (isFirst) setback.deaths = setback.deathsCounted = 0;
    setback.deathStep = isFirst ? pack.step : Math.max(pack.step, setback.deathStep);
    setback.deathStride = isFirst ? pack.stride : Math.max(pack.stride, setback.deathStride);
    setback.deaths += 1;
    if (isAlone && isProven(worker)) setback.deathsCounted += 1;
    // bug: deaths-have-no-limit
    if (setback.deathsCounted >= maxDeaths && trial.status === 'waiting')
      failTrial(turn, study, trial);
  }
}

function failTrial(turn: Turn, study: StudyEntry, trial: TrialEntry): void {
  const reason = `${maxDeaths} worker processes ended while they trained only this trial, at the same step`;
  updateTrial(study, trial, { kind: 'failed', reason });
  const row = { study: study.name, trial: trial.id, status: 'failed', reason } as const;
  turn.persist({ kind: 'trial-status', ...row });
  study.best = undefined;
  turn.notify({ kind: 'trial-ended', study: study.name, trial: trialRecord(trial) });
}

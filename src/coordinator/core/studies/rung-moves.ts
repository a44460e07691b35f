/**
 * Rung moves: what the planner has decided about trials at a rung. They are stopped, or trained on; a trial
 * whose result at the next rung is stored has it at once.
 */
import { assert } from '../../../base/assert.ts';
import type { RungMove } from '../../../search/planning/planner.ts';
import { abortPack, closeAttempt, isPackDone } from '../attempts/close-attempt.ts';
import { closeObsolete } from '../attempts/failed-attempts.ts';
import { rungsOf, totalSteps } from '../results/result-rules.ts';
import { reuseResults } from '../results/reuse.ts';
import { trimResult } from '../results/trim-result.ts';
import type { StudyEntry } from '../state/cluster-state.ts';
import { stageFor, updateTrial } from '../state/study-entry.ts';
import { countsAsFailure, trialRecord, type TrialEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';

export function moveTrial(turn: Turn, study: StudyEntry, move: RungMove): void {
  const trial = study.trials.get(move.id);
  assert(trial, 'the planner moves trials of the study');
  if (move.kind === 'continue') return continueTrial(turn, study, trial, move.toStep);
  const { stop } = move;
  updateTrial(study, trial, { kind: 'stopped', stop });
  turn.persist({ kind: 'trial-stopped', study: study.name, trial: trial.id, stop });
  turn.notify({ kind: 'trial-ended', study: study.name, trial: trialRecord(trial) });
}

export function continueTrial(
  turn: Turn,
  study: StudyEntry,
  trial: TrialEntry,
  toStep: number | null,
): void {
  const step = toStep ?? totalSteps(study, trial);
  closeObsolete(turn, { study, trial }, 'audit');
  updateTrial(study, trial, { kind: 'moved', toStep, step });
  trial.auditFailures = trial.attempts.filter(
    ({ kind, outcome, toStep: to }) =>
      kind === 'audit' && countsAsFailure(outcome) && to === toStep,
  ).length;
  study.best = undefined;
  trimResult(study, stageFor(study, trial), trial);
  const known = trial.result === null ? null : step;
  turn.persist({ kind: 'trial-moved', study: study.name, trial: trial.id, toStep, known });
  reuseResults(turn, study, [trial]);
  // Behind those that wait already.
  if (trial.status === 'waiting') study.queue.unshift(trial);
}

/**
 * The stage has gained trials, on which the level of the stopping rule depends: its trials are at their
 * first rung again. Nothing that is stored is trained again, but running attempts at later rungs end.
 */
export function restartRungs(turn: Turn, study: StudyEntry, trials: readonly TrialEntry[]): void {
  for (const trial of trials) {
    const [first] = rungsOf(study, trial.params);
    const isKnown = trial.rungs?.results.some(({ result }) => result.steps === first) === true;
    const hasFailed = trial.status === 'failed' && trial.result === null;
    if (first === undefined || !isKnown || hasFailed || trial.status === 'cancelled') continue;
    releaseTrial(turn, study, trial, 'the stage has gained trials');
    continueTrial(turn, study, trial, first);
  }
}

/** Closes the open search attempt of a trial, which then waits. */
export function releaseTrial(
  turn: Turn,
  study: StudyEntry,
  trial: TrialEntry,
  reason: string,
): void {
  const attempt = trial.attempts.find(({ kind, outcome }) => kind === 'search' && outcome === null);
  if (attempt === undefined) return;
  closeAttempt(turn, { study, trial, attempt }, { outcome: 'obsolete', reason });
  updateTrial(study, trial, { kind: 'unassigned', isFailure: false, reason });
  const row = { study: study.name, trial: trial.id, status: 'waiting', reason: null } as const;
  turn.persist({ kind: 'trial-status', ...row });
  const pack = turn.state.packs.get(attempt.pack);
  if (pack !== undefined && isPackDone(pack)) abortPack(turn, pack, reason);
}

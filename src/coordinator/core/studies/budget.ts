/**
 * Budget: ends the search of a study that has used its time, reached its target, or has no steps left.
 *
 *     steps    the planner leaves out what does not fit (`search/planning/budgeted.ts`)
 *     target   the first configuration that reaches it, once all before it have ended; with audits, a race or
 *              `stop`, any configuration at the end of a round
 *     time     the active time is over: the stage is cut (`search/planning/stage-cut.ts`)
 *
 * Each end is stored with the number of planned steps up to it. From then on the study has that budget of
 * steps, so restarts and replays need no clock and no order of events. A larger budget removes the end.
 */
import { assert } from '../../../base/assert.ts';
import { plannedSteps } from '../../../search/planning/budgeted.ts';
import { cutStage, type StageCut } from '../../../search/planning/stage-cut.ts';
import { toConfigurations } from '../../../search/ranking/configurations.ts';
import { bestConfiguration } from '../../../search/ranking/ranking.ts';
import { plannedReplicates } from '../../../search/samplers/sample-trials.ts';
import { beyondBudget, timeBudgetMs, type BudgetEnd } from '../../../study/budget.ts';
import { stopRule } from '../../../study/spec/study-spec.ts';
import { knownIndexBase, type TrialId } from '../../../study/trial.ts';
import type { ClusterState, Moment, StageEntry, StudyEntry } from '../state/cluster-state.ts';
import { updateTrial } from '../state/study-entry.ts';
import { isEnded, trialRecord, type TrialEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { toPlanned } from './planned-study.ts';
import { continueTrial, releaseTrial } from './rung-moves.ts';

/** Longest time between two events that counts: the coordinator is called several times a second. */
const gapMsMax = 1_000;
/** How much active time may be lost if the coordinator is killed. */
const storedEveryMs = 10_000;

/** Adds the time since the last event to the studies that run. */
export function countActiveTime({ studies, lastEventMs }: ClusterState, now: Moment): void {
  const passedMs = now.monotonicMs - lastEventMs;
  if (passedMs >= gapMsMax) return;
  for (const study of studies.values())
    if (study.status === 'running' && study.spec.budget?.time !== undefined)
      study.activeMs += passedMs;
}

export function storeActiveTime(turn: Turn, study: StudyEntry): void {
  const activeMs = Math.round(study.activeMs);
  if (activeMs - study.storedActiveMs < storedEveryMs && study.status === 'running') return;
  if (activeMs === study.storedActiveMs) return;
  study.storedActiveMs = activeMs;
  turn.persist({ kind: 'study-time', study: study.name, activeMs });
}

/**
 * Ends the search if its time is over, or if the first configurations of a stage contain one that reaches the
 * target.
 *
 * @param stage open, with its search space
 */
export function checkBudget(turn: Turn, study: StudyEntry, stage: StageEntry): void {
  const { budget } = study.spec;
  if (budget === undefined) return;
  // A budget of steps ends before the moves at its last rung.
  const mayMove = study.budgetEnd === null || study.budgetEnd.by === 'steps';
  if (mayMove && study.activeMs >= timeBudgetMs(budget)) {
    const trials = stage.trials.map(trialRecord);
    // bug: time-ends-without-a-cut
    applyCut(turn, study, stage, cutStage(toPlanned(study), stage.record, trials));
    endHere(turn, study, 'time');
  }
  if (study.budgetEnd !== null || budget.target === undefined) return;
  if (!decidesInOrder(study, stage) || !reachesInOrder(study, stage, budget.target)) return;
  const kept = new Set(
    Array.from({ length: stage.belowTarget + 1 }, (_, at) => indexAt(study, stage, at)),
  );
  const dropped = stage.trials.flatMap(({ id }) => (kept.has(id.index) ? [] : [id]));
  applyCut(turn, study, stage, { dropped, returned: [] });
  endHere(turn, study, 'target');
}

/** Ends the search if a configuration reaches the target. To be called at the end of a round. */
export function checkTarget(turn: Turn, study: StudyEntry): void {
  const { objective, budget } = study.spec;
  if (budget?.target === undefined || study.budgetEnd !== null) return;
  const order = study.stages.map(({ record }) => record.name);
  const best = bestConfiguration(study.trials.values(), objective, order);
  if (reaches(study, best?.value ?? null, budget.target)) endHere(turn, study, 'target');
}

/** The steps to which the trials of the study are planned. */
export function stepsPlanned(study: StudyEntry): number {
  return (study.stepsPlanned ??= plannedSteps(toPlanned(study)));
}

/** Stores the end of the budget. */
export function endBudget(turn: Turn, study: StudyEntry, end: BudgetEnd): void {
  study.budgetEnd = end;
  turn.persist({ kind: 'budget-ended', study: study.name, end });
  turn.log('budget-ended', `${end.by}; ${end.steps} steps are planned`, study.name);
  turn.notify({ kind: 'budget-ended', study: study.name, end });
}

/** Only the trials that exist count from now on. */
function endHere(turn: Turn, study: StudyEntry, by: BudgetEnd['by']): void {
  endBudget(turn, study, { by, steps: stepsPlanned(study) });
}

/** Whether a target is checked while trials are open. An audit may replace a result when all have ended. */
function decidesInOrder({ spec }: StudyEntry, { record }: StageEntry): boolean {
  const stage = spec.stages.find(({ name }) => name === record.name);
  const stops = stage !== undefined && stopRule(spec, stage) !== 'never';
  return !spec.racing && spec.audit === undefined && !stops;
}

/** Whether the first configurations of the stage have ended, and the last of them reaches the target. */
function reachesInOrder(study: StudyEntry, stage: StageEntry, target: number): boolean {
  const { objective } = study.spec;
  for (; stage.belowTarget < stage.record.trials; stage.belowTarget++) {
    const trials = replicatesOf(study, stage, indexAt(study, stage, stage.belowTarget));
    // bug: target-before-earlier-trials
    if (trials.length < plannedReplicates(study.spec) || !trials.every(isEnded)) return false;
    const [configuration] = toConfigurations(trials, objective);
    if (reaches(study, configuration?.value ?? null, target)) return true;
  }
  return false;
}

/** The index of a configuration by its place in the stage, from 0. */
function indexAt({ spec }: StudyEntry, { record }: StageEntry, place: number): number {
  const known = spec.stages.find(({ name }) => name === record.name)?.also?.length ?? 0;
  return place < known ? knownIndexBase + place + 1 : place - known + 1;
}

function replicatesOf({ trials }: StudyEntry, { record }: StageEntry, index: number): TrialEntry[] {
  const found: TrialEntry[] = [];
  for (let replicate = 1; ; replicate++) {
    const trial = trials.get({ stage: record.name, index, replicate });
    if (trial === undefined) return found;
    found.push(trial);
  }
}

function reaches({ spec }: StudyEntry, value: number | null, target: number): boolean {
  if (value === null) return false;
  return spec.objective.direction === 'maximize' ? value >= target : value <= target;
}

function applyCut(turn: Turn, study: StudyEntry, stage: StageEntry, cut: StageCut): void {
  const entry = (id: TrialId): TrialEntry => {
    const trial = study.trials.get(id);
    assert(trial, 'the cut is of trials of the study');
    releaseTrial(turn, study, trial, beyondBudget);
    return trial;
  };
  for (const { id, toStep } of cut.returned) continueTrial(turn, study, entry(id), toStep);
  for (const id of cut.dropped) {
    const trial = entry(id);
    if (trial.status === 'cancelled') continue;
    updateTrial(study, trial, { kind: 'dropped', reason: beyondBudget });
    turn.persist({ kind: 'trial-dropped', study: study.name, trial: id, reason: beyondBudget });
  }
  study.queue = study.queue.filter(({ status }) => status === 'waiting');
  stage.audits = null;
  study.best = undefined;
}

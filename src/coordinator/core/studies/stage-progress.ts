/**
 * Stage progress: opens and closes the stages of a study, and ends the study.
 *
 * A stage opens after the one before it has closed, and a round starts when all trials have ended and their
 * audits are settled. So the planner (`search/planning`) reads the same results and plans the same trials
 * for any number of workers and any order of results.
 */
import { assert } from '../../../base/assert.ts';
import { plannerFor } from '../../../search/planning/planner-for.ts';
import type { NewTrial } from '../../../search/planning/planner.ts';
import { toConfigurations } from '../../../search/ranking/configurations.ts';
import { bestConfiguration } from '../../../search/ranking/ranking.ts';
import { budgetEndText } from '../../../study/budget.ts';
import { waitingTrial, type TrialId } from '../../../study/trial.ts';
import { setStudyStatus, storeRanks } from '../attempts/close-attempt.ts';
import { endContestedTest } from '../attempts/failed-attempts.ts';
import { hasTestFailed, setWinner } from '../attempts/winner-tests.ts';
import { openAudits, settleAudits } from '../results/audits.ts';
import { reuseResults } from '../results/reuse.ts';
import { trimResult } from '../results/trim-result.ts';
import type { StageEntry, StudyEntry } from '../state/cluster-state.ts';
import { addTrials, hasSuccessor, isActive, openStage } from '../state/study-entry.ts';
import { trialEntry, trialRecord } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { releaseStage } from '../workers/release-states.ts';
import { checkBudget, checkTarget, endBudget, storeActiveTime } from './budget.ts';
import { toPlanned } from './planned-study.ts';
import { moveTrial } from './rung-moves.ts';

/** A stage that has fewer complete configurations cannot be narrowed: they do not show where to search next. */
const completedMin = 3;

/**
 * Moves a study from stage to stage as far as its results allow.
 *
 *     planned -- all stages before have closed --> open -- round started --> running
 *        running -- all trials ended or at their rung, audits settled --> next round planned?
 *            yes --> round started --> running
 *            no  --> closed: ranks are stored
 *                      --> next stage | last stage: winner --> tests, if there is a test split --> complete
 *
 * A study fails if a stage is to be narrowed that has too few complete configurations, or if no trial at all
 * is complete. `retry-trials.ts` opens closed stages again.
 */
export function advanceStudy(turn: Turn, study: StudyEntry): void {
  storeActiveTime(turn, study);
  while (isActive(study)) {
    const stage = openStage(study);
    const isAtEnd = study.budgetEnd !== null && stage?.record.space === null;
    if (stage === undefined || isAtEnd) {
      finishSearch(turn, study);
      return;
    }
    if (stage.record.space === null && !planStage(turn, study, stage)) return;
    checkBudget(turn, study, stage);
    if (stage.open > 0) {
      planAhead(turn, study, stage);
      return;
    }
    // bug: stage-closes-before-audits
    // bug: race-continues-before-audits
    if (!settleAudits(turn, study, stage)) return;
    checkTarget(turn, study);
    if (startRound(turn, study, stage)) continue;
    closeStage(turn, study, stage);
  }
}

/** @returns false if the study fails, because a stage that this one narrows has too few results */
function planStage(turn: Turn, study: StudyEntry, stage: StageEntry): boolean {
  const planned = study.spec.stages.find(({ name: of }) => of === stage.record.name);
  const narrowed = Object.values(planned?.search ?? {}).map(({ narrow }) => narrow);
  const source = study.stages.find(({ record }) => narrowed.includes(record.name));
  if (source !== undefined) {
    const completed = completedIn(study, source);
    if (completed < completedMin) {
      const need = `narrowing it for stage ${stage.record.name} needs at least ${completedMin}`;
      setStudyStatus(turn, study, 'failed', `${shortage(source, completed)}; ${need}`);
      return false;
    }
  }
  const plan = plannerFor(study.spec).openStage(toPlanned(study), stage.record.name);
  stage.record = { ...stage.record, ...plan };
  // The races of the stages before have ended.
  if (study.spec.racing)
    for (const before of study.stages.slice(0, study.stages.indexOf(stage)))
      for (const trial of before.trials) trimResult(study, before, trial);
  turn.persist({ kind: 'stage-opened', study: study.name, stage: stage.record });
  const { name, trials, reason } = stage.record;
  const range = reason === null ? '' : `; ${reason}`;
  turn.log('stage-opened', `${name}: ${trials} configurations${range}`, study.name);
  turn.notify({ kind: 'stage-opened', study: study.name, stage: stage.record });
  return true;
}

/** Number of complete configurations; with the stopped ones, if there is a complete one. */
function completedIn(study: StudyEntry, { trials }: StageEntry): number {
  const configurations = toConfigurations(trials, study.spec.objective);
  const complete = configurations.filter(({ value }) => value !== null).length;
  const stopped = configurations.filter(({ status }) => status === 'stopped').length;
  return complete === 0 ? 0 : complete + stopped;
}

/** `2 of 16 configurations of stage coarse are complete`. */
function shortage({ record, trials }: StageEntry, completed: number): string {
  const steps = trials.flatMap(({ result }) => (result?.kind === 'diverged' ? [result.steps] : []));
  return steps.length > 0 && steps.length === trials.length
    ? `all ${steps.length} trials of stage ${record.name} diverged within ${Math.max(...steps)} steps`
    : `${completed} of ${record.trials} configurations of stage ${record.name} are complete`;
}

/**
 * Adds the new trials of a stage that has grown to its round in progress. Without one, the stage advances as
 * after any round, once its audits are settled.
 */
export function extendRound(turn: Turn, study: StudyEntry, stage: StageEntry): void {
  const { name, space } = stage.record;
  if (space === null || stage.open === 0) return;
  if (!plannerFor(study.spec).plansAhead(study.spec, name)) startRound(turn, study, stage);
}

/** Creates trials while others are open, if the planner allows it; asks it once for each ended trial. */
function planAhead(turn: Turn, study: StudyEntry, stage: StageEntry): void {
  const ended = stage.trials.length - stage.open;
  if (
    stage.plannedAt === ended ||
    !plannerFor(study.spec).plansAhead(study.spec, stage.record.name)
  )
    return;
  // A result that may still be replaced decides nothing.
  if (openAudits(turn, study, stage).length > 0) return;
  stage.plannedAt = ended;
  if (!hasSuccessor(study, stage)) startRound(turn, study, stage);
}

/**
 * Starts the stage's next round: creates its trials, and moves those that are at a rung. A stage that is
 * open again after a later one has opened gets no new trials.
 *
 * @returns whether there is a next round
 */
function startRound(turn: Turn, study: StudyEntry, stage: StageEntry): boolean {
  const { record, trials } = stage;
  const isFinal = hasSuccessor(study, stage);
  if (isFinal && stage.paused === 0) return false;
  const planner = plannerFor(study.spec);
  const round = planner.nextRound(toPlanned(study), record, trials.map(trialRecord));
  const isOver = round?.budgetEnds === true && study.budgetEnd === null;
  if (isOver) endBudget(turn, study, { by: 'steps', steps: study.spec.budget?.steps ?? 0 });
  const planned = (round?.trials ?? []).filter(({ id }) => !isFinal && !study.trials.has(id));
  const moves = round?.moves ?? [];
  // The best complete trials are audited before the stage closes.
  if (isOver) stage.audits = null;
  if (planned.length === 0 && moves.length === 0) return isOver;
  createTrials(turn, study, stage, planned);
  // Trials that reached their rung with a late result are still in the queue.
  if (moves.length > 0) study.queue = study.queue.filter(({ status }) => status === 'waiting');
  for (const move of moves) moveTrial(turn, study, move);
  stage.audits = null;
  const reason = round?.reason ?? null;
  if (reason !== null) {
    turn.log('round-started', `${record.name}: ${reason}`, study.name);
    turn.notify({ kind: 'round-started', study: study.name, stage: record.name, reason });
  }
  return true;
}

function createTrials(
  turn: Turn,
  study: StudyEntry,
  stage: StageEntry,
  planned: readonly NewTrial[],
): void {
  const created = planned.map(({ id, params, toStep }) => {
    const waiting = waitingTrial(id, params);
    return trialEntry(
      toStep === undefined ? waiting : { ...waiting, rungs: { toStep, results: [], stop: null } },
    );
  });
  addTrials(study, stage, created);
  for (const { id, params, rungs } of created) {
    const first = rungs === null ? {} : { toStep: rungs.toStep };
    turn.persist({ kind: 'trial-created', study: study.name, id, params, ...first });
  }
  reuseResults(turn, study, created);
}

function closeStage(turn: Turn, study: StudyEntry, stage: StageEntry): void {
  const { name } = stage.record;
  stage.record = { ...stage.record, closed: true };
  turn.persist({ kind: 'stage-closed', study: study.name, stage: name });
  // bug: ranks-are-not-stored
  storeRanks(turn, study);
  releaseStage(turn, study, stage);
  turn.log('stage-closed', name, study.name);
  turn.notify({ kind: 'stage-closed', study: study.name, stage: name });
}

/** All stages have closed: chooses the winner; completes the study unless the winner is to be tested. */
function finishSearch(turn: Turn, study: StudyEntry): void {
  if (study.winner === null) {
    const order = study.stages.map((stage) => stage.record.name);
    // bug: winner-of-last-stage
    const trials = study.trials.values();
    const winner = bestConfiguration(trials, study.spec.objective, order);
    if (winner === null) {
      const last = study.stages.at(-1);
      assert(last, 'a study has a stage');
      const what = `${shortage(last, 0)}, and no trial of the study is`;
      const why =
        study.budgetEnd === null
          ? `${what}; a ranking needs one`
          : `${budgetEndText(study.budgetEnd)} before a trial was complete`;
      setStudyStatus(turn, study, 'failed', why);
      return;
    }
    const untested = { testAccuracy: null, testLoss: null, testWorker: null, reproduced: null };
    const chosen = { trial: winner.trial.id, ...untested, tests: [] };
    setWinner(turn, study, { ...chosen, attemptsBefore: attemptsSoFar(study, winner.trial.id) });
  }
  if (study.data.test === null) setStudyStatus(turn, study, 'complete');
  else if (endContestedTest(turn, study)) return;
  else if (hasTestFailed(study))
    setStudyStatus(turn, study, 'complete', 'the test set could not be measured');
}

/** Number of the last attempt of each replicate of a configuration. */
function attemptsSoFar({ trials }: StudyEntry, first: TrialId): number[] {
  const numbers: number[] = [];
  for (let { replicate } = first; ; replicate++) {
    const trial = trials.get({ ...first, replicate });
    if (trial === undefined) return numbers;
    numbers.push(trial.attempts.at(-1)?.attempt ?? 0);
  }
}

/** Rules for stages and the winner, computed again from the stored trials. */
import { assert } from '../../src/base/assert.ts';
import { narrowRange } from '../../src/search/planning/narrowing.ts';
import { replicatesDue } from '../../src/search/planning/racing.ts';
import { bestConfiguration } from '../../src/search/ranking/ranking.ts';
import { isDropped } from '../../src/study/budget.ts';
import { isDrawnForAudit } from '../../src/search/samplers/random.ts';
import type { Exclusion } from '../../src/study/exclusion.ts';
import { numberRange } from '../../src/study/search-space.ts';
import { stopRule, type StudySpec } from '../../src/study/spec/study-spec.ts';
import type { StudyRecord, WinnerRecord } from '../../src/study/study-record.ts';
import {
  trialName,
  type AttemptRecord,
  type StageRecord,
  type TrialId,
} from '../../src/study/trial.ts';
import { isFailure } from './attempt-checks.ts';
import type { ModelStudy, ModelTrial } from './model-store.ts';
import { byRank, rankedConfigurations } from './rank-checks.ts';
import {
  correctResult,
  correctRungResult,
  rungTrainer,
  validationImages,
} from './simulated-results.ts';

function stageTrials({ trials }: ModelStudy, stage: string): ModelTrial[] {
  return [...trials.values()].filter(({ id }) => id.stage === stage);
}

/** A narrowed range depends on the stored trials of the stage that it narrows, and nothing else. */
export function checkSpace(study: ModelStudy, { name, space }: StageRecord): void {
  const { spec, stages } = study.record;
  const narrow = spec.stages.find((stage) => stage.name === name)?.search['lambda']?.narrow;
  if (narrow === undefined) return;
  const source = stages.find((stage) => stage.name === narrow);
  const range = numberRange(source?.space?.['lambda']);
  assert(source?.closed && range, `stage ${name} narrows a closed stage`);
  const narrowed = narrowRange(stageTrials(study, source.name), {
    parameter: 'lambda',
    range,
    validationCount: validationImages,
    objective: spec.objective,
  });
  const { min, max } = numberRange(space?.['lambda']) ?? {};
  assert(
    JSON.stringify(narrowed.range) === JSON.stringify({ min, max }),
    `the range of ${name} is computed from the trials of ${source.name}`,
  );
}

/** A study is extended at its end: closed stages do not change, except for a last stage with more trials. */
export function checkExtended({ record, trials }: ModelStudy, stages: StudyRecord['stages']): void {
  assert(
    record.status !== 'cancelled' && record.status !== 'failed',
    'a cancelled or failed study is not extended',
  );
  for (const [index, before] of record.stages.entries()) {
    const after = stages[index];
    const isLonger = index === record.stages.length - 1 && (after?.trials ?? 0) > before.trials;
    const expected = isLonger ? { ...before, trials: after?.trials, closed: false } : before;
    // The stage in which the budget ended is open again.
    const isContinued = (record.budgetEnd ?? null) !== null && before.closed;
    const isRetried =
      (isContinued && after?.closed === false) ||
      (before.closed && after?.closed === false && mayBeRetried(trials, before.name));
    const isKept =
      JSON.stringify(after) ===
      JSON.stringify(isRetried ? { ...expected, closed: false } : expected);
    assert(isKept, `stage ${before.name} keeps its record`);
  }
}

/** Whether the stage has a trial that ended without a result: it may be opened again for that trial. */
function mayBeRetried(trials: ModelStudy['trials'], stage: string): boolean {
  return [...trials.values()].some(
    ({ id, status, result }) =>
      id.stage === stage && (status === 'failed' || status === 'cancelled') && result === null,
  );
}

export function checkClosing(
  study: ModelStudy,
  { name, trials, closed }: StageRecord,
  excluded: ReadonlyMap<string, Exclusion>,
): void {
  assert(!closed, `stage ${name} closes once`);
  const ended = stageTrials(study, name);
  const { spec } = study.record;
  const firsts = ended.filter(({ id }) => id.replicate === 1);
  const isCut = (study.record.budgetEnd ?? null) !== null;
  assert(
    isCut || firsts.length === trials,
    `stage ${name} has all its configurations when it closes`,
  );
  const index = spec.stages.findIndex((stage) => stage.name === name);
  const hasSuccessor = study.record.stages.slice(index + 1).some(({ space }) => space !== null);
  if (isCut) assert(firsts.length <= trials, `stage ${name} has no trial beyond its number`);
  else if (spec.racing)
    assert(hasSuccessor || replicatesDue(ended, spec).length === 0, `the race of ${name} is over`);
  else if (stopRule(spec, spec.stages[index]!) === 'never')
    assert(ended.length === trials * spec.replicates, `stage ${name} has all its trials`);
  else {
    const whole = firsts.filter(({ status }) => status === 'complete');
    const expected = trials + whole.length * (spec.replicates - 1);
    assert(hasSuccessor || ended.length === expected, `stage ${name} has all its trials`);
  }
  checkAuditsSettled(ended, spec);
  for (const trial of ended) {
    assert(
      ['complete', 'stopped', 'failed', ...(isCut ? ['paused', 'cancelled'] : [])].includes(
        trial.status,
      ),
      `all trials of ${name} have ended when it closes`,
    );
    const open = trial.log.some(({ outcome }) => outcome === null);
    assert(!open, `${trialName(trial.id)} has no open attempt when its stage closes`);
    const isReused = trial.source !== undefined;
    const isAudited = trial.audit === 'verified' || trial.audit === 'repeated';
    assert(
      !isReused || isAudited || spec.audit === undefined,
      `${trialName(trial.id)} of a study that audits was audited where it is from`,
    );
    const isSupported =
      isReused ||
      trial.log.some(
        ({ fingerprint, session }) => fingerprint === trial.fingerprint && !excluded.has(session),
      );
    assert(
      trial.result === null || isSupported || trial.audit === 'disputed' || !spec.reproducible,
      `${trialName(trial.id)} was computed by an excluded worker alone, and counts`,
    );
    if (spec.reproducible) checkProbation(trial, excluded);
  }
}

/** A result that only machines with excluded workers have computed is audited. */
function checkProbation(
  { id, log, rungs, fingerprint, audit }: ModelTrial,
  excluded: ReadonlyMap<string, Exclusion>,
): void {
  const machines = new Set([...excluded.values()].map(({ machine }) => machine));
  const votes = log.filter(
    (attempt) =>
      attempt.fingerprint !== null &&
      attempt.fingerprint === fingerprint &&
      attempt.kind !== 'test' &&
      (attempt.toStep ?? null) === (rungs?.toStep ?? null) &&
      !excluded.has(attempt.session),
  );
  const isDoubtful =
    votes.length > 0 &&
    votes.every(({ machineId, worker }) => machines.has(`${machineId} ${worker}`));
  assert(
    !isDoubtful || audit !== null,
    `${trialName(id)} was computed on a machine on probation, and is audited`,
  );
}

/** A replicate of a race is created if its round is due: all trials before it have ended. */
export function checkReplicateDue({ record, trials }: ModelStudy, id: TrialId): void {
  const name = trialName(id);
  assert(id.replicate <= record.spec.replicates, `${name} is within the number of replicates`);
  if (!record.spec.racing || id.replicate === 1) return;
  const ended = [...trials.values()].filter(
    (trial) => trial.id.stage === id.stage && trial.status !== 'waiting',
  );
  const round = replicatesDue(ended, record.spec).map((trial) => trialName(trial.id));
  assert(round.includes(name), `${name} is in the next round of its race`);
  checkAuditsSettled(ended, record.spec);
}

/** Audits are settled before a stage closes and before the next round of a race. */
function checkAuditsSettled(
  ended: readonly ModelTrial[],
  { audit, reproducible, seed }: StudySpec,
): void {
  if (!reproducible) return;
  for (const { id, result, audit: verdict, ...trial } of ended) {
    if (isDropped(trial)) continue;
    const isDue = result !== null && isDrawnForAudit(seed, id, audit?.random ?? 0);
    assert(!isDue || verdict !== null, `${trialName(id)} was drawn for an audit and is audited`);
  }
  const ranked = rankedConfigurations(ended);
  const last = ranked.slice(0, audit?.top ?? 0).at(-1);
  if (last === undefined) return;
  const better = ranked.filter((one) => byRank(one, last) < 0);
  for (const trial of better.flat())
    assert(trial.audit !== null, `${trialName(trial.id)} is among the best and is audited`);
  // Which ones of those that share the last rank are audited is the choice of the selection.
  const audited = ranked.filter((one) => one.every((trial) => trial.audit !== null));
  const due = Math.min(ranked.length, audit?.top ?? 0);
  const found = audited.filter((one) => byRank(one, last) <= 0).length;
  assert(found >= due, `${found} of the ${due} best configurations are audited`);
}

/** The winner is the best of the stored trials, when it is chosen and while it is tested. */
export function checkBest({ record, trials }: ModelStudy, winner: WinnerRecord): void {
  assert(record.endedAtMs === null, 'the winner of a study that is over does not change');
  const { spec, stages } = record;
  const isCut = (record.budgetEnd ?? null) !== null;
  const areClosed = stages.every(({ closed, space }) => closed || (isCut && space === null));
  assert(areClosed, 'all stages are closed when there is a winner');
  const order = stages.map(({ name }) => name);
  const best = bestConfiguration([...trials.values()], spec.objective, order);
  const name = best === null ? 'none' : trialName(best.trial.id);
  assert(trialName(winner.trial) === name, `${trialName(winner.trial)} wins, ${name} is the best`);
}

/** The correct result of a test of the winner. */
function testResult(spec: StudySpec, id: TrialId, params: ModelTrial['params']) {
  return spec.trainer['cycles'] === rungTrainer.cycles
    ? correctRungResult(id, params, 60, true)
    : correctResult(id, params, true, spec.study);
}

/** All replicates of a reproduced winner were tested, and its test accuracy is their mean. */
export function checkTested({ record, trials }: ModelStudy): void {
  const { winner, spec } = record;
  assert(winner !== null, `complete study ${record.spec.study} has a winner`);
  if (winner.reproduced !== true) return;
  const { stage, index } = winner.trial;
  const own = [...trials.values()].filter(
    (trial) => trial.id.stage === stage && trial.id.index === index && !isDropped(trial),
  );
  const expected = own.map(
    ({ id, params }) => testResult(spec, id, params).curve.at(-1)?.metrics['test_accuracy'],
  );
  const found = winner.tests.map(({ accuracy }) => accuracy);
  assert(JSON.stringify(found) === JSON.stringify(expected), 'all replicates were tested');
  const mean = found.reduce<number>((sum, value) => sum + (value ?? NaN), 0) / found.length;
  assert(winner.testAccuracy === mean, `${winner.testAccuracy} is the mean ${mean}`);
}

/** The tests of a trial since it was chosen as the winner. */
export function testsSince(
  { record }: ModelStudy,
  { id, log }: Pick<ModelTrial, 'id' | 'log'>,
): AttemptRecord[] {
  const before = record.winner?.attemptsBefore[id.replicate - 1] ?? 0;
  return log.filter(({ kind, attempt }) => kind === 'test' && attempt > before);
}

/** A study is complete without a test only after three failed tests for each replicate of its winner. */
export function checkUntested(study: ModelStudy): void {
  const { winner } = study.record;
  assert(winner !== null, 'a study whose test failed has a winner');
  const { stage, index } = winner.trial;
  const own = [...study.trials.values()].filter(
    (trial) => trial.id.stage === stage && trial.id.index === index && !isDropped(trial),
  );
  const failed = own
    .flatMap((trial) => testsSince(study, trial))
    .filter(({ outcome }) => outcome === 'disputed' || isFailure({ outcome }));
  assert(failed.length >= 3 * own.length, `${trialName(winner.trial)} had all of its tests`);
}

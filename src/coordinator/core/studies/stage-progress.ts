/**
 * A study's way through its stages.
 *
 *     open a stage: range known, trials created --> all its trials ended, audits settled -->
 *     another round of the race, as long as one is due (`search/planning/racing.ts`) -->
 *     close it, once: ranking, warnings and the next stage's range in one transaction --> … --> last stage closed
 *     --> winner --> test attempt (where there is a test split) --> complete
 *
 * A stage never opens before the one in front of it has closed, so a narrowed range is the same
 * however many workers there are and in whichever order results arrive.
 *
 * Pure: it reads and changes the study's entry and says what to store. Who trains the test attempt
 * is decided in `granting.ts`.
 */
import { assert } from '../../../base/assert.ts';
import { toConfigurations } from '../../../search/ranking/configurations.ts';
import { narrowRange } from '../../../search/planning/narrowing.ts';
import { nextRound } from '../../../search/planning/racing.ts';
import { bestConfiguration } from '../../../search/ranking/ranking.ts';
import { stageTrials } from '../../../search/samplers/random.ts';
import type { LambdaRange, StageSpec } from '../../../study/spec/study-spec.ts';
import { trialName, waitingTrial, type StageRecord, type TrialId } from '../../../study/trial.ts';
import { settleAudits } from '../results/audits.ts';
import {
  addTrials,
  isActive,
  trialEntry,
  trialRecord,
  type ClusterState,
  type Decision,
  type Moment,
  type StageEntry,
  type StudyEntry,
} from '../state/cluster-state.ts';
import { endStudy, logEvent } from '../state/decision.ts';
import { keepSummary } from '../results/results.ts';
import { hasTestFailed, untestedWinner } from '../state/winner-tests.ts';

/** A stage with fewer completed trials than this says nothing about where to look next. */
const completedMin = 3;

/** Closes and opens stages as far as results allow; ends the study where nothing is left to do. */
export function advanceStudy(
  state: ClusterState,
  study: StudyEntry,
  now: Moment,
  decision: Decision,
): void {
  while (isActive(study)) {
    const stage = study.stages.find((entry) => !entry.record.closed);
    if (stage === undefined) {
      finishSearch(study, now, decision);
      return;
    }
    if (stage.record.range === null) openStage(study, stage, decision);
    if (stage.open > 0 || stage.trials.length < stage.record.trials) return;
    if (!settleAudits(state, study, stage, now, decision)) return;
    if (raceOn(study, stage, now, decision)) return;
    if (!closeStage(study, stage, now, decision)) return;
  }
}

/** Trials beyond those that exist already: none for a new stage, some for one that was extended. */
export function createTrials(
  study: StudyEntry,
  stage: StageEntry,
  spec: StageSpec,
  range: LambdaRange,
  decision: Decision,
): void {
  const planned = stageTrials(study.spec, spec, range);
  putTrials(
    study,
    stage,
    planned.filter(({ id }) => !study.trials.has(trialName(id))),
    decision,
  );
}

function putTrials(
  study: StudyEntry,
  stage: StageEntry,
  trials: readonly { readonly id: TrialId; readonly lambda: number }[],
  decision: Decision,
): void {
  const created = trials.map(({ id, lambda }) => trialEntry(waitingTrial(id, lambda)));
  addTrials(study, stage, created);
  for (const { id, lambda } of created) {
    decision.persist.push({ kind: 'trial-created', study: study.name, id, lambda });
  }
}

/** @returns whether there is another round of the stage's race, now begun */
function raceOn(study: StudyEntry, stage: StageEntry, now: Moment, decision: Decision): boolean {
  if (!study.spec.racing) return false;
  const round = nextRound(stage.trials.map(trialRecord), study.spec);
  if (round.length === 0) return false;
  putTrials(study, stage, round, decision);
  stage.audits = null;
  const { name: stageName, trials } = stage.record;
  const detail = `${stageName}: ${round.length} of ${trials} λ may be the best; another replicate of each`;
  logEvent(decision, now, 'race-round', detail, study.name);
  const begun = { study: study.name, stage: stageName, trials: round.length, of: trials };
  decision.afterCommit.push({ kind: 'notice', notice: { kind: 'race-round', ...begun } });
  return true;
}

function openStage(study: StudyEntry, stage: StageEntry, decision: Decision): void {
  const spec = stageSpec(study, stage.record.name);
  const { range, reason, warnings } = rangeOf(study, spec);
  stage.record = { ...stage.record, range, reason, warnings };
  decision.persist.push({ kind: 'stage-opened', study: study.name, stage: stage.record });
  decision.afterCommit.push({
    kind: 'notice',
    notice: { kind: 'stage-opened', study: study.name, stage: stage.record },
  });
  createTrials(study, stage, spec, range, decision);
}

function rangeOf(
  study: StudyEntry,
  spec: StageSpec,
): { range: LambdaRange; reason: string | null; warnings: readonly string[] } {
  if (spec.lambda.kind === 'range') return { range: spec.lambda.range, reason: null, warnings: [] };
  const narrowed = spec.lambda.narrow;
  const source = study.stages.find((entry) => entry.record.name === narrowed);
  assert(
    source?.record.range,
    () => `stage ${spec.name} narrows ${narrowed}, which comes before it`,
  );
  return narrowRange(source.trials.map(trialRecord), {
    range: source.record.range,
    searched: hullOf(study.stages.flatMap(({ record }) => record.range ?? [])),
    validationCount: study.data.validationCount,
    objective: study.spec.objective,
  });
}

/** @param ranges at least one */
function hullOf(ranges: readonly LambdaRange[]): LambdaRange {
  return {
    min: ranges.reduce((least, { min }) => Math.min(least, min), Infinity),
    max: ranges.reduce((most, { max }) => Math.max(most, max), 0),
  };
}

/** @returns whether the study goes on */
function closeStage(
  study: StudyEntry,
  stage: StageEntry,
  now: Moment,
  decision: Decision,
): boolean {
  const { name } = stage.record;
  stage.record = { ...stage.record, closed: true };
  decision.persist.push({
    kind: 'stage-closed',
    study: study.name,
    stage: name,
    warnings: stage.record.warnings,
  });
  decision.afterCommit.push({
    kind: 'notice',
    notice: { kind: 'stage-closed', study: study.name, stage: name },
  });
  const candidates = toConfigurations(stage.trials.map(trialRecord), study.spec.objective);
  const completed = candidates.filter(({ value }) => value !== null).length;
  // Their bits were kept for the race alone.
  if (study.spec.racing) for (const trial of stage.trials) keepSummary(study, stage, trial);
  if (completed >= completedMin) return true;
  const reason = `stage ${name} has ${completed} completed of ${stage.record.trials} trials that count; at least ${completedMin} are needed to rank them`;
  endStudy(study, 'failed', reason, now, decision);
  return false;
}

/** All stages are closed: names the winner, and completes the study unless a test attempt is due. */
function finishSearch(study: StudyEntry, now: Moment, decision: Decision): void {
  if (study.winner === null) {
    const order = study.stages.map((stage) => stage.record.name);
    const winner = bestConfiguration(
      [...study.trials.values()].map(trialRecord),
      study.spec.objective,
      order,
    );
    assert(winner !== null, 'a closed stage has completed trials');
    study.winner = untestedWinner(winner.trial);
    decision.persist.push({ kind: 'winner', study: study.name, winner: study.winner });
  }
  if (study.data.test === null) endStudy(study, 'complete', null, now, decision);
  else if (hasTestFailed(study))
    endStudy(study, 'complete', 'the test set could not be measured', now, decision);
}

function stageSpec(study: StudyEntry, name: string): StageSpec {
  const spec = study.spec.stages.find((candidate) => candidate.name === name);
  assert(spec, () => `stage ${name} is one of the study's`);
  return spec;
}

/** A stage's record before it opens. */
export function plannedStage(spec: StageSpec): StageRecord {
  return {
    name: spec.name,
    trials: spec.trials,
    range: null,
    reason: null,
    closed: false,
    warnings: [],
  };
}

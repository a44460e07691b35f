/**
 * Studies come in: new ones, and more trials or stages for one that is here.
 *
 * Pure: changes the cluster's state and says what to store.
 */
import { assert } from '../../../base/assert.ts';
import type { StudySpec } from '../../../study/spec/study-spec.ts';
import {
  stageEntry,
  studyEntry,
  type ClusterState,
  type Decision,
  type Moment,
  type StudyData,
  type StudyEntry,
} from '../state/cluster-state.ts';
import { closeObsolete } from '../state/failed-attempts.ts';
import { markUnchecked } from '../workers/exclusions.ts';
import { keepSummary } from '../results/results.ts';
import { createTrials, plannedStage } from './stage-progress.ts';
import { winnerTrials } from '../state/winner-tests.ts';

export interface SubmitDetails {
  readonly shardDigests: Readonly<Record<string, string>>;
  readonly officialData: boolean | null;
}

export function submitStudy(
  state: ClusterState,
  spec: StudySpec,
  data: StudyData,
  details: SubmitDetails,
  now: Moment,
  decision: Decision,
): void {
  assert(!state.studies.has(spec.study), () => `study ${spec.study} is new`);
  const record = {
    spec,
    status: 'waiting',
    reason: null,
    createdAtMs: now.wallMs,
    endedAtMs: null,
    selfTestDigest: state.settings.selfTestDigest,
    ...details,
    winner: null,
  } as const;
  const study = studyEntry(record, data, now);
  for (const stage of spec.stages) study.stages.push(stageEntry(plannedStage(stage)));
  state.studies.set(study.name, study);
  const stages = study.stages.map((stage) => stage.record);
  decision.persist.push({ kind: 'study-created', record: { ...record, stages } });
}

/** The winner goes: it is found again among all trials when the last stage has closed. */
export function extendStudy(
  state: ClusterState,
  study: StudyEntry,
  spec: StudySpec,
  now: Moment,
  decision: Decision,
): void {
  for (const trial of winnerTrials(study))
    closeObsolete(state, study, trial, 'test', now, decision);
  const lastStored = study.stages.length - 1;
  study.spec = spec;
  for (const [index, stage] of spec.stages.entries()) {
    const entry = study.stages[index];
    if (entry === undefined) study.stages.push(stageEntry(plannedStage(stage)));
    else if (index === lastStored && stage.trials > entry.record.trials) {
      entry.record = { ...entry.record, trials: stage.trials, closed: false };
      entry.audits = null;
    }
  }
  // A race in a stage that is no longer the last one does not go on.
  if (spec.racing)
    for (const stage of study.stages)
      for (const trial of stage.trials) keepSummary(study, stage, trial);
  study.winner = null;
  study.status = 'running';
  study.endedAtMs = null;
  const stages = study.stages.map((stage) => stage.record);
  decision.persist.push(
    { kind: 'study-extended', spec, stages },
    { kind: 'winner', study: spec.study, winner: null },
    { kind: 'study-status', study: spec.study, status: 'running', reason: null, endedAtMs: null },
  );
  for (const [index, stage] of study.stages.entries()) {
    const stageSpec = spec.stages[index];
    // Nobody marked it while the study was over, and is not held.
    if (stage.record.closed) markUnchecked(state, study, stage, decision);
    if (stage.record.range !== null && stageSpec)
      createTrials(study, stage, stageSpec, stage.record.range, decision);
  }
}

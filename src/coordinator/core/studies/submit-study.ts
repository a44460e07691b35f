/** Submitting studies: a new study, or more trials or stages for a study that is in memory. */
import { assert } from '../../../base/assert.ts';
import { configurationOrder } from '../../../search/planning/budgeted.ts';
import { roundStart } from '../../../search/planning/model-rounds.ts';
import type { StoredFile } from '../../../study/program-files.ts';
import {
  configurationCount,
  type StageSpec,
  type StudySpec,
} from '../../../study/spec/study-spec.ts';
import { extensionText } from '../../../study/study-changes.ts';
import type { StudyRecord } from '../../../study/study-record.ts';
import { isOver, type StageRecord } from '../../../study/trial.ts';
import { setStudyStatus, storeRanks } from '../attempts/close-attempt.ts';
import { closeObsoleteTests } from '../attempts/failed-attempts.ts';
import { setWinner } from '../attempts/winner-tests.ts';
import { reuseResults } from '../results/reuse.ts';
import { StageEntry, StudyEntry, type StudyData } from '../state/cluster-state.ts';
import type { KnownResults } from '../state/known-results.ts';
import type { TrialEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { markUnchecked } from '../workers/exclusions.ts';
import { reopenStage, reopenStudy, retryTrials } from './retry-trials.ts';
import { restartRungs } from './rung-moves.ts';
import { extendRound } from './stage-progress.ts';

export type SubmitDetails = Pick<
  StudyRecord,
  'priority' | 'reuse' | 'shardDigests' | 'officialData' | 'dataWarnings' | 'imageCounts'
> & {
  /** Files that its trainer needs; absent: none. */
  readonly files?: readonly StoredFile[];
  /** Results of other studies that its trials take; absent: none. */
  readonly known?: KnownResults | undefined;
};

export function submitStudy(
  turn: Turn,
  spec: StudySpec,
  data: StudyData,
  { files = [], known, ...details }: SubmitDetails,
): void {
  const { state, now } = turn;
  assert(!state.studies.has(spec.study), () => `study ${spec.study} is new`);
  const record: StudyRecord = {
    spec,
    status: 'waiting',
    reason: null,
    createdAtMs: now.wallMs,
    endedAtMs: null,
    selfTestDigest: state.settings.selfTestDigest,
    ...details,
    stages: spec.stages.map(plannedStage),
    winner: null,
  };
  const study = new StudyEntry(record, data);
  study.known = known ?? null;
  state.studies.set(spec.study, study);
  turn.persist({ kind: 'study-created', record, ...(files.length > 0 && { files }) });
}

/** The record of a stage that has not opened. */
function plannedStage(stage: StageSpec): StageRecord {
  const trials = configurationCount(stage);
  return { name: stage.name, trials, space: null, reason: null, closed: false };
}

/** Changes the share of a study from now on. */
export function setPriority(turn: Turn, study: StudyEntry, priority: number): void {
  if (study.priority === priority || isOver(study.status)) return;
  study.priority = priority;
  turn.persist({ kind: 'study-priority', study: study.name, priority });
  turn.log('study-priority', `priority ${priority}`, study.name);
}

/** The trials that were planned together when the budget ended, perhaps without others of their round. */
function lastRound({ spec }: StudyEntry, { trials }: StageEntry): TrialEntry[] {
  const [last] = trials.toSorted((a, b) => configurationOrder(b.id) - configurationOrder(a.id));
  const start = last === undefined ? 0 : roundStart(spec, last.id);
  return trials.filter(({ id }) => id.index > start);
}

/** The stage in which the search is, or has ended. */
function lastOpened({ stages }: StudyEntry): StageEntry | undefined {
  return stages.findLast(({ record }) => record.space !== null);
}

/** Trials of a study that is not over take results of other studies from now on, also those that wait. */
export function startReuse(turn: Turn, study: StudyEntry, known: KnownResults): void {
  if (isOver(study.status)) return;
  study.known = known;
  turn.persist({ kind: 'study-reuse', study: study.name });
  reuseResults(turn, study, [...study.trials.values()]);
}

/** Removes the winner: it is chosen again among all trials when the last stage has closed. */
export function extendStudy(turn: Turn, study: StudyEntry, spec: StudySpec): void {
  // bug: tests-continue-after-extension
  closeObsoleteTests(turn, study);
  const cancelled = [...study.trials.values()].filter(({ status }) => status === 'cancelled');
  if (cancelled.length > 0) retryTrials(turn, study, cancelled);
  else reopenStudy(turn, study);
  const last = study.stages.at(-1);
  const planned = spec.stages[study.stages.length - 1];
  study.spec = spec;
  for (const stage of spec.stages.slice(study.stages.length))
    study.stages.push(new StageEntry(plannedStage(stage)));
  const trials = planned === undefined ? 0 : configurationCount(planned);
  const hasGrown = last !== undefined && trials > last.record.trials;
  if (hasGrown) {
    reopenStage(last);
    last.record = { ...last.record, trials };
  }
  const ended = study.budgetEnd === null ? undefined : lastOpened(study);
  if (ended !== undefined) reopenStage(ended);
  const stages = study.stages.map((stage) => stage.record);
  turn.persist({ kind: 'study-extended', spec, stages });
  turn.log('study-extended', extensionText(hasGrown ? [last.record.name] : []), study.name);
  if (study.budgetEnd !== null) {
    study.budgetEnd = null;
    turn.persist({ kind: 'budget-ended', study: study.name, end: null });
  }
  setWinner(turn, study, null);
  setStudyStatus(turn, study, 'running');
  // Workers may have been excluded while the study was not in memory: its results were not marked then.
  for (const stage of study.stages) if (stage.record.closed) markUnchecked(turn, study, stage);
  if (hasGrown) {
    // bug: extension-keeps-decisions
    if (last.record.space !== null) restartRungs(turn, study, last.trials);
    extendRound(turn, study, last);
  } else if (ended !== undefined) restartRungs(turn, study, lastRound(study, ended));
  storeRanks(turn, study);
}

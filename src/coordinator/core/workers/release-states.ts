/**
 * Releasing states: workers keep the states of trials at rungs until the stage closes. A worker that was away
 * then names its stages when it joins again.
 */
import { hasStopping } from '../../../study/spec/study-spec.ts';
import { isOver } from '../../../study/trial.ts';
import type { Hello } from '../../../rpc/messages/messages.ts';
import { forgetUploads } from '../results/uploaded-states.ts';
import type { StageEntry, StudyEntry, WorkerEntry } from '../state/cluster-state.ts';
import type { Turn } from '../state/turn.ts';

/** Tells all workers that the stage has closed. */
export function releaseStage(turn: Turn, study: StudyEntry, stage: StageEntry): void {
  const { record } = stage;
  if (!hasStopping(study.spec)) return;
  // bug: uploads-are-kept-after-stage
  forgetUploads(study, stage);
  // bug: states-are-kept-after-stage
  for (const worker of turn.state.workers.values())
    if (worker.connected) releaseFor(turn, worker, { study: study.name, stage: record.name });
}

/** The study is over: its stages need no states. */
export function releaseStudy(turn: Turn, study: StudyEntry): void {
  for (const stage of study.stages) if (!stage.record.closed) releaseStage(turn, study, stage);
}

/** A worker has joined. @param kept the stages for which it keeps states */
export function releaseUnwanted(turn: Turn, worker: WorkerEntry, kept: Hello['kept']): void {
  for (const place of kept) if (!isWanted(turn, place)) releaseFor(turn, worker, place);
}

/** A result has come too late for its stage, and the worker may have kept the state. */
export function releaseLate(
  turn: Turn,
  worker: WorkerEntry,
  { study, stage: { record } }: { readonly study: StudyEntry; readonly stage: StageEntry },
): void {
  const place = { study: study.name, stage: record.name };
  if (hasStopping(study.spec) && !isWanted(turn, place)) releaseFor(turn, worker, place);
}

type Place = Hello['kept'][number];

function isWanted({ state }: Turn, { study: name, stage }: Place): boolean {
  const study = state.studies.get(name);
  if (study === undefined || isOver(study.status)) return false;
  return study.stages.some(({ record }) => record.name === stage && !record.closed);
}

function releaseFor(turn: Turn, worker: WorkerEntry, { study, stage }: Place): void {
  turn.send(worker, { kind: 'release', study, stage });
}

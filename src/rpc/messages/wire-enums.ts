/**
 * Our words and the wire's numbers for them, both ways. The zero of an enum, and numbers that a later
 * version may have added, have no word: they are refused at the door.
 */
import * as cluster from '../generated/ridgeline/v1/cluster_service.ts';
import * as control from '../generated/ridgeline/v1/control_service.ts';
import { malformed } from './wire-reading.ts';

export interface WireEnum<Word extends string, Wire extends number> {
  toWire(word: Word): Wire;
  /** @throws what `readMessage` catches */
  fromWire(field: string, wire: number): Word;
}

function wireEnum<Word extends string, Wire extends number>(
  wires: Readonly<Record<Word, Wire>>,
): WireEnum<Word, Wire> {
  const words = new Map<number, Word>();
  for (const word in wires) words.set(wires[word], word);
  return {
    toWire: (word) => wires[word],
    fromWire: (field, wire) =>
      words.get(wire) ?? malformed(`${field} is ${wire}, which has no meaning`),
  };
}

export const kernelEnum = wireEnum({
  portable: cluster.Kernel.KERNEL_PORTABLE,
  native: cluster.Kernel.KERNEL_NATIVE,
});

export const packFailureEnum = wireEnum({
  crashed: cluster.PackFailure.PACK_FAILURE_CRASHED,
  timeout: cluster.PackFailure.PACK_FAILURE_TIMEOUT,
});

export const kindEnum = wireEnum({
  search: cluster.AttemptKind.ATTEMPT_KIND_SEARCH,
  test: cluster.AttemptKind.ATTEMPT_KIND_TEST,
  audit: cluster.AttemptKind.ATTEMPT_KIND_AUDIT,
});

export const answerEnum = wireEnum({
  accepted: cluster.ResultAnswer.RESULT_ANSWER_ACCEPTED,
  duplicate: cluster.ResultAnswer.RESULT_ANSWER_DUPLICATE,
  disputed: cluster.ResultAnswer.RESULT_ANSWER_DISPUTED,
  cancelled: cluster.ResultAnswer.RESULT_ANSWER_CANCELLED,
  unknown: cluster.ResultAnswer.RESULT_ANSWER_UNKNOWN,
});

export const submitOutcomeEnum = wireEnum({
  created: control.SubmitOutcome.SUBMIT_OUTCOME_CREATED,
  resumed: control.SubmitOutcome.SUBMIT_OUTCOME_RESUMED,
  extended: control.SubmitOutcome.SUBMIT_OUTCOME_EXTENDED,
  complete: control.SubmitOutcome.SUBMIT_OUTCOME_COMPLETE,
});

export const studyStatusEnum = wireEnum({
  waiting: control.StudyStatus.STUDY_STATUS_WAITING,
  running: control.StudyStatus.STUDY_STATUS_RUNNING,
  paused: control.StudyStatus.STUDY_STATUS_PAUSED,
  complete: control.StudyStatus.STUDY_STATUS_COMPLETE,
  cancelled: control.StudyStatus.STUDY_STATUS_CANCELLED,
  failed: control.StudyStatus.STUDY_STATUS_FAILED,
});

export const workerStateEnum = wireEnum({
  joining: control.WorkerState.WORKER_STATE_JOINING,
  ready: control.WorkerState.WORKER_STATE_READY,
  busy: control.WorkerState.WORKER_STATE_BUSY,
  draining: control.WorkerState.WORKER_STATE_DRAINING,
  ineligible: control.WorkerState.WORKER_STATE_INELIGIBLE,
  quarantined: control.WorkerState.WORKER_STATE_QUARANTINED,
  lost: control.WorkerState.WORKER_STATE_LOST,
});

export const roleEnum = wireEnum({
  worker: control.Role.ROLE_WORKER,
  viewer: control.Role.ROLE_VIEWER,
  admin: control.Role.ROLE_ADMIN,
});

export const objectiveMetricEnum = wireEnum({
  validation_accuracy: control.ObjectiveMetric.OBJECTIVE_METRIC_VALIDATION_ACCURACY,
  validation_loss: control.ObjectiveMetric.OBJECTIVE_METRIC_VALIDATION_LOSS,
  validation_cost: control.ObjectiveMetric.OBJECTIVE_METRIC_VALIDATION_COST,
  train_accuracy: control.ObjectiveMetric.OBJECTIVE_METRIC_TRAIN_ACCURACY,
  train_loss: control.ObjectiveMetric.OBJECTIVE_METRIC_TRAIN_LOSS,
});

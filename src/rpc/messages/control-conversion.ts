/** The messages of `control_service.proto`, both ways. As in `wire-to-domain.ts`, nothing is trusted. */
import type { StudySummary, WatchSnapshot, WorkerSummary } from './control-messages.ts';
import type * as wire from '../generated/ridgeline/v1/control_service.ts';
import type { Token } from '../credentials/tokens.ts';
import { objectiveMetricEnum, roleEnum, studyStatusEnum, workerStateEnum } from './wire-enums.ts';
import {
  malformed,
  readFinite,
  readAmount,
  readName,
  readReason,
  readSafeInteger,
  required,
} from './wire-reading.ts';

export function writeStudySummary(summary: StudySummary): wire.StudySummary {
  const { status, stage, metric, best, reason, ...same } = summary;
  return {
    ...same,
    status: studyStatusEnum.toWire(status),
    metric: objectiveMetricEnum.toWire(metric),
    stage: stage ?? undefined,
    best: best === null ? undefined : { ...best },
    reason: reason === null ? undefined : readReason(reason),
  };
}

export function readStudySummary(from: wire.StudySummary): StudySummary {
  const { study, status, stage, done, total, running, metric, best, testing, reason } = from;
  return {
    study: readName('study', study),
    status: studyStatusEnum.fromWire('status', status),
    stage: stage === undefined ? null : readName('stage', stage),
    done,
    total,
    running,
    metric: objectiveMetricEnum.fromWire('metric', metric),
    best:
      best === undefined
        ? null
        : {
            trial: readName('best.trial', best.trial),
            lambda: readAmount('best.lambda', best.lambda),
            value: readFinite('best.value', best.value),
          },
    testing,
    reason: reason === undefined ? null : readReason(reason),
  };
}

export function writeWorkerSummary(summary: WorkerSummary): wire.WorkerSummary {
  const { trialsCompleted, state, reason, ...same } = summary;
  return {
    ...same,
    trialsCompleted: BigInt(trialsCompleted),
    state: workerStateEnum.toWire(state),
    reason: reason === null ? undefined : readReason(reason),
  };
}

export function readWorkerSummary(from: wire.WorkerSummary): WorkerSummary {
  const { numerics, reason } = from;
  if (numerics !== 'canonical' && numerics !== 'other') malformed('numerics has no meaning');
  return {
    name: readName('name', from.name),
    address: readName('address', from.address),
    threads: from.threads,
    busy: from.busy,
    kernel: readName('kernel', from.kernel),
    numerics,
    trialsCompleted: readSafeInteger('trials_completed', from.trialsCompleted),
    state: workerStateEnum.fromWire('state', from.state),
    reason: reason === undefined ? null : readReason(reason),
  };
}

export function writeSnapshot({ progress, workers, elapsedMs }: WatchSnapshot): wire.WatchResponse {
  return {
    progress: writeStudySummary(progress),
    workers: workers.map(({ name, threads, busy }) => ({ name, threads, busy })),
    elapsedMs: BigInt(Math.max(0, Math.round(elapsedMs))),
  };
}

export function readSnapshot(from: wire.WatchResponse): WatchSnapshot {
  return {
    progress: readStudySummary(required('progress', from.progress)),
    workers: from.workers.map(({ name, threads, busy }) => ({
      name: readName('name', name),
      threads,
      busy,
    })),
    elapsedMs: readSafeInteger('elapsed_ms', from.elapsedMs),
  };
}

export function writeToken({ id, role, createdAtMs, expiresAtMs }: Token): wire.TokenSummary {
  return {
    id,
    role: roleEnum.toWire(role),
    createdAtMs: BigInt(createdAtMs),
    expiresAtMs: expiresAtMs === null ? undefined : BigInt(expiresAtMs),
  };
}

export function readToken(from: wire.TokenSummary): Token {
  const { expiresAtMs } = from;
  return {
    id: readName('id', from.id),
    role: roleEnum.fromWire('role', from.role),
    createdAtMs: readSafeInteger('created_at_ms', from.createdAtMs),
    expiresAtMs: expiresAtMs === undefined ? null : readSafeInteger('expires_at_ms', expiresAtMs),
  };
}

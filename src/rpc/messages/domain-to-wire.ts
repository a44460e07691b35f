/**
 * From messages to bytes: the one door outwards. What goes in is ours and valid; only what is for
 * people is cut to size. `wire-to-domain.ts` is the door inwards.
 */
import { trialName } from '../../study/trial.ts';
import * as cluster from '../generated/ridgeline/v1/cluster_service.ts';
import type {
  Assignment,
  AttemptKey,
  CoordinatorMessage,
  Hello,
  WorkerMessage,
} from './messages.ts';
import {
  writeDatasetReference,
  writeMeasurement,
  writeTrainerSettings,
  writeTrialResult,
} from './trial-to-wire.ts';
import { answerEnum, kernelEnum, packFailureEnum, kindEnum } from './wire-enums.ts';
import { readReason as cut } from './wire-reading.ts';

export function workerMessageToBytes(message: WorkerMessage): Buffer {
  const encoded = cluster.SessionRequest.encode({ message: writeWorkerMessage(message) });
  return asBuffer(encoded.finish());
}

export function coordinatorMessageToBytes(message: CoordinatorMessage): Buffer {
  const encoded = cluster.SessionResponse.encode({ message: writeCoordinatorMessage(message) });
  return asBuffer(encoded.finish());
}

/** The same bytes under the type that grpc-js wants. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function writeWorkerMessage(message: WorkerMessage): cluster.SessionRequest['message'] {
  switch (message.kind) {
    case 'hello':
      return { $case: 'hello', value: writeHello(message) };
    case 'heartbeat':
      return { $case: 'heartbeat', value: { packs: [...message.packs] } };
    case 'measured': {
      const measurement = writeMeasurement(message.measurement);
      return { $case: 'measured', value: { key: writeKey(message.key), measurement } };
    }
    case 'pack-ended': {
      const results = message.results.map(({ key, result }) => ({
        key: writeKey(key),
        result: writeTrialResult(result),
      }));
      return { $case: 'packEnded', value: { pack: message.pack, results } };
    }
    case 'pack-failed': {
      const outcome = packFailureEnum.toWire(message.outcome);
      return {
        $case: 'packFailed',
        value: { pack: message.pack, outcome, reason: cut(message.reason) },
      };
    }
    case 'pack-returned':
      return { $case: 'packReturned', value: { pack: message.pack, reason: cut(message.reason) } };
    case 'dataset-ready':
      return { $case: 'datasetReady', value: { dataset: message.dataset } };
    case 'dataset-failed':
      return {
        $case: 'datasetFailed',
        value: { dataset: message.dataset, reason: cut(message.reason) },
      };
    case 'draining':
      return { $case: 'draining', value: {} };
  }
}

function writeHello(hello: Hello): cluster.Hello {
  const { kind: _kind, kernel, held, datasets, ...same } = hello;
  return { ...same, kernel: kernelEnum.toWire(kernel), held: [...held], datasets: [...datasets] };
}

function writeCoordinatorMessage(message: CoordinatorMessage): cluster.SessionResponse['message'] {
  switch (message.kind) {
    case 'welcome': {
      const { kind: _kind, ...value } = message;
      return { $case: 'welcome', value };
    }
    case 'prepare': {
      const reference = writeDatasetReference(message.reference);
      return { $case: 'prepare', value: { dataset: message.dataset, reference } };
    }
    case 'assign':
      return { $case: 'assign', value: writeAssignment(message.assignment) };
    case 'abort':
      return { $case: 'abort', value: { pack: message.pack, reason: cut(message.reason) } };
    case 'answer': {
      const answer = answerEnum.toWire(message.answer);
      return { $case: 'answer', value: { key: writeKey(message.key), answer } };
    }
    case 'drain':
      return { $case: 'drain', value: { reason: cut(message.reason) } };
  }
}

function writeAssignment(assignment: Assignment): cluster.Assign {
  const { seed, settings, kind, members, ...same } = assignment;
  return {
    ...same,
    seed: BigInt(seed),
    settings: writeTrainerSettings(settings),
    kind: kindEnum.toWire(kind),
    members: members.map(({ key, lambda }) => ({ key: writeKey(key), lambda })),
  };
}

function writeKey({ study, trial, attempt }: AttemptKey): cluster.AttemptKey {
  return { study, trial: trialName(trial), attempt };
}

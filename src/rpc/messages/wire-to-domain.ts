/**
 * From bytes to messages: the one door inwards. The wire is untrusted, and nothing half-formed gets
 * past: a message is whole and within its rules, or it is `malformed`, with the reason.
 *
 * `domain-to-wire.ts` is the door outwards. Nouns are read by `wire-to-trial.ts`.
 */
import * as cluster from '../generated/ridgeline/v1/cluster_service.ts';
import {
  protocolVersion,
  type Assignment,
  type AttemptKey,
  type CoordinatorMessage,
  type Hello,
  type PackProgress,
  type WorkerMessage,
} from './messages.ts';
import { answerEnum, kernelEnum, packFailureEnum, kindEnum } from './wire-enums.ts';
import {
  malformed,
  readAmount,
  readDigest,
  readList,
  readMessage,
  readName,
  readReason,
  readSafeInteger,
  readTrialId,
  readWhole,
  required,
  wireLimits,
  type Malformed,
} from './wire-reading.ts';
import {
  readDatasetReference,
  readMeasurement,
  readTrainerSettings,
  readTrialResult,
} from './wire-to-trial.ts';

/** A `hello` of another protocol: nothing else of it is read, since it may mean something else there. */
export interface ForeignHello {
  readonly kind: 'foreign-hello';
  readonly protocol: number;
  readonly version: string;
}

const uint32Max = 2 ** 32 - 1;
const dayMs = 86_400_000;

export function workerMessageFromBytes(
  bytes: Uint8Array,
): WorkerMessage | ForeignHello | Malformed {
  return readMessage(() => readWorkerMessage(cluster.SessionRequest.decode(bytes)));
}

export function coordinatorMessageFromBytes(bytes: Uint8Array): CoordinatorMessage | Malformed {
  return readMessage(() => readCoordinatorMessage(cluster.SessionResponse.decode(bytes)));
}

function readWorkerMessage(from: cluster.SessionRequest): WorkerMessage | ForeignHello {
  const message = required('message', from.message);
  switch (message.$case) {
    case 'hello':
      return readHello(message.value);
    case 'heartbeat':
      return { kind: 'heartbeat', packs: readPacks('packs', message.value.packs) };
    case 'measured': {
      const measurement = required('measurement', message.value.measurement);
      return {
        kind: 'measured',
        key: readKey(message.value.key),
        measurement: readMeasurement(measurement, 'any'),
      };
    }
    case 'packEnded': {
      const { pack, results } = message.value;
      return {
        kind: 'pack-ended',
        pack: readName('pack', pack),
        results: readList('results', results, 1, wireLimits.packMembers, ({ key, result }) => ({
          key: readKey(key),
          result: readTrialResult(required('result', result)),
        })),
      };
    }
    case 'packFailed': {
      const { pack, outcome, reason } = message.value;
      return {
        kind: 'pack-failed',
        pack: readName('pack', pack),
        outcome: packFailureEnum.fromWire('outcome', outcome),
        reason: readReason(reason),
      };
    }
    case 'packReturned':
      return { kind: 'pack-returned', ...readPackReason(message.value) };
    case 'datasetReady':
      return { kind: 'dataset-ready', dataset: readName('dataset', message.value.dataset) };
    case 'datasetFailed': {
      const { dataset, reason } = message.value;
      return {
        kind: 'dataset-failed',
        dataset: readName('dataset', dataset),
        reason: readReason(reason),
      };
    }
    case 'draining':
      return { kind: 'draining' };
  }
}

function readHello(from: cluster.Hello): Hello | ForeignHello {
  const { protocol } = from;
  if (protocol !== protocolVersion) {
    return { kind: 'foreign-hello', protocol, version: readName('version', from.version || '?') };
  }
  return {
    kind: 'hello',
    protocol,
    version: readName('version', from.version),
    session: readName('session', from.session),
    name: readName('name', from.name),
    threads: readWhole('threads', from.threads, 1, wireLimits.threads),
    packMax: readWhole('pack_max', from.packMax, 1, wireLimits.packMembers),
    kernel: kernelEnum.fromWire('kernel', from.kernel),
    selfTestDigest: readDigest('self_test_digest', from.selfTestDigest),
    held: readPacks('held', from.held),
    datasets: readList('datasets', from.datasets, 0, wireLimits.datasets, (key) =>
      readName('datasets', key),
    ),
  };
}

function readCoordinatorMessage(from: cluster.SessionResponse): CoordinatorMessage {
  const message = required('message', from.message);
  switch (message.$case) {
    case 'welcome': {
      const { name, leaseMs, heartbeatMs, version, selfTestDigest } = message.value;
      return {
        kind: 'welcome',
        name: readName('name', name),
        leaseMs: readWhole('lease_ms', leaseMs, 1, dayMs),
        heartbeatMs: readWhole('heartbeat_ms', heartbeatMs, 1, dayMs),
        version: readName('version', version),
        selfTestDigest: readDigest('self_test_digest', selfTestDigest),
      };
    }
    case 'prepare': {
      const reference = readDatasetReference(required('reference', message.value.reference));
      return { kind: 'prepare', dataset: readName('dataset', message.value.dataset), reference };
    }
    case 'assign':
      return { kind: 'assign', assignment: readAssignment(message.value) };
    case 'abort':
      return { kind: 'abort', ...readPackReason(message.value) };
    case 'answer': {
      const { key, answer } = message.value;
      return { kind: 'answer', key: readKey(key), answer: answerEnum.fromWire('answer', answer) };
    }
    case 'drain':
      return { kind: 'drain', reason: readReason(message.value.reason) };
  }
}

function readAssignment(from: cluster.Assign): Assignment {
  const study = readName('study', from.study);
  const replicate = readWhole('replicate', from.replicate, 1, uint32Max);
  return {
    pack: readName('pack', from.pack),
    study,
    seed: readSafeInteger('seed', from.seed),
    replicate,
    settings: readTrainerSettings(required('settings', from.settings)),
    dataset: readName('dataset', from.dataset),
    kind: kindEnum.fromWire('kind', from.kind),
    measureTest: from.measureTest,
    members: readList('members', from.members, 1, wireLimits.packMembers, (member) => {
      const key = readKey(member.key);
      if (key.study !== study) malformed('a member is of another study than its pack');
      if (key.trial.replicate !== replicate)
        malformed('a member is of another replicate than its pack');
      return { key, lambda: readAmount('lambda', member.lambda) };
    }),
  };
}

function readKey(from: cluster.AttemptKey | undefined): AttemptKey {
  const { study, trial, attempt } = required('key', from);
  return {
    study: readName('study', study),
    trial: readTrialId('trial', trial),
    attempt: readWhole('attempt', attempt, 1, uint32Max),
  };
}

function readPacks(field: string, from: readonly cluster.PackProgress[]): PackProgress[] {
  return readList(field, from, 0, wireLimits.heldPacks, ({ pack, step }) => ({
    pack: readName('pack', pack),
    step: readWhole('step', step, 0, uint32Max),
  }));
}

function readPackReason(from: { readonly pack: string; readonly reason: string }) {
  return { pack: readName('pack', from.pack), reason: readReason(from.reason) };
}

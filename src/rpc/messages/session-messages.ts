/**
 * Session messages: the messages of `messages.ts` as bytes, in both directions.
 *
 * A message that arrives is complete and within the rules of `proto/ridgeline/v1`, or it is `malformed`.
 */
import { RidgelineError } from '../../base/errors.ts';
import { canonicalSettings, parseSettings } from '../../study/spec/canonical-spec.ts';
import type { DescribeTrainer } from '../../study/trainer-description.ts';
import * as wire from '../generated/ridgeline/v1/cluster_service.ts';
import {
  protocolVersion,
  type Assignment,
  type CoordinatorMessage,
  type WorkerMessage,
} from './messages.ts';
import { datasetReference, measurement, params, trialResult } from './trial-messages.ts';
import {
  BadField,
  digest,
  list,
  malformed,
  name,
  union,
  plain,
  readMessage,
  reason,
  record,
  safeInteger,
  textUpTo,
  trialId,
  whole,
  wireLimits,
  words,
  type Malformed,
} from './wire-codec.ts';

/** A `hello` of another protocol version. Its other fields are not read: their meaning may differ. */
export interface ForeignHello {
  readonly kind: 'foreign-hello';
  readonly protocol: number;
  readonly version: string;
}

const dayMs = 86_400_000;

const key = record({ study: name, trial: trialId, attempt: whole(1) });
const packs = list(record({ pack: name, step: whole(0) }), 0, wireLimits.heldPacks);

const hello = record({
  protocol: whole(0),
  version: name,
  session: name,
  name,
  threads: whole(1, wireLimits.threads),
  packMax: whole(1, wireLimits.packMembers),
  kernel: words({ portable: wire.Kernel.KERNEL_PORTABLE, native: wire.Kernel.KERNEL_NATIVE }),
  selfTestDigest: digest,
  held: packs,
  datasets: list(name, 0, wireLimits.datasets),
});

const packFailure = words({
  crashed: wire.PackFailure.PACK_FAILURE_CRASHED,
  timeout: wire.PackFailure.PACK_FAILURE_TIMEOUT,
});

const results = list(record({ key, result: trialResult }), 1, wireLimits.packMembers);

const workerMessages = union({
  hello,
  heartbeat: record({ packs }),
  measured: record({ key, measurement }),
  'pack-ended': record({ pack: name, results }),
  'pack-failed': record({ pack: name, outcome: packFailure, reason }),
  'pack-returned': record({ pack: name, reason }),
  'dataset-ready': record({ dataset: name }),
  'dataset-failed': record({ dataset: name, reason }),
  draining: record({}),
});

const assignments = record({
  pack: name,
  study: name,
  seed: safeInteger(),
  replicate: whole(1),
  settings: textUpTo(wireLimits.settingsCharacters),
  dataset: name,
  kind: words({
    search: wire.AttemptKind.ATTEMPT_KIND_SEARCH,
    test: wire.AttemptKind.ATTEMPT_KIND_TEST,
    audit: wire.AttemptKind.ATTEMPT_KIND_AUDIT,
  }),
  measureTest: plain<boolean>(),
  members: list(record({ key, params }), 1, wireLimits.packMembers),
});

type WireAssignment = ReturnType<(typeof assignments)['read']>;

const assign = {
  write: ({ assignment }: { readonly assignment: WireAssignment }) => assignments.write(assignment),
  read: (from: wire.Assign | undefined, field: string) => ({
    assignment: assignments.read(from, field),
  }),
};

const welcome = record({
  name,
  leaseMs: whole(1, dayMs),
  heartbeatMs: whole(1, dayMs),
  version: name,
  selfTestDigest: digest,
});

const answer = words({
  accepted: wire.ResultAnswer.RESULT_ANSWER_ACCEPTED,
  duplicate: wire.ResultAnswer.RESULT_ANSWER_DUPLICATE,
  disputed: wire.ResultAnswer.RESULT_ANSWER_DISPUTED,
  cancelled: wire.ResultAnswer.RESULT_ANSWER_CANCELLED,
  unknown: wire.ResultAnswer.RESULT_ANSWER_UNKNOWN,
});

const coordinatorMessages = union({
  welcome,
  prepare: record({ dataset: name, reference: datasetReference }),
  assign,
  abort: record({ pack: name, reason }),
  answer: record({ key, answer }),
  drain: record({ reason }),
});

export function workerMessageToBytes(message: WorkerMessage): Buffer {
  return asBuffer(wire.SessionRequest.encode({ message: workerMessages.write(message) }).finish());
}

export function workerMessageFromBytes(
  bytes: Uint8Array,
): WorkerMessage | ForeignHello | Malformed {
  return readMessage(() => {
    const { message } = wire.SessionRequest.decode(bytes);
    if (message?.$case === 'hello' && message.value.protocol !== protocolVersion) {
      const { protocol, version } = message.value;
      return { kind: 'foreign-hello', protocol, version: name.read(version || '?', 'version') };
    }
    return workerMessages.read(message, 'message');
  });
}

export function coordinatorMessageToBytes(message: CoordinatorMessage): Buffer {
  const written = coordinatorMessages.write(
    message.kind === 'assign'
      ? { kind: 'assign', assignment: withSettingsText(message.assignment) }
      : message,
  );
  return asBuffer(wire.SessionResponse.encode({ message: written }).finish());
}

/** @param describe validates the settings of the trainer that an assignment names */
export function coordinatorMessageFromBytes(
  bytes: Uint8Array,
  describe: DescribeTrainer,
): CoordinatorMessage | Malformed {
  return readMessage(() => {
    const message = coordinatorMessages.read(wire.SessionResponse.decode(bytes).message, 'message');
    return message.kind === 'assign'
      ? { kind: 'assign', assignment: readAssignment(message.assignment, describe) }
      : message;
  });
}

function withSettingsText(assignment: Assignment): WireAssignment {
  return { ...assignment, settings: canonicalSettings(assignment.settings) };
}

function readAssignment(from: WireAssignment, describe: DescribeTrainer): Assignment {
  for (const { key: member } of from.members) {
    if (member.study !== from.study) malformed('a member and its pack are of different studies');
    if (member.trial.replicate !== from.replicate)
      malformed('a member and its pack are of different replicates');
  }
  try {
    return { ...from, settings: parseSettings(from.settings, describe) };
  } catch (error) {
    throw error instanceof RidgelineError ? new BadField(`settings: ${error.what}`) : error;
  }
}

/** The same bytes under the type that grpc-js requires. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

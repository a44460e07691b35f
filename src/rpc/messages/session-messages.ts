/**
 * Session messages: the messages of `messages.ts` as bytes, in both directions.
 *
 * A message that arrives is complete and within the rules of `proto/ridgeline/v1`, or it is `malformed`.
 */
import { RidgelineError } from '../../base/errors.ts';
import type { Params } from '../../study/search-space.ts';
import { canonicalSettings, parseSettings } from '../../study/spec/canonical-spec.ts';
import {
  trainerName,
  type DescribeTrainer,
  type TrainerDescription,
} from '../../study/trainer-description.ts';
import { SessionRequest, SessionResponse } from '../generated/ridgeline/v1/cluster_service.ts';
import {
  coordinatorMessages,
  protocolVersion,
  workerMessages,
  type Assignment,
  type CoordinatorMessage,
  type WireAssignment,
  type WorkerMessage,
} from './messages.ts';
import {
  BadField,
  asBuffer,
  malformed,
  name,
  readMessage,
  range,
  type Malformed,
} from './wire-codec.ts';

/** A `hello` of another protocol version. Its other fields are not read: their meaning may differ. */
export interface ForeignHello {
  readonly kind: 'foreign-hello';
  readonly protocol: number;
  readonly version: string;
}

export function workerMessageToBytes(message: WorkerMessage): Buffer {
  return asBuffer(SessionRequest.encode({ message: workerMessages.write(message) }).finish());
}

export function workerMessageFromBytes(
  bytes: Uint8Array,
): WorkerMessage | ForeignHello | Malformed {
  return readMessage(() => {
    const { message } = SessionRequest.decode(bytes);
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
  return asBuffer(SessionResponse.encode({ message: written }).finish());
}

/** @param describe returns the description of a trainer; assignments are checked against it */
export function coordinatorMessageFromBytes(
  bytes: Uint8Array,
  describe: DescribeTrainer,
): CoordinatorMessage | Malformed {
  return readMessage(() => {
    const message = coordinatorMessages.read(SessionResponse.decode(bytes).message, 'message');
    return message.kind === 'assign'
      ? { kind: 'assign', assignment: readAssignment(message.assignment, describe) }
      : message;
  });
}

function withSettingsText(assignment: Assignment): WireAssignment {
  return { ...assignment, settings: canonicalSettings(assignment.settings) };
}

function readAssignment(from: WireAssignment, describe: DescribeTrainer): Assignment {
  for (const { key } of from.members) {
    if (key.study !== from.study) malformed('a member and its pack are of different studies');
    if (key.trial.replicate !== from.replicate)
      malformed('a member and its pack are of different replicates');
  }
  try {
    const settings = parseSettings(from.settings, describe);
    const { parameters } = describe(trainerName(settings));
    for (const { params } of from.members) requireParameters(params, parameters);
    return { ...from, settings };
  } catch (error) {
    throw error instanceof RidgelineError ? new BadField(`settings: ${error.what}`) : error;
  }
}

/** Checks that a trial has exactly the parameters of its trainer, with values within their bounds. */
function requireParameters(params: Params, parameters: TrainerDescription['parameters']): void {
  for (const parameter of Object.keys(params))
    if (!Object.hasOwn(parameters, parameter))
      malformed(`params.${parameter} is not a parameter of the trainer`);
  for (const [parameter, { min, max }] of Object.entries(parameters)) {
    const value = params[parameter];
    const field = `params.${parameter}`;
    if (typeof value !== 'number') malformed(`${field} is missing or not a number`);
    range(min, max, `a number from ${min} to ${max}`).read(value, field);
  }
}

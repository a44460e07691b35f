/**
 * Session messages: the messages of `messages.ts` as bytes, in both directions.
 *
 * A message that arrives is complete and within the rules of `proto/ridgeline/v1`, or it is `malformed`.
 */
import { RidgelineError } from '../../base/errors.ts';
import { valueProblem, type Params } from '../../study/search-space.ts';
import { canonicalSettings, parseSettings } from '../../study/spec/canonical-spec.ts';
import type {
  DescribeTrainer,
  TrainerDescription,
  TrainerSettings,
} from '../../study/trainer-description.ts';
import {
  SessionRequest,
  SessionResponse,
  type CoordinatorMessage as CoordinatorEnvelope,
} from '../generated/ridgeline/v1/cluster_service.ts';
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
  list,
  malformed,
  name,
  readMessage,
  wireLimits,
  wireReader,
  type Codec,
  type Malformed,
  type ValueFrom,
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
    const { message } = SessionRequest.decode(wireReader(bytes));
    if (message?.$case === 'hello' && message.value.protocol !== protocolVersion) {
      const { protocol, version } = message.value;
      return {
        kind: 'foreign-hello',
        protocol,
        version: name.read(version || '?', 'hello.version'),
      };
    }
    return workerMessages.read(message, '');
  });
}

/** One message of the wire that contains all messages. @param messages 1 to `wireLimits.messages` */
export function coordinatorMessagesToBytes(messages: readonly CoordinatorMessage[]): Buffer {
  const wires = messages.map((message) =>
    message.kind === 'assign'
      ? { kind: message.kind, assignment: withSettingsText(message.assignment) }
      : message,
  );
  return asBuffer(SessionResponse.encode({ messages: wireMessages.write(wires) }).finish());
}

/** @param describe returns the description of a trainer; assignments are checked against it */
export function coordinatorMessagesFromBytes(
  bytes: Uint8Array,
  describe: DescribeTrainer,
): readonly CoordinatorMessage[] | Malformed {
  return readMessage(() =>
    wireMessages
      .read(SessionResponse.decode(wireReader(bytes)).messages, 'messages')
      .map((message) =>
        message.kind === 'assign'
          ? { kind: message.kind, assignment: readAssignment(message.assignment, describe) }
          : message,
      ),
  );
}

type Wire = ValueFrom<typeof coordinatorMessages>;
const wireMessage: Codec<Wire, CoordinatorEnvelope> = {
  write: (message) => ({ message: coordinatorMessages.write(message) }),
  read: ({ message }, field) => coordinatorMessages.read(message, field),
};
const wireMessages = list(wireMessage, 1, wireLimits.messages);

/** Texts of the settings of studies: each assignment of a study has the same object. */
const settingsTexts = new WeakMap<TrainerSettings, string>();

function withSettingsText({ settings, ...assignment }: Assignment): WireAssignment {
  const text = settingsTexts.get(settings) ?? canonicalSettings(settings);
  settingsTexts.set(settings, text);
  return { ...assignment, settings: text };
}

interface ReadSettings {
  readonly text: string;
  readonly settings: TrainerSettings;
  readonly parameters: TrainerDescription['parameters'];
  /** Whether the trainer takes parameters of any name. */
  readonly isOpen: boolean;
}

/** The last settings that were read: each assignment of a study has the same text. */
const lastRead = new WeakMap<DescribeTrainer, ReadSettings>();

/** @throws RidgelineError STUDY_INVALID */
function readSettings(text: string, describe: DescribeTrainer): ReadSettings {
  const last = lastRead.get(describe);
  if (last?.text === text) return last;
  const settings = parseSettings(text, describe);
  const trainer = describe(settings);
  const { parameters } = trainer;
  const isOpen = trainer.withParameters !== undefined;
  const read = { text, settings, parameters, isOpen };
  lastRead.set(describe, read);
  return read;
}

function readAssignment(from: WireAssignment, describe: DescribeTrainer): Assignment {
  for (const { key } of from.members) {
    if (key.study !== from.study) malformed('a member and its pack are of different studies');
    if (key.trial.replicate !== from.replicate)
      malformed('a member and its pack are of different replicates');
  }
  try {
    const read = readSettings(from.settings, describe);
    for (const { params } of from.members) requireParameters(params, read);
    return { ...from, settings: read.settings };
  } catch (error) {
    throw error instanceof RidgelineError ? new BadField(`settings: ${error.what}`) : error;
  }
}

/**
 * Checks that a trial has only parameters of its trainer, with values that they may have, and a value of each
 * that is no setting.
 */
function requireParameters(params: Params, { parameters, settings, isOpen }: ReadSettings): void {
  if (isOpen) return;
  for (const [parameter, value] of Object.entries(params)) {
    const description = parameters[parameter];
    if (description === undefined || !Object.hasOwn(parameters, parameter))
      malformed(`params.${parameter} is not a parameter of the trainer`);
    const problem = valueProblem(description, value);
    const given = typeof value === 'number' ? `is ${value}, but ` : '';
    if (problem !== null) malformed(`params.${parameter} ${given}${problem}`);
  }
  for (const [parameter, { isSetting }] of Object.entries(parameters))
    if (isSetting !== true && !(parameter in params) && !(parameter in settings))
      malformed(`params.${parameter} is missing`);
}

/** Both ends of a session in tests: connecting, messages, and waiting for the next event. */
import { connectSession, type WorkerStream } from '../../../src/rpc/client/session-client.ts';
import type { ConnectOptions } from '../../../src/rpc/client/pinned-channel.ts';
import type { JoinTarget } from '../../../src/rpc/credentials/join-string.ts';
import {
  protocolVersion,
  type CoordinatorMessage,
  type Hello,
  type WorkerMessage,
} from '../../../src/rpc/messages/messages.ts';
import type { SessionStream } from '../../../src/rpc/server/session-stream.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';

export const hello: Hello = {
  kind: 'hello',
  protocol: protocolVersion,
  version: '0.1.0',
  session: 's1',
  name: 'node-1',
  threads: 2,
  packMax: 8,
  kernel: 'portable',
  processor: 'Test CPU 1',
  selfTestDigest: 'ab'.repeat(32),
  held: [],
  datasets: [],
  machineId: 'machine-1',
  allowed: [],
  kept: [],
  memory: 0,
  slots: 2,
};
export const draining: CoordinatorMessage = { kind: 'drain', reason: 'because' };

export const connectWorker = (
  target: JoinTarget,
  options: ConnectOptions = {},
): Promise<WorkerStream> => connectSession(target, describeTrainer, options);

export const nextMessage = (stream: SessionStream): Promise<WorkerMessage> =>
  new Promise((resolve) => stream.onMessage(resolve));
export const nextAnswer = (stream: WorkerStream): Promise<CoordinatorMessage> =>
  new Promise((resolve) => stream.onMessage(resolve));
export const closedReason = (stream: SessionStream): Promise<string> =>
  new Promise((resolve) => stream.onClosed(resolve));
export const closedError = (stream: WorkerStream): Promise<Error | null> =>
  new Promise((resolve) => stream.onClosed(resolve));

/** What the tests of sessions say and wait for. */
import type {
  CoordinatorMessage,
  Hello,
  WorkerMessage,
} from '../../../src/rpc/messages/messages.ts';
import type { WorkerStream } from '../../../src/rpc/client/session-client.ts';
import type { SessionStream } from '../../../src/rpc/server/session-stream.ts';

export const hello: Hello = {
  kind: 'hello',
  protocol: 1,
  version: '0.1.0',
  session: 's1',
  name: 'node-1',
  threads: 2,
  packMax: 8,
  kernel: 'portable',
  selfTestDigest: 'ab'.repeat(32),
  held: [],
  datasets: [],
};
export const draining: CoordinatorMessage = { kind: 'drain', reason: 'because' };

export const nextMessage = (stream: SessionStream): Promise<WorkerMessage> =>
  new Promise((resolve) => stream.onMessage(resolve));
export const nextAnswer = (stream: WorkerStream): Promise<CoordinatorMessage> =>
  new Promise((resolve) => stream.onMessage(resolve));
export const closedReason = (stream: SessionStream): Promise<string> =>
  new Promise((resolve) => stream.onClosed(resolve));
export const closedError = (stream: WorkerStream): Promise<Error | null> =>
  new Promise((resolve) => stream.onClosed(resolve));

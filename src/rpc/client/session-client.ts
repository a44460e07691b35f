/** Session client: a worker's stream to its coordinator, with shard downloads on the same connection. */
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { DescribeTrainer } from '../../study/trainer-description.ts';
import type { JoinTarget } from '../credentials/join-string.ts';
import { ClusterServiceService } from '../generated/ridgeline/v1/cluster_service.ts';
import { errorFromStatus } from '../messages/error-status.ts';
import type { CoordinatorMessage, WorkerMessage } from '../messages/messages.ts';
import {
  coordinatorMessagesFromBytes,
  workerMessageToBytes,
} from '../messages/session-messages.ts';
import { statePart, type StatePart } from '../messages/state-messages.ts';
import { malformedMessage } from '../messages/version-mismatch.ts';
import type { Malformed } from '../messages/wire-codec.ts';
import {
  connectTimeoutMs,
  coordinatorUnreachable,
  openPinnedClient,
  type ConnectOptions,
  type PinnedClient,
} from './pinned-channel.ts';
import { serverStream } from './server-stream.ts';
import { unaryCall } from './unary-call.ts';

/** A coordinator that sends no bytes of a shard for this long counts as unreachable. */
const stallMs = 30_000;
/** Time for the coordinator to end a stream that this side has ended. */
const closeMs = 2_000;

/**
 * Connects, and waits until the coordinator has accepted the worker.
 *
 * @param describe returns the description of a trainer; assignments are checked against it
 * @throws RidgelineError COORDINATOR_UNREACHABLE, CA_REFUSED, TOKEN_REFUSED
 */
export async function connectSession(
  target: JoinTarget,
  describe: DescribeTrainer,
  options: ConnectOptions,
): Promise<WorkerStream> {
  const { signal, timeoutMs = connectTimeoutMs, sinceMs = performance.now() } = options;
  const stream = new WorkerStream(await openPinnedClient(target, options), describe);
  const { promise, resolve, reject } = Promise.withResolvers<WorkerStream>();
  let reason = 'it closed the connection';
  const giveUp = (why: string): void => {
    reason = why;
    stream.cancel();
  };
  const timer = setTimeout(giveUp, timeoutMs, 'it did not accept the worker in time');
  const abort = (): void => giveUp('connecting was aborted');
  signal?.addEventListener('abort', abort, { once: true });
  stream.onAccepted(
    () => resolve(stream),
    (error) => reject(error ?? coordinatorUnreachable(target.address, reason, sinceMs)),
  );
  if (signal?.aborted === true) abort();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

type SessionCall = ClientDuplexStream<WorkerMessage, readonly CoordinatorMessage[] | Malformed>;

export class WorkerStream {
  readonly #pinned: PinnedClient;
  readonly #call: SessionCall;
  #closed: { readonly error: Error | null } | null = null;
  #onClosed: (error: Error | null) => void = () => undefined;
  #closing = false;

  constructor(pinned: PinnedClient, describe: DescribeTrainer) {
    this.#pinned = pinned;
    this.#call = pinned.client.makeBidiStreamRequest(
      ClusterServiceService.session.path,
      workerMessageToBytes,
      (bytes: Buffer) => coordinatorMessagesFromBytes(bytes, describe),
      pinned.metadata,
      {},
    );
    this.#call.on('error', (error) => this.#end(errorFromStatus(error, pinned.address)));
    this.#call.once('status', () => this.#end(null));
  }

  /** Address of the coordinator. */
  get address(): string {
    return this.#pinned.address;
  }

  /** @param ended called instead of `accepted` if the call ends before */
  onAccepted(accepted: () => void, ended: (error: Error | null) => void): void {
    this.#call.once('metadata', accepted);
    this.onClosed(ended);
  }

  /** @returns false if the stream is closed */
  send(message: WorkerMessage): boolean {
    if (this.#closed !== null || this.#closing) return false;
    this.#call.write(message);
    return true;
  }

  /** Messages wait until the listener is set. */
  onMessage(listener: (message: CoordinatorMessage) => void): void {
    this.#call.on('data', (messages: readonly CoordinatorMessage[] | Malformed) => {
      if ('kind' in messages) return this.#end(malformedMessage('coordinator', messages.reason));
      for (const message of messages) {
        if (this.#closed !== null) return;
        listener(message);
      }
    });
  }

  /**
   * The listener is called once; at once if the stream has already ended.
   *
   * The error is null if this side closed the stream or the coordinator ended it without an error.
   * Otherwise it is a `RidgelineError`. Only COORDINATOR_UNREACHABLE is worth another connection.
   */
  onClosed(listener: (error: Error | null) => void): void {
    if (this.#closed === null) this.#onClosed = listener;
    else listener(this.#closed.error);
  }

  /** The canonical bytes of a shard from `offset` on. Throws a `RidgelineError` if the download fails. */
  async *fetchShard(digest: string, offset: number): AsyncGenerator<Uint8Array> {
    const request = { digest, offset: BigInt(offset) };
    const { fetchShard } = ClusterServiceService;
    const responses = serverStream(this.#pinned, fetchShard, request, stallMs);
    for await (const { chunk } of responses) yield chunk;
  }

  /**
   * Sends a part of a state.
   *
   * @returns whether the next part is wanted; after the last one, whether the state was stored
   * @throws RidgelineError if the call fails
   */
  async uploadState(part: StatePart): Promise<boolean> {
    const { uploadState } = ClusterServiceService;
    const request = statePart.write(part);
    const { wanted } = await unaryCall(this.#pinned, uploadState, request, stallMs);
    return wanted;
  }

  /** Ends the stream after the messages sent so far. */
  close(): void {
    if (this.#closed !== null || this.#closing) return;
    this.#closing = true;
    this.#call.end();
    setTimeout(() => this.cancel(), closeMs).unref();
  }

  /** Ends the stream at once. */
  cancel(): void {
    this.#end(null);
  }

  #end(error: Error | null): void {
    if (this.#closed !== null) return;
    this.#closed = { error: this.#closing ? null : error };
    this.#call.cancel();
    this.#pinned.client.close();
    this.#onClosed(this.#closed.error);
  }
}

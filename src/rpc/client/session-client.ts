/** A worker's stream to its coordinator, and the data set parts beside it: one connection for both. */
import type { Client, ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import { authorizationMetadata } from '../server/call-authorization.ts';
import { workerMessageToBytes } from '../messages/domain-to-wire.ts';
import { errorFromStatus } from '../messages/error-status.ts';
import { ClusterServiceService } from '../generated/ridgeline/v1/cluster_service.ts';
import type { JoinTarget } from '../credentials/join-string.ts';
import type { CoordinatorMessage, WorkerMessage } from '../messages/messages.ts';
import { fetchPart } from './shard-client.ts';
import {
  connectTimeoutMs,
  coordinatorUnreachable,
  openPinnedClient,
  type ConnectOptions,
} from './pinned-channel.ts';
import { malformedMessage } from '../messages/version-mismatch.ts';
import type { Malformed } from '../messages/wire-reading.ts';
import { coordinatorMessageFromBytes } from '../messages/wire-to-domain.ts';

export interface WorkerStream {
  /** @returns false when the stream is closed */
  send(message: WorkerMessage): boolean;
  /** Messages wait until this is set. */
  onMessage(listener: (message: CoordinatorMessage) => void): void;
  /**
   * Called once; at once where it has ended.
   *
   * The error says who ended it: null when this side did or the coordinator was content, else a
   * `RidgelineError`, of which only COORDINATOR_UNREACHABLE is worth another try.
   */
  onClosed(listener: (error: Error | null) => void): void;
  /** The canonical bytes of a data set part, from `offset` on; throws a `RidgelineError` when that breaks. */
  fetchPart(digest: string, offset: number): AsyncIterable<Uint8Array>;
  /** What was sent is still delivered, as far as the coordinator takes it. */
  close(): void;
}

/** How long the coordinator may take to end a stream that this side has ended. */
const farewellMs = 2_000;

/**
 * Connects, and waits until the coordinator has let this worker in.
 *
 * @throws RidgelineError COORDINATOR_UNREACHABLE, CA_REFUSED, TOKEN_REFUSED
 */
export async function connectSession(
  target: JoinTarget,
  options: ConnectOptions,
): Promise<WorkerStream> {
  const startMs = options.sinceMs ?? performance.now();
  const client = await openPinnedClient(target, options);
  const stream = new CallWorkerStream(client, target);
  const { promise, resolve, reject } = Promise.withResolvers<WorkerStream>();
  const timeoutMs = options.timeoutMs ?? connectTimeoutMs;
  const giveUp = (reason: string): void => {
    reject(coordinatorUnreachable(target.address, reason, performance.now() - startMs, undefined));
    stream.cancel();
  };
  const timer = setTimeout(() => giveUp('it did not let the worker in'), timeoutMs);
  const abort = (): void => giveUp('given up');
  options.signal?.addEventListener('abort', abort, { once: true });
  if (options.signal?.aborted === true) abort();
  stream.onLetIn(
    () => resolve(stream),
    (error) =>
      reject(
        error ??
          coordinatorUnreachable(target.address, 'it hung up', performance.now() - startMs, error),
      ),
  );
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
  }
}

type SessionCall = ClientDuplexStream<WorkerMessage, CoordinatorMessage | Malformed>;

class CallWorkerStream implements WorkerStream {
  readonly #client: Client;
  readonly #target: JoinTarget;
  readonly #metadata: Metadata;
  readonly #call: SessionCall;
  #closed: { readonly error: Error | null } | null = null;
  #onClosed: (error: Error | null) => void = () => undefined;
  #leaving = false;

  constructor(client: Client, target: JoinTarget) {
    this.#client = client;
    this.#target = target;
    this.#metadata = authorizationMetadata(target);
    this.#call = client.makeBidiStreamRequest(
      ClusterServiceService.session.path,
      workerMessageToBytes,
      coordinatorMessageFromBytes,
      this.#metadata,
      {},
    );
    this.#call.on('error', (error) => this.#end(errorFromStatus(error, target.address)));
    this.#call.once('status', () => this.#end(null));
  }

  /** @param ended instead of `letIn`, when the coordinator ended the call before */
  onLetIn(letIn: () => void, ended: (error: Error | null) => void): void {
    this.#call.once('metadata', letIn);
    this.onClosed(ended);
  }

  send(message: WorkerMessage): boolean {
    if (this.#closed !== null || this.#leaving) return false;
    this.#call.write(message);
    return true;
  }

  onMessage(listener: (message: CoordinatorMessage) => void): void {
    this.#call.on('data', (message: CoordinatorMessage | Malformed) => {
      if (this.#closed !== null) return;
      if (message.kind !== 'malformed') return listener(message);
      this.#end(malformedMessage('coordinator', message.reason));
    });
  }

  onClosed(listener: (error: Error | null) => void): void {
    if (this.#closed === null) this.#onClosed = listener;
    else listener(this.#closed.error);
  }

  fetchPart(digest: string, offset: number): AsyncIterable<Uint8Array> {
    return fetchPart(this.#client, this.#metadata, this.#target.address, digest, offset);
  }

  close(): void {
    if (this.#closed !== null || this.#leaving) return;
    this.#leaving = true;
    this.#call.end();
    setTimeout(() => this.cancel(), farewellMs).unref();
  }

  cancel(): void {
    this.#end(null);
  }

  #end(error: Error | null): void {
    if (this.#closed !== null) return;
    this.#closed = { error: this.#leaving ? null : error };
    this.#call.cancel();
    this.#client.close();
    this.#onClosed(this.#closed.error);
  }
}

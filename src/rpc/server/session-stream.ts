/**
 * A worker's stream as the coordinator holds it: messages in and out, and its end, told once.
 *
 * A worker that reads too slowly does not slow down or fill up the coordinator: what waits for it is
 * counted, and over a limit the stream is cut. The worker dials again and is told everything anew.
 * One that says too much is read more slowly.
 */
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { RidgelineError } from '../../base/errors.ts';
import { coordinatorMessageToBytes } from '../messages/domain-to-wire.ts';
import { errorToStatus } from '../messages/error-status.ts';
import type { CoordinatorMessage, WorkerMessage } from '../messages/messages.ts';
import { MessageRate } from './message-rate.ts';
import type { ServerLimits } from './server-limits.ts';
import { malformedMessage, versionMismatch } from '../messages/version-mismatch.ts';
import type { Malformed } from '../messages/wire-reading.ts';
import type { ForeignHello } from '../messages/wire-to-domain.ts';

export interface SessionStream {
  /** HOST:PORT of the worker, as seen from here. */
  readonly peerAddress: string;
  /** @returns false when the stream is closed, or was cut by this message */
  send(message: CoordinatorMessage): boolean;
  /** The first message is `hello` of our own protocol: others are refused before. Set it at once. */
  onMessage(listener: (message: WorkerMessage) => void): void;
  /** Called once, whoever ended it; at once where it has ended. */
  onClosed(listener: (reason: string) => void): void;
  /** Ends it; the worker may come back. */
  close(reason: string): void;
  /** Ends it with an error; the worker reads it and may give up. */
  refuse(error: RidgelineError): void;
}

type SessionLimits = Pick<
  ServerLimits,
  'queuedBytes' | 'stallMs' | 'helloMs' | 'messagesPerSecond' | 'messageBurst'
>;

export type SessionCall = ServerDuplexStream<WorkerMessage | ForeignHello | Malformed, Buffer>;

export interface SessionStreamOptions {
  readonly call: SessionCall;
  readonly peerAddress: string;
  readonly limits: SessionLimits;
  readonly monotonicMs: () => number;
  /** The coordinator's program version, for those who speak another protocol. */
  readonly version: string;
  /** Ends the connection if it is still there after a while: a status does not reach who does not read. */
  readonly hangUp: () => void;
  /** For whoever counts open streams. */
  readonly onEnded: () => void;
}

export class CallSessionStream implements SessionStream {
  readonly peerAddress: string;
  readonly #options: SessionStreamOptions;
  readonly #helloTimer: NodeJS.Timeout;
  readonly #rate: MessageRate;
  #stallTimer: NodeJS.Timeout | null = null;
  #queuedBytes = 0;
  #closedReason: string | null = null;
  #onClosed: (reason: string) => void = () => undefined;

  constructor(options: SessionStreamOptions) {
    const { call, limits } = options;
    this.#options = options;
    this.peerAddress = options.peerAddress;
    const { messagesPerSecond, messageBurst } = limits;
    this.#rate = new MessageRate(messagesPerSecond, messageBurst, options.monotonicMs());
    this.#helloTimer = setTimeout(() => this.close('no hello came in time'), limits.helloMs);
    call.once('end', () => {
      this.#closed('the worker ended it');
      call.end();
    });
    call.once('cancelled', () => this.#closed('the connection broke'));
    call.once('close', () => this.#closed('the connection broke'));
    // Only ours: grpc-js turns an emitted error into the call's status.
    call.on('error', () => undefined);
  }

  send(message: CoordinatorMessage): boolean {
    if (this.#closedReason !== null) return false;
    const { call, limits } = this.#options;
    const bytes = coordinatorMessageToBytes(message);
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes > limits.queuedBytes) {
      this.close(`more than ${limits.queuedBytes} bytes wait for it: the worker does not read`);
      return false;
    }
    this.#stallTimer ??= this.#startStallTimer();
    call.write(bytes, () => {
      this.#queuedBytes -= bytes.length;
      this.#taken();
    });
    return true;
  }

  onMessage(listener: (message: WorkerMessage) => void): void {
    this.#options.call.on('data', (message: WorkerMessage | ForeignHello | Malformed) => {
      if (this.#closedReason !== null) return;
      this.#holdBack();
      switch (message.kind) {
        case 'malformed':
          return this.refuse(malformedMessage('worker', message.reason));
        case 'foreign-hello': {
          const { protocol, version } = message;
          return this.refuse(versionMismatch(protocol, version, this.#options.version));
        }
        default:
          clearTimeout(this.#helloTimer);
          return listener(message);
      }
    });
  }

  onClosed(listener: (reason: string) => void): void {
    if (this.#closedReason === null) this.#onClosed = listener;
    else listener(this.#closedReason);
  }

  close(reason: string): void {
    this.#end(
      reason,
      new RidgelineError(
        'COORDINATOR_UNREACHABLE',
        `The coordinator closed the connection: ${reason.replace(/\.$/, '')}.`,
        'Nothing needs to be done: the worker joins again by itself.',
      ),
    );
  }

  refuse(error: RidgelineError): void {
    this.#end(error.what, error);
  }

  #end(reason: string, error: RidgelineError): void {
    if (this.#closedReason !== null) return;
    const { call, hangUp } = this.#options;
    call.emit('error', errorToStatus(error));
    hangUp();
    this.#closed(reason);
  }

  #closed(reason: string): void {
    if (this.#closedReason !== null) return;
    this.#closedReason = reason;
    clearTimeout(this.#helloTimer);
    if (this.#stallTimer !== null) clearTimeout(this.#stallTimer);
    this.#options.onEnded();
    this.#onClosed(reason);
  }

  /** Reads on later where more came than is taken in a second: the worker's HTTP/2 waits meanwhile. */
  #holdBack(): void {
    const waitMs = this.#rate.taken(this.#options.monotonicMs());
    if (waitMs === 0) return;
    const { call } = this.#options;
    call.pause();
    setTimeout(() => call.resume(), waitMs).unref();
  }

  #startStallTimer(): NodeJS.Timeout {
    const { stallMs } = this.#options.limits;
    return setTimeout(() => this.close(`it took nothing for ${stallMs / 1_000} s`), stallMs);
  }

  /** The connection took a message: the wait for the next one starts now. */
  #taken(): void {
    if (this.#stallTimer !== null) clearTimeout(this.#stallTimer);
    const isWaiting = this.#queuedBytes > 0 && this.#closedReason === null;
    this.#stallTimer = isWaiting ? this.#startStallTimer() : null;
  }
}

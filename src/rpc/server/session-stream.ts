/**
 * Session stream: a worker's stream at the coordinator.
 *
 * The bytes that wait for a slow worker are counted. Above a limit the stream is closed; the worker then
 * connects again and receives its state again. A worker that sends too fast is read more slowly, and long
 * results that are not expected are not decoded.
 */
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Clock } from '../../base/clock.ts';
import { RidgelineError } from '../../base/errors.ts';
import { resultKeysFromBytes } from '../messages/result-keys.ts';
import {
  coordinatorMessagesToBytes,
  workerMessageFromBytes,
  type ForeignHello,
} from '../messages/session-messages.ts';
import { errorToStatus } from '../messages/error-status.ts';
import type { AttemptKey, CoordinatorMessage, WorkerMessage } from '../messages/messages.ts';
import { allowLargeMessages } from './call-guard.ts';
import { MessageRate } from './message-rate.ts';
import type { ServerLimits } from './server-limits.ts';
import { malformedMessage, versionMismatch } from '../messages/version-mismatch.ts';
import { wireLimits, type Malformed } from '../messages/wire-codec.ts';

/** Messages up to this length are always decoded: that takes less than a millisecond. */
const longBytes = 64 * 1024;

export interface SessionStream {
  /** HOST:PORT of the worker as the coordinator sees it. */
  readonly peerAddress: string;
  /** Id of the token of the call. */
  readonly tokenId: string;
  /**
   * Sends a message together with the others of the same step of the program, since each write costs as
   * much as several messages.
   *
   * @returns false if the stream is closed, or was closed because the worker does not read
   */
  send(message: CoordinatorMessage): boolean;
  /** Sends the messages that wait for the end of the step now. */
  flush(): void;
  /** The first message is a `hello` of the own protocol version. Must be called before the next event. */
  onMessage(listener: (message: WorkerMessage) => void): void;
  /** The listener is called once; at once if the stream has already ended. */
  onClosed(listener: (reason: string) => void): void;
  /** Set by the owner: whether an attempt was assigned to the session in this pack. */
  isAssigned: (pack: string, key: AttemptKey) => boolean;
  /** Closes the stream. The worker connects again. */
  close(reason: string): void;
  /** Closes the stream with an error, which may end the worker. */
  refuse(error: RidgelineError): void;
}

/** Messages are bytes: `CallSessionStream` decodes and encodes them. */
export type SessionCall = ServerDuplexStream<Buffer, Buffer>;

export interface SessionStreamOptions {
  readonly call: SessionCall;
  readonly peerAddress: string;
  readonly tokenId: string;
  readonly limits: ServerLimits;
  readonly clock: Clock;
  /** Of bytes, shared with other sessions. */
  readonly byteRates: readonly MessageRate[];
  /** Version of the coordinator's program, for errors. */
  readonly version: string;
  /** Closes the connection some time later: a status does not reach a peer that does not read. */
  readonly disconnect: () => void;
  readonly onEnded: () => void;
}

export class CallSessionStream implements SessionStream {
  readonly peerAddress: string;
  readonly tokenId: string;
  readonly #options: SessionStreamOptions;
  readonly #helloTimer: NodeJS.Timeout;
  readonly #rate: MessageRate;
  readonly #byteRates: readonly MessageRate[];
  #stallTimer: NodeJS.Timeout | undefined;
  /** Messages of this step. */
  #unsent: CoordinatorMessage[] = [];
  #queuedBytes = 0;
  /** Set by the coordinator: whether it has assigned this attempt, in this pack, to the session. */
  isAssigned: (pack: string, key: AttemptKey) => boolean = () => true;
  #closedReason: string | null = null;
  #onClosed: (reason: string) => void = () => undefined;

  constructor(options: SessionStreamOptions) {
    const { call, limits } = options;
    this.#options = options;
    this.peerAddress = options.peerAddress;
    this.tokenId = options.tokenId;
    const nowMs = options.clock.monotonicMs();
    this.#rate = new MessageRate(limits.messagesPerSecond, limits.messageBurst, nowMs);
    const own = new MessageRate(limits.bytesPerSecond, limits.byteBurst, nowMs);
    this.#byteRates = [own, ...options.byteRates];
    this.#helloTimer = setTimeout(() => this.close('it sent no hello in time'), limits.helloMs);
    call.once('end', () => {
      this.#closed('the worker ended the stream');
      call.end();
    });
    for (const event of ['cancelled', 'close'])
      call.once(event, () => this.#closed('the connection broke'));
    // These are errors that `#end` emits: grpc-js converts them to the status of the call.
    call.on('error', () => undefined);
  }

  send(message: CoordinatorMessage): boolean {
    if (this.#closedReason !== null) return false;
    if (message.kind === 'assign') allowLargeMessages(this.#options.call);
    if (this.#unsent.push(message) === 1) queueMicrotask(() => this.flush());
    if (this.#unsent.length === wireLimits.messages) this.flush();
    return this.#closedReason === null;
  }

  flush(): void {
    if (this.#unsent.length === 0 || this.#closedReason !== null) return;
    const { call, limits } = this.#options;
    const messages = this.#unsent;
    this.#unsent = [];
    const bytes = coordinatorMessagesToBytes(messages);
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes > limits.queuedBytes)
      return this.close(
        `the worker does not read: more than ${limits.queuedBytes} bytes wait for it`,
      );
    this.#stallTimer ??= this.#startStallTimer();
    call.write(bytes, () => {
      this.#queuedBytes -= bytes.length;
      this.#written();
    });
  }

  onMessage(listener: (message: WorkerMessage) => void): void {
    this.#options.call.on('data', (bytes: Buffer) => {
      if (this.#closedReason !== null) return;
      this.#limitRate(bytes.length);
      const message = this.#decode(bytes);
      if (message === null) return;
      switch (message.kind) {
        case 'malformed':
          return this.refuse(malformedMessage('worker', message.reason));
        case 'foreign-hello':
          return this.refuse(
            versionMismatch(message.protocol, message.version, this.#options.version),
          );
        default:
          clearTimeout(this.#helloTimer);
          if (message.kind === 'hello' && message.held.length > 0)
            allowLargeMessages(this.#options.call);
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
        'Nothing needs to be done: the worker connects again.',
      ),
    );
  }

  refuse(error: RidgelineError): void {
    this.#end(error.what, error);
  }

  #end(reason: string, error: RidgelineError): void {
    if (this.#closedReason !== null) return;
    this.flush();
    if (this.#closedReason !== null) return;
    const { call, disconnect } = this.#options;
    call.emit('error', errorToStatus(error));
    disconnect();
    this.#closed(reason);
  }

  #closed(reason: string): void {
    if (this.#closedReason !== null) return;
    this.#closedReason = reason;
    clearTimeout(this.#helloTimer);
    clearTimeout(this.#stallTimer);
    this.#options.onEnded();
    this.#onClosed(reason);
  }

  /**
   * Decodes a message. Long results of attempts that were not assigned to this session are not decoded, but
   * answered here: a curve takes the only thread some 10 ms.
   *
   * @returns null if it was answered
   */
  #decode(bytes: Buffer): WorkerMessage | ForeignHello | Malformed | null {
    const results = bytes.length > longBytes ? resultKeysFromBytes(bytes) : null;
    if (results === null) return workerMessageFromBytes(bytes);
    if ('kind' in results) return results;
    const { pack, keys } = results;
    if (keys.some((key) => this.isAssigned(pack, key))) return workerMessageFromBytes(bytes);
    for (const key of keys) this.send({ kind: 'answer', key, answer: 'unknown' });
    return null;
  }

  /** Pauses reading if messages arrive too fast. HTTP/2 flow control makes the worker wait. */
  #limitRate(bytes: number): void {
    const nowMs = this.#options.clock.monotonicMs();
    const waitsMs = this.#byteRates.map((rate) => rate.taken(nowMs, bytes));
    const waitMs = Math.max(this.#rate.taken(nowMs), ...waitsMs);
    if (waitMs === 0) return;
    const { call } = this.#options;
    call.pause();
    setTimeout(() => call.resume(), waitMs).unref();
  }

  #startStallTimer(): NodeJS.Timeout {
    const { stallMs } = this.#options.limits;
    const reason = `the worker read nothing for ${stallMs / 1_000} s`;
    return setTimeout(() => this.close(reason), stallMs);
  }

  /** The connection has accepted a message: the time for the next one starts. */
  #written(): void {
    clearTimeout(this.#stallTimer);
    const isWaiting = this.#queuedBytes > 0 && this.#closedReason === null;
    this.#stallTimer = isWaiting ? this.#startStallTimer() : undefined;
  }
}

/**
 * The open streams of workers, one a session: who is let in, and what is sent to whom.
 *
 * The first message of a stream is `hello`; from then on its messages belong to the session that it
 * names. A session that opens a second stream (its first one broke, and this side has not noticed)
 * takes the second one.
 *
 * Not here: what follows from a message (`dispatcher.ts`), how bytes travel (`rpc`).
 */
import { nothingFails, type Reached } from '../../base/failpoint.ts';
import {
  protocolVersion,
  type CoordinatorMessage,
  type Hello,
  type WorkerMessage,
} from '../../rpc/messages/messages.ts';
import type { SessionStream } from '../../rpc/server/session-stream.ts';
import { versionMismatch } from '../../rpc/messages/version-mismatch.ts';

interface StreamPorts {
  /** This coordinator's program version. */
  readonly version: string;
  readonly reached?: Reached | undefined;
  /** Stores and sends what has been decided so far. */
  settle(): void;
  /** Why nobody can be let in at the moment; null when all is well. */
  closedBecause(): string | null;
  joined(hello: Hello, address: string): void;
  received(session: string, message: Exclude<WorkerMessage, Hello>): void;
  left(session: string, reason: string): void;
}

export class SessionStreams {
  readonly #ports: StreamPorts;
  readonly #reached: Reached;
  readonly #streams = new Map<string, SessionStream>();

  constructor(ports: StreamPorts) {
    this.#ports = ports;
    this.#reached = ports.reached ?? nothingFails;
  }

  /** A stream that was just opened. */
  serve(stream: SessionStream): void {
    let session: string | null = null;
    stream.onMessage((message) => {
      if (session === null) session = this.#welcome(stream, message);
      else if (message.kind === 'hello') stream.close('hello is said once');
      else this.#ports.received(session, message);
    });
    stream.onClosed((reason) => {
      if (session === null || this.#streams.get(session) !== stream) return;
      this.#streams.delete(session);
      this.#ports.left(session, reason);
    });
  }

  /** To a session that has no stream at the moment nothing is sent: it is told everything anew. */
  send(session: string, message: CoordinatorMessage): void {
    this.#reached('before-send', [message.kind]);
    this.#streams.get(session)?.send(message);
    this.#reached('after-send', [message.kind]);
  }

  /** Nobody is told of these ends but the workers. */
  closeAll(reason: string): void {
    const open = [...this.#streams.values()];
    this.#streams.clear();
    for (const stream of open) stream.close(reason);
  }

  #welcome(stream: SessionStream, message: WorkerMessage): string | null {
    if (message.kind !== 'hello') {
      stream.close('the first message must be hello');
      return null;
    }
    const { version } = this.#ports;
    if (message.protocol !== protocolVersion) {
      stream.refuse(versionMismatch(message.protocol, message.version, version));
      return null;
    }
    // What was decided before is not for this stream: its `hello` says what the session holds now.
    this.#ports.settle();
    const closed = this.#ports.closedBecause();
    if (closed !== null) {
      stream.close(`the coordinator cannot store anything at the moment: ${closed}`);
      return null;
    }
    const before = this.#streams.get(message.session);
    this.#streams.set(message.session, stream);
    before?.close('the same session has opened another stream');
    this.#ports.joined(message, stream.peerAddress);
    return message.session;
  }
}

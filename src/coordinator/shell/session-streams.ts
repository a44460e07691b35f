/**
 * Session streams: the open streams of workers, one per session.
 *
 * The first message of a stream is `hello`; later messages belong to the session that it names. If a
 * session opens a second stream, because its first one broke unnoticed, the second replaces the first.
 *
 * A stream receives only messages that were decided after its `hello`, which lists the packs that the
 * session holds. Earlier messages are dropped.
 */
import type { Reached } from '../../base/failpoint.ts';
import type {
  AttemptKey,
  CoordinatorMessage,
  Hello,
  WorkerMessage,
} from '../../rpc/messages/messages.ts';
import type { SessionStream } from '../../rpc/server/session-stream.ts';
import { malformedMessage } from '../../rpc/messages/version-mismatch.ts';
import type { Peer } from '../core/state/cluster-state.ts';

interface StreamPorts {
  readonly reached?: Reached | undefined;
  /** Why no worker can join at the moment; null if workers can. */
  closedBecause(): string | null;
  /** @param opened called once the event is stored, before its messages are sent */
  joined(hello: Hello, peer: Peer, opened: () => void): void;
  /** Whether this attempt was assigned to the session in this pack. */
  isAssigned(session: string, pack: string, key: AttemptKey): boolean;
  received(session: string, message: Exclude<WorkerMessage, Hello>): void;
  left(session: string, reason: string): void;
}

interface OpenStream {
  readonly stream: SessionStream;
  /** Whether its `hello` was stored. */
  isJoined: boolean;
}

export class SessionStreams {
  readonly #ports: StreamPorts;
  readonly #open = new Map<string, OpenStream>();

  constructor(ports: StreamPorts) {
    this.#ports = ports;
  }

  /** Serves a stream that was just opened. */
  serve(stream: SessionStream): void {
    let session: string | null = null;
    stream.onMessage((message) => {
      if (session === null) session = this.#welcome(stream, message);
      else if (message.kind === 'hello')
        stream.refuse(malformedMessage('worker', 'a stream has only one hello'));
      else if (this.#open.get(session)?.stream === stream) this.#ports.received(session, message);
    });
    stream.onClosed((reason) => {
      if (session === null || this.#open.get(session)?.stream !== stream) return;
      this.#open.delete(session);
      this.#ports.left(session, reason);
    });
  }

  /** Does nothing if the session has no stream: when it comes back, it receives its state again. */
  send(session: string, message: CoordinatorMessage): void {
    this.#ports.reached?.('before-send', [message.kind]);
    const open = this.#open.get(session);
    if (open?.isJoined === true) {
      open.stream.send(message);
      // Then `after-send` follows the write of this message.
      if (this.#ports.reached !== undefined) open.stream.flush();
    }
    this.#ports.reached?.('after-send', [message.kind]);
  }

  /** Closes all streams; `left` is not called. */
  closeAll(reason: string): void {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const { stream } of open) stream.close(reason);
  }

  /** @returns the session; null if the stream was closed */
  #welcome(stream: SessionStream, message: WorkerMessage): string | null {
    if (message.kind !== 'hello') {
      stream.refuse(malformedMessage('worker', 'the first message must be hello'));
      return null;
    }
    const closed = this.#ports.closedBecause();
    if (closed !== null) {
      stream.close(`the coordinator cannot store anything at the moment: ${closed}`);
      return null;
    }
    const { session } = message;
    stream.isAssigned = (pack, key) => this.#ports.isAssigned(session, pack, key);
    const before = this.#open.get(session);
    const open = { stream, isJoined: false };
    this.#open.set(session, open);
    before?.stream.close('the same session has opened another stream');
    const { peerAddress: address, tokenId } = stream;
    this.#ports.joined(message, { address, tokenId }, () => {
      open.isJoined = true;
    });
    return session;
  }
}

/**
 * Unfinished messages: what peers have sent of messages that are not complete. grpc-js keeps these bytes in
 * memory, so their number and the time for a message are limited, over all calls together.
 *
 * If there are too many bytes, the connection with the oldest unfinished message is closed: a peer that is
 * slow on purpose loses its connections first, and one that sends a message at once is not disturbed.
 */
import type { ServerLimits } from './server-limits.ts';

/** The most bytes in a message of one call; a session may raise it. */
export interface MessageBudget {
  bytes: number;
}

/** How a call ends. */
export interface CallEnd {
  /** With an error, since a message is too long. Its bytes still count until the connection is closed. */
  readonly refuse: (why: string) => void;
  /** With its connection, at once. */
  readonly close: (why: string) => void;
}

/** Bytes before a message: whether it is compressed, and its length. */
const prefixBytes = 5;

interface Unfinished {
  bytes: number;
  readonly close: (why: string) => void;
}

export class UnfinishedMessages {
  readonly #limits: Pick<ServerLimits, 'unfinishedBytes' | 'messageMs'>;
  /** Oldest first. */
  readonly #calls = new Map<MessageCounter, Unfinished>();
  #bytes = 0;

  constructor(limits: Pick<ServerLimits, 'unfinishedBytes' | 'messageMs'>) {
    this.#limits = limits;
  }

  /** Bytes of all unfinished messages. */
  get bytes(): number {
    return this.#bytes;
  }

  counter(budget: MessageBudget, end: CallEnd): MessageCounter {
    return new MessageCounter(budget, this.#limits.messageMs, end, (counter, bytes) =>
      this.#changed(counter, bytes, end.close),
    );
  }

  #changed(counter: MessageCounter, bytes: number, close: (why: string) => void): void {
    const known = this.#calls.get(counter);
    this.#bytes += bytes - (known?.bytes ?? 0);
    if (bytes === 0) this.#calls.delete(counter);
    else if (known === undefined) this.#calls.set(counter, { bytes, close });
    else known.bytes = bytes;
    for (const [oldest, call] of this.#calls) {
      if (this.#bytes <= this.#limits.unfinishedBytes) return;
      oldest.end();
      call.close('too many bytes of unfinished messages, and its message was the oldest');
    }
  }
}

/** Follows the framing of one call's messages. */
export class MessageCounter {
  readonly #budget: MessageBudget;
  readonly #messageMs: number;
  readonly #refuse: (why: string) => void;
  readonly #close: (why: string) => void;
  readonly #changed: (counter: MessageCounter, bytes: number) => void;
  /** Bytes of the present message, with its prefix; 0 between two messages. */
  #received = 0;
  /** Length of the present message; built up while its prefix arrives. */
  #length = 0;
  #timer: NodeJS.Timeout | undefined;
  #isEnded = false;

  constructor(
    budget: MessageBudget,
    messageMs: number,
    { refuse, close }: CallEnd,
    changed: (counter: MessageCounter, bytes: number) => void,
  ) {
    this.#budget = budget;
    this.#messageMs = messageMs;
    this.#refuse = refuse;
    this.#close = close;
    this.#changed = changed;
  }

  /** More bytes of the call have arrived. */
  add(chunk: Uint8Array): void {
    if (this.#isEnded) return;
    const before = this.#received;
    let isNew = before === 0;
    for (let at = 0; at < chunk.length;) {
      if (this.#received < prefixBytes) {
        const byte = chunk[at++] ?? 0;
        this.#length = this.#received === 0 ? 0 : this.#length * 256 + byte;
        this.#received += 1;
        if (this.#received === prefixBytes && this.#length > this.#budget.bytes)
          this.#refuse(
            `a message has at most ${this.#budget.bytes} bytes here, not ${this.#length}`,
          );
      } else {
        const taken = Math.min(chunk.length - at, prefixBytes + this.#length - this.#received);
        this.#received += taken;
        at += taken;
      }
      if (this.#received < prefixBytes + this.#length || this.#received < prefixBytes) continue;
      this.#received = 0;
      isNew = true;
    }
    if (isNew) clearTimeout(this.#timer);
    if (isNew && this.#received > 0)
      this.#timer = setTimeout(
        () => this.#stop('a message was not complete in time'),
        this.#messageMs,
      ).unref();
    if (before > 0 || this.#received > 0) this.#changed(this, this.#received);
  }

  /** The call has ended. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#timer);
    this.#received = 0;
    this.#changed(this, 0);
  }

  #stop(why: string): void {
    this.end();
    this.#close(why);
  }
}

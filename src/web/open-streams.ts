/** The streams of all open pages: how many there are, and their common end. */
import { setTimeout as wait } from 'node:timers/promises';

/** A page that reads no more is not waited for. */
const lastWordMs = 1_000;

export class OpenStreams {
  readonly #ending = new AbortController();
  readonly #open = new Set<Promise<void>>();

  get count(): number {
    return this.#open.size;
  }

  /** Aborted when each is to say its last. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** @returns what is to be called when it is closed */
  opened(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#open.add(promise);
    return () => {
      this.#open.delete(promise);
      resolve();
    };
  }

  /** Resolves when all have said their last, or will not. */
  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.race([Promise.all(this.#open), wait(lastWordMs, undefined, { ref: false })]);
  }
}

/** The event streams of all open pages: their number and their common end. */
export class OpenStreams {
  readonly #ending = new AbortController();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Aborted before the last message of each stream. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** @returns a function to call once, when the stream is closed */
  opened(): () => void {
    this.#count += 1;
    return () => {
      this.#count -= 1;
    };
  }

  end(): void {
    this.#ending.abort();
  }
}

/** The streams of all open pages: how many there are, and their common end. */
export class OpenStreams {
  readonly #ending = new AbortController();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Aborted when each is to say its last. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** @returns what is to be called once, when it is closed */
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

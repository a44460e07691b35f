/**
 * How fast one peer's messages are taken: a bucket of permits that fills evenly, and from which every
 * message takes one. Nothing is lost: who sends faster is read later, and HTTP/2 holds it back.
 */
export class MessageRate {
  readonly #perSecond: number;
  readonly #burst: number;
  #permits: number;
  #filledMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#permits = burst;
    this.#filledMs = nowMs;
  }

  /** A message was taken. @returns how long to wait before the next one is read; 0 for not at all */
  taken(nowMs: number): number {
    const earned = (Math.max(0, nowMs - this.#filledMs) / 1_000) * this.#perSecond;
    this.#permits = Math.min(this.#burst, this.#permits + earned) - 1;
    this.#filledMs = nowMs;
    return this.#permits >= 1 ? 0 : ((1 - this.#permits) / this.#perSecond) * 1_000;
  }
}

/**
 * Message rate: limits how fast the messages of peers are read, with a token bucket. Messages above the rate
 * are read later; HTTP/2 flow control makes the sender wait. New sessions above a rate are refused.
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

  /**
   * Counts one message, or the bytes of one. The last permits may be exceeded by one call.
   *
   * @returns time to wait before the next one is read; 0 for none
   */
  taken(nowMs: number, amount = 1): number {
    this.#fill(nowMs);
    this.#permits -= amount;
    return this.#permits >= 1 ? 0 : ((1 - this.#permits) / this.#perSecond) * 1_000;
  }

  /** Takes a permit. @returns false if there is none */
  take(nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#permits < 1) return false;
    this.#permits -= 1;
    return true;
  }

  #fill(nowMs: number): void {
    const earned = (Math.max(0, nowMs - this.#filledMs) / 1_000) * this.#perSecond;
    this.#permits = Math.min(this.#burst, this.#permits + earned);
    this.#filledMs = nowMs;
  }
}

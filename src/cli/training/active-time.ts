/**
 * Active time: the time in which this process ran. It is read several times a second, so a longer gap
 * between two readings means that the process was stopped (SIGSTOP, a suspended machine).
 */

const gapMsMax = 3_000;

export class ActiveTime {
  #lastMs: number | null = null;
  #activeMs = 0;

  /** @returns milliseconds without gaps since the first reading */
  read(nowMs: number): number {
    const gapMs = nowMs - (this.#lastMs ?? nowMs);
    if (gapMs <= gapMsMax) this.#activeMs += gapMs;
    this.#lastMs = nowMs;
    return this.#activeMs;
  }
}

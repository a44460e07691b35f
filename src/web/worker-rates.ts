/** How many trials a worker completes in a minute: a count over a sliding window, nothing stored. */

const windowMs = 180_000;
/** Sooner, one trial more or less would decide. */
const leastMs = 5_000;

export class WorkerRates {
  readonly #completions = new Map<string, number[]>();

  completed(worker: string, nowMs: number): void {
    const times = this.#completions.get(worker) ?? [];
    times.push(nowMs);
    const from = times.findIndex((time) => time > nowMs - windowMs);
    if (from > 0) times.splice(0, from);
    this.#completions.set(worker, times);
  }

  perMinute(worker: string, nowMs: number): number | null {
    const times = (this.#completions.get(worker) ?? []).filter((time) => time > nowMs - windowMs);
    const first = times[0];
    if (first === undefined || nowMs - first < leastMs) return null;
    return (times.length / (nowMs - first)) * 60_000;
  }
}

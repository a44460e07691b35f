/**
 * Worker rates: how many trials a worker completes per minute, over a sliding window. Trials are counted by
 * second, since a window may contain a hundred thousand of them.
 */

const windowSeconds = 180;
/** Shortest observation: in less time, one trial would change the rate too much. */
const leastSeconds = 5;

export class WorkerRates {
  /** Numbers of completed trials by worker, then by second, ascending. */
  readonly #counts = new Map<string, Map<number, number>>();

  completed(worker: string, nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    const counts = this.#counts.get(worker) ?? new Map<number, number>();
    this.#counts.set(worker, counts.set(second, (counts.get(second) ?? 0) + 1));
    for (const old of counts.keys()) {
      if (old > second - windowSeconds) break;
      counts.delete(old);
    }
  }

  /** Null for the first seconds, and if no trial ended within the window. */
  perMinute(worker: string, nowMs: number): number | null {
    const now = nowMs / 1_000;
    let first: number | null = null;
    let sum = 0;
    for (const [second, count] of this.#counts.get(worker) ?? []) {
      if (second <= now - windowSeconds) continue;
      first ??= second;
      sum += count;
    }
    return first === null || now - first < leastSeconds ? null : (sum / (now - first)) * 60;
  }
}

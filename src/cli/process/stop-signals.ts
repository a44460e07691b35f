/**
 * Stop signals: counts Ctrl-C, SIGTERM and SIGHUP. The first requests an orderly end, the second a quick
 * one; the third ends the process at once.
 *
 * A terminal sends Ctrl-C to every process of its group, and a parent (npm, the wrapper script) may
 * forward it: signals within 250 ms count as one.
 */
import { constants } from 'node:os';

const oneSignalMs = 250;
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class StopSignals implements Disposable {
  readonly #onSignal: (count: number, signal: NodeJS.Signals) => void;
  #count = 0;
  #lastMs = -Infinity;
  #first: NodeJS.Signals = 'SIGINT';

  /** @param onSignal receives 1, 2, … */
  constructor(onSignal: (count: number, signal: NodeJS.Signals) => void) {
    this.#onSignal = onSignal;
    for (const signal of stopSignals) process.on(signal, this.#received);
  }

  /** 128 + the number of the first signal; before any signal, the code for Ctrl-C. */
  get exitCode(): number {
    return 128 + constants.signals[this.#first];
  }

  /** Counts like a signal: the process was asked to end in another way. */
  request(): void {
    this.#received('SIGTERM');
  }

  [Symbol.dispose](): void {
    for (const signal of stopSignals) process.off(signal, this.#received);
  }

  readonly #received = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    if (nowMs - this.#lastMs < oneSignalMs) return;
    this.#lastMs = nowMs;
    this.#count += 1;
    if (this.#count === 1) this.#first = signal;
    this.#onSignal(this.#count, signal);
  };
}

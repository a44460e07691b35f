/** Simulated time: a queue of future events, and random numbers from one seed. */
import { assert } from '../../src/base/assert.ts';
import { RandomStream } from '../../src/base/philox.ts';

interface Event {
  readonly atMs: number;
  readonly order: number;
  run(): void;
}

export class Timeline {
  nowMs = 0;
  #order = 0;
  /** A binary heap, next event first. */
  readonly #heap: Event[] = [];

  later(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run);
  }

  /** At a time instead of after a delay. Events of the same time run in the order of the calls. */
  at(whenMs: number, run: () => void): void {
    const heap = this.#heap;
    heap.push({ atMs: Math.max(this.nowMs, whenMs), order: this.#order++, run });
    for (let place = heap.length - 1; place > 0;) {
      const parent = (place - 1) >> 1;
      if (!isBefore(heap[place]!, heap[parent]!)) break;
      [heap[place], heap[parent]] = [heap[parent]!, heap[place]!];
      place = parent;
    }
  }

  /** Runs the next event. */
  step(): void {
    const heap = this.#heap;
    const next = heap[0];
    const last = heap.pop();
    assert(next !== undefined && last !== undefined, 'there is always a next event');
    if (heap.length > 0) {
      heap[0] = last;
      for (let at = 0; ;) {
        const left = 2 * at + 1;
        const child =
          left + 1 < heap.length && isBefore(heap[left + 1]!, heap[left]!) ? left + 1 : left;
        if (child >= heap.length || !isBefore(heap[child]!, heap[at]!)) break;
        [heap[at], heap[child]] = [heap[child]!, heap[at]!];
        at = child;
      }
    }
    this.nowMs = next.atMs;
    next.run();
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Random numbers in sequence: one seed gives one history. */
export class Chance {
  readonly #stream: RandomStream;
  #draws = 0;

  constructor(seed: number, place: number) {
    this.#stream = new RandomStream(seed, 'lambda', place);
  }

  /** Uniform in [0, 1). */
  draw(): number {
    return this.#stream.uniformAt(this.#draws++);
  }

  /** Uses no random number if the probability is 0. */
  happens(probability: number): boolean {
    return probability > 0 && this.draw() < probability;
  }

  between(least: number, most: number): number {
    return least + this.draw() * (most - least);
  }

  whole(least: number, most: number): number {
    return Math.floor(this.between(least, most + 1));
  }
}

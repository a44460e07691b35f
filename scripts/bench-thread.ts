/** Benchmark thread: one of several that `bench.ts` measures at the same time; they start and end together. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Images } from '../src/study/images.ts';
import { measure, type Case } from './bench-trainer.ts';

export interface ThreadWork {
  readonly case: Case;
  readonly images: Images;
  readonly steps: number;
  readonly threads: number;
  /** (2) number of threads that are ready, and that have measured. */
  readonly counters: Int32Array;
}

// Only `bench.ts` starts this file.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const work = workerData as ThreadWork;
const { counters, threads } = work;

const timing = measure(work.case, work.images, work.steps, {
  begin() {
    Atomics.add(counters, 0, 1);
    Atomics.notify(counters, 0);
    for (let ready = 0; (ready = Atomics.load(counters, 0)) < threads;)
      Atomics.wait(counters, 0, ready);
  },
  measured() {
    Atomics.add(counters, 1, 1);
  },
  othersAreRunning() {
    return Atomics.load(counters, 1) < threads;
  },
});
// The rule is for windows; the port of a thread has no origin.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
parentPort?.postMessage(timing);

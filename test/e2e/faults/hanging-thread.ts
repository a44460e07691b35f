/**
 * Loaded into a worker with `--import`: makes one of its threads hang forever, after 20 steps of its
 * first pack, once for each mark file.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const mark = process.env['TEST_HANG_MARK'];
const step = Atomics.add.bind(Atomics);
let steps = 0;

if (!isMainThread && mark !== undefined) {
  // The thread counts each step of a pack with this function.
  Object.defineProperty(Atomics, 'add', {
    value: (array: Int32Array, index: number, value: number): number => {
      steps += 1;
      if (steps === 20 && !existsSync(mark)) {
        writeFileSync(mark, 'hung');
        // Takes no time of the processor, which other tests need.
        for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      }
      return step(array, index, value);
    },
  });
}

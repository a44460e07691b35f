/**
 * Loaded into a worker (`--import`), it has one of its threads hang for good: after 20 steps of the first
 * pack that comes, once for each mark. The product is not told of it.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const mark = process.env['TEST_HANG_MARK'];
const step = Atomics.add.bind(Atomics);
let steps = 0;

if (!isMainThread && mark !== undefined) {
  // Each step of a pack counts up by this.
  Object.defineProperty(Atomics, 'add', {
    value: (array: Int32Array, index: number, value: number): number => {
      steps += 1;
      if (steps === 20 && !existsSync(mark)) {
        writeFileSync(mark, 'hung');
        for (;;);
      }
      return step(array, index, value);
    },
  });
}

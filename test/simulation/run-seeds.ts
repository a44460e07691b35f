/**
 * Runs simulated histories by seed and says which one breaks a promise, and how.
 *
 *     node test/simulation/run-seeds.ts [FIRST [COUNT]]
 *
 * Exits with 1 at the first seed that fails.
 */
import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../../src/base/errors.ts';
import { drawHistory } from './draw-history.ts';
import { History } from './history.ts';

const [first = '1', count = '1'] = process.argv.slice(2);

// Without a pause now and then, what histories leave behind is never collected.
const pause = 100;

for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  if (seed % pause === 0) await setImmediate();
  const history = new History(drawHistory(seed));
  try {
    history.run();
  } catch (error) {
    const { kinds, faults } = history.settings;
    process.stdout.write(`${seed}\n`);
    process.stderr.write(
      `seed ${seed}, ${Math.round(history.timeline.nowMs)} ms after its start: ${messageOf(error)}\n`,
    );
    if (count === '1') process.stderr.write(`${JSON.stringify({ kinds, faults }, null, 1)}\n`);
    if (count === '1') process.stderr.write(`${history.describe()}\n`);
    if (error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  }
}

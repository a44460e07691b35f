/**
 * Runs simulated histories by seed and prints the first one that breaks a promise.
 *
 *     npx node test/simulation/run-seeds.ts [FIRST [COUNT]]
 *
 * Exits with 1 at the first seed that fails.
 */
import { setImmediate } from 'node:timers/promises';
import { errorMessage } from '../../src/base/errors.ts';
import { randomHistory } from './random-history.ts';
import { History } from './history.ts';

const [first = '1', count = '1'] = process.argv.slice(2);

// Memory is collected during pauses.
const pause = 100;

for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  if (seed % pause === 0) await setImmediate();
  const history = new History(randomHistory(seed));
  try {
    await history.run();
  } catch (error) {
    const { kinds, faults } = history.settings;
    process.stdout.write(`${seed}\n`);
    process.stderr.write(
      `seed ${seed}, ${Math.round(history.timeline.nowMs)} ms after its start: ${errorMessage(error)}\n`,
    );
    if (count === '1') process.stderr.write(`${JSON.stringify({ kinds, faults }, null, 1)}\n`);
    if (count === '1') process.stderr.write(`${history.describe()}\n`);
    if (error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  }
}

import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const isLong = process.env['RIDGELINE_TEST_LONG'] === '1';
const ending = isLong ? 'long.test.ts' : 'test.ts';
/** On two cores vitest would run one file at a time, but tests mostly wait for processes and timers. */
const hasFewCores = availableParallelism() <= 3;
/** Tests that start real processes. */
const processTests = [`test/e2e/**/*.${ending}`, `test/examples.${ending}`];

/**
 * `npm test` runs all tests except `*.long.test.ts`; `npm run test:long` runs those.
 *
 * Files that start real processes run in a process each. The others share a few processes, so that modules
 * are loaded once.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    // Only ends tests that hang: a busy machine may take twenty times as long as a quiet one.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'modules',
          include: [`test/**/*.${ending}`],
          exclude: [...processTests, ...(isLong ? [] : ['test/**/*.long.test.ts'])],
          isolate: false,
          ...(hasFewCores && { maxWorkers: 3 }),
        },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: processTests,
          ...(hasFewCores && { maxWorkers: 4 }),
          sequence: { groupOrder: 1 },
          // The long tests measure the program as it is.
          globalSetup: isLong ? [] : ['test/e2e/support/build-program.ts'],
          exclude: isLong ? [] : ['test/**/*.long.test.ts'],
        },
      },
    ],
  },
});

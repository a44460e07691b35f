import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * `npm test` runs all tests except `*.long.test.ts`; `npm run test:long` runs those. Each file runs in a
 * separate process, because several tests start real clusters.
 */
export default defineConfig({
  test: {
    include:
      process.env['RIDGELINE_TEST_LONG'] === '1'
        ? ['test/**/*.long.test.ts']
        : ['test/**/*.test.ts'],
    exclude: process.env['RIDGELINE_TEST_LONG'] === '1' ? [] : ['test/**/*.long.test.ts'],
    pool: 'forks',
    // On two cores vitest would run one file at a time, but tests mostly wait for processes.
    ...(availableParallelism() <= 3 && { maxWorkers: 3 }),
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * `npm test` runs everything but `*.long.test.ts`; `npm run test:long` runs those.
 * Files run side by side in processes of their own: several tests start real clusters.
 */
export default defineConfig({
  test: {
    include:
      process.env['RIDGELINE_TEST_LONG'] === '1'
        ? ['test/**/*.long.test.ts']
        : ['test/**/*.test.ts'],
    exclude: process.env['RIDGELINE_TEST_LONG'] === '1' ? [] : ['test/**/*.long.test.ts'],
    pool: 'forks',
    // On two cores vitest would run one file at a time; half of what the tests do is wait for processes.
    ...(availableParallelism() <= 3 && { maxWorkers: 3 }),
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

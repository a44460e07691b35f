import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const isLong = process.env['RIDGELINE_TEST_LONG'] === '1';
const ending = isLong ? 'long.test.ts' : 'test.ts';
/** On two cores vitest would run one file at a time, but tests mostly wait for processes and timers. */
const maxWorkers = Math.max(isLong ? 4 : 5, availableParallelism() - 1);
/** Tests of pages in a real browser: `npm run test:browser`. */
const browserTests = [`test/e2e/browser/*.${ending}`];
/** Tests that start real processes. */
const processTests = [`test/e2e/**/*.${ending}`, `test/examples.${ending}`];
/** The long tests measure the program as it is. */
const globalSetup = isLong ? [] : ['test/e2e/support/build-program.ts'];
const withoutLong = isLong ? [] : ['test/**/*.long.test.ts'];

/** Files that take longest, first: the last file to end should be a short one. */
const longest = [
  'sweep',
  'coordinator-killed',
  'worker-faults',
  'mistakes',
  'signals',
  'odd-machines',
  'train',
  'disk-faults',
].map((name) => `/${name}.test.ts`);

/** Starts files with processes, which mostly wait, before the files that compute; both share the workers. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification): number => {
      if (project.name !== 'processes') return longest.length + 1;
      const index = longest.findIndex((path) => moduleId.endsWith(path));
      return index === -1 ? longest.length : index;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- it is the sequencer's own `sort`
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => place(a) - place(b));
  }
}

/**
 * `npm test` runs all tests except those in a browser and `*.long.test.ts`; `npm run test:browser` and
 * `npm run test:long` run those.
 *
 * Files share a few processes, so that modules are loaded once.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    // Only ends tests that hang: a busy machine may take twenty times as long as a quiet one.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    isolate: false,
    maxWorkers,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'modules',
          include: [`test/**/*.${ending}`],
          exclude: [...processTests, ...withoutLong],
        },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: processTests,
          // Long tests that measure times run without the others.
          sequence: { groupOrder: isLong ? 1 : 0 },
          globalSetup,
          exclude: [...browserTests, ...withoutLong],
        },
      },
      {
        extends: true,
        test: { name: 'browser', include: browserTests, exclude: withoutLong, globalSetup },
      },
    ],
  },
});

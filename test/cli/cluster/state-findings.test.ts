/** What `doctor` reports of a state directory. */
import { existsSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stateFindings } from '../../../src/cli/cluster/state-findings.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { startedStudy } from '../../store/support/records.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';

const resultsOf = async (stateDir: string, keysDir = stateDir) =>
  (await stateFindings(stateDir, keysDir)).map(({ check, result }) => `${check}: ${result}`);

test('doctor reports the store of a state directory, and creates no directory', async () => {
  using directory = temporaryDirectory();
  const missing = join(directory.path, 'missing');
  // A temporary directory in memory is a warning.
  expect((await resultsOf(missing)).slice(1)).toEqual(['tokens and keys: ok', 'store: ok']);
  expect(existsSync(missing)).toBe(false);
  {
    await using store = await openStore(directory.path, { owner: 'the test' });
    await store.commit(startedStudy);
    expect((await stateFindings(directory.path, directory.path)).at(-1)).toMatchObject({
      detail: expect.stringMatching(/^1 study, and a log of \d+ kB$/),
    });
  }
  writeFileSync(join(directory.path, 'ridgeline.db'), 'no store '.repeat(1_000));
  expect((await stateFindings(directory.path, directory.path)).at(-1)).toMatchObject({
    result: 'warn',
    detail: expect.stringContaining('is damaged'),
    fix: expect.stringContaining('ridgeline restore'),
  });
});

test('doctor reports a state directory that is a file', async () => {
  using directory = temporaryDirectory();
  writeFileSync(join(directory.path, 'file'), '', { mode: 0o600 });
  expect((await resultsOf(join(directory.path, 'file')))[0]).toBe('state directory: fail');
});

test.runIf(process.platform === 'linux' && statfsSync('/dev/shm').type === 0x01021994)(
  'doctor warns of a state directory in memory',
  async () => {
    expect((await stateFindings('/dev/shm/ridgeline-state', '/'))[0]).toMatchObject({
      result: 'warn',
      detail: expect.stringContaining('in memory (tmpfs)'),
    });
  },
);

test.runIf(process.platform === 'linux')(
  'doctor fails for a state directory that cannot be created, also as root',
  async () => {
    expect(await resultsOf('/proc/none/ridgeline')).toEqual(['state directory: fail']);
  },
);

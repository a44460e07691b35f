/** Managing stored studies: list, rename, delete, restore and purge. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { complete } from '../../../src/cli/completion/complete.ts';
import { studyListSchema } from '../../../src/report/files/study-list-schema.ts';
import type { StoreRow } from '../../../src/store/rows.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import {
  assigned,
  coarse,
  completeResult,
  ended,
  startedStudy,
} from '../../store/support/records.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';
import { inProcess } from '../support/in-process.ts';

const rows: readonly StoreRow[] = [
  ...startedStudy,
  assigned(coarse(1)),
  ended(completeResult(0.5)),
];

async function stateWith(path: string): Promise<readonly string[]> {
  const stateDir = join(path, 'state');
  await using store = await openStore(stateDir, { owner: 'the test' });
  await store.commit(rows);
  return ['--state', stateDir];
}

test('a study is listed, renamed, deleted, restored under another name and purged', async () => {
  using directory = temporaryDirectory();
  const state = await stateWith(directory.path);
  const list = async () => {
    const { stdout } = await inProcess(['ls', '--format', 'json', ...state]);
    const document: unknown = JSON.parse(stdout);
    // A field that the schema does not describe is missing in what it returns.
    expect(studyListSchema.parse(document)).toEqual(document);
    return document;
  };
  expect(await list()).toEqual({
    schema_version: 1,
    studies: [
      {
        study: 'first',
        status: 'waiting',
        done: 1,
        total: 6,
        failed: 0,
        metric: 'validation_accuracy',
        priority: 1,
        best_trial: 'coarse/1',
        best_value: 0.5,
        best_params: { lambda: 0.1 },
        created_at: '2026-09-21T14:13:20.123Z',
        ended_at: null,
        bytes: expect.any(Number),
        reason: null,
      },
    ],
    deleted: [],
  });
  const said = async (...argv: string[]) => {
    const { code, stderr } = await inProcess([...argv, ...state]);
    expect(code, stderr).toBe(0);
    return stderr;
  };
  expect(await said('rename', 'first', 'old')).toContain('first is now old');
  expect(await said('delete', 'old', '--yes')).toContain('old is deleted; to restore it');
  expect(await list()).toMatchObject({ studies: [], deleted: [{ study: 'old' }] });
  expect(await said('delete', '--undo', 'old', '--as', 'new')).toContain('new is restored');
  expect(await list()).toMatchObject({ studies: [{ study: 'new', best_value: 0.5 }], deleted: [] });
  await said('delete', 'new', '--yes');
  expect(await said('delete', '--purge', 'new', '--yes')).toMatch(
    /^removed 1 copy \(\d+ kB\) of new/,
  );
  expect(await list()).toMatchObject({ studies: [], deleted: [] });
});

test('names of studies, trials and workers are completed from the store', async () => {
  using directory = temporaryDirectory();
  const state = await stateWith(directory.path);
  const completed = (...words: string[]) =>
    complete(['--', ...words], { XDG_CONFIG_HOME: directory.path });
  expect(await completed('results', ...state, '')).toBe('first\n');
  expect(await completed('trial', ...state, 'first', '')).toBe('coarse/1\ncoarse/2\ncoarse/3\n');
  expect(await completed('drain', ...state, 'n')).toBe('node-1\n');
  expect(await completed('results', '--state', join(directory.path, 'none'), '')).toBe('');
});

test('a delete asks in a terminal, needs --yes elsewhere, and changes nothing if it is refused', async () => {
  using directory = temporaryDirectory();
  const state = await stateWith(directory.path);
  const without = await inProcess(['delete', 'first', ...state]);
  expect(without.stderr).toMatch(
    /^ridgeline: Delete first \(waiting, 1 result\)\? .*\n {2}fix: Add --yes/,
  );
  expect(without.code).toBe(2);
  const refused = await inProcess(['delete', 'first', ...state], { typed: 'n' });
  expect(refused.stderr).toMatch(/\[y\/N\] .*nothing is deleted/s);
  const misspelt = await inProcess(['delete', 'first', 'frst', '--yes', ...state]);
  expect(misspelt).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Did you mean first?'),
  });
  const accepted = await inProcess(['delete', 'first', ...state], { typed: 'y' });
  expect(accepted.stderr).toContain('first is deleted');
});

test('a rename, a delete and a restore are refused while a coordinator uses the state directory, and if a name is taken or wrong', async () => {
  using directory = temporaryDirectory();
  const state = await stateWith(directory.path);
  const refusal = async (...argv: string[]) => {
    const { code, stderr } = await inProcess([...argv, ...state]);
    return `${code} ${stderr}`;
  };
  expect(await refusal('rename', 'first', 'first')).toMatch(/^2 .*A study first is stored/);
  expect(await refusal('rename', 'first', 'My Study')).toMatch(/^2 .*must be 1 to 64 of a-z/);
  expect(await refusal('rename', 'frist', 'second')).toMatch(/^1 .*Did you mean first\?/);
  expect(await refusal('delete', '--undo', 'first')).toMatch(
    /^1 .*no copy of a deleted study "first"/,
  );
  await using _coordinator = await openStore(state[1]!, {
    owner: 'ridgeline coordinator (pid 7 on here)',
  });
  expect(await refusal('rename', 'first', 'second')).toMatch(/^1 .*Stop the coordinator/s);
  expect(await refusal('delete', 'first', '--yes')).toMatch(
    /^1 .*in use by ridgeline coordinator /,
  );
});

test('the table of studies has whole times, and drops columns instead of cutting them', async () => {
  using directory = temporaryDirectory();
  const state = await stateWith(directory.path);
  const table = async (columns: string) =>
    (await inProcess(['studies', '--format', 'table', ...state], { env: { COLUMNS: columns } }))
      .stdout;
  expect(await table('120')).toMatch(/first.*waiting.*1\/6.*coarse\/1.*50\.00 %.*2026-09-21 14:13/);
  expect(await table('60')).toMatch(/not shown at this width: .*created \(UTC\)/);
});

test('the state directory is free for other commands while delete waits for an answer', async () => {
  using directory = temporaryDirectory();
  const state = await stateWith(directory.path);
  let isAsked = false;
  const { code, stderr } = await inProcess(['delete', 'first', ...state], {
    typed: 'y',
    asked: async () => {
      isAsked = true;
      await using store = await openStore(join(directory.path, 'state'), { owner: 'another' });
      expect(await store.study('first')).not.toBeNull();
    },
  });
  expect([isAsked, code]).toEqual([true, 0]);
  expect(stderr).toContain('first is deleted');
});

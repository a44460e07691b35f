/** Deleted and renamed studies: everything of a study is kept, and nothing of other studies changes. */
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { copiesOf, deletedStudies } from '../../../src/store/sqlite/deleted-studies.ts';
import { openStore, type SqliteStore } from '../../../src/store/sqlite/open-store.ts';
import type { StoreRow } from '../../../src/store/rows.ts';
import {
  assigned,
  coarse,
  completeResult,
  created,
  ended,
  event,
  everything,
  specNamed,
  startedStudy,
  studyRecord,
} from '../support/records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const untested = { testAccuracy: null, testLoss: null, testWorker: null, reproduced: null };

/** A study with a row in every table. */
const files = [{ name: 'train.py', sha256: 'a'.repeat(64), content: new Uint8Array([1, 2]) }];

const wholeStudy: readonly StoreRow[] = [
  ...startedStudy.map((row) => (row.kind === 'study-created' ? { ...row, files } : row)),
  assigned(coarse(1)),
  ended(completeResult()),
  { kind: 'attempt-logged', study: 'first', trial: coarse(1), attempt: 1, text: 'err a\n' },
  { ...created(coarse(4)), toStep: 20 },
  assigned(coarse(4)),
  { ...ended(completeResult(), coarse(4)), rung: 'between' },
  { ...event('of the study'), study: 'first' },
  { kind: 'ranks', study: 'first', ranks: [{ trial: coarse(1), rankInStage: 1, rankInStudy: 1 }] },
  {
    kind: 'winner',
    study: 'first',
    winner: { trial: coarse(1), ...untested, tests: [], attemptsBefore: [] },
  },
];

const otherStudy: readonly StoreRow[] = [
  { kind: 'study-created', record: studyRecord(specNamed('second')) },
  event('of the cluster'),
];

interface StoreUse extends AsyncDisposable {
  readonly store: SqliteStore;
  readonly stateDir: string;
}

async function storeWith(rows: readonly StoreRow[]): Promise<StoreUse> {
  const directory = temporaryDirectory();
  const stateDir = join(directory.path, 'state');
  const store = await openStore(stateDir, { owner: 'the test' });
  await store.commit(rows);
  return {
    store,
    stateDir,
    [Symbol.asyncDispose]: async () => {
      await store.close();
      directory[Symbol.dispose]();
    },
  };
}

test('a deleted study is restored with every row, at its place, and its copy is removed', async () => {
  await using used = await storeWith([...wholeStudy, ...otherStudy]);
  const { store, stateDir } = used;
  const before = await everything(store);
  const removed = await store.removeStudy('first');
  const [copy] = deletedStudies(stateDir);
  expect(removed).toEqual({ copy: copy?.file });
  expect(copy).toMatchObject({ study: 'first', number: 1 });
  expect((await store.studies()).map(({ spec }) => spec.study)).toEqual(['second']);
  await store.restoreStudy(copy!, 'first');
  expect(await everything(store)).toEqual(before);
  expect(readdirSync(join(stateDir, 'deleted'))).toEqual([]);
});

test('a copy has every table with rows of a study', async () => {
  await using used = await storeWith(wholeStudy);
  const removed = await used.store.removeStudy('first');
  using copy = new DatabaseSync(removed?.copy ?? '');
  const tables = copy
    .prepare(
      "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'study'",
    )
    .all()
    .map(({ name }) => String(name));
  expect(tables).toContain('trial');
  for (const table of tables)
    expect(copy.prepare(`SELECT 1 FROM ${table}`).all(), table).not.toEqual([]);
});

test('a renamed study keeps every row, and only its name changes', async () => {
  await using used = await storeWith([...wholeStudy, ...otherStudy]);
  const { store } = used;
  const before = await everything(store);
  expect(await store.renameStudy('first', 'third')).toBe(true);
  expect(await store.renameStudy('first', 'fourth')).toBe(false);
  expect((await store.study('third'))?.spec).toEqual({ ...specNamed('first'), study: 'third' });
  expect(await store.trials('third')).toHaveLength(4);
  expect(await store.study('first')).toBeNull();
  expect(await store.renameStudy('third', 'first')).toBe(true);
  expect(await everything(store)).toEqual(before);
});

test('a study that is restored under another name leaves the present study of its name as it is', async () => {
  await using used = await storeWith(wholeStudy);
  const { store, stateDir } = used;
  const [trial] = await store.trials('first', { curves: true, correctness: true });
  await store.removeStudy('first');
  await store.commit([...startedStudy, { ...event('of the next study'), study: 'first' }]);
  const present = await store.trials('first');
  await store.restoreStudy(copiesOf(stateDir, 'first')[0]!, 'former');
  expect(await store.trials('first')).toEqual(present);
  const restored = await store.trials('former', { curves: true, correctness: true });
  expect(restored[0]).toEqual(trial);
  expect((await store.studies()).map(({ spec }) => spec.study)).toEqual(['first', 'former']);
  const events = await store.events(10);
  expect(events.map(({ study, detail }) => [study, detail])).toEqual([
    ['first', 'of the next study'],
    ['former', 'of the study'],
  ]);
});

test('the newest five copies of a name are kept, and none of a study without results', async () => {
  await using used = await storeWith(startedStudy);
  const { store, stateDir } = used;
  expect(await store.removeStudy('first')).toEqual({ copy: null });
  for (let deletion = 1; deletion <= 6; deletion++) {
    await store.commit(wholeStudy);
    await store.removeStudy('first');
  }
  expect(copiesOf(stateDir, 'first').map(({ number }) => number)).toEqual([2, 3, 4, 5, 6]);
});

test('a study whose copy cannot be written is not removed', async () => {
  await using used = await storeWith(wholeStudy);
  const { store, stateDir } = used;
  writeFileSync(join(stateDir, 'deleted'), '');
  await expect(store.removeStudy('first')).rejects.toMatchObject({ code: 'STATE_UNWRITABLE' });
  expect(await store.study('first')).not.toBeNull();
});

test('a damaged copy is refused, and the store and the copy are unchanged', async () => {
  await using used = await storeWith([...wholeStudy, ...otherStudy]);
  const { store, stateDir } = used;
  await store.removeStudy('first');
  const [copy] = deletedStudies(stateDir);
  truncateSync(copy!.file, 8_192);
  const before = await everything(store);
  await expect(store.restoreStudy(copy!, 'first')).rejects.toMatchObject({ code: 'STATE_DAMAGED' });
  expect(await everything(store)).toEqual(before);
  expect(deletedStudies(stateDir)).toHaveLength(1);
});

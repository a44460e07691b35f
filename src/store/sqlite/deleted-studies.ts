/**
 * Deleted studies: copies of studies that were removed from the store, so that they can be restored.
 *
 *     ridgeline.db --one study, on disk--> deleted/NAME~1.db, then the study is removed
 *     deleted/NAME~1.db --checked--> ridgeline.db, then the copy is removed
 *
 * A copy is complete before its study is removed, and is removed after the study is restored: a crash leaves
 * both or one, never neither. A copy is a store with one study. The newest few of each name are kept.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { checkUndamaged, opened, syncPath, transaction } from './database-file.ts';
import { migrate } from './migrate.ts';
import { makeFolders } from '../../base/make-folders.ts';
import { fromFileSystem, translated } from './sqlite-errors.ts';
import { prepare } from './statements.ts';
import { copyStudy, renameRows } from './study-rows.ts';

/** Copies of each name that are kept. */
const copiesMax = 5;

/** A copy of a deleted study. */
export interface DeletedStudy {
  readonly study: string;
  /** Path of the copy. */
  readonly file: string;
  readonly deletedAtMs: number;
  readonly bytes: number;
  /** Position in the order of the copies of this name, from 1; never reused while a later one exists. */
  readonly number: number;
}

/** The copies, oldest first. A state directory without copies has none. */
export function deletedStudies(stateDir: string): DeletedStudy[] {
  const folder = join(stateDir, 'deleted');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => {
      // `~` is in no name of a study.
      const { study, number } = /^(?<study>.+)~(?<number>\d+)\.db$/.exec(name)?.groups ?? {};
      if (study === undefined) return [];
      const file = join(folder, name);
      const { mtimeMs, size } = statSync(file);
      return [{ study, file, deletedAtMs: mtimeMs, bytes: size, number: Number(number) }];
    })
    .toSorted((a, b) => a.deletedAtMs - b.deletedAtMs || a.number - b.number);
}

/**
 * Copies a study of the store to a separate file, which is on disk when this returns.
 *
 * @param file path of the store that `database` is connected to
 * @returns the path of the copy; null if the study has no results, so nothing is copied
 * @throws RidgelineError STATE_UNWRITABLE
 */
export function keepStudy(database: DatabaseSync, file: string, study: string): string | null {
  const query = 'SELECT 1 FROM result WHERE study = :study LIMIT 1';
  if (prepare<{ study: string }, object>(database, query).first({ study }) === undefined)
    return null;
  const folder = createFolder(dirname(file));
  const partial = join(folder, `partial-${process.pid}`);
  try {
    rmSync(partial, { force: true });
    const empty = opened(partial, false, (created) => migrate(created, partial));
    empty.close();
    chmodSync(partial, 0o600);
    withAttached(database, partial, () => {
      transaction(database, file, () => copyStudy(database, study, { from: 'main', to: 'copy' }));
    });
    const numbers = copiesOf(dirname(file), study).map(({ number }) => number);
    const copy = join(folder, `${study}~${Math.max(0, ...numbers) + 1}.db`);
    syncPath(partial, 'r+');
    renameSync(partial, copy);
    syncPath(folder, 'r');
    for (const { file: old } of copiesOf(dirname(file), study).slice(0, -copiesMax)) rmSync(old);
    return copy;
  } catch (error) {
    throw fromFileSystem(error, folder);
  } finally {
    rmSync(partial, { force: true });
  }
}

/**
 * Puts a copy back into the store and removes the copy.
 *
 * @param as name of the study in the store, which is free
 * @throws RidgelineError STATE_DAMAGED, VERSION_MISMATCH: the store and the copy are unchanged
 */
export function restoreCopy(
  database: DatabaseSync,
  file: string,
  { file: copy, study }: DeletedStudy,
  as: string,
): void {
  const partial = `${file}.restoring-study`;
  try {
    copyFileSync(copy, partial);
    const checked = opened(partial, false, (opening) => {
      checkUndamaged(opening, copy);
      // A copy of an earlier release has the tables of that release.
      migrate(opening, copy);
      if (as !== study) transaction(opening, copy, () => renameRows(opening, study, as));
    });
    checked.close();
    withAttached(database, partial, () => {
      transaction(database, file, () => copyStudy(database, as, { from: 'copy', to: 'main' }));
    });
    rmSync(copy);
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Copies of a study, oldest first. */
export function copiesOf(stateDir: string, study: string): DeletedStudy[] {
  return deletedStudies(stateDir)
    .filter((copy) => copy.study === study)
    .toSorted((a, b) => a.number - b.number);
}

function createFolder(stateDir: string): string {
  const folder = join(stateDir, 'deleted');
  try {
    makeFolders(folder, 0o700);
    return folder;
  } catch (error) {
    throw fromFileSystem(error, folder);
  }
}

function withAttached(database: DatabaseSync, file: string, use: () => void): void {
  translated(file, () => database.prepare('ATTACH ? AS copy').run(file));
  try {
    use();
  } finally {
    database.exec('DETACH copy');
  }
}

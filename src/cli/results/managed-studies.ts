/**
 * Managed studies: deletes, restores and renames stored studies. Each needs the state directory for itself,
 * since a coordinator has its studies in memory.
 */
import { rmSync } from 'node:fs';
import { RidgelineError } from '../../base/errors.ts';
import { closestWord } from '../../base/did-you-mean.ts';
import { bytesText, countText } from '../../report/text/number-format.ts';
import { storedRanks } from '../../search/ranking/ranking.ts';
import { copiesOf, deletedStudies, type DeletedStudy } from '../../store/sqlite/deleted-studies.ts';
import { openStore, type SqliteStore } from '../../store/sqlite/open-store.ts';
import { ambiguousRule, isAmbiguousName } from '../../config/ambiguous-names.ts';
import { namePattern, nameRule } from '../../study/spec/study-schema.ts';
import { confirm } from '../process/confirm.ts';
import { ownerText, say, stateDirectory, type Context } from '../process/context.ts';
import { usageError } from '../process/options.ts';
import { storedStudy } from './stored-study.ts';

/** @throws RidgelineError STATE_LOCKED if a coordinator uses the state directory */
async function withStore<T>(context: Context, use: (store: SqliteStore) => Promise<T>): Promise<T> {
  let store: SqliteStore;
  try {
    store = await openStore(stateDirectory(context), {
      owner: ownerText(context),
      rank: storedRanks,
    });
  } catch (error) {
    const isServed =
      error instanceof RidgelineError && /in use by ridgeline (run|coordinator) /.test(error.what);
    if (!isServed) throw error;
    const fix =
      'Stop the coordinator (Ctrl-C or SIGTERM), run this command, and start it again: its workers reconnect.';
    throw new RidgelineError(error.code, error.what, fix, { cause: error });
  }
  await using opened = store;
  return await use(opened);
}

/** @throws RidgelineError STUDY_UNKNOWN before anything is deleted, USAGE */
export async function deleteStudies(
  studies: readonly string[],
  flags: { readonly yes?: boolean },
  context: Context,
): Promise<void> {
  const names = new Set(studies);
  // The answer may take long, so the directory is free for other commands while this one waits for it.
  const described = await withStore(context, async (store) => await describeStudies(store, names));
  const question = `Delete ${described.join(', ')}? Copies are kept.`;
  if (!(await confirm(question, flags, context))) return say(context, 'nothing is deleted');
  await withStore(context, async (store) => {
    for (const study of names) {
      const removed = await store.removeStudy(study);
      if (removed === null) {
        say(context, `${study} was deleted by another command`);
        continue;
      }
      const hint =
        removed.copy === null
          ? 'it had no results, so no copy is kept'
          : `to restore it: \`ridgeline delete --undo ${study}\``;
      say(context, `${study} is deleted; ${hint}`);
    }
  });
}

/** `quickstart (complete, 32 results)`. @throws RidgelineError STUDY_UNKNOWN */
async function describeStudies(
  store: SqliteStore,
  names: ReadonlySet<string>,
): Promise<readonly string[]> {
  const described: string[] = [];
  for (const study of names) {
    const { status } = await storedStudy(store, study);
    const trials = (await store.trials(study)).filter(({ result }) => result !== null).length;
    described.push(`${study} (${status}, ${countText(trials, 'result')})`);
  }
  return described;
}

/**
 * Restores the newest copy.
 *
 * @throws RidgelineError STUDY_UNKNOWN if there is no copy; USAGE if a study `as` is stored
 */
export async function restoreStudy(study: string, as: string, context: Context): Promise<void> {
  requireName(as);
  await withStore(context, async (store) => {
    const copy = newestCopy(study, context);
    await requireFree(store, as, `Add --as NAME, such as --as ${study}-restored.`);
    await store.restoreStudy(copy, as);
    say(context, `${as} is restored, as it was at ${new Date(copy.deletedAtMs).toISOString()}`);
  });
}

/** @throws RidgelineError STUDY_UNKNOWN, USAGE */
export async function renameStudy(study: string, name: string, context: Context): Promise<void> {
  requireName(name);
  await withStore(context, async (store) => {
    await storedStudy(store, study);
    await requireFree(store, name, 'Choose another name.');
    await store.renameStudy(study, name);
  });
}

/** Removes all copies of the studies. @throws RidgelineError STUDY_UNKNOWN if one has none, USAGE */
export async function purgeCopies(
  studies: readonly string[],
  flags: { readonly yes?: boolean },
  context: Context,
): Promise<void> {
  for (const study of studies) newestCopy(study, context);
  const copies = studies.flatMap((study) => copiesOf(stateDirectory(context), study));
  const bytes = bytesText(copies.reduce((sum, copy) => sum + copy.bytes, 0));
  const what = `${countText(copies.length, 'copy', 'copies')} (${bytes}) of ${studies.join(', ')}`;
  if (!(await confirm(`Remove ${what} permanently?`, flags, context)))
    return say(context, 'nothing is removed');
  for (const { file } of copies) rmSync(file, { force: true });
  say(context, `removed ${what}`);
}

function newestCopy(study: string, context: Context): DeletedStudy {
  const stateDir = stateDirectory(context);
  const newest = copiesOf(stateDir, study).at(-1);
  if (newest !== undefined) return newest;
  const known = [...new Set(deletedStudies(stateDir).map((copy) => copy.study))];
  const closest = closestWord(study, known);
  throw new RidgelineError(
    'STUDY_UNKNOWN',
    `There is no copy of a deleted study ${JSON.stringify(study)}${known.length > 0 ? `; copies: ${known.join(', ')}` : ''}.${closest === null ? '' : ` Did you mean ${closest}?`}`,
    '`ridgeline studies` lists the studies and the copies of deleted ones.',
  );
}

async function requireFree(store: SqliteStore, name: string, fix: string): Promise<void> {
  if ((await store.study(name)) !== null)
    throw usageError(`A study ${name} is stored; nothing was changed.`, fix);
}

function requireName(name: string): void {
  if (!namePattern.test(name))
    throw usageError(`The name ${JSON.stringify(name)} ${nameRule}.`, 'For example: quickstart-2.');
  if (isAmbiguousName(name))
    throw usageError(`The name ${ambiguousRule(name)}.`, `For example: search-${name}.`);
}

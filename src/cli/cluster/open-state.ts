/** State of a coordinator: opens the store of its state directory, and reports what is wrong with the directory. */
import { claimKeysDirectory, prepareKeysDirectory } from '../../rpc/credentials/keys-directory.ts';
import { storedRanks } from '../../search/ranking/ranking.ts';
import { fileSystemKind } from '../../store/sqlite/file-system.ts';
import { openStore, type SqliteStore } from '../../store/sqlite/open-store.ts';
import { keysDirectory, ownerText, stateDirectory, type Context } from '../process/context.ts';
import { exitWithError } from '../process/report-error.ts';
import { watchState } from './state-watch.ts';

/** @param opened closes the store, and stops the watch on it */
export async function openState(
  context: Context,
  opened: AsyncDisposableStack,
): Promise<SqliteStore> {
  const stateDir = stateDirectory(context);
  const keysDir = keysDirectory(context);
  prepareKeysDirectory(keysDir);
  const options = { owner: ownerText(context), rank: storedRanks };
  const store = opened.use(await openStore(stateDir, options));
  claimKeysDirectory(keysDir, stateDir);
  opened.use(watchState(stateDir, store, (error) => exitWithError(error, context)));
  const kind = fileSystemKind(stateDir);
  if (kind?.where === 'memory')
    context.log.warn(
      `the state directory ${stateDir} is in memory (${kind.name}): its studies are lost when this machine restarts`,
    );
  return store;
}

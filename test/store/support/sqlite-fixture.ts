/** A state directory for the conformance suite of the store. */
import { openStore, openStoreReader } from '../../../src/store/sqlite/open-store.ts';
import type { StoreFixture } from '../../conformance/store.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export async function sqliteFixture(): Promise<StoreFixture> {
  const directory = temporaryDirectory();
  return {
    open: async () => openStore(directory.path, { owner: 'the test' }),
    openReader: async () => openStoreReader(directory.path),
    [Symbol.asyncDispose]: async () => directory[Symbol.dispose](),
  };
}

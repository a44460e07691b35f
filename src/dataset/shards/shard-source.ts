/** Shard source: types of all readers. A reader reads named shards from one file or folder. */
import type { PixelMemory } from '../bytes/pixel-memory.ts';
import type { Shard } from './shard.ts';

/** Whether a shard should be read. */
export type WantShard = (name: string) => boolean;

export interface FoundShards {
  /** Names of all shards in the file or folder. */
  readonly names: readonly string[];
  /** The wanted shards, sorted by name. */
  readonly shards: readonly Shard[];
  /** Whether the wanted shards are those of the official release, bit for bit; null if there is nothing to compare with. */
  readonly official: boolean | null;
}

/** @param path a file or a folder, depending on the reader */
export type ReadShards = (
  path: string,
  want: WantShard,
  memory: PixelMemory,
) => Promise<FoundShards>;

/** The readers of one format, by what they read. */
export interface FormatReaders {
  readonly file?: ReadShards;
  readonly folder: ReadShards;
  /** Paths of the files that `folder` reads; absent: those directly in the folder. */
  readonly files?: (path: string) => Promise<readonly string[]>;
}

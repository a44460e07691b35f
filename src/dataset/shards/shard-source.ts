/** Types shared by all readers: each format yields named shards from one place. */
import type { PixelMemory } from '../bytes/pixel-memory.ts';
import type { Shard } from './shard.ts';

/** Whether a shard should be read. */
export type WantShard = (name: string) => boolean;

export interface FoundShards {
  /** Names of all shards in the place. */
  readonly names: readonly string[];
  /** The wanted shards, sorted by name. */
  readonly shards: readonly Shard[];
  /** Whether the wanted shards are those of the official release, bit for bit; null if there is nothing to compare with. */
  readonly official: boolean | null;
}

/** An existing place with its reader. */
export interface ShardSource {
  /** For messages: a path, or another origin. */
  readonly location: string;
  /** @param memory receives the pixels; shards in one memory can be trained on together without a copy */
  read(want: WantShard, memory: PixelMemory): Promise<FoundShards>;
}

/** Reader of one format; `path` is a file or a folder, depending on the format. */
export type ReadShards = (
  path: string,
  want: WantShard,
  memory: PixelMemory,
) => Promise<FoundShards>;

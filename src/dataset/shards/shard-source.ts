/** What every reader gives, whatever the format: parts by name from one place. */
import type { Part } from './shard.ts';
import type { PixelMemory } from './pixel-memory.ts';

/** Which parts are worth reading. */
export type WantPart = (name: string) => boolean;

export interface FoundParts {
  /** Every part that lies there, wanted or not. */
  readonly names: readonly string[];
  /** The wanted ones, by name. */
  readonly parts: readonly Part[];
  /** Whether the wanted ones are those of the official release, bit for bit; null: nothing to compare. */
  readonly official: boolean | null;
}

/** A place that exists, with its reader. */
export interface PartSource {
  /** For people: a path, or where else it comes from. */
  readonly location: string;
  /** @param memory where the pixels go: in one, parts are trained on together without a copy */
  read(want: WantPart, memory: PixelMemory): Promise<FoundParts>;
}

/** A reader of one format; `path` is a file or a folder, as the format has it. */
export type ReadParts = (path: string, want: WantPart, memory: PixelMemory) => Promise<FoundParts>;

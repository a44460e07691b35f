/** Location: finds a data set by name or path without reading it. */
import { resolve } from 'node:path';
import { RidgelineError } from '../base/errors.ts';
import type { DatasetFormat } from '../study/spec/study-spec.ts';
import { pathKind } from './bytes/disk.ts';
import { formats, guessFormat, type KnownFormat } from './formats/formats.ts';
import { namedDataset, type NamedDataset } from './named-datasets.ts';
import type { ShardSource } from './shards/shard-source.ts';

/** Either `name`, or `path` with an optional `format`. */
export interface DatasetLocation {
  readonly name?: string | undefined;
  readonly path?: string | undefined;
  readonly format?: DatasetFormat | undefined;
}

export interface LocatedDataset extends ShardSource {
  /** For messages: its name or its path. */
  readonly name: string;
  /** Null: embedded in Ridgeline. */
  readonly format: KnownFormat | null;
  /** Shards that it may have, in order; null if only reading shows them. */
  readonly knownShards: readonly string[] | null;
  /** Whether the shard is reserved for testing, so that no split is drawn from it. */
  isHeldBack(shard: string): boolean;
}

/** @throws RidgelineError DATASET_UNKNOWN, DATASET_MISSING, DATASET_INVALID */
export async function locateDataset(
  { name, path, format = 'auto' }: DatasetLocation,
  dataDir: string,
): Promise<LocatedDataset> {
  if (path !== undefined) return await locateFiles(resolve(path), format);
  const entry = namedDataset(name ?? '');
  const located = await locateNamed(entry, dataDir);
  if (located !== null) return located;
  const places = searchPaths(entry, dataDir).join(', ');
  const copy =
    'copy it to one of these paths (or set another folder with --data-dir or RIDGELINE_DATA)';
  throw new RidgelineError(
    'DATASET_MISSING',
    `The data set ${entry.name} was not found at ${places}.`,
    entry.download === null
      ? `Get its files and ${copy}.`
      : `Run \`ridgeline data fetch ${entry.name}\`, or get the archive or the unpacked folder and ${copy}.`,
  );
}

/** Returns null if no place of the data set exists. */
export async function locateNamed(
  entry: NamedDataset,
  dataDir: string,
): Promise<LocatedDataset | null> {
  for (const place of entry.places) {
    const path = place.path === null ? null : resolve(dataDir, place.path);
    if (path !== null && (await pathKind(path)) !== place.kind) continue;
    return {
      name: entry.name,
      format: place.format,
      location: path ?? 'embedded in Ridgeline',
      knownShards: entry.shards,
      read: (want, memory) => place.read(path ?? '', want, memory),
      isHeldBack: (shard) => entry.heldBack.includes(shard),
    };
  }
  return null;
}

/** Paths where a data set is looked for, in order of preference. */
export function searchPaths(entry: NamedDataset, dataDir: string): readonly string[] {
  return entry.places.flatMap(({ path }) => (path === null ? [] : [resolve(dataDir, path)]));
}

async function locateFiles(path: string, format: DatasetFormat): Promise<LocatedDataset> {
  const kind = await pathKind(path);
  if (kind === null) {
    throw new RidgelineError(
      'DATASET_MISSING',
      `The data set's path ${path} does not exist.`,
      'Correct dataset.path, or put the files there.',
    );
  }
  const actual = format === 'auto' ? await guessFormat(path, kind) : format;
  const read = formats[actual][kind];
  if (read === undefined) {
    throw new RidgelineError(
      'DATASET_INVALID',
      `${path} is a ${kind}, but the format ${actual} is read from a folder.`,
      'Correct dataset.path or dataset.format.',
    );
  }
  return {
    name: path,
    format: actual,
    location: path,
    knownShards: null,
    read: (want, memory) => read(path, want, memory),
    isHeldBack: (shard) => shard.startsWith('test'),
  };
}

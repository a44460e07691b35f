/** Location: finds a data set by name or path without reading it. */
import { basename, dirname, join, resolve } from 'node:path';
import { RidgelineError } from '../base/errors.ts';
import type { DatasetFormat } from '../study/spec/study-spec.ts';
import { filesIn, pathKind, unreadable } from './bytes/disk.ts';
import { malformed } from './bytes/malformed.ts';
import { PixelMemory } from './bytes/pixel-memory.ts';
import { readDigits } from './formats/digits.ts';
import { formats, guessFormat, type KnownFormat } from './formats/formats.ts';
import { namedDataset, type NamedDataset } from './named-datasets.ts';
import type { FormatReaders, FoundShards, WantShard } from './shards/shard-source.ts';

/** Either `name`, or `path` with an optional `format`. */
export interface DatasetLocation {
  readonly name?: string | undefined;
  readonly path?: string | undefined;
  readonly format?: DatasetFormat | undefined;
}

export interface LocatedDataset {
  /** For messages: its name or its path. */
  readonly name: string;
  /** For messages: a path, or another origin. */
  readonly location: string;
  /** Null: embedded in Ridgeline. */
  readonly format: KnownFormat | null;
  /** Shards that it may have, in order; null if only reading shows them. */
  readonly knownShards: readonly string[] | null;
  /** Whether the shard is reserved for testing, so that no split is drawn from it. */
  readonly isHeldBack: (shard: string) => boolean;
  /** Paths of the files that `read` reads. */
  readonly files: () => Promise<readonly string[]>;
  /** The pixels are in one memory, so that shards can be trained on together without a copy. */
  readonly read: (want: WantShard) => Promise<FoundShards>;
}

/** @throws RidgelineError DATASET_UNKNOWN, DATASET_MISSING, DATASET_INVALID */
export async function locateDataset(
  { name, path, format = 'auto' }: DatasetLocation,
  dataDir: string,
): Promise<LocatedDataset> {
  if (path !== undefined) return await locateFiles(await findMoved(resolve(path), dataDir), format);
  const entry = namedDataset(name ?? '');
  const located = await locateNamed(entry, dataDir);
  if (located !== null) return located;
  throw await notFound(entry, dataDir);
}

async function notFound(entry: NamedDataset, dataDir: string): Promise<RidgelineError> {
  const fetch = entry.download === null ? '' : `run \`ridgeline data fetch ${entry.name}\`, or `;
  const error = (what: string, fix: string): RidgelineError =>
    new RidgelineError('DATASET_MISSING', what, fix);
  const folder = resolve(dataDir);
  const kind = await pathKind(folder);
  const isDataset = entry.places.some(({ path }) => basename(path) === basename(folder));
  if (kind === 'file' || (kind === 'folder' && isDataset)) {
    const what = isDataset
      ? `the ${kind === 'file' ? 'archive' : 'folder'} of ${entry.name}`
      : 'a file';
    return error(
      `The data directory ${folder} is ${what} itself, not the folder that contains it.`,
      `Give that folder: --data-dir ${dirname(folder)} (or RIDGELINE_DATA).`,
    );
  }
  if (kind === null)
    return error(
      `The data set ${entry.name} was not found: the data directory ${folder} does not exist.`,
      `Correct --data-dir or RIDGELINE_DATA, or ${fetch}put the files of ${entry.name} there.`,
    );
  const copy =
    'copy it to one of these paths (or set another folder with --data-dir or RIDGELINE_DATA)';
  const paths = searchPaths(entry, dataDir).join(', ');
  return error(
    `The data set ${entry.name} was not found at ${paths}.`,
    fetch === ''
      ? `Get its files and ${copy}.`
      : `R${fetch.slice(1)}get the archive or the unpacked folder and ${copy}.`,
  );
}

/** Returns null if none of the searched paths exists. */
export async function locateNamed(
  entry: NamedDataset,
  dataDir: string,
): Promise<LocatedDataset | null> {
  const { name, shards: knownShards, heldBack, places, classNames } = entry;
  const isHeldBack = (shard: string): boolean => heldBack.includes(shard);
  const shared = { name, knownShards, isHeldBack };
  if (places.length === 0)
    return {
      ...shared,
      format: null,
      location: 'embedded in Ridgeline',
      files: async () => [],
      read: (want) => readDigits(want, new PixelMemory()),
    };
  for (const { path, kind, format } of places) {
    const location = resolve(dataDir, path);
    const reader = formats[format][kind];
    if (reader === undefined || (await pathKind(location)) !== kind) continue;
    const read: LocatedDataset['read'] = async (want) => {
      const found = await reader(location, want, new PixelMemory());
      if (classNames === null) return found;
      const tooMany = found.shards.find(({ classes }) => classes > classNames.length);
      if (tooMany !== undefined)
        throw malformed(
          location,
          `has ${tooMany.classes} classes in its shard ${tooMany.name}, but ${name} has ${classNames.length}.`,
        );
      return { ...found, shards: found.shards.map((shard) => ({ ...shard, classNames })) };
    };
    return { ...shared, format, location, read, files: () => sourceFiles(location, kind, format) };
  }
  return null;
}

/** Paths where a data set is looked for, in order of preference. */
export function searchPaths(entry: NamedDataset, dataDir: string): readonly string[] {
  return entry.places.map(({ path }) => resolve(dataDir, path));
}

/** The path; or, if nothing is there, the same name in the data directory, where a user may have moved it. */
async function findMoved(path: string, dataDir: string): Promise<string> {
  if ((await pathKind(path)) !== null) return path;
  const moved = resolve(dataDir, basename(path));
  if ((await pathKind(moved)) !== null) return moved;
  throw new RidgelineError(
    'DATASET_MISSING',
    `The data set's path ${path} does not exist, and neither does ${moved}.`,
    `Correct dataset.path; or name the folder that has ${basename(path)} now with --data-dir.`,
  );
}

async function locateFiles(path: string, format: DatasetFormat): Promise<LocatedDataset> {
  const kind = await pathKind(path);
  if (kind === null) throw unreadable(path, 'it does not exist any more');
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
    files: () => sourceFiles(path, kind, actual),
    read: (want) => read(path, want, new PixelMemory()),
    isHeldBack: (shard) => shard.startsWith('test'),
  };
}

async function sourceFiles(
  path: string,
  kind: 'file' | 'folder',
  format: KnownFormat,
): Promise<readonly string[]> {
  if (kind === 'file') return [path];
  const readers: FormatReaders = formats[format];
  if (readers.files !== undefined) return await readers.files(path);
  return (await filesIn(path)).map((name) => join(path, name));
}

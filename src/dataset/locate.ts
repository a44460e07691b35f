/** Finds where a data set lies, without reading it. */
import { resolve } from 'node:path';
import { RidgelineError } from '../base/errors.ts';
import type { DatasetFormat, DatasetSource } from '../study/spec/study-spec.ts';
import { kindOf } from './bytes/disk.ts';
import { formats, guessFormat, type KnownFormat } from './formats/formats.ts';
import { namedDataset, type NamedDataset } from './named-datasets.ts';
import type { PartSource } from './shards/shard-source.ts';

/** A data set whose place is known. */
export interface LocatedDataset extends PartSource {
  /** What people call it: its name, or its path. */
  readonly name: string;
  /** Null: Ridgeline's own. */
  readonly format: KnownFormat | null;
  /** The parts it may have, in order; null where only reading tells. */
  readonly knownParts: readonly string[] | null;
  /** Whether `count` selections leave this part alone. */
  isHeldBack(part: string): boolean;
}

/** @throws RidgelineError DATASET_UNKNOWN, DATASET_MISSING */
export async function locateDataset(
  source: DatasetSource,
  dataDir: string,
): Promise<LocatedDataset> {
  if (source.kind === 'path') return await locateFiles(source.path, source.format);
  const entry = namedDataset(source.name);
  const located = await locateNamed(entry, dataDir);
  if (located !== null) return located;
  const paths = pathsOf(entry, dataDir);
  const own = 'put it at one of these places (another folder: --data-dir or RIDGELINE_DATA)';
  throw new RidgelineError(
    'DATASET_MISSING',
    `The data set ${entry.name} is not on this machine: it was looked for at ${paths.join(', ')}.`,
    entry.download === null
      ? `Get its files and ${own}.`
      : `Run \`ridgeline data fetch ${entry.name}\`, or get the archive or the unpacked folder yourself and ${own}.`,
  );
}

/** Null where it lies in none of its places. */
export async function locateNamed(
  entry: NamedDataset,
  dataDir: string,
): Promise<LocatedDataset | null> {
  for (const place of entry.places) {
    const path = place.path === null ? null : resolve(dataDir, place.path);
    if (path !== null && (await kindOf(path)) !== place.kind) continue;
    return {
      name: entry.name,
      format: place.format,
      location: path ?? 'embedded in Ridgeline',
      knownParts: entry.parts,
      read: (want, memory) => place.read(path ?? '', want, memory),
      isHeldBack: (part) => entry.heldBack.includes(part),
    };
  }
  return null;
}

/** Where it is looked for, best first. */
export function pathsOf(entry: NamedDataset, dataDir: string): readonly string[] {
  return entry.places.flatMap(({ path }) => (path === null ? [] : [resolve(dataDir, path)]));
}

async function locateFiles(path: string, format: DatasetFormat): Promise<LocatedDataset> {
  const location = resolve(path);
  const kind = await kindOf(location);
  if (kind === null) {
    throw new RidgelineError(
      'DATASET_MISSING',
      `The data set's path ${location} does not exist.`,
      'Correct dataset.path, or put the files there.',
    );
  }
  const actual = format === 'auto' ? await guessFormat(location, kind) : format;
  const read = formats[actual][kind];
  if (read === undefined) {
    throw new RidgelineError(
      'DATASET_INVALID',
      `${location} is a ${kind}, but the format ${actual} is read from a folder.`,
      'Correct dataset.path or dataset.format.',
    );
  }
  return {
    name: location,
    format: actual,
    location,
    knownParts: null,
    read: (want, memory) => read(location, want, memory),
    isHeldBack: (part) => part.startsWith('test'),
  };
}

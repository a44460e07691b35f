/**
 * Takes a copy of a data set into the data folder: checked first, then copied beside its place and
 * renamed into it, so that a half-made copy is never found.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RidgelineError, messageOf } from '../../base/errors.ts';
import { kindOf } from '../bytes/disk.ts';
import { guessFormat } from '../formats/formats.ts';
import { locateNamed } from '../locate.ts';
import { namedDataset, type NamedDataset, type Place } from '../named-datasets.ts';
import { PixelMemory } from '../shards/pixel-memory.ts';
import type { FoundParts } from '../shards/shard-source.ts';

export interface ImportedDataset {
  /** Where it lies now. */
  readonly path: string;
  readonly official: boolean | null;
  readonly parts: readonly { readonly name: string; readonly count: number }[];
}

/**
 * @param sourcePath the archive, the unpacked folder, or a folder that holds one of them
 * @throws RidgelineError DATASET_UNKNOWN, DATASET_MISSING, DATASET_INVALID, OUTPUT_UNWRITABLE
 */
export async function importDataset(
  sourcePath: string,
  options: { readonly dataDir: string; readonly name: string },
): Promise<ImportedDataset> {
  const dataset = namedDataset(options.name);
  const source = await findSource(dataset, resolve(sourcePath));
  const found = await source.place.read(
    source.path,
    (part) => dataset.parts.includes(part),
    new PixelMemory(),
  );
  if (found.parts.length === 0) {
    throw new RidgelineError(
      'DATASET_INVALID',
      `${source.path} holds none of the parts of ${dataset.name}: ${dataset.parts.join(', ')}.`,
      `Name the archive or the unpacked folder of ${dataset.name}.`,
    );
  }
  const target = resolve(options.dataDir, source.place.path ?? '');
  if (target !== source.path) {
    await refuseExisting(dataset, options.dataDir);
    await install(source, target);
  }
  return summary(target, found);
}

interface Source {
  readonly path: string;
  readonly place: Place;
}

/** Matches the path to one of the places where the data set may lie, by kind and by name. */
async function findSource(dataset: NamedDataset, path: string): Promise<Source> {
  const places = dataset.places.filter((place) => place.path !== null);
  if (places.length === 0) {
    throw new RidgelineError('USAGE', `${dataset.name} comes with Ridgeline.`, 'Use it as it is.');
  }
  const kind = await kindOf(path);
  if (kind === null) {
    throw new RidgelineError('DATASET_MISSING', `${path} does not exist.`, 'Correct the path.');
  }
  if (kind === 'file') {
    if (places.every((place) => place.kind === 'folder')) {
      throw new RidgelineError(
        'DATASET_INVALID',
        `${path} is a file, but ${dataset.name} is read from a folder.`,
        'Name the folder that holds its files.',
      );
    }
    return { path, place: await placeLike(dataset, path, 'file') };
  }
  for (const place of places) {
    const inside = join(path, basename(place.path ?? ''));
    if ((await kindOf(inside)) === place.kind) return { path: inside, place };
  }
  return { path, place: await placeLike(dataset, path, 'folder') };
}

/** The place that takes what this looks like, whatever its name. */
async function placeLike(
  dataset: NamedDataset,
  path: string,
  kind: 'file' | 'folder',
): Promise<Place> {
  const format = await guessFormat(path, kind);
  const place = dataset.places.find(
    (candidate) => candidate.kind === kind && candidate.format === format,
  );
  if (place !== undefined) return place;
  throw new RidgelineError(
    'DATASET_INVALID',
    `${path} looks like ${format}, but ${dataset.name} is none.`,
    `Name the archive or the unpacked folder of ${dataset.name}, or let a study read it by its path.`,
  );
}

async function refuseExisting(dataset: NamedDataset, dataDir: string): Promise<void> {
  const existing = await locateNamed(dataset, dataDir);
  if (existing === null) return;
  throw new RidgelineError(
    'OUTPUT_UNWRITABLE',
    `${existing.location} is there already, and studies read it.`,
    'Move it away first, or import into another folder with --data-dir.',
  );
}

async function install(source: Source, target: string): Promise<void> {
  const partial = `${target}.${randomUUID()}.partial`;
  try {
    await mkdir(dirname(target), { recursive: true });
    if (source.place.kind === 'folder') {
      await mkdir(partial);
      for (const name of await readdir(source.path)) {
        if (source.place.files?.test(name) !== true) continue;
        await copyFile(join(source.path, name), join(partial, name), constants.COPYFILE_FICLONE);
      }
    } else {
      await copyFile(source.path, partial, constants.COPYFILE_FICLONE);
    }
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw new RidgelineError(
      'OUTPUT_UNWRITABLE',
      `${source.path} could not be copied to ${target}: ${messageOf(error)}.`,
      'Free space there, or name another folder with --data-dir.',
      { cause: error },
    );
  }
}

function summary(path: string, found: FoundParts): ImportedDataset {
  return {
    path,
    official: found.official,
    parts: found.parts.map((part) => ({ name: part.name, count: part.labels.length })),
  };
}

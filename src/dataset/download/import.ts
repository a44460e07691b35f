/**
 * Import: copies a data set into the data folder. The files are read and checked first, then copied
 * under a temporary name and renamed, so that a partial copy is never read.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { makeFolders } from '../../base/make-folders.ts';
import { pathKind } from '../bytes/disk.ts';
import { guessFormat } from '../formats/formats.ts';
import { locateDataset, locateNamed } from '../locate.ts';
import { namedDataset, type NamedDataset, type Place } from '../named-datasets.ts';

export interface ImportedDataset {
  /** The copy's path. */
  readonly path: string;
  /** Whether the shards are those of the official release; null if there is nothing to compare with. */
  readonly official: boolean | null;
  readonly shards: readonly { readonly name: string; readonly count: number }[];
}

/**
 * @param sourcePath the archive, the unpacked folder, or a folder that contains one of them
 * @throws RidgelineError DATASET_UNKNOWN, DATASET_MISSING, DATASET_INVALID, OUTPUT_UNWRITABLE
 */
export async function importDataset(
  sourcePath: string,
  options: { readonly dataDir: string; readonly name: string },
): Promise<ImportedDataset> {
  const dataset = namedDataset(options.name);
  const source = await findSource(dataset, resolve(sourcePath));
  const files = { path: source.path, format: source.place.format };
  const { read } = await locateDataset(files, options.dataDir);
  const found = await read((shard) => dataset.shards.includes(shard));
  if (found.shards.length === 0) {
    throw new RidgelineError(
      'DATASET_INVALID',
      `${source.path} contains none of the shards of ${dataset.name}: ${dataset.shards.join(', ')}.`,
      `Name the archive or the unpacked folder of ${dataset.name}.`,
    );
  }
  const target = resolve(options.dataDir, source.place.path);
  if (target !== source.path) {
    const existing = await locateNamed(dataset, options.dataDir);
    if (existing !== null) {
      throw new RidgelineError(
        'OUTPUT_UNWRITABLE',
        `${existing.location} exists already, and studies read it.`,
        'Move it away first, or import into another folder with --data-dir.',
      );
    }
    await install(source, target);
  }
  const shards = found.shards.map(({ name, labels }) => ({ name, count: labels.length }));
  return { path: target, official: found.official, shards };
}

interface Source {
  readonly path: string;
  readonly place: Place;
}

/** Matches the path to one of the places where the data set is looked for, by kind and by name. */
async function findSource(dataset: NamedDataset, path: string): Promise<Source> {
  const { places } = dataset;
  if (places.length === 0) {
    const what = `${dataset.name} is part of Ridgeline.`;
    throw new RidgelineError('USAGE', what, 'Use it without importing.');
  }
  const kind = await pathKind(path);
  if (kind === null) {
    throw new RidgelineError('DATASET_MISSING', `${path} does not exist.`, 'Correct the path.');
  }
  if (kind === 'folder') {
    for (const place of places) {
      const inside = join(path, basename(place.path));
      if ((await pathKind(inside)) === place.kind) return { path: inside, place };
    }
  } else if (places.every((place) => place.kind === 'folder')) {
    throw new RidgelineError(
      'DATASET_INVALID',
      `${path} is a file, but ${dataset.name} is read from a folder.`,
      'Name the folder that contains its files.',
    );
  }
  // Files of the right kind and format are accepted under any name.
  const format = await guessFormat(path, kind);
  const place = places.find((each) => each.kind === kind && each.format === format);
  if (place !== undefined) return { path, place };
  throw new RidgelineError(
    'DATASET_INVALID',
    `${path} has the format ${format}, but ${dataset.name} is not read in that format.`,
    `Name the archive or the unpacked folder of ${dataset.name}, or set dataset.path in the study file.`,
  );
}

async function install(source: Source, target: string): Promise<void> {
  const partial = `${target}.${randomUUID()}.partial`;
  try {
    makeFolders(dirname(target));
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
      `${source.path} could not be copied to ${target}: ${errorMessage(error)}.`,
      'Free disk space, or name another folder with --data-dir.',
      { cause: error },
    );
  }
}

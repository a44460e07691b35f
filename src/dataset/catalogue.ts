/** Answers about the named data sets: what there is, where it lies, what is in it. */
import { RidgelineError } from '../base/errors.ts';
import { kindOf } from './bytes/disk.ts';
import { locateDataset, locateNamed, pathsOf, type LocatedDataset } from './locate.ts';
import { namedDataset, namedDatasets, type NamedDataset } from './named-datasets.ts';
import { PixelMemory } from './shards/pixel-memory.ts';
import { encodedBytes, partDigest, type Part } from './shards/shard.ts';

/** One line of `ridgeline data list`. */
export interface DatasetEntry {
  readonly name: string;
  readonly description: string;
  /** Where it was found; null: nowhere. */
  readonly source: string | null;
  /** Where it is looked for, best first; empty for embedded data. */
  readonly paths: readonly string[];
  /** The parts found there. */
  readonly parts: readonly string[];
  /** Whether they are those of the official release; null: not found, damaged, or nothing to compare. */
  readonly official: boolean | null;
  /** Why it cannot be used although it was found, or looked for; null otherwise. */
  readonly problem: string | null;
  /** Whether `ridgeline data fetch` can get it. */
  readonly fetchable: boolean;
}

/** What `ridgeline data info` shows. */
export interface DatasetInfo {
  readonly name: string;
  readonly description: string;
  readonly source: string;
  /** How its files are written; null: Ridgeline's own. */
  readonly format: string | null;
  readonly official: boolean | null;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  readonly pixelMax: number;
  readonly classNames: readonly string[] | null;
  readonly parts: readonly PartInfo[];
}

interface PartInfo {
  readonly name: string;
  /** Records in it. */
  readonly count: number;
  /** Canonical bytes: what a worker fetches. */
  readonly bytes: number;
  readonly digest: string;
  /** Records of each class, by class index. */
  readonly classCounts: readonly number[];
  /** In units of the format: 0 … pixelMax. */
  readonly pixelMean: number;
}

/** Reads every data set that is found, since only its bytes tell whether it is sound and official. */
export async function listDatasets(dataDir: string): Promise<DatasetEntry[]> {
  const entries: DatasetEntry[] = [];
  for (const dataset of namedDatasets) entries.push(await describeEntry(dataset, dataDir));
  return entries;
}

async function describeEntry(dataset: NamedDataset, dataDir: string): Promise<DatasetEntry> {
  const entry: DatasetEntry = {
    name: dataset.name,
    description: dataset.description,
    source: null,
    paths: pathsOf(dataset, dataDir),
    parts: [],
    official: null,
    problem: null,
    fetchable: dataset.download !== null,
  };
  let source: string | null = null;
  try {
    const located = await locateNamed(dataset, dataDir);
    if (located === null) return entry;
    source = located.location;
    const found = await located.read((part) => dataset.parts.includes(part), new PixelMemory());
    const parts = found.parts.map((part) => part.name);
    const problem = parts.length === 0 ? `It holds none of ${dataset.parts.join(', ')}.` : null;
    const official = parts.length === 0 ? null : found.official;
    return { ...entry, source, parts, official, problem };
  } catch (error) {
    if (!(error instanceof RidgelineError)) throw error;
    return { ...entry, source, problem: error.what };
  }
}

/**
 * @param nameOrPath a data set of the catalogue, or files in any format that is known
 * @throws RidgelineError DATASET_UNKNOWN, DATASET_MISSING, DATASET_INVALID
 */
export async function datasetInfo(nameOrPath: string, dataDir: string): Promise<DatasetInfo> {
  const isNamed =
    namedDatasets.some(({ name }) => name === nameOrPath) || (await kindOf(nameOrPath)) === null;
  return isNamed ? await namedInfo(nameOrPath, dataDir) : await filesInfo(nameOrPath);
}

async function namedInfo(name: string, dataDir: string): Promise<DatasetInfo> {
  const dataset = namedDataset(name);
  const located = await locateDataset({ kind: 'named', name }, dataDir);
  return await describeParts(name, dataset.description, dataset.parts, located);
}

async function filesInfo(path: string): Promise<DatasetInfo> {
  const located = await locateDataset({ kind: 'path', path, format: 'auto' }, '');
  return await describeParts(path, `files in the format ${located.format}`, null, located);
}

/** @param known the parts to describe; null: all */
async function describeParts(
  name: string,
  description: string,
  known: readonly string[] | null,
  located: LocatedDataset,
): Promise<DatasetInfo> {
  const found = await located.read((part) => known?.includes(part) ?? true, new PixelMemory());
  const [first] = found.parts;
  if (first === undefined) {
    throw new RidgelineError(
      'DATASET_MISSING',
      `${located.location} holds none of ${known?.join(', ') ?? 'the parts that it should'}.`,
      'Put the missing files there.',
    );
  }
  const { channels, height, width, classes, pixelMax, classNames } = first;
  return {
    name,
    description,
    source: located.location,
    format: located.format,
    official: found.official,
    channels,
    height,
    width,
    classes,
    pixelMax,
    classNames,
    parts: found.parts.map(partInfo),
  };
}

function partInfo(part: Part): PartInfo {
  const classCounts = Array.from({ length: part.classes }, () => 0);
  for (const label of part.labels) classCounts[label]! += 1;
  let pixelSum = 0;
  for (const pixel of part.pixels) pixelSum += pixel;
  return {
    name: part.name,
    count: part.labels.length,
    bytes: encodedBytes(part),
    digest: partDigest(part),
    classCounts,
    pixelMean: pixelSum / part.pixels.length,
  };
}

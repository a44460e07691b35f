/**
 * Data sets that people save from numpy: a `.npz` file, or a folder of `.npy` files. A part is two arrays
 * whose names tell what they are: `x_train` and `y_train` (Keras), `train_images` and `train_labels`
 * (MedMNIST) make the part `train`; `images` and `labels`, or `x` and `y`, alone make the part `all`.
 *
 * There are as many classes as the largest label of all parts tells.
 */
import { join } from 'node:path';
import type { ParserSink } from '../bytes/byte-parser.ts';
import { filesIn, sizeOf } from '../bytes/disk.ts';
import { streamFile } from '../bytes/file-stream.ts';
import { malformed } from '../bytes/malformed.ts';
import { npyImages, npyLabels } from './npy.ts';
import type { Part } from '../shards/shard.ts';
import type { PixelMemory } from '../shards/pixel-memory.ts';
import type { FoundParts, WantPart } from '../shards/shard-source.ts';
import type { FileSink } from '../bytes/tar.ts';
import { readZipDirectory, streamZipMember } from '../bytes/zip.ts';

/** A named array that has not been read yet. */
interface NamedArray {
  /** Without `.npy`. */
  readonly name: string;
  /** What messages call it. */
  readonly file: string;
  readonly bytes: number;
  readonly stream: (sink: FileSink) => Promise<void>;
}

interface ArrayPair {
  readonly images: NamedArray;
  readonly labels: NamedArray;
}

const imageWords = 'x|images?|data';
const labelWords = 'y|labels?|targets?';
/** The part of two arrays whose names say nothing more. */
const nameless = 'all';
const help =
  'Name them x_train and y_train, or train_images and train_labels, and so on for each part.';

export async function readNpz(
  path: string,
  want: WantPart,
  memory: PixelMemory,
): Promise<FoundParts> {
  const members = await readZipDirectory(path);
  const arrays = members
    .filter(({ name }) => name.endsWith('.npy'))
    .map((member) => ({
      name: member.name.slice(0, -4),
      file: `${path}, member ${member.name},`,
      bytes: member.bytes,
      stream: (sink: FileSink) => streamZipMember(path, member, sink),
    }));
  return await readPairs(path, arrays, want, memory);
}

export async function readNpyFolder(
  path: string,
  want: WantPart,
  memory: PixelMemory,
): Promise<FoundParts> {
  const arrays: NamedArray[] = [];
  for (const entry of await filesIn(path)) {
    if (!entry.endsWith('.npy')) continue;
    const file = join(path, entry);
    const stream = (sink: FileSink): Promise<void> => streamFile(file, sink);
    arrays.push({ name: entry.slice(0, -4), file, bytes: await sizeOf(file), stream });
  }
  return await readPairs(path, arrays, want, memory);
}

async function readPairs(
  path: string,
  arrays: readonly NamedArray[],
  want: WantPart,
  memory: PixelMemory,
): Promise<FoundParts> {
  const pairs = pairUp(path, arrays);
  const labels = new Map<string, readonly number[]>();
  // All of them, wanted or not: parts that are used together have equally many classes.
  for (const [name, pair] of pairs) {
    const { file, bytes } = pair.labels;
    const own = await read(pair.labels, npyLabels(file, bytes));
    refuseStrangeLabels(file, own);
    labels.set(name, own);
  }
  const classes = 1 + Math.max(1, ...[...labels.values()].map(largest));
  const parts: Part[] = [];
  for (const [name, pair] of pairs) {
    if (!want(name)) continue;
    const { images } = pair;
    const { count, ...rest } = await read(images, npyImages(images.file, images.bytes, memory));
    const own = labels.get(name) ?? [];
    if (own.length !== count) {
      throw malformed(pair.labels.file, `has ${own.length} labels for the ${count} images.`);
    }
    parts.push({
      name,
      ...rest,
      labels: Uint8Array.from(own),
      classes,
      pixelMax: 255,
      classNames: null,
    });
  }
  return { names: [...pairs.keys()], parts, official: null };
}

async function read<Value>(array: NamedArray, sink: ParserSink<Value>): Promise<Value> {
  await array.stream(sink);
  return sink.value();
}

/** @throws RidgelineError DATASET_INVALID for what is no class */
function refuseStrangeLabels(file: string, labels: readonly number[]): void {
  const record = labels.findIndex((label) => !(label >= 0 && label <= 255));
  if (record === -1) return;
  throw malformed(
    file,
    `has label ${labels[record]} in record ${record}: labels are 0 to 255.`,
    'Number the classes from 0.',
  );
}

function largest(labels: readonly number[]): number {
  return labels.reduce((most, label) => Math.max(most, label), 0);
}

/** Parts by name, in the order of their names. */
function pairUp(path: string, arrays: readonly NamedArray[]): ReadonlyMap<string, ArrayPair> {
  const images = byPart(path, arrays, imageWords);
  const labels = byPart(path, arrays, labelWords);
  const pairs = new Map<string, ArrayPair>();
  for (const name of [...images.keys()].toSorted()) {
    const [ownImages, ownLabels] = [images.get(name), labels.get(name)];
    if (ownImages !== undefined && ownLabels !== undefined) {
      pairs.set(name, { images: ownImages, labels: ownLabels });
    }
  }
  if (pairs.size > 0) return pairs;
  const names = arrays.map(({ name }) => name).join(', ');
  throw malformed(
    path,
    `holds no images with labels: its arrays are ${names === '' ? 'none' : names.slice(0, 200)}.`,
    help,
  );
}

function byPart(
  path: string,
  arrays: readonly NamedArray[],
  words: string,
): ReadonlyMap<string, NamedArray> {
  const first = new RegExp(`^(?:${words})(?:[_-](?<part>.+))?$`, 'i');
  const last = new RegExp(`^(?<part>.+)[_-](?:${words})$`, 'i');
  const parts = new Map<string, NamedArray>();
  for (const array of arrays) {
    const match = first.exec(array.name) ?? last.exec(array.name);
    if (match === null) continue;
    const part = match.groups?.['part'] ?? nameless;
    const other = parts.get(part);
    if (other !== undefined) {
      throw malformed(
        path,
        `holds both ${other.name} and ${array.name} for the part ${part}.`,
        help,
      );
    }
    parts.set(part, array);
  }
  return parts;
}

/**
 * Data sets saved with numpy: a `.npz` file, or a folder of `.npy` files. A shard is two arrays, matched
 * by name: `x_train` and `y_train` (Keras) or `train_images` and `train_labels` (MedMNIST) are the shard
 * `train`; `images` and `labels`, or `x` and `y`, are the shard `all`.
 *
 * The number of classes is one more than the largest label of all shards.
 */
import { join } from 'node:path';
import type { ParserSink } from '../bytes/byte-parser.ts';
import { fileSize, filesIn } from '../bytes/disk.ts';
import { streamFile, type FileSink } from '../bytes/file-stream.ts';
import { malformed } from '../bytes/malformed.ts';
import { readZip } from '../bytes/zip.ts';
import type { PixelMemory } from '../bytes/pixel-memory.ts';
import type { Shard } from '../shards/shard.ts';
import type { FoundShards, WantShard } from '../shards/shard-source.ts';
import { npyImages, npyLabels } from './npy.ts';

/** A named array that has not been read yet. */
interface NamedArray {
  /** Without `.npy`. */
  readonly name: string;
  /** The file's name in messages. */
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
/** The shard of two arrays without a shard's name. */
const nameless = 'all';
const help = 'Name them x_train and y_train, or train_images and train_labels, for each shard.';

export async function readNpz(
  path: string,
  want: WantShard,
  memory: PixelMemory,
): Promise<FoundShards> {
  return await readZip(path, async (members) => {
    const arrays = members
      .filter(({ name }) => name.endsWith('.npy'))
      .map((member) => ({
        name: member.name.slice(0, -4),
        file: `${path}, member ${member.name},`,
        bytes: member.bytes,
        stream: (sink: FileSink) => member.stream(sink),
      }));
    return await readPairs(path, arrays, want, memory);
  });
}

export async function readNpyFolder(
  path: string,
  want: WantShard,
  memory: PixelMemory,
): Promise<FoundShards> {
  const arrays: NamedArray[] = [];
  for (const entry of await filesIn(path)) {
    if (!entry.endsWith('.npy')) continue;
    const file = join(path, entry);
    const stream = (sink: FileSink): Promise<void> => streamFile(file, 'plain', sink);
    arrays.push({ name: entry.slice(0, -4), file, bytes: await fileSize(file), stream });
  }
  return await readPairs(path, arrays, want, memory);
}

async function readPairs(
  path: string,
  arrays: readonly NamedArray[],
  want: WantShard,
  memory: PixelMemory,
): Promise<FoundShards> {
  const pairs = pairUp(path, arrays);
  const labels = new Map<string, readonly number[]>();
  // Labels of unwanted shards are read too: all shards have the same number of classes.
  for (const [name, pair] of pairs) {
    const { file, bytes } = pair.labels;
    const values = await read(pair.labels, npyLabels(file, bytes));
    refuseLabels(file, values);
    labels.set(name, values);
  }
  const largest = [...labels.values()].map((values) =>
    values.reduce((most, label) => Math.max(most, label), 0),
  );
  const classes = 1 + Math.max(1, ...largest);
  const shards: Shard[] = [];
  for (const [name, pair] of pairs) {
    if (!want(name)) continue;
    const { file, bytes } = pair.images;
    const { count, ...images } = await read(pair.images, npyImages(file, bytes, memory));
    const values = Uint8Array.from(labels.get(name) ?? []);
    if (values.length !== count) {
      throw malformed(pair.labels.file, `has ${values.length} labels for the ${count} images.`);
    }
    shards.push({ name, ...images, labels: values, classes, pixelMax: 255, classNames: null });
  }
  return { names: [...pairs.keys()], shards, official: null };
}

async function read<Value>(array: NamedArray, sink: ParserSink<Value>): Promise<Value> {
  await array.stream(sink);
  return sink.value();
}

/** @throws RidgelineError DATASET_INVALID for a label that is not one byte */
function refuseLabels(file: string, labels: readonly number[]): void {
  const record = labels.findIndex((label) => !(label >= 0 && label <= 255));
  if (record === -1) return;
  throw malformed(
    file,
    `has label ${labels[record]} in record ${record}: labels are 0 to 255.`,
    'Number the classes from 0.',
  );
}

/** Returns pairs of arrays by shard, sorted by name. */
function pairUp(path: string, arrays: readonly NamedArray[]): ReadonlyMap<string, ArrayPair> {
  const images = byShard(path, arrays, imageWords);
  const labels = byShard(path, arrays, labelWords);
  const pairs = new Map<string, ArrayPair>();
  for (const name of [...images.keys()].toSorted()) {
    const pair = { images: images.get(name), labels: labels.get(name) };
    if (pair.images !== undefined && pair.labels !== undefined) {
      pairs.set(name, { images: pair.images, labels: pair.labels });
    }
  }
  if (pairs.size > 0) return pairs;
  const names = arrays.map(({ name }) => name).join(', ');
  const shown = names === '' ? 'none' : names.slice(0, 200);
  throw malformed(path, `contains no images with labels; its arrays are: ${shown}.`, help);
}

function byShard(
  path: string,
  arrays: readonly NamedArray[],
  words: string,
): ReadonlyMap<string, NamedArray> {
  const first = new RegExp(`^(?:${words})(?:[_-](?<shard>.+))?$`, 'i');
  const last = new RegExp(`^(?<shard>.+)[_-](?:${words})$`, 'i');
  const shards = new Map<string, NamedArray>();
  for (const array of arrays) {
    const match = first.exec(array.name) ?? last.exec(array.name);
    if (match === null) continue;
    const shard = match.groups?.['shard'] ?? nameless;
    const other = shards.get(shard);
    if (other !== undefined) {
      const problem = `contains both ${other.name} and ${array.name} for the shard ${shard}.`;
      throw malformed(path, problem, help);
    }
    shards.set(shard, array);
  }
  return shards;
}

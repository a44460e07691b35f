/**
 * Data sets saved with numpy: a `.npz` file, or a folder of `.npy` files. A shard is two arrays, matched
 * by name: `x_train` and `y_train` (Keras) or `train_images` and `train_labels` (MedMNIST) are the shard
 * `train`; `images` and `labels`, or `x` and `y`, are the shard `all`.
 *
 * The number of classes is one more than the largest label of all shards.
 */
import type { ParserSink } from '../bytes/byte-parser.ts';
import { folderEntries, type FileEntry } from '../bytes/file-stream.ts';
import { malformed } from '../bytes/malformed.ts';
import { readZip } from '../bytes/zip.ts';
import type { PixelMemory } from '../bytes/pixel-memory.ts';
import { refuseLabels, type Shard } from '../shards/shard.ts';
import type { FormatReaders, FoundShards, WantShard } from '../shards/shard-source.ts';
import { npyImages, npyLabels } from './npy.ts';

const imageWords = 'x|images?|data';
const labelWords = 'y|labels?|targets?';
/** Name of the shard whose two arrays have no shard's name. */
const nameless = 'all';
const help = 'Name them x_train and y_train, or train_images and train_labels, for each shard.';

export const numpyReaders = {
  file: (path, want, memory) => readZip(path, (members) => readPairs(path, members, want, memory)),
  folder: async (path, want, memory) =>
    await readPairs(path, await folderEntries(path), want, memory),
} satisfies FormatReaders;

async function readPairs(
  path: string,
  entries: readonly FileEntry[],
  want: WantShard,
  memory: PixelMemory,
): Promise<FoundShards> {
  const pairs = pairUp(path, entries);
  const labels = new Map<string, readonly number[]>();
  let largest = 1;
  // Labels of unwanted shards are read too: all shards have the same number of classes.
  for (const { name, labels: entry } of pairs) {
    const values = await read(entry, npyLabels(entry.file, await entry.size()));
    refuseLabels(entry.file, values, 256);
    labels.set(name, values);
    largest = values.reduce((most, label) => Math.max(most, label), largest);
  }
  const shards: Shard[] = [];
  for (const { name, images: entry, labels: labelsEntry } of pairs) {
    if (!want(name)) continue;
    const sink = npyImages(entry.file, await entry.size(), memory);
    const { count, ...images } = await read(entry, sink);
    const values = Uint8Array.from(labels.get(name) ?? []);
    if (values.length !== count) {
      throw malformed(labelsEntry.file, `has ${values.length} labels for the ${count} images.`);
    }
    const shape = { classes: largest + 1, pixelMax: 255, classNames: null };
    shards.push({ name, ...images, labels: values, ...shape });
  }
  return { names: pairs.map(({ name }) => name), shards, official: null };
}

async function read<Value>(entry: FileEntry, sink: ParserSink<Value>): Promise<Value> {
  await entry.stream(sink);
  return sink.value();
}

/** Returns the images and labels of each shard, sorted by its name. */
function pairUp(path: string, entries: readonly FileEntry[]) {
  const arrays = entries.filter(({ name }) => name.endsWith('.npy'));
  const images = byShard(path, arrays, imageWords);
  const labels = byShard(path, arrays, labelWords);
  const pairs = [...images].flatMap(([name, entry]) => {
    const matching = labels.get(name);
    return matching === undefined ? [] : [{ name, images: entry, labels: matching }];
  });
  if (pairs.length > 0) return pairs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const names = arrays.map(arrayName).join(', ');
  const shown = names === '' ? 'none' : names.slice(0, 200);
  throw malformed(path, `contains no images with labels; its arrays are: ${shown}.`, help);
}

function byShard(
  path: string,
  arrays: readonly FileEntry[],
  words: string,
): ReadonlyMap<string, FileEntry> {
  const first = new RegExp(`^(?:${words})(?:[_-](?<shard>.+))?$`, 'i');
  const last = new RegExp(`^(?<shard>.+)[_-](?:${words})$`, 'i');
  const shards = new Map<string, FileEntry>();
  for (const array of arrays) {
    const name = arrayName(array);
    const match = first.exec(name) ?? last.exec(name);
    if (match === null) continue;
    const shard = match.groups?.['shard'] ?? nameless;
    const other = shards.get(shard);
    if (other !== undefined) {
      const problem = `contains both ${arrayName(other)} and ${name} for the shard ${shard}.`;
      throw malformed(path, problem, help);
    }
    shards.set(shard, array);
  }
  return shards;
}

function arrayName(entry: FileEntry): string {
  return entry.name.slice(0, -'.npy'.length);
}

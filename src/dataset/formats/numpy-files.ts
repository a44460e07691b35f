/**
 * Data sets saved with numpy: a `.npz` file, alone in its folder or named; or a folder of `.npy` files. A shard is two arrays, matched
 * by name: `x_train` and `y_train` (Keras) or `train_images` and `train_labels` (MedMNIST) are the shard
 * `train`; `images` and `labels`, or `x` and `y`, are the shard `all`.
 *
 * The number of classes is one more than the largest label of all shards. A list of texts `class_names`
 * or `classes` names them.
 */
import { basename } from 'node:path';
import type { ParserSink } from '../bytes/byte-parser.ts';
import { folderEntries, type FileEntry } from '../bytes/file-stream.ts';
import { malformed } from '../bytes/malformed.ts';
import { readZip } from '../bytes/zip.ts';
import type { PixelMemory } from '../bytes/pixel-memory.ts';
import { refuseLabels, type Shard } from '../shards/shard.ts';
import type { FormatReaders, FoundShards, ReadShards, WantShard } from '../shards/shard-source.ts';
import { npyImages, npyLabels, npyTexts } from './npy.ts';
import { classNumbersFix, type SavedArray } from './numpy-advice.ts';

const imageWords = 'x|images?|data';
const labelWords = 'y|labels?|targets?';
/** Name of the shard whose two arrays have no shard's name. */
const nameless = 'all';
const help = 'Name them x_train and y_train, or train_images and train_labels, for each shard.';

const classNameArrays = ['class_names', 'classes'];

/** An array, before it is read. */
interface ArrayEntry extends FileEntry {
  readonly array: SavedArray;
}

const readArchive: ReadShards = (path, want, memory) =>
  readZip(path, (members) => {
    const entries = arrayEntries(members);
    const arrays = entries.map(({ array }) => array.name);
    const archive = { saveAs: basename(path), arrays };
    const known = entries.map((entry) => ({ ...entry, array: { ...entry.array, ...archive } }));
    return readPairs(path, known, want, memory);
  });

const readArrays: ReadShards = async (path, want, memory) => {
  const files = await folderEntries(path);
  const archives = files.filter(({ name }) => /^[^.].*\.npz$/.test(name));
  const arrays = arrayEntries(files);
  const [archive, other] = archives;
  if (arrays.length > 0 || archive === undefined)
    return await readPairs(path, arrays, want, memory);
  if (other === undefined) return await readArchive(archive.file, want, memory);
  const names = archives.map(({ name }) => name).join(', ');
  throw malformed(path, `contains several .npz files: ${names}.`, 'Name one of them.');
};

export const numpyReaders = { file: readArchive, folder: readArrays } satisfies FormatReaders;

function arrayEntries(entries: readonly FileEntry[]): readonly ArrayEntry[] {
  return entries
    .filter(({ name }) => /(?:^|\/)[^./][^/]*\.npy$/.test(name) && !name.startsWith('__MACOSX/'))
    .map((entry) => {
      // An archive of a folder has the folder in its names.
      const name = basename(entry.name, '.npy');
      return { ...entry, array: { file: entry.file, name, saveAs: entry.name, arrays: null } };
    });
}

async function readPairs(
  path: string,
  entries: readonly ArrayEntry[],
  want: WantShard,
  memory: PixelMemory,
): Promise<FoundShards> {
  const pairs = pairUp(path, entries);
  const labels = new Map<string, readonly number[]>();
  let largest = 1;
  // Labels of unwanted shards are read too: all shards have the same number of classes.
  for (const { name, labels: entry } of pairs) {
    const { array, file } = entry;
    const values = await read(entry, npyLabels(array, await entry.size()));
    refuseLabels(file, values, 256, undefined, classNumbersFix(array));
    labels.set(name, values);
    largest = values.reduce((most, label) => Math.max(most, label), largest);
  }
  const classes = largest + 1;
  const classNames = await readClassNames(entries, classes);
  const shards: Shard[] = [];
  for (const { name, images: entry, labels: labelsEntry } of pairs) {
    if (!want(name)) continue;
    const sink = npyImages(entry.array, await entry.size(), memory);
    const { count, ...images } = await read(entry, sink);
    const values = Uint8Array.from(labels.get(name) ?? []);
    if (values.length !== count) {
      throw malformed(
        labelsEntry.file,
        `has ${values.length} labels for the ${count} images of ${entry.array.name}.`,
        'Save one label for each image, in the same order.',
      );
    }
    shards.push({ name, ...images, labels: values, classes, pixelMax: 255, classNames });
  }
  return { names: pairs.map(({ name }) => name), shards, official: null };
}

/** Names of the classes by index; null if the files have none. */
async function readClassNames(
  entries: readonly ArrayEntry[],
  classes: number,
): Promise<readonly string[] | null> {
  const entry = classNameArrays
    .map((name) => entries.find(({ array }) => array.name === name))
    .find((found) => found !== undefined);
  if (entry === undefined) return null;
  const names = await read(entry, npyTexts(entry.array, await entry.size()));
  // `classes` may also be something else, such as the name of each record's class.
  if (names === null || new Set(names).size < names.length) return null;
  if (names.length >= classes) return names.slice(0, classes);
  throw malformed(
    entry.file,
    `has ${names.length} names, but the largest label is ${classes - 1}.`,
    'Give one name for each class, in the order of the labels from 0.',
  );
}

async function read<Value>(entry: FileEntry, sink: ParserSink<Value>): Promise<Value> {
  await entry.stream(sink);
  return sink.value();
}

/** Returns the images and labels of each shard, sorted by its name. */
function pairUp(path: string, arrays: readonly ArrayEntry[]) {
  const images = byShard(path, arrays, imageWords);
  const labels = byShard(path, arrays, labelWords);
  const pairs = [...images].flatMap(([name, entry]) => {
    const matching = labels.get(name);
    return matching === undefined ? [] : [{ name, images: entry, labels: matching }];
  });
  if (pairs.length > 0) return pairs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const names = arrays.map(({ array }) => array.name).join(', ');
  const shown = names === '' ? 'none' : names.slice(0, 200);
  throw malformed(path, `contains no images with labels; its arrays are: ${shown}.`, help);
}

function byShard(
  path: string,
  arrays: readonly ArrayEntry[],
  words: string,
): ReadonlyMap<string, ArrayEntry> {
  const first = new RegExp(`^(?:${words})(?:[_-](?<shard>.+))?$`, 'i');
  const last = new RegExp(`^(?<shard>.+)[_-](?:${words})$`, 'i');
  const shards = new Map<string, ArrayEntry>();
  for (const entry of arrays) {
    const { name } = entry.array;
    const match = first.exec(name) ?? last.exec(name);
    if (match === null) continue;
    const shard = match.groups?.['shard'] ?? nameless;
    const other = shards.get(shard);
    if (other !== undefined) {
      const problem = `contains both ${other.array.name} and ${name} for the shard ${shard}.`;
      throw malformed(path, problem, help);
    }
    shards.set(shard, entry);
  }
  return shards;
}

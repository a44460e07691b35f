/**
 * IDX, the format of MNIST, plain or gzipped: a big-endian header (two zero bytes, the type 8 = unsigned
 * byte, the number of dimensions, each dimension in four bytes), then the bytes. A shard is two files:
 * images (N, H, W) and labels (N).
 *
 * Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database", file formats.
 */
import { join } from 'node:path';
import { ParserSink } from '../bytes/byte-parser.ts';
import { fileSize, filesIn, foldersIn, pathKind } from '../bytes/disk.ts';
import { packingOf, streamFile } from '../bytes/file-stream.ts';
import { malformed } from '../bytes/malformed.ts';
import type { PixelMemory } from '../bytes/pixel-memory.ts';
import type { Shard } from '../shards/shard.ts';
import type { FormatReaders, ReadShards } from '../shards/shard-source.ts';

/** Classes of the digits, and fewest classes: files with labels below 10 always had ten. */
const classesMin = 10;
/** Highest compression ratio of Deflate: a header that announces more bytes is refused before memory is allocated. */
const deflateRatioMax = 1032;

/**
 * File names: `train-images-idx3-ubyte`, with `t10k` or `test` for the test images, a dot before `idx3` (as
 * unpacking programs write), a prefix of the data set (EMNIST), and `.gz`.
 */
export const idxFileName =
  /^(?<prefix>(?:[\w.-]+[-_])?)(?<part>train|t10k|test)[-_.](?<what>images|labels)[-_.]idx[13][-_.]ubyte(?:\.gz)?$/i;
/** Names that a user may take for those above. */
const similarName = /idx\d|ubyte|mnist/i;
const namesHelp =
  'Name them train-images-idx3-ubyte and train-labels-idx1-ubyte, and t10k-… for the test images; with .gz if they are packed.';

interface IdxFile {
  readonly path: string;
  readonly prefix: string;
  readonly shard: 'train' | 'test';
  readonly what: 'images' | 'labels';
}

type IdxPair = { readonly name: string } & Readonly<Record<IdxFile['what'], string>>;

export const idxReaders = {
  folder: async (path, want, memory) => await readFolder(path, want, memory),
  files: async (path) => (await idxFiles((await findIdxFolder(path)) ?? path)).map((f) => f.path),
} satisfies FormatReaders;

/** The folder itself, or the folder `raw` that torchvision makes in it; null without IDX files. */
export async function findIdxFolder(path: string): Promise<string | null> {
  if ((await idxFiles(path)).length > 0) return path;
  const names = await foldersIn(path);
  const below = names.includes('raw') ? [join(path, 'raw')] : await rawFolders(path, names);
  const found: string[] = [];
  for (const folder of below) if ((await idxFiles(folder)).length > 0) found.push(folder);
  if (found.length < 2) return found[0] ?? null;
  throw malformed(
    path,
    `contains several data sets: ${found.join(', ')}.`,
    'Name the folder of one of them.',
  );
}

async function rawFolders(path: string, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    const folder = join(path, name);
    if ((await pathKind(join(folder, 'raw'))) === 'folder') found.push(join(folder, 'raw'));
  }
  return found;
}

/** A sentence about files whose names are nearly right; empty if there are none. */
export function similarIdxNames(names: readonly string[]): string {
  const similar = names.filter((name) => similarName.test(name));
  if (similar.length === 0) return '';
  return ` ${similar.slice(0, 3).join(', ')} ${similar.length === 1 ? 'has a name' : 'have names'} unlike those of IDX files. ${namesHelp}`;
}

const readFolder: ReadShards = async (path, want, memory) => {
  const folder = (await findIdxFolder(path)) ?? path;
  const pairs = pairUp(path, await idxFiles(folder), await filesIn(path));
  const labels = new Map<string, Uint8Array>();
  // Labels of unwanted shards are read too: all shards have the same classes.
  for (const pair of pairs) labels.set(pair.name, (await readIdx(pair.labels, 1, null)).values);
  const { first, classes, classNames } = labelRange([...labels.values()]);
  const shards: Shard[] = [];
  for (const pair of pairs) {
    if (!want(pair.name)) continue;
    const images = await readIdx(pair.images, 3, memory);
    const [count = 0, height = 0, width = 0] = images.dimensions;
    const values = labels.get(pair.name) ?? new Uint8Array();
    if (values.length !== count) {
      const problem = `has ${values.length} labels for the ${count} images of ${pair.images}.`;
      throw malformed(pair.labels, problem);
    }
    const size = { channels: 1, height, width, classes, pixelMax: 255, classNames };
    const numbers = values.map((label) => label - first);
    shards.push({ name: pair.name, pixels: images.values, labels: numbers, ...size });
  }
  return { names: pairs.map(({ name }) => name), shards, official: null };
};

async function idxFiles(folder: string): Promise<readonly IdxFile[]> {
  return (await filesIn(folder)).flatMap((name) => {
    const { prefix, part, what } = idxFileName.exec(name)?.groups ?? {};
    if (prefix === undefined || part === undefined || what === undefined) return [];
    return {
      path: join(folder, name),
      prefix: prefix.slice(0, -1),
      shard: part.toLowerCase() === 'train' ? 'train' : 'test',
      what: what.toLowerCase() === 'images' ? 'images' : 'labels',
    };
  });
}

/** @param names of all files in the folder, for the message */
function pairUp(path: string, files: readonly IdxFile[], names: readonly string[]): IdxPair[] {
  const prefixes = [...new Set(files.map(({ prefix }) => prefix))];
  if (prefixes.length > 1)
    throw malformed(
      path,
      `contains files of several data sets: ${prefixes.map((prefix) => prefix || 'train-…').join(', ')}.`,
      'Move the files of one of them to a folder of their own.',
    );
  const pairs = (['train', 'test'] as const).flatMap((name) => {
    const find = (what: IdxFile['what']): string | undefined =>
      files.find((file) => file.shard === name && file.what === what)?.path;
    const [images, labels] = [find('images'), find('labels')];
    if (images !== undefined && labels !== undefined) return [{ name, images, labels }];
    return [];
  });
  if (pairs.length > 0) return pairs;
  const [single] = files;
  if (single !== undefined) {
    const missing = single.what === 'images' ? 'labels' : 'images';
    throw malformed(single.path, `has no file of ${missing} next to it.`, namesHelp);
  }
  throw malformed(path, `contains no IDX files.${similarIdxNames(names)}`, namesHelp);
}

/** Labels are 0, 1, 2 and so on; those of EMNIST's letters are 1 to 26. */
function labelRange(all: readonly Uint8Array[]) {
  let [first, last] = [255, 0];
  for (const label of all.flatMap((labels) => [...new Set(labels)])) {
    first = Math.min(first, label);
    last = Math.max(last, label);
  }
  if (first === 0 || last < classesMin)
    return { first: 0, classes: Math.max(classesMin, last + 1), classNames: null };
  const classes = last - first + 1;
  return {
    first,
    classes,
    classNames: Array.from({ length: classes }, (_, i) => String(first + i)),
  };
}

const typeNames: Readonly<Record<number, string>> = {
  0x09: 'int8',
  0x0b: 'int16',
  0x0c: 'int32',
  0x0d: 'float32',
  0x0e: 'float64',
};

/** What is wrong with the first four bytes. */
function headerProblem(magic: number, count: number): string {
  const type = typeNames[magic >> 8];
  const dimensions = magic & 0xff;
  if (type !== undefined) return `has numbers of type ${type}; only unsigned bytes are read.`;
  if (magic >> 8 === 0x08)
    return `has ${dimensions} dimensions; ${count === 1 ? 'labels have 1' : 'images have 3'}.`;
  return `is not an IDX file of unsigned bytes in ${count} dimensions.`;
}

/** @param memory receives the values if they are pixels */
async function readIdx(path: string, count: number, memory: PixelMemory | null) {
  const size = await fileSize(path);
  const packing = await packingOf(path);
  const bytesMax = packing === 'gzip' ? size * deflateRatioMax : size;
  const sink = new ParserSink(path, function* () {
    const header = yield 4 + 4 * count;
    const view = new DataView(header.buffer, header.byteOffset, header.length);
    const magic = view.getUint32(0);
    if (magic !== 0x0800 + count) throw malformed(path, headerProblem(magic, count));
    const dimensions = Array.from({ length: count }, (_, i) => view.getUint32(4 + 4 * i));
    const bytes = dimensions.reduce((product, dimension) => product * dimension, 1);
    const expected = header.length + bytes;
    if (bytes < 1 || expected > bytesMax) {
      throw malformed(
        path,
        `has a header for ${dimensions.join('×')} values, ${expected} bytes with the header, but contains at most ${bytesMax}: it was cut off or damaged.`,
      );
    }
    const values = memory?.take(bytes) ?? new Uint8Array(bytes);
    yield values;
    return { dimensions, values };
  });
  await streamFile(path, packing, sink);
  return sink.value();
}

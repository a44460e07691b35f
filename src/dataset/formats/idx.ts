/**
 * IDX, the format of MNIST, plain or gzipped: a big-endian header (two zero bytes, the type 8 = unsigned
 * byte, the number of dimensions, each dimension in four bytes), then the bytes. A shard is two files:
 * images (N, H, W) and labels (N).
 *
 * Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database", file formats.
 */
import { join } from 'node:path';
import { ParserSink } from '../bytes/byte-parser.ts';
import { fileSize, filesIn } from '../bytes/disk.ts';
import { streamFile } from '../bytes/file-stream.ts';
import { malformed } from '../bytes/malformed.ts';
import type { PixelMemory } from '../bytes/pixel-memory.ts';
import { refuseLabels, type Shard } from '../shards/shard.ts';
import type { ReadShards } from '../shards/shard-source.ts';

const classes = 10;
/** Highest compression ratio of Deflate: a header that announces more bytes is refused before memory is allocated. */
const deflateRatioMax = 1032;

/** File names of the official release by shard. */
const prefixes: Readonly<Record<string, string>> = { train: 'train', test: 't10k' };

export const readIdxFolder: ReadShards = async (path, want, memory) => {
  const entries = await filesIn(path);
  const find = (stem: string): string | undefined =>
    [stem, `${stem}.gz`].find((file) => entries.includes(file));
  const names: string[] = [];
  const shards: Shard[] = [];
  for (const [name, prefix] of Object.entries(prefixes)) {
    const images = find(`${prefix}-images-idx3-ubyte`);
    const labels = find(`${prefix}-labels-idx1-ubyte`);
    if (images === undefined || labels === undefined) continue;
    names.push(name);
    if (!want(name)) continue;
    const arrays = await readPair(join(path, images), join(path, labels), memory);
    shards.push({ name, ...arrays, classNames: null });
  }
  return { names, shards, official: null };
};

async function readPair(
  imagesPath: string,
  labelsPath: string,
  memory: PixelMemory,
): Promise<Omit<Shard, 'name' | 'classNames'>> {
  const images = await readIdx(imagesPath, 3, memory);
  const { values: labels } = await readIdx(labelsPath, 1, null);
  const [count = 0, height = 0, width = 0] = images.dimensions;
  if (labels.length !== count) {
    const problem = `has ${labels.length} labels for the ${count} images of ${imagesPath}.`;
    throw malformed(labelsPath, problem);
  }
  refuseLabels(labelsPath, labels, classes, (record) => 8 + record);
  return { pixels: images.values, labels, channels: 1, height, width, classes, pixelMax: 255 };
}

/** @param memory receives the values if they are pixels */
async function readIdx(path: string, count: number, memory: PixelMemory | null) {
  const size = await fileSize(path);
  const isPacked = path.endsWith('.gz');
  const bytesMax = isPacked ? size * deflateRatioMax : size;
  const sink = new ParserSink(path, function* () {
    const header = yield 4 + 4 * count;
    const view = new DataView(header.buffer, header.byteOffset, header.length);
    if (view.getUint32(0) !== 0x0800 + count) {
      throw malformed(path, `is not an IDX file of unsigned bytes in ${count} dimensions.`);
    }
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
  await streamFile(path, isPacked ? 'gzip' : 'plain', sink);
  return sink.value();
}

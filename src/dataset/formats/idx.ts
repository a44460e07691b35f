/**
 * IDX, the format of MNIST and its kin, plain or gzipped: a big-endian header (two zero bytes, the type
 * 8 = unsigned byte, the number of dimensions, each dimension in four bytes), then the bytes.
 * A part is two files: images (N, H, W) and labels (N).
 *
 * Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database", file formats.
 */
import { join } from 'node:path';
import { ParserSink, type ByteParser } from '../bytes/byte-parser.ts';
import { filesIn, sizeOf } from '../bytes/disk.ts';
import { streamFile, streamGzip } from '../bytes/file-stream.ts';
import { malformed } from '../bytes/malformed.ts';
import type { Part } from '../shards/shard.ts';
import type { PixelMemory } from '../shards/pixel-memory.ts';
import type { FoundParts, WantPart } from '../shards/shard-source.ts';

const classes = 10;
/** Deflate cannot do better: what claims to unpack to more is not allocated. */
const deflateRatioMax = 1032;

/** The part's name in the file names. */
const prefixes: Readonly<Record<string, string>> = { train: 'train', test: 't10k' };

/** Reads `train` and `test` from files called as in the official release. */
export async function readIdxFolder(
  path: string,
  want: WantPart,
  memory: PixelMemory,
  classNames: readonly string[] | null = null,
): Promise<FoundParts> {
  const entries = new Set(await filesIn(path));
  const names: string[] = [];
  const parts: Part[] = [];
  for (const [name, prefix] of Object.entries(prefixes)) {
    const images = fileOf(entries, `${prefix}-images-idx3-ubyte`);
    const labels = fileOf(entries, `${prefix}-labels-idx1-ubyte`);
    if (images === null || labels === null) continue;
    names.push(name);
    if (!want(name)) continue;
    parts.push(await readPart(name, join(path, images), join(path, labels), memory, classNames));
  }
  return { names, parts, official: null };
}

function fileOf(entries: ReadonlySet<string>, stem: string): string | null {
  return [stem, `${stem}.gz`].find((file) => entries.has(file)) ?? null;
}

async function readPart(
  name: string,
  imagesPath: string,
  labelsPath: string,
  memory: PixelMemory,
  classNames: readonly string[] | null,
): Promise<Part> {
  const images = await readIdx(imagesPath, 3, memory);
  const labels = await readIdx(labelsPath, 1, null);
  const [count = 0, height = 0, width = 0] = images.dimensions;
  if (labels.values.length !== count) {
    throw malformed(
      labelsPath,
      `has ${labels.values.length} labels for the ${count} images of ${imagesPath}.`,
    );
  }
  labels.values.forEach((label, record) => {
    if (label >= classes) {
      throw malformed(
        labelsPath,
        `has label ${label} in record ${record}, at byte ${8 + record}: labels are 0 to ${classes - 1}.`,
      );
    }
  });
  const shape = { channels: 1, height, width, classes, pixelMax: 255 };
  return { name, pixels: images.values, labels: labels.values, ...shape, classNames };
}

interface IdxArray {
  readonly dimensions: readonly number[];
  readonly values: Uint8Array;
}

async function readIdx(
  path: string,
  dimensions: number,
  memory: PixelMemory | null,
): Promise<IdxArray> {
  const size = await sizeOf(path);
  const isPacked = path.endsWith('.gz');
  const bytesMax = isPacked ? size * deflateRatioMax : size;
  const sink = new ParserSink(path, () => parseIdx(path, dimensions, bytesMax, memory));
  if (isPacked) await streamGzip(path, sink);
  else await streamFile(path, sink);
  return sink.value();
}

/**
 * @param bytesMax what the file can hold at the most
 * @param memory for values that are pixels
 */
function* parseIdx(
  file: string,
  count: number,
  bytesMax: number,
  memory: PixelMemory | null,
): ByteParser<IdxArray> {
  const header = yield 4 + 4 * count;
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  if (view.getUint32(0) !== 0x0800 + count) {
    throw malformed(
      file,
      `does not start as an IDX file of unsigned bytes in ${count} dimensions.`,
    );
  }
  const dimensions = Array.from({ length: count }, (_, i) => view.getUint32(4 + 4 * i));
  const bytes = dimensions.reduce((product, dimension) => product * dimension, 1);
  const expected = header.length + bytes;
  if (bytes < 1 || expected > bytesMax) {
    throw malformed(
      file,
      `says that it has ${dimensions.join('×')} values, ${expected} bytes with its header, but holds ${bytesMax} at the most: it was cut off or damaged.`,
    );
  }
  const values = memory?.take(bytes) ?? new Uint8Array(bytes);
  yield values;
  return { dimensions, values };
}

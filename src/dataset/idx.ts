/**
 * IDX, the format of MNIST and its kin, plain or gzipped: a big-endian header (two zero bytes, the type
 * 8 = unsigned byte, the number of dimensions, each dimension in four bytes), then the bytes.
 * A part is two files: images (N, H, W) and labels (N).
 *
 * Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database", file formats.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { streamFile, streamGzip } from './file-stream.ts';
import { malformed } from './malformed.ts';
import type { Part } from './part.ts';
import type { PixelMemory } from './pixel-memory.ts';
import type { FoundParts, WantPart } from './part-source.ts';
import type { FileSink } from './tar.ts';

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
  const entries = new Set(await readdir(path));
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

async function readIdx(
  path: string,
  dimensions: number,
  memory: PixelMemory | null,
): Promise<IdxFile> {
  const { size } = await stat(path);
  const isPacked = path.endsWith('.gz');
  const file = new IdxFile(path, dimensions, isPacked ? size * deflateRatioMax : size, memory);
  if (isPacked) await streamGzip(path, file);
  else await streamFile(path, file);
  return file;
}

/** One IDX file on its way in. */
class IdxFile implements FileSink {
  readonly #file: string;
  readonly #memory: PixelMemory | null;
  readonly #header: Uint8Array;
  readonly #bytesMax: number;
  #bytes = 0;
  dimensions: readonly number[] = [];
  values: Uint8Array = new Uint8Array();

  /**
   * @param bytesMax what the file can hold at the most
   * @param memory for values that are pixels
   */
  constructor(file: string, dimensions: number, bytesMax: number, memory: PixelMemory | null) {
    this.#file = file;
    this.#bytesMax = bytesMax;
    this.#memory = memory;
    this.#header = new Uint8Array(4 + 4 * dimensions);
  }

  write(chunk: Uint8Array): void {
    const header = this.#header;
    let rest = chunk;
    if (this.#bytes < header.length) {
      const taken = rest.subarray(0, header.length - this.#bytes);
      header.set(taken, this.#bytes);
      this.#bytes += taken.length;
      rest = rest.subarray(taken.length);
      if (this.#bytes === header.length) this.#allocate();
    }
    if (rest.length === 0) return;
    const at = this.#bytes - header.length;
    if (at + rest.length > this.values.length) {
      throw malformed(
        this.#file,
        `is longer than the ${header.length + this.values.length} bytes that its header says.`,
      );
    }
    this.values.set(rest, at);
    this.#bytes += rest.length;
  }

  end(): void {
    const expected = this.#header.length + this.values.length;
    if (this.#bytes !== expected || this.dimensions.length === 0) {
      throw malformed(this.#file, `is cut off after ${this.#bytes} of ${expected} bytes.`);
    }
  }

  #allocate(): void {
    const view = new DataView(this.#header.buffer);
    const count = this.#header.length / 4 - 1;
    if (view.getUint32(0) !== 0x0800 + count) {
      throw malformed(
        this.#file,
        `does not start as an IDX file of unsigned bytes in ${count} dimensions.`,
      );
    }
    this.dimensions = Array.from({ length: count }, (_, i) => view.getUint32(4 + 4 * i));
    const values = this.dimensions.reduce((product, dimension) => product * dimension, 1);
    const expected = this.#header.length + values;
    if (values < 1 || expected > this.#bytesMax) {
      throw malformed(
        this.#file,
        `says that it has ${this.dimensions.join('×')} values, ${expected} bytes with its header, but holds ${this.#bytesMax} at the most: it was cut off or damaged.`,
      );
    }
    this.values = this.#memory?.take(values) ?? new Uint8Array(values);
  }
}

/**
 * Makes of a data set's parts what `trainer` needs (`study/images.ts` declares the same shape): one
 * array of pixels in shared memory, and the records of each split as rows of it.
 *
 * Parts that were read into one memory stay where they are: nothing is copied, whatever lies between
 * them or in which order they came. Parts from elsewhere are put next to each other.
 */
import { assert } from '../../base/assert.ts';
import { RidgelineError } from '../../base/errors.ts';
import type { DatasetReference } from '../../study/spec/dataset-reference.ts';
import { imageBytesOf, type Part } from '../shards/shard.ts';
import { PixelMemory } from '../shards/pixel-memory.ts';
import { drawSplits } from './splits.ts';

interface AssembledImages {
  /** (N, C, H, W), a view of shared memory. */
  readonly pixels: Uint8Array;
  /** (N), a view of shared memory. */
  readonly labels: Uint8Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  readonly pixelMax: number;
}

interface AssembledSplit {
  readonly images: AssembledImages;
  readonly records: Uint32Array;
}

export interface AssembledData {
  readonly train: AssembledSplit;
  readonly validation: AssembledSplit;
  readonly test: AssembledSplit | null;
}

/**
 * @param parts those of the reference, in its order
 * @throws RidgelineError DATASET_INVALID when they are not
 */
export function assembleData(reference: DatasetReference, parts: readonly Part[]): AssembledData {
  const shape = refuseMisfits(reference, parts);
  const placed = isOneMemory(parts) ? parts : moved(parts);
  const { images, rows } = lookOver(placed, shape);
  const labels = Uint8Array.from(rows, (row) => images.labels[row]!);
  const splits = drawSplits(reference, labels);
  const split = (records: Uint32Array): AssembledSplit => ({
    images,
    records: records.map((record) => rows[record]!),
  });
  return {
    train: split(splits.train),
    validation: split(splits.validation),
    test: splits.test === null ? null : split(splits.test),
  };
}

function refuseMisfits(reference: DatasetReference, parts: readonly Part[]): Part {
  for (const [index, part] of parts.entries()) {
    const expected = reference.parts[index];
    if (expected?.name === part.name && expected.count === part.labels.length) continue;
    const wanted = expected === undefined ? 'no more' : `${expected.name} of ${expected.count}`;
    throw mismatch(`part ${part.name} has ${part.labels.length} records, expected is ${wanted}`);
  }
  const [first] = parts;
  if (first === undefined || parts.length < reference.parts.length) {
    throw mismatch(`${parts.length} of ${reference.parts.length} parts are there`);
  }
  for (const part of parts) {
    for (const field of ['channels', 'height', 'width', 'classes', 'pixelMax'] as const) {
      if (first[field] === part[field]) continue;
      throw mismatch(`part ${part.name} has ${field} ${part[field]}, others ${first[field]}`);
    }
  }
  return first;
}

/** Whether all lie in one shared memory, whole images apart. */
function isOneMemory(parts: readonly Part[]): boolean {
  const [first] = parts;
  assert(first !== undefined, 'a data set has parts');
  const { buffer, byteOffset } = first.pixels;
  const bytes = imageBytesOf(first);
  return (
    buffer instanceof SharedArrayBuffer &&
    parts.every(
      ({ pixels }) => pixels.buffer === buffer && (pixels.byteOffset - byteOffset) % bytes === 0,
    )
  );
}

function moved(parts: readonly Part[]): readonly Part[] {
  const memory = new PixelMemory();
  return parts.map((part) => {
    const pixels = memory.take(part.pixels.length);
    pixels.set(part.pixels);
    return { ...part, pixels };
  });
}

/** All parts as one array of images, and the row of each record: records are numbered part after part. */
function lookOver(
  parts: readonly Part[],
  { channels, height, width, classes, pixelMax }: Part,
): { readonly images: AssembledImages; readonly rows: Uint32Array } {
  const shape = { channels, height, width, classes, pixelMax };
  const bytes = imageBytesOf(shape);
  const start = Math.min(...parts.map(({ pixels }) => pixels.byteOffset));
  const end = Math.max(...parts.map(({ pixels }) => pixels.byteOffset + pixels.length));
  const labels = new Uint8Array(new SharedArrayBuffer((end - start) / bytes));
  const rows = new Uint32Array(parts.reduce((sum, part) => sum + part.labels.length, 0));
  let record = 0;
  for (const part of parts) {
    const firstRow = (part.pixels.byteOffset - start) / bytes;
    labels.set(part.labels, firstRow);
    for (let i = 0; i < part.labels.length; i++) rows[record++] = firstRow + i;
  }
  const pixels = new Uint8Array(parts[0]!.pixels.buffer, start, end - start);
  return { images: { pixels, labels, ...shape }, rows };
}

function mismatch(problem: string): RidgelineError {
  return new RidgelineError(
    'DATASET_INVALID',
    `The parts do not fit the data set's description: ${problem}.`,
    'Check the data set with `ridgeline data info` where the study was started.',
  );
}

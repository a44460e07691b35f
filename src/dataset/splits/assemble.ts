/**
 * Assembly: combines the shards of a data set into what a trainer reads: one array of images in shared
 * memory, and the rows of each split.
 *
 * Shards that were read into one memory stay in place, in any order. Other shards are copied.
 */
import { sha256 } from '../../base/digest.ts';
import { RidgelineError } from '../../base/errors.ts';
import type { Images, Split, TrainingData } from '../../study/images.ts';
import { datasetKey, type DatasetReference } from '../../study/spec/dataset-reference.ts';
import { PixelMemory } from '../bytes/pixel-memory.ts';
import { bytesPerImage, type Shard } from '../shards/shard.ts';
import { drawSplits } from './splits.ts';

/**
 * @param shards those of the reference, in its order
 * @throws RidgelineError DATASET_INVALID for other shards
 */
export function assembleData(reference: DatasetReference, shards: readonly Shard[]): TrainingData {
  const first = refuseMisfits(reference, shards);
  const { images, rows } = combine(isOneMemory(shards, first) ? shards : copied(shards), first);
  const labels = Uint8Array.from(rows, (row) => images.labels[row]!);
  const splits = drawSplits(reference, labels);
  const split = (records: Uint32Array): Split => ({
    images,
    records: records.map((record) => rows[record]!),
  });
  return {
    train: { ...split(splits.train), key: trainKey(reference) },
    validation: split(splits.validation),
    test: splits.test === null ? null : split(splits.test),
  };
}

/** Equal with and without the test shards, if the training split consists of whole shards. */
function trainKey(reference: DatasetReference): string {
  const { train, shards } = reference;
  if ('count' in train) return datasetKey(reference);
  return sha256(
    JSON.stringify(train.map((name) => shards.find((shard) => shard.name === name)?.digest)),
  );
}

/** Returns the first shard. */
function refuseMisfits(reference: DatasetReference, shards: readonly Shard[]): Shard {
  for (const [index, shard] of shards.entries()) {
    const expected = reference.shards[index];
    if (expected?.name === shard.name && expected.count === shard.labels.length) continue;
    const wanted =
      expected === undefined ? 'no further shard' : `${expected.name} with ${expected.count}`;
    throw mismatch(`shard ${shard.name} has ${shard.labels.length} records, expected ${wanted}`);
  }
  const [first] = shards;
  if (first === undefined || shards.length < reference.shards.length) {
    throw mismatch(`${shards.length} of ${reference.shards.length} shards are present`);
  }
  for (const shard of shards) {
    for (const field of ['channels', 'height', 'width', 'classes', 'pixelMax'] as const) {
      if (first[field] === shard[field]) continue;
      throw mismatch(`shard ${shard.name} has ${field} ${shard[field]}, others ${first[field]}`);
    }
  }
  return first;
}

/** Whether all pixels are in one shared memory, at distances of whole images. */
function isOneMemory(shards: readonly Shard[], first: Shard): boolean {
  const { buffer, byteOffset } = first.pixels;
  const bytes = bytesPerImage(first);
  return (
    buffer instanceof SharedArrayBuffer &&
    shards.every(
      ({ pixels }) => pixels.buffer === buffer && (pixels.byteOffset - byteOffset) % bytes === 0,
    )
  );
}

function copied(shards: readonly Shard[]): readonly Shard[] {
  const memory = new PixelMemory(shards.reduce((sum, { pixels }) => sum + pixels.length, 0));
  return shards.map((shard) => {
    const pixels = memory.take(shard.pixels.length);
    pixels.set(shard.pixels);
    return { ...shard, pixels };
  });
}

/** Returns all shards as one array of images, and the row of each record. Records are numbered shard after shard. */
function combine(
  shards: readonly Shard[],
  { channels, height, width, classes, pixelMax }: Shard,
): { readonly images: Images; readonly rows: Uint32Array } {
  const shape = { channels, height, width, classes, pixelMax };
  const bytes = bytesPerImage(shape);
  const start = Math.min(...shards.map(({ pixels }) => pixels.byteOffset));
  const end = Math.max(...shards.map(({ pixels }) => pixels.byteOffset + pixels.length));
  const labels = new Uint8Array(new SharedArrayBuffer((end - start) / bytes));
  const rows = new Uint32Array(shards.reduce((sum, shard) => sum + shard.labels.length, 0));
  let record = 0;
  for (const shard of shards) {
    const firstRow = (shard.pixels.byteOffset - start) / bytes;
    labels.set(shard.labels, firstRow);
    for (let i = 0; i < shard.labels.length; i++) rows[record++] = firstRow + i;
  }
  const pixels = new Uint8Array(shards[0]!.pixels.buffer, start, end - start);
  return { images: { pixels, labels, ...shape }, rows };
}

function mismatch(problem: string): RidgelineError {
  return new RidgelineError(
    'DATASET_INVALID',
    `The shards do not match the data set's description: ${problem}.`,
    'Check the data set with `ridgeline data info` on the machine that started the study.',
  );
}

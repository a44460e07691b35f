/**
 * Puts the parts of a data set next to each other in shared memory: once for all threads of a node.
 * What it gives is what `trainer` needs (`trainer/images.ts` declares the same shape).
 *
 * Parts may be added one at a time, so that never more than one is held beside the shared copy.
 */
import { RidgelineError } from '../base/errors.ts';
import type { DatasetReference } from '../study/dataset-reference.ts';
import { imageBytesOf, type Part } from './part.ts';
import { drawSplits } from './splits.ts';

export interface AssembledImages {
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
export function assembleData(reference: DatasetReference, parts: Iterable<Part>): AssembledData {
  const assembly = new DataAssembly(reference);
  for (const part of parts) assembly.add(part);
  return assembly.finish();
}

export class DataAssembly {
  readonly #reference: DatasetReference;
  #images: AssembledImages | null = null;
  #parts = 0;
  #records = 0;

  constructor(reference: DatasetReference) {
    this.#reference = reference;
  }

  /** Copies the reference's next part; it may be dropped afterwards. */
  add(part: Part): void {
    const expected = this.#reference.parts[this.#parts];
    if (expected?.name !== part.name || expected.count !== part.labels.length) {
      const wanted = expected === undefined ? 'no more' : `${expected.name} of ${expected.count}`;
      throw mismatch(`part ${part.name} has ${part.labels.length} records, expected is ${wanted}`);
    }
    this.#images ??= this.#allocate(part);
    const images = this.#images;
    for (const field of ['channels', 'height', 'width', 'classes', 'pixelMax'] as const) {
      if (images[field] !== part[field]) {
        throw mismatch(`part ${part.name} has ${field} ${part[field]}, others ${images[field]}`);
      }
    }
    images.labels.set(part.labels, this.#records);
    images.pixels.set(part.pixels, this.#records * imageBytesOf(part));
    this.#parts += 1;
    this.#records += part.labels.length;
  }

  finish(): AssembledData {
    const images = this.#images;
    if (images === null || this.#parts < this.#reference.parts.length) {
      throw mismatch(`${this.#parts} of ${this.#reference.parts.length} parts are there`);
    }
    const splits = drawSplits(this.#reference);
    return {
      train: { images, records: splits.train },
      validation: { images, records: splits.validation },
      test: splits.test === null ? null : { images, records: splits.test },
    };
  }

  #allocate(shape: Part): AssembledImages {
    const count = this.#reference.parts.reduce((sum, part) => sum + part.count, 0);
    const { channels, height, width, classes, pixelMax } = shape;
    return {
      pixels: new Uint8Array(new SharedArrayBuffer(count * imageBytesOf(shape))),
      labels: new Uint8Array(new SharedArrayBuffer(count)),
      channels,
      height,
      width,
      classes,
      pixelMax,
    };
  }
}

function mismatch(problem: string): RidgelineError {
  return new RidgelineError(
    'DATASET_INVALID',
    `The parts do not fit the data set's description: ${problem}.`,
    'Check the data set with `ridgeline data info` where the study was started.',
  );
}

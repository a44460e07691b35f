/**
 * CIFAR-10's Python layout, as torchvision and Keras leave it: `cifar-10-batches-py`, one pickled
 * dictionary a part, with `data` of N×3072 bytes in C,H,W order and a list of `labels`.
 *
 * Nothing of a pickle is ever run: `unpickler.ts`.
 * Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Python / Matlab versions".
 */
import { basename } from 'node:path';
import { assert } from '../base/assert.ts';
import { ParserSink } from './byte-parser.ts';
import {
  cifarArchive,
  cifarClassNames,
  cifarFolder,
  cifarImageBytes,
  cifarRecordsMax,
  cifarShape,
  refuseLabel,
  type CifarLayout,
  type PartSink,
} from './cifar.ts';
import { readIntegers } from './integers.ts';
import { malformed } from './malformed.ts';
import type { Part } from './part.ts';
import { isKind, type PickleArray, type PickleValue } from './pickle-values.ts';
import type { PixelMemory } from './pixel-memory.ts';
import { unpickle } from './unpickler.ts';

/** Bytes of text that stand for one byte at the most (protocol 0), and the labels. */
const fileBytesMax = cifarRecordsMax * (cifarImageBytes * 4 + 512);

const layout: CifarLayout = {
  // batches.meta and readme.html lie beside the parts.
  partName: (path) =>
    /^(?<name>[A-Za-z0-9][A-Za-z0-9_-]*)(?:\.pkl|\.pickle)?$/.exec(basename(path))?.groups?.[
      'name'
    ] ?? null,
  open: (file, name, bytes, memory) => new PickledBatch(file, name, bytes, memory),
};

export const readCifarPythonArchive = cifarArchive(layout);
export const readCifarPythonFolder = cifarFolder(layout);

/** One pickled batch on its way in. */
export class PickledBatch implements PartSink {
  readonly #file: string;
  readonly #name: string;
  readonly #memory: PixelMemory;
  readonly #sink: ParserSink;
  #part: Part | null = null;

  constructor(file: string, name: string, bytes: number, memory: PixelMemory) {
    if (bytes > fileBytesMax) {
      throw malformed(
        file,
        `has ${bytes} bytes; a pickled batch of CIFAR-10 has at most ${fileBytesMax}.`,
      );
    }
    this.#file = file;
    this.#name = name;
    this.#memory = memory;
    const onValue = (value: PickleValue): void => {
      this.#part = this.#partOf(value);
    };
    this.#sink = new ParserSink(file, (cursor) =>
      unpickle({ file, bytes, memory, onValue }, cursor),
    );
  }

  write(chunk: Uint8Array): void {
    this.#sink.write(chunk);
  }

  end(): void {
    this.#sink.end();
  }

  part(): Part {
    assert(this.#part !== null, 'a batch is there once its file has ended');
    return this.#part;
  }

  #partOf(value: PickleValue): Part {
    if (!isKind(value, 'dict')) throw this.#refuse('holds something else than a dictionary.');
    const pixels = this.#pixels(value.entries.get('data'));
    const records = pixels.length / cifarImageBytes;
    const labels = this.#labels(value.entries.get('labels'));
    if (labels.length !== records) {
      throw this.#refuse(`has ${labels.length} labels for ${records} images.`);
    }
    labels.forEach((label, record) => refuseLabel(this.#file, record, label, null));
    return {
      name: this.#name,
      pixels,
      labels: Uint8Array.from(labels),
      ...cifarShape,
      classNames: cifarClassNames,
    };
  }

  #pixels(data: PickleValue | undefined): Uint8Array {
    if (!isKind(data, 'array')) throw this.#refuse('has no array called "data".');
    const shape = data.shape.join('×');
    if (data.dtype?.code !== 'u1') {
      throw this.#refuse(
        `has "data" of ${data.dtype?.code ?? 'nothing'}; pixels are u1, one byte.`,
      );
    }
    const [records = 0, ...image] = data.shape;
    if (
      !['3072', '3,32,32'].includes(image.join(',')) ||
      records < 1 ||
      records > cifarRecordsMax
    ) {
      throw this.#refuse(`has "data" of ${shape}; images are N×3072.`);
    }
    if (data.isColumnOrder) {
      throw this.#refuse('has "data" in column order (Fortran); images are read in row order.');
    }
    if (data.data.buffer instanceof SharedArrayBuffer) return data.data;
    // A few images: too short to have gone straight to their place.
    const pixels = this.#memory.take(data.data.length);
    pixels.set(data.data);
    return pixels;
  }

  #labels(value: PickleValue | undefined): readonly number[] {
    if (Array.isArray(value) && value.every((label) => typeof label === 'number')) return value;
    if (isKind(value, 'array')) return this.#labelArray(value);
    throw this.#refuse('has no list of numbers called "labels".');
  }

  #labelArray({ shape, dtype, data }: PickleArray): readonly number[] {
    const labels =
      dtype === null || shape.length !== 1
        ? null
        : readIntegers(data, `${dtype.byteOrder}${dtype.code}`);
    if (labels === null) {
      throw this.#refuse(
        `has "labels" of ${shape.join('×')} ${dtype?.code ?? ''}, no list of whole numbers.`,
      );
    }
    return labels;
  }

  #refuse(problem: string): Error {
    return malformed(this.#file, problem);
  }
}

/**
 * CIFAR-10's binary layout: records of 1 label byte and 3,072 pixel bytes, the red, green and blue
 * planes one after the other, so C,H,W already. Read from the official archive or an unpacked folder.
 *
 * A file's number of records is whatever it holds. Source: https://www.cs.toronto.edu/~kriz/cifar.html
 */
import { basename } from 'node:path';
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
import { malformed } from './malformed.ts';
import type { Part } from './part.ts';
import type { PixelMemory } from './pixel-memory.ts';

const imageBytes = cifarImageBytes;
const recordBytes = 1 + imageBytes;
const fileBytesMax = cifarRecordsMax * recordBytes;

const layout: CifarLayout = {
  partName: (path) =>
    /^(?<name>[A-Za-z0-9][A-Za-z0-9_-]*)\.bin$/.exec(basename(path))?.groups?.['name'] ?? null,
  open: (file, name, bytes, memory) => new CifarFile(file, name, bytes, memory),
};

export const readCifarArchive = cifarArchive(layout);
export const readCifarFolder = cifarFolder(layout);

/** One file on its way in: takes labels and pixels apart as the bytes come. */
export class CifarFile implements PartSink {
  readonly #file: string;
  readonly #name: string;
  readonly #bytes: number;
  readonly #labels: Uint8Array;
  readonly #pixels: Uint8Array;
  #offset = 0;

  /**
   * @param file  what messages call it
   * @param bytes its size, as the folder or archive says
   * @throws RidgelineError DATASET_INVALID
   */
  constructor(file: string, name: string, bytes: number, memory: PixelMemory) {
    const records = Math.floor(bytes / recordBytes);
    const over = bytes % recordBytes;
    if (records === 0 || over > 0) {
      throw malformed(
        file,
        `has ${bytes} bytes: ${records} records of ${recordBytes} bytes and ${over} bytes more, so it was cut off, padded, or is no CIFAR-10 binary file.`,
      );
    }
    if (bytes > fileBytesMax) {
      throw malformed(
        file,
        `has ${bytes} bytes; a file of CIFAR-10 records has at most ${fileBytesMax}.`,
      );
    }
    this.#file = file;
    this.#name = name;
    this.#bytes = bytes;
    this.#labels = new Uint8Array(records);
    this.#pixels = memory.take(records * imageBytes);
  }

  write(chunk: Uint8Array): void {
    if (this.#offset + chunk.length > this.#bytes) {
      throw malformed(this.#file, `grew beyond its ${this.#bytes} bytes while it was read.`);
    }
    for (let at = 0; at < chunk.length;) {
      const record = Math.floor(this.#offset / recordBytes);
      const within = this.#offset % recordBytes;
      if (within === 0) {
        this.#takeLabel(record, chunk[at]!);
        at += 1;
        this.#offset += 1;
      } else {
        const taken = Math.min(chunk.length - at, recordBytes - within);
        this.#pixels.set(chunk.subarray(at, at + taken), record * imageBytes + within - 1);
        at += taken;
        this.#offset += taken;
      }
    }
  }

  end(): void {
    if (this.#offset !== this.#bytes) {
      throw malformed(this.#file, `ends after ${this.#offset} of its ${this.#bytes} bytes.`);
    }
  }

  part(): Part {
    return {
      name: this.#name,
      pixels: this.#pixels,
      labels: this.#labels,
      ...cifarShape,
      classNames: cifarClassNames,
    };
  }

  #takeLabel(record: number, label: number): void {
    refuseLabel(this.#file, record, label, this.#offset);
    this.#labels[record] = label;
  }
}

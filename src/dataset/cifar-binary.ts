/**
 * CIFAR-10's binary layout: records of 1 label byte and 3,072 pixel bytes, the red, green and blue
 * planes one after the other, so C,H,W already. Read from the official archive or an unpacked folder.
 *
 * A file's number of records is whatever it holds. Source: https://www.cs.toronto.edu/~kriz/cifar.html
 */
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { streamFile, streamTarGz } from './file-stream.ts';
import { malformed } from './malformed.ts';
import type { Part } from './part.ts';
import type { PixelMemory } from './pixel-memory.ts';
import type { FoundParts, WantPart } from './part-source.ts';
import type { FileSink } from './tar.ts';

const shape = { channels: 3, height: 32, width: 32, classes: 10, pixelMax: 255 } as const;
const imageBytes = 3072;
const recordBytes = 1 + imageBytes;
/** 200,000 records: more than three times the whole data set. */
const fileBytesMax = 200_000 * recordBytes;

const cifar10ClassNames = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
] as const;

/** SHA-256 of the official release's files. */
const officialFiles: Readonly<Record<string, string>> = {
  data_batch_1: 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5',
  data_batch_2: 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed',
  data_batch_3: 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67',
  data_batch_4: '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48',
  data_batch_5: '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add',
  test_batch: '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b',
};

/** Reads the wanted parts in one pass over the archive. */
export async function readCifarArchive(
  path: string,
  want: WantPart,
  memory: PixelMemory,
): Promise<FoundParts> {
  const files = new Map<string, CifarFile | null>();
  await streamTarGz(path, (member, bytes) => {
    const name = partName(member);
    if (name === null) return null;
    if (files.has(name)) throw malformed(path, `holds ${name}.bin twice.`);
    const file = want(name)
      ? new CifarFile(`${path}, member ${member},`, name, bytes, memory)
      : null;
    files.set(name, file);
    return file;
  });
  return found(files);
}

export async function readCifarFolder(
  path: string,
  want: WantPart,
  memory: PixelMemory,
): Promise<FoundParts> {
  const files = new Map<string, CifarFile | null>();
  for (const entry of (await readdir(path)).toSorted()) {
    const name = partName(entry);
    if (name === null) continue;
    const filePath = join(path, entry);
    const file = want(name)
      ? new CifarFile(filePath, name, (await stat(filePath)).size, memory)
      : null;
    files.set(name, file);
    if (file !== null) await streamFile(filePath, file);
  }
  return found(files);
}

/** `data_batch_1` for any path that ends in `data_batch_1.bin`; null for other files. */
function partName(path: string): string | null {
  return /^(?<name>[A-Za-z0-9][A-Za-z0-9_-]*)\.bin$/.exec(basename(path))?.groups?.['name'] ?? null;
}

function found(files: ReadonlyMap<string, CifarFile | null>): FoundParts {
  const read = [...files.values()].filter((file) => file !== null);
  return {
    names: [...files.keys()].toSorted(),
    parts: read.map((file) => file.part()).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    official: read.every((file) => file.isOfficial()),
  };
}

/** One file on its way in: takes labels and pixels apart as the bytes come. */
export class CifarFile implements FileSink {
  readonly #file: string;
  readonly #name: string;
  readonly #bytes: number;
  readonly #labels: Uint8Array;
  readonly #pixels: Uint8Array;
  readonly #hash = createHash('sha256');
  #offset = 0;
  #sha256 = '';

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
    this.#hash.update(chunk);
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
    this.#sha256 = this.#hash.digest('hex');
  }

  part(): Part {
    return {
      name: this.#name,
      pixels: this.#pixels,
      labels: this.#labels,
      ...shape,
      classNames: cifar10ClassNames,
    };
  }

  isOfficial(): boolean {
    return officialFiles[this.#name] === this.#sha256;
  }

  #takeLabel(record: number, label: number): void {
    if (label >= shape.classes) {
      throw malformed(
        this.#file,
        `has label ${label} in record ${record}, at byte ${this.#offset}: labels are 0 to 9.`,
      );
    }
    this.#labels[record] = label;
  }
}

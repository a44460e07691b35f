/**
 * One array as numpy saves it (`.npy`): a magic word, a Python literal that tells type and shape, the
 * numbers. Images are bytes and are laid down in C,H,W order; labels are whole numbers of any width.
 *
 * Source: numpy's `numpy.lib.format`.
 */
import { ParserSink, type ByteParser } from '../bytes/byte-parser.ts';
import { readIntegers } from '../bytes/integers.ts';
import { malformed } from '../bytes/malformed.ts';
import { imageBytesOf } from '../shards/shard.ts';
import type { PixelMemory } from '../shards/pixel-memory.ts';

interface NpyHeader {
  /** Such as `|u1` or `<i8`. */
  readonly type: string;
  readonly isColumnOrder: boolean;
  readonly shape: readonly number[];
}

interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export interface NpyImages extends ImageShape {
  readonly count: number;
  readonly pixels: Uint8Array;
}

const headerBytesMax = 64 * 1024;
const imageBytesMax = 16 * 1024 * 1024;
const channelsMax = 4;
/** Labels are held as numbers; so many images of 16×16 bytes fill all memory that pixels may have. */
const labelsMax = 2 ** 24;
const magic = '\u0093NUMPY';
const headerPattern =
  /^\{\s*'descr':\s*'(?<type>[^']{1,20})',\s*'fortran_order':\s*(?<order>True|False),\s*'shape':\s*\((?<shape>[\d,\s]*)\),?\s*\}\s*$/;
const typeHelp = 'Save it as uint8, such as `np.save(file, array.astype(np.uint8))`.';

/**
 * Images of N×H×W, N×C×H×W or N×H×W×C bytes.
 *
 * @param bytes the file's size
 * @throws RidgelineError DATASET_INVALID while bytes come
 */
export function npyImages(file: string, bytes: number, memory: PixelMemory): ParserSink<NpyImages> {
  return sinkOf<NpyImages>(file, bytes, function* (header) {
    if (!/^[|<>=]?u1$/.test(header.type)) {
      throw malformed(file, `has numbers of type ${header.type}; pixels are u1 (uint8).`, typeHelp);
    }
    if (header.isColumnOrder) {
      throw malformed(
        file,
        'is in column order (Fortran); images are read in row order.',
        'Save it with `np.save(file, np.ascontiguousarray(array))`.',
      );
    }
    const { shape, isChannelsLast } = imageShape(file, header.shape);
    const count = header.shape[0]!;
    const pixels = memory.take(count * imageBytesOf(shape));
    if (isChannelsLast) yield* transposed(pixels, shape);
    else yield pixels;
    return { count, pixels, ...shape };
  });
}

/** N labels, or N×1; `values` are whole numbers, whatever their range. */
export function npyLabels(file: string, bytes: number): ParserSink<readonly number[]> {
  return sinkOf<readonly number[]>(file, bytes, function* ({ type, shape }) {
    const isList = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
    if (!isList) throw malformed(file, `has the shape ${shape.join('×')}; labels are a list of N.`);
    const width = widthOf(type);
    if (readIntegers(new Uint8Array(), type) === null || width === null) {
      throw malformed(
        file,
        `has numbers of type ${type}; labels are whole numbers.`,
        'Save them as whole numbers, such as `labels.astype(np.uint8)`.',
      );
    }
    const count = shape[0]!;
    if (count > labelsMax) {
      throw malformed(
        file,
        `has ${count} labels; more than ${labelsMax} are not read.`,
        'Save fewer records.',
      );
    }
    const raw = new Uint8Array(count * width);
    yield raw;
    return readIntegers(raw, type) ?? [];
  });
}

/** Reads the header, and checks that as many bytes follow as it says, before anything is allocated. */
function sinkOf<Value>(
  file: string,
  bytes: number,
  body: (header: NpyHeader) => Generator<Uint8Array, Value, Uint8Array>,
): ParserSink<Value> {
  return new ParserSink(file, function* (cursor): ByteParser<Value> {
    const header = yield* readHeader(file);
    const width = widthOf(header.type);
    if (width === null) throw malformed(file, `has values of type ${header.type}, no numbers.`);
    const expected = cursor.offset + header.shape.reduce((product, size) => product * size, width);
    if (expected !== bytes) {
      throw malformed(
        file,
        `has ${bytes} bytes, but an array of ${header.shape.join('×')} ${header.type} makes ${expected}: it was cut off or padded.`,
      );
    }
    return yield* body(header);
  });
}

function* readHeader(file: string): Generator<number, NpyHeader, Uint8Array> {
  const start = Buffer.from(yield 8);
  const major = start[6] ?? 0;
  if (start.toString('latin1', 0, 6) !== magic || major < 1 || major > 3) {
    throw malformed(file, 'does not start as a .npy file of version 1 to 3.');
  }
  const length = (yield major === 1 ? 2 : 4).reduceRight((sum, byte) => sum * 256 + byte, 0);
  if (length > headerBytesMax) throw malformed(file, `has a header of ${length} bytes.`);
  const text = Buffer.from(yield length).toString('latin1');
  const fields = headerPattern.exec(text)?.groups;
  if (fields === undefined) {
    throw malformed(
      file,
      `has a header that describes no plain array: ${JSON.stringify(text.trim().slice(0, 100))}.`,
    );
  }
  const shape = (fields['shape'] ?? '')
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number);
  if (shape.length === 0 || shape.some((size) => !Number.isSafeInteger(size) || size < 1)) {
    throw malformed(file, `has the shape (${fields['shape']}), which holds nothing.`);
  }
  return { type: fields['type'] ?? '', isColumnOrder: fields['order'] === 'True', shape };
}

/** Bytes of one number; null for what is none. */
function widthOf(type: string): number | null {
  const width = /^[|<>=]?[biuf](?<width>1|2|4|8)$/.exec(type)?.groups?.['width'];
  return width === undefined ? null : Number(width);
}

/** Channels stand first or last, wherever a number of them (1, 3 or 4) stands alone. */
function imageShape(
  file: string,
  shape: readonly number[],
): { readonly shape: ImageShape; readonly isChannelsLast: boolean } {
  const [, a = 0, b = 0, c = 0] = shape;
  const text = shape.join('×');
  if (shape.length === 3) return { shape: sized(file, text, 1, a, b), isChannelsLast: false };
  if (shape.length !== 4) {
    throw malformed(
      file,
      `has the shape ${text}; images are N×H×W, N×C×H×W or N×H×W×C.`,
      'Reshape it before it is saved, such as `array.reshape(-1, 3, 32, 32)`.',
    );
  }
  const isChannels = (size: number): boolean => size <= channelsMax && size !== 2;
  if (isChannels(a) === isChannels(c)) {
    throw malformed(
      file,
      `has the shape ${text}, which does not tell whether channels stand first or last.`,
      'Save images of 1, 3 or 4 channels, of more than 4 pixels on each side.',
    );
  }
  return isChannels(a)
    ? { shape: sized(file, text, a, b, c), isChannelsLast: false }
    : { shape: sized(file, text, c, a, b), isChannelsLast: true };
}

function sized(
  file: string,
  text: string,
  channels: number,
  height: number,
  width: number,
): ImageShape {
  const shape = { channels, height, width };
  if (imageBytesOf(shape) <= imageBytesMax) return shape;
  throw malformed(file, `has the shape ${text}: images of more than ${imageBytesMax} bytes.`);
}

/** Fills `pixels` in C,H,W order from images that come in H,W,C order. */
function* transposed(
  pixels: Uint8Array,
  shape: ImageShape,
): Generator<Uint8Array, void, Uint8Array> {
  const { channels } = shape;
  const imageBytes = imageBytesOf(shape);
  const plane = imageBytes / channels;
  const image = new Uint8Array(imageBytes);
  for (let start = 0; start < pixels.length; start += imageBytes) {
    yield image;
    for (let place = 0; place < plane; place++) {
      for (let channel = 0; channel < channels; channel++) {
        pixels[start + channel * plane + place] = image[place * channels + channel]!;
      }
    }
  }
}

/**
 * NPY reader: reads one array as numpy saves it (`.npy`): a magic word, a Python literal with type and
 * shape, and the numbers.
 * Images are bytes and are stored in C,H,W order; labels are whole numbers of any width.
 *
 * Source: numpy's `numpy.lib.format`.
 */
import type { Images } from '../../study/images.ts';
import { ParserSink, type ByteParser } from '../bytes/byte-parser.ts';
import { readIntegers, toUnsigned } from '../bytes/integers.ts';
import { malformed } from '../bytes/malformed.ts';
import type { PixelMemory } from '../bytes/pixel-memory.ts';
import { bytesPerImage } from '../shards/shard.ts';

interface NpyHeader {
  /** Numpy type, such as `|u1` or `<i8`. */
  readonly type: string;
  readonly isColumnOrder: boolean;
  readonly shape: readonly number[];
}

type ImageSize = Pick<Images, 'channels' | 'height' | 'width'>;

const headerBytesMax = 64 * 1024;
const imageBytesMax = 16 * 1024 * 1024;
const channelsMax = 4;
/** Most labels: this many images of 16×16 bytes fill the largest pixel memory. */
const labelsMax = 2 ** 24;
const magic = '\u0093NUMPY';
const headerPattern =
  /^\{\s*'descr':\s*'(?<type>[^']{1,20})',\s*'fortran_order':\s*(?<order>True|False),\s*'shape':\s*\((?<shape>[\d,\s]*)\),?\s*\}\s*$/;

/**
 * Receives images of N×H×W, N×C×H×W or N×H×W×C bytes.
 *
 * @param bytes the file's size
 */
export function npyImages(file: string, bytes: number, memory: PixelMemory) {
  return npySink(file, bytes, function* (header) {
    if (!/^[|<>=]?u1$/.test(header.type)) {
      throw malformed(
        file,
        `has numbers of type ${header.type}; pixels are u1 (uint8).`,
        'Save it as uint8, such as `np.save(file, array.astype(np.uint8))`.',
      );
    }
    if (header.isColumnOrder) {
      throw malformed(
        file,
        'is in column order (Fortran); images are in row order.',
        'Save it with `np.save(file, np.ascontiguousarray(array))`.',
      );
    }
    const { size, isChannelsLast } = imageSize(file, header.shape);
    const count = header.shape[0]!;
    const pixels = memory.take(count * bytesPerImage(size));
    if (isChannelsLast) yield* transposed(pixels, size);
    else yield pixels;
    return { count, pixels, ...size };
  });
}

/** Receives labels of shape N or N×1: whole numbers, not yet checked to be class indices. */
export function npyLabels(file: string, bytes: number): ParserSink<readonly number[]> {
  return npySink(file, bytes, function* ({ type, shape }, width) {
    const isList = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
    if (!isList) throw malformed(file, `has the shape ${shape.join('×')}; labels are a list of N.`);
    if (readIntegers(new Uint8Array(), type) === null) {
      throw malformed(
        file,
        `has numbers of type ${type}; labels are whole numbers.`,
        'Save them as whole numbers, such as `labels.astype(np.uint8)`.',
      );
    }
    const count = shape[0]!;
    if (count > labelsMax) {
      const problem = `has ${count} labels; the limit is ${labelsMax}.`;
      throw malformed(file, problem, 'Save fewer records.');
    }
    const raw = new Uint8Array(count * width);
    yield raw;
    return readIntegers(raw, type) ?? [];
  });
}

/**
 * Reads the header, and checks that the file's size matches it before memory is allocated.
 *
 * @param body reads the numbers, of `width` bytes each
 */
function npySink<Value>(
  file: string,
  bytes: number,
  body: (header: NpyHeader, width: number) => Generator<Uint8Array, Value, Uint8Array>,
): ParserSink<Value> {
  return new ParserSink(file, function* (cursor): ByteParser<Value> {
    const header = yield* readHeader(file);
    const digit = /^[|<>=]?[biuf](?<width>[1248])$/.exec(header.type)?.groups?.['width'];
    if (digit === undefined) {
      throw malformed(file, `has values of type ${header.type}, which are not numbers.`);
    }
    const width = Number(digit);
    const expected = cursor.offset + header.shape.reduce((product, size) => product * size, width);
    if (expected !== bytes) {
      throw malformed(
        file,
        `has ${bytes} bytes, but an array of ${header.shape.join('×')} ${header.type} makes ${expected}: it was cut off or padded.`,
      );
    }
    return yield* body(header, width);
  });
}

function* readHeader(file: string): Generator<number, NpyHeader, Uint8Array> {
  const start = Buffer.from(yield 8);
  const major = start[6] ?? 0;
  if (start.toString('latin1', 0, 6) !== magic || major < 1 || major > 3) {
    throw malformed(file, 'is not a .npy file of version 1 to 3.');
  }
  const length = toUnsigned(yield major === 1 ? 2 : 4);
  if (length > headerBytesMax) {
    throw malformed(file, `has a header of ${length} bytes; the limit is ${headerBytesMax}.`);
  }
  const text = Buffer.from(yield length).toString('latin1');
  const fields = headerPattern.exec(text)?.groups;
  if (fields === undefined) {
    const shown = JSON.stringify(text.trim().slice(0, 100));
    throw malformed(file, `has a header that does not describe a plain array: ${shown}.`);
  }
  const sizes = (fields['shape'] ?? '').split(',').filter((size) => size.trim() !== '');
  const shape = sizes.map(Number);
  if (shape.length === 0 || shape.some((size) => !Number.isSafeInteger(size) || size < 1)) {
    throw malformed(file, `has the shape (${fields['shape']}), which is empty or impossible.`);
  }
  return { type: fields['type'] ?? '', isColumnOrder: fields['order'] === 'True', shape };
}

/** Channels are the first or last axis of an image: the one whose size is 1, 3 or 4. */
function imageSize(
  file: string,
  shape: readonly number[],
): { readonly size: ImageSize; readonly isChannelsLast: boolean } {
  const [, a = 0, b = 0, c = 0] = shape;
  const text = shape.join('×');
  if (shape.length !== 3 && shape.length !== 4) {
    throw malformed(
      file,
      `has the shape ${text}; images are N×H×W, N×C×H×W or N×H×W×C.`,
      'Reshape it before saving, such as `array.reshape(-1, 3, 32, 32)`.',
    );
  }
  const isChannels = (axis: number): boolean => axis <= channelsMax && axis !== 2;
  if (shape.length === 4 && isChannels(a) === isChannels(c)) {
    throw malformed(
      file,
      `has the shape ${text}, which does not show whether channels are first or last.`,
      'Save images of 1, 3 or 4 channels, with more than 4 pixels on each side.',
    );
  }
  const isChannelsLast = shape.length === 4 && isChannels(c);
  const [channels, height, width] =
    shape.length === 3 ? [1, a, b] : isChannelsLast ? [c, a, b] : [a, b, c];
  const size = { channels, height, width };
  if (bytesPerImage(size) > imageBytesMax) {
    throw malformed(file, `has the shape ${text}; the limit is ${imageBytesMax} bytes per image.`);
  }
  return { size, isChannelsLast };
}

/** Fills `pixels` in C,H,W order from images that arrive in H,W,C order. */
function* transposed(pixels: Uint8Array, size: ImageSize): Generator<Uint8Array, void, Uint8Array> {
  const { channels } = size;
  const imageBytes = bytesPerImage(size);
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

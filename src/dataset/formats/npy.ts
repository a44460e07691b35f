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
import {
  classNumbersFix,
  flatImagesFix,
  imageTypeFix,
  oneHotFix,
  saveLine,
  valueRange,
  wholeLabelsFix,
  type SavedArray,
} from './numpy-advice.ts';

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
const textBytesMax = 1024 * 1024;
const skippedBytes = 32 * 1024;
const damagedFix = 'Save the array again with numpy, or copy the whole file again.';
const magic = '\u0093NUMPY';
/** The entries of the header, in any order. Old versions of numpy write sizes as 60L. */
const headerEntries =
  /(?<quote>['"])(?:descr\k<quote>:\s*(?<mark>['"])(?<type>[^'"]{1,20})\k<mark>|fortran_order\k<quote>:\s*(?<order>True|False)|shape\k<quote>:\s*\((?<shape>[\dL,\s]*)\))/g;

/**
 * Receives images of N×H×W, N×C×H×W or N×H×W×C bytes.
 *
 * @param bytes the file's size
 */
export function npyImages(array: SavedArray, bytes: number, memory: PixelMemory) {
  const { file } = array;
  return npySink(array, bytes, function* (header, width, valueBytes) {
    const { type, shape } = header;
    if (width === null) {
      const problem = `has values of type ${type}, which are not numbers.`;
      throw malformed(file, problem, notNumbersFix(type));
    }
    if (!/^[|<>=]?u1$/.test(type)) {
      const range = yield* valueRange(type, valueBytes);
      throw malformed(
        file,
        `has numbers of type ${type} from ${shown(range.min)} to ${shown(range.max)}; pixels are u1 (uint8), 0 to 255.`,
        imageTypeFix(array, type, range),
      );
    }
    if (header.isColumnOrder) {
      const problem = 'is in column order (Fortran); images are in row order.';
      const line = saveLine(array, (name) => ({ [name]: `np.ascontiguousarray(${name})` }));
      throw malformed(file, problem, `Save it in row order: ${line}.`);
    }
    const { size, isChannelsLast } = imageSize(array, shape);
    const count = shape[0]!;
    const pixels = memory.take(count * bytesPerImage(size));
    if (isChannelsLast) yield* transposed(pixels, size);
    else yield pixels;
    return { count, pixels, ...size };
  });
}

/** Receives labels of shape N or N×1: whole numbers, not yet checked to be class indices. */
export function npyLabels(array: SavedArray, bytes: number): ParserSink<readonly number[]> {
  const { file } = array;
  return npySink(array, bytes, function* ({ type, shape }, width, valueBytes) {
    const isList = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
    if (!isList) {
      const problem = `has the shape ${shape.join('×')}; labels are a list of N.`;
      throw malformed(file, problem, oneHotFix(array));
    }
    if (width === null) {
      const problem = `has labels of type ${type}, which are text or objects; labels are whole numbers from 0.`;
      throw malformed(file, problem, classNumbersFix(array));
    }
    if (readIntegers(new Uint8Array(), type) === null) {
      const problem = `has numbers of type ${type}; labels are whole numbers.`;
      throw malformed(file, problem, wholeLabelsFix(array));
    }
    const count = shape[0]!;
    if (count > labelsMax) {
      const problem = `has ${count} labels; the limit is ${labelsMax}.`;
      throw malformed(file, problem, 'Save fewer records.');
    }
    const raw = new Uint8Array(valueBytes);
    yield raw;
    return readIntegers(raw, type) ?? [];
  });
}

/** Receives a list of N texts (`<U8` or `|S8`); null for another array, which is not read. */
export function npyTexts(array: SavedArray, bytes: number): ParserSink<readonly string[] | null> {
  const { file } = array;
  return npySink(array, bytes, function* ({ type, shape }, _width, valueBytes) {
    const [, order, kind, digits] = /^([<>|=]?)([US])(\d+)$/.exec(type) ?? [];
    const width = Number(digits) * (kind === 'U' ? 4 : 1);
    const isRead = shape.length === 1 && shape[0]! * width === valueBytes;
    if (!isRead || valueBytes > textBytesMax) {
      yield* skip(valueBytes);
      return null;
    }
    const raw = new Uint8Array(valueBytes);
    yield raw;
    return Array.from({ length: shape[0]! }, (_, index) => {
      const text = raw.subarray(index * width, (index + 1) * width);
      return kind === 'S' ? decodeBytes(text) : decodeCodePoints(file, text, order !== '>');
    });
  });
}

function* skip(bytes: number): Generator<number, void, Uint8Array> {
  for (let at = 0; at < bytes; at += skippedBytes) yield Math.min(skippedBytes, bytes - at);
}

function decodeBytes(text: Uint8Array): string {
  return Buffer.from(text).toString('utf8').replace(/\0+$/, '');
}

function decodeCodePoints(file: string, text: Uint8Array, isLittle: boolean): string {
  const view = new DataView(text.buffer, text.byteOffset, text.length);
  const points = Array.from({ length: text.length / 4 }, (_, i) => view.getUint32(4 * i, isLittle));
  if (points.some((point) => point > 0x10ffff))
    throw malformed(file, 'contains text that is not Unicode.', damagedFix);
  return String.fromCodePoint(...points).replace(/\0+$/, '');
}

/**
 * Reads the header, and checks that the file's size matches it before memory is allocated.
 *
 * @param body reads the values, `valueBytes` bytes, of `width` bytes each; `width` is null if they are not numbers
 */
function npySink<Value>(
  { file }: SavedArray,
  bytes: number,
  body: (
    header: NpyHeader,
    width: number | null,
    valueBytes: number,
  ) => Generator<Uint8Array | number, Value, Uint8Array>,
): ParserSink<Value> {
  return new ParserSink(file, function* (cursor): ByteParser<Value> {
    const header = yield* readHeader(file);
    const digit = /^[|<>=]?[biuf](?<width>[1248])$/.exec(header.type)?.groups?.['width'];
    const valueBytes = bytes - cursor.offset;
    if (digit === undefined) return yield* body(header, null, valueBytes);
    const width = Number(digit);
    const expected = cursor.offset + header.shape.reduce((product, size) => product * size, width);
    if (expected !== bytes) {
      throw malformed(
        file,
        `has ${bytes} bytes, but an array of ${header.shape.join('×')} ${header.type} makes ${expected}: it was cut off or padded.`,
        damagedFix,
      );
    }
    return yield* body(header, width, valueBytes);
  });
}

function* readHeader(file: string): Generator<number, NpyHeader, Uint8Array> {
  const start = Buffer.from(yield 8);
  const major = start[6] ?? 0;
  if (start.toString('latin1', 0, 6) !== magic || major < 1 || major > 3) {
    throw malformed(file, 'is not a .npy file of version 1 to 3.', damagedFix);
  }
  const length = toUnsigned(yield major === 1 ? 2 : 4);
  if (length > headerBytesMax) {
    const problem = `has a header of ${length} bytes; the limit is ${headerBytesMax}.`;
    throw malformed(file, problem, damagedFix);
  }
  const text = Buffer.from(yield length).toString('latin1');
  const fields = headerFields(text);
  if (fields === null) {
    const shownText = JSON.stringify(text.trim().slice(0, 100));
    const problem = `has a header that does not describe a plain array: ${shownText}.`;
    throw malformed(file, problem, 'Save a plain array of numbers, without named fields.');
  }
  const sizes = fields.shape.split(',').filter((size) => size.trim() !== '');
  const shape = sizes.map((size) => Number(size.replace(/L\s*$/, '')));
  if (shape.length === 0 || shape.some((size) => !Number.isSafeInteger(size) || size < 1)) {
    const problem = `has the shape (${fields.shape}), which is empty or impossible.`;
    throw malformed(file, problem, 'Save an array that has at least one record.');
  }
  return { type: fields.type, isColumnOrder: fields.order === 'True', shape };
}

/** The texts of the three entries; null if the header has other ones, or not all. */
function headerFields(text: string) {
  const rest = text.replace(headerEntries, '');
  if (!/^\{\s*,\s*,\s*,?\s*\}\s*$/.test(rest)) return null;
  const found: Record<string, string> = {};
  for (const { groups = {} } of text.matchAll(headerEntries))
    for (const [name, value] of Object.entries(groups)) found[name] ??= value;
  const { type, order, shape } = found;
  return type === undefined || order === undefined || shape === undefined
    ? null
    : { type, order, shape };
}

/** Channels are the first or last axis of an image: the one whose size is 1, 3 or 4. */
function imageSize(
  array: SavedArray,
  shape: readonly number[],
): { readonly size: ImageSize; readonly isChannelsLast: boolean } {
  const { file } = array;
  const [, a = 0, b = 0, c = 0] = shape;
  const text = shape.join('×');
  if (shape.length !== 3 && shape.length !== 4) {
    throw malformed(
      file,
      `has the shape ${text}; images are N×H×W, N×C×H×W or N×H×W×C.`,
      flatImagesFix(array, shape),
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
    throw malformed(
      file,
      `has the shape ${text}; the limit is ${imageBytesMax} bytes per image.`,
      'Save smaller images.',
    );
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

function notNumbersFix(type: string): string {
  if (type.endsWith('O'))
    return 'Save one array of uint8: `np.stack(images)`. All images must have the same size.';
  return 'Save pixels as uint8, 0 to 255.';
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}

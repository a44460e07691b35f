/**
 * NPZ format: numpy's archive, a zip file with one `.npy` file per array.
 *
 * Texts are unicode arrays without dimensions. Reading accepts what this module writes: float32, int32 and
 * unicode in C order, not compressed, since weights do not compress.
 *
 * Source: numpy, `numpy.lib.format`, version 1.0 of the format.
 */
import { unzipSync, zipSync, type Zippable } from 'fflate';
import { concatenate, toBytes } from './bytes.ts';
import {
  elementCount,
  malformedUnless,
  MalformedArrayFile,
  type ArrayFile,
  type NamedArray,
} from './named-array.ts';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]; // \x93NUMPY, version 1.0
const headerPattern =
  /^\{'descr': '<(?<type>f4|i4|U\d{1,7})', 'fortran_order': False, 'shape': \((?<sizes>[\d, ]*)\), \}\s*$/;
const alignBytes = 64;
/** The first date of zip files. A constant date gives equal bytes for equal models. */
const epoch = new Date(1980, 0, 1);
/** Limit of the unpacked size: more than 100 networks of 4,096 units. */
const unpackedBytesMax = 2 ** 31;

export function encodeNpz({ arrays, texts }: ArrayFile): Uint8Array {
  const files: Zippable = {};
  for (const array of arrays) files[`${array.name}.npy`] = encodeNpy(array);
  for (const [name, text] of Object.entries(texts)) {
    files[`${name}.npy`] = encodeNpy({ shape: [], data: [text] });
  }
  return zipSync(files, { level: 0, mtime: epoch });
}

/** @throws MalformedArrayFile */
export function decodeNpz(bytes: Uint8Array): ArrayFile {
  let unpackedBytes = 0;
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        unpackedBytes += originalSize;
        malformedUnless(
          name.endsWith('.npy'),
          `it contains ${JSON.stringify(name)}, which is not an .npy file`,
        );
        malformedUnless(unpackedBytes <= unpackedBytesMax, 'it unpacks to more than 2 GiB');
        return true;
      },
    });
  } catch (error) {
    if (error instanceof MalformedArrayFile) throw error;
    throw new MalformedArrayFile('it is not a complete zip file', { cause: error });
  }
  const texts: Record<string, string> = {};
  const arrays: NamedArray[] = [];
  for (const [file, content] of Object.entries(files)) {
    const array = decodeNpy(file.slice(0, -'.npy'.length), content);
    const [first] = array.data;
    if (array.shape.length === 0 && typeof first === 'string') texts[array.name] = first;
    else arrays.push(array);
  }
  return { arrays, texts };
}

function encodeNpy({ shape, data }: Omit<NamedArray, 'name'>): Uint8Array {
  const { descr, body } = encodeElements(data);
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const unpadded = magic.length + 2 + header.length + 1;
  const padding = Math.ceil(unpadded / alignBytes) * alignBytes - unpadded;
  const text = new TextEncoder().encode(`${header}${' '.repeat(padding)}\n`);
  const start = Uint8Array.of(...magic, text.length & 255, text.length >> 8);
  return concatenate([start, text, body]);
}

function encodeElements(data: NamedArray['data']): { descr: string; body: Uint8Array } {
  if (data instanceof Float32Array) return { descr: '<f4', body: toBytes(data) };
  if (data instanceof Int32Array) return { descr: '<i4', body: toBytes(data) };
  // numpy stores unicode as UTF-32, with every element padded with zeros to the longest.
  const points = data.map((text) => Array.from(text, (character) => character.codePointAt(0) ?? 0));
  const length = Math.max(1, ...points.map((text) => text.length));
  const units = new Uint32Array(points.length * length);
  points.forEach((text, index) => units.set(text, index * length));
  return { descr: `<U${length}`, body: new Uint8Array(units.buffer) };
}

function decodeNpy(name: string, bytes: Uint8Array): NamedArray {
  const wrong = `${JSON.stringify(name)} is not an array in numpy's format 1.0`;
  const hasMagic = magic.every((byte, index) => bytes[index] === byte);
  malformedUnless(hasMagic, wrong);
  const headerBytes = (bytes[8] ?? 0) + 256 * (bytes[9] ?? 0);
  const header = new TextDecoder('latin1').decode(bytes.subarray(10, 10 + headerBytes));
  const found = headerPattern.exec(header)?.groups;
  malformedUnless(found !== undefined, `${wrong}: its header is ${JSON.stringify(header)}`);
  const { type = '', sizes = '' } = found;
  const shape = (sizes.match(/\d+/g) ?? []).map(Number);
  // A copy, since elements must be aligned to four bytes; `slice` of a Buffer does not copy.
  const body = new Uint8Array(bytes.subarray(10 + headerBytes));
  const width = type.startsWith('U') ? 4 * Number(type.slice(1)) : 4;
  const expected = elementCount(shape) * width;
  malformedUnless(
    body.length === expected,
    `${JSON.stringify(name)} has ${body.length} bytes of data; its shape needs ${expected}`,
  );
  if (type === 'f4') return { name, shape, data: new Float32Array(body.buffer) };
  if (type === 'i4') return { name, shape, data: new Int32Array(body.buffer) };
  const units = new Uint32Array(body.buffer);
  const data = Array.from({ length: elementCount(shape) }, (_, index) =>
    textFrom(units.subarray((index * width) / 4, ((index + 1) * width) / 4)),
  );
  return { name, shape, data };
}

function textFrom(units: Uint32Array): string {
  const isUnicode = units.every((point) => point <= 0x10ffff);
  malformedUnless(isUnicode, 'it has a text that is not Unicode');
  const end = units.findLastIndex((point) => point !== 0) + 1;
  // One by one: as arguments of one call, long texts do not fit the stack.
  return Array.from(units.subarray(0, end), (point) => String.fromCodePoint(point)).join('');
}

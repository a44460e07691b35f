/**
 * Safetensors format: eight bytes of length, a JSON header, and the arrays one after another.
 *
 * The format has texts only in `__metadata__`, a map from text to text. Lists of texts are written there
 * as JSON.
 *
 * Source: the specification in the README of huggingface/safetensors.
 */
import {
  elementCount,
  malformedUnless,
  MalformedArrayFile,
  type ArrayFile,
  type NamedArray,
} from './named-array.ts';

const lengthBytes = 8;
/** The limit of the reference implementation. */
const headerBytesMax = 100_000_000;
const alignBytes = 8;

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

export function encodeSafetensors({ arrays, texts }: ArrayFile): Uint8Array {
  const metadata: Record<string, string> = { ...texts };
  const header: Record<string, object> = { __metadata__: metadata };
  const bodies: Uint8Array[] = [];
  let at = 0;
  for (const { name, shape, data } of arrays) {
    if (!(data instanceof Float32Array) && !(data instanceof Int32Array)) {
      metadata[name] = JSON.stringify(data);
      continue;
    }
    const body = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const dtype = data instanceof Float32Array ? 'F32' : 'I32';
    header[name] = { dtype, shape, data_offsets: [at, at + body.length] };
    bodies.push(body);
    at += body.length;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(text.length / alignBytes) * alignBytes;
  const file = new Uint8Array(lengthBytes + headerBytes + at).fill(
    32,
    0,
    lengthBytes + headerBytes,
  );
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(text, lengthBytes);
  let next = lengthBytes + headerBytes;
  for (const body of bodies) {
    file.set(body, next);
    next += body.length;
  }
  return file;
}

/** @throws MalformedArrayFile */
export function decodeSafetensors(bytes: Uint8Array): ArrayFile {
  malformedUnless(bytes.length >= lengthBytes, 'it is shorter than 8 bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  malformedUnless(
    headerBytes <= Math.min(headerBytesMax, bytes.length - lengthBytes),
    `its header length is ${headerBytes} bytes, more than the file has`,
  );
  const header = parseHeader(bytes.subarray(lengthBytes, lengthBytes + headerBytes));
  const data = bytes.subarray(lengthBytes + headerBytes);
  const texts: Record<string, string> = {};
  const arrays: NamedArray[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') Object.assign(texts, textsFrom(value));
    else arrays.push(arrayFrom(name, value, data));
  }
  return { arrays, texts };
}

function parseHeader(bytes: Uint8Array): object {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null) return header;
  } catch {
    // The error below is more useful than the parser's.
  }
  throw new MalformedArrayFile('its header is not a JSON object');
}

function textsFrom(value: unknown): Record<string, string> {
  malformedUnless(typeof value === 'object' && value !== null, 'its __metadata__ is not a map');
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

function arrayFrom(name: string, value: unknown, data: Uint8Array): NamedArray {
  malformedUnless(isEntry(value), `${JSON.stringify(name)} has no dtype, shape and data_offsets`);
  const { dtype, shape, data_offsets: offsets } = value;
  malformedUnless(
    dtype === 'F32' || dtype === 'I32',
    `${JSON.stringify(name)} is ${JSON.stringify(dtype)}; a model has F32 and I32`,
  );
  const [from, to] = offsets;
  malformedUnless(
    from >= 0 && to <= data.length && to - from === 4 * elementCount(shape),
    `${JSON.stringify(name)} is at bytes ${from} to ${to}, which does not fit its shape`,
  );
  const { buffer } = new Uint8Array(data.subarray(from, to)); // A copy: `slice` of a Buffer does not copy.
  return {
    name,
    shape,
    data: dtype === 'F32' ? new Float32Array(buffer) : new Int32Array(buffer),
  };
}

function isEntry(value: unknown): value is Entry {
  const isSizes = (list: unknown): boolean =>
    Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0);
  return (
    typeof value === 'object' &&
    value !== null &&
    'dtype' in value &&
    typeof value.dtype === 'string' &&
    'shape' in value &&
    isSizes(value.shape) &&
    'data_offsets' in value &&
    isSizes(value.data_offsets) &&
    Array.isArray(value.data_offsets) &&
    value.data_offsets.length === 2
  );
}

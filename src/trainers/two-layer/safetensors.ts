/**
 * Safetensors format: eight bytes of length, a JSON header, and the arrays one after another.
 *
 * Texts are in `__metadata__`, a map from text to text; a list of texts is JSON there.
 *
 * Source: the specification in the README of huggingface/safetensors.
 */
import { z } from 'zod';
import { concatenate, toBytes } from './bytes.ts';
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

const size = z.int().nonnegative();
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(size),
  data_offsets: z.tuple([size, size]),
});

export function encodeSafetensors({ arrays, texts }: ArrayFile): Uint8Array {
  const metadata: Record<string, string> = { ...texts };
  const header: Record<string, object> = { __metadata__: metadata };
  const bodies: Uint8Array[] = [];
  let at = 0;
  for (const { name, shape, data } of arrays) {
    if (data instanceof Float32Array || data instanceof Int32Array) {
      const dtype = data instanceof Float32Array ? 'F32' : 'I32';
      header[name] = { dtype, shape, data_offsets: [at, at + data.byteLength] };
      bodies.push(toBytes(data));
      at += data.byteLength;
    } else metadata[name] = JSON.stringify(data);
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(text.length / alignBytes) * alignBytes;
  const start = new Uint8Array(lengthBytes + headerBytes).fill(32); // Padded with spaces.
  new DataView(start.buffer).setBigUint64(0, BigInt(headerBytes), true);
  start.set(text, lengthBytes);
  return concatenate([start, ...bodies]);
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
  const data = bytes.subarray(lengthBytes + headerBytes);
  const header = parseHeader(bytes.subarray(lengthBytes, lengthBytes + headerBytes));
  const { __metadata__: metadata = {}, ...entries } = header;
  const texts = z.record(z.string(), z.string()).safeParse(metadata);
  malformedUnless(texts.success, 'its __metadata__ is not a map from text to text');
  const arrays = Object.entries(entries).map(([name, entry]) => arrayFrom(name, entry, data));
  return { arrays, texts: texts.data };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (error) {
    throw new MalformedArrayFile('its header is not a JSON object', { cause: error });
  }
}

function arrayFrom(name: string, value: unknown, data: Uint8Array): NamedArray {
  const named = JSON.stringify(name);
  const entry = entrySchema.safeParse(value);
  malformedUnless(entry.success, `${named} has no dtype, shape and data_offsets`);
  const { dtype, shape, data_offsets: offsets } = entry.data;
  malformedUnless(
    dtype === 'F32' || dtype === 'I32',
    `${named} is ${JSON.stringify(dtype)}; a model has F32 and I32`,
  );
  const [from, to] = offsets;
  malformedUnless(
    to <= data.length && to - from === 4 * elementCount(shape),
    `${named} is at bytes ${from} to ${to}, which does not fit its shape`,
  );
  const { buffer } = new Uint8Array(data.subarray(from, to)); // A copy: `slice` of a Buffer does not copy.
  return { name, shape, data: dtype === 'F32' ? new Float32Array(buffer) : new Int32Array(buffer) };
}

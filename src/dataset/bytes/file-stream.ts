/**
 * File streams: pass the bytes of a file, unpacked if it is gzipped, to a sink chunk by chunk. A file is
 * never held in memory as a whole.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { ChunkGarbage } from './collect-garbage.ts';
import { errorCode, fileSize, filesIn, openToRead, readFlags, unreadable } from './disk.ts';
import { malformed } from './malformed.ts';

/** Receives the bytes of one file in order. */
export interface FileSink {
  write(chunk: Uint8Array): void;
  /**
   * Where the next bytes belong, so that they can be read there without a copy: then `wrote` is called
   * instead of `write`. Null if they must be written.
   */
  target?(): Uint8Array | null;
  /** The first `bytes` bytes of the target are there. */
  wrote?(bytes: number): void;
  /** Called after the last byte. */
  end(): void;
}

/** A file in a folder or an archive, before it is read. */
export interface FileEntry {
  /** Its path in the folder or archive. */
  readonly name: string;
  /** For messages: the whole path. */
  readonly file: string;
  /** Unpacked. */
  readonly size: () => Promise<number>;
  /** Passes the unpacked bytes to `sink`. @throws RidgelineError DATASET_INVALID; errors of the sink */
  readonly stream: (sink: FileSink) => Promise<void>;
}

type Packing = 'plain' | 'gzip';

export const gzipMagic = 0x1f8b;

/** The bytes decide: programs that unpack a file do not always change its name. */
export async function packingOf(path: string): Promise<Packing> {
  await using file = await openToRead(path);
  const start = Buffer.alloc(2);
  await file.read(start, 0, 2);
  return start.readUInt16BE(0) === gzipMagic ? 'gzip' : 'plain';
}

/** Limit of the unpacked size, above any supported data set: protects against decompression bombs. */
const unpackedBytesMax = 2 ** 31;
const chunkBytes = 256 * 1024;
/** Bytes that are read into a target at once: enough for disks, and few enough to be hashed in the cache. */
const targetBytes = 1024 * 1024;

/** @throws RidgelineError DATASET_INVALID, DATASET_MISSING; errors of the sink */
export async function streamFile(path: string, packing: Packing, sink: FileSink): Promise<void> {
  await passChunks(unpackedChunks(path, packing), sink);
}

export async function passChunks(chunks: AsyncIterable<Uint8Array>, sink: FileSink): Promise<void> {
  for await (const chunk of chunks) sink.write(chunk);
  sink.end();
}

/** The files of a folder, sorted by name. @throws RidgelineError DATASET_MISSING */
export async function folderEntries(path: string): Promise<readonly FileEntry[]> {
  return (await filesIn(path)).map((name) => {
    const file = join(path, name);
    const size = (): Promise<number> => fileSize(file);
    return { name, file, size, stream: (sink) => streamFile(file, 'plain', sink) };
  });
}

/** Yields the unpacked bytes of a file. @throws RidgelineError DATASET_INVALID, DATASET_MISSING */
export async function* unpackedChunks(path: string, packing: Packing): AsyncGenerator<Uint8Array> {
  const garbage = new ChunkGarbage();
  let bytes = 0;
  try {
    for await (const chunk of packing === 'gzip' ? await gunzipped(path) : fileChunks(path)) {
      bytes += chunk.length;
      if (bytes > unpackedBytesMax) {
        throw malformed(path, `unpacks to more than the limit of ${unpackedBytesMax} bytes.`);
      }
      yield chunk;
      garbage.add(chunk.length);
    }
  } catch (error) {
    throw readError(path, error, `, after ${bytes} unpacked bytes`);
  }
}

/** Yields the bytes of a file. All chunks share one buffer, so each one is valid until the next. */
async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  await using file = await open(path, readFlags);
  const buffer = new Uint8Array(chunkBytes);
  for (let at = 0; ;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/**
 * Passes the bytes of a file to a sink, straight into its targets.
 *
 * @param onBytes called with the bytes before the sink has them
 * @throws errors of the file system; errors of the sink
 */
export async function readInto(
  path: string,
  sink: FileSink,
  onBytes: (bytes: Uint8Array) => void,
): Promise<void> {
  await using file = await open(path, readFlags);
  const buffer = new Uint8Array(chunkBytes);
  for (let at = 0; ;) {
    const target = sink.target?.()?.subarray(0, targetBytes) ?? null;
    const place = target ?? buffer;
    const { bytesRead } = await file.read(place, 0, place.length, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    onBytes(place.subarray(0, bytesRead));
    if (target === null) sink.write(buffer.subarray(0, bytesRead));
    else sink.wrote?.(bytesRead);
  }
  sink.end();
}

async function gunzipped(path: string): Promise<AsyncIterable<Uint8Array>> {
  const packed = (await openToRead(path)).createReadStream({ highWaterMark: chunkBytes });
  // The pipeline passes an error of `packed` on to the stream that it returns.
  return pipeline(packed, createGunzip({ chunkSize: chunkBytes }), () => undefined);
}

/** Passes `items` on. Errors of their source become operating errors that name the file. */
export async function* explainErrors<T>(path: string, items: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    throw readError(path, error);
  }
}

/** @param place where in the file, such as `, after 12 bytes` */
export function readError(path: string, error: unknown, place = ''): RidgelineError {
  if (error instanceof RidgelineError) return error;
  const code = errorCode(error);
  if (code === 'Z_BUF_ERROR') {
    return malformed(path, `is cut off${place}.`, undefined, { cause: error });
  }
  if (code === null || code.startsWith('Z_')) {
    const problem = `has the wrong format or is damaged (${errorMessage(error)}${place}).`;
    return malformed(path, problem, undefined, { cause: error });
  }
  return unreadable(path, error);
}

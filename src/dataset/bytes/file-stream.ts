/** Streams files into sinks, unpacked on the way where they are gzipped: no file is ever held whole. */
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflateRaw } from 'node:zlib';
import { RidgelineError, messageOf } from '../../base/errors.ts';
import { toRead, unreadable } from './disk.ts';
import { malformed } from './malformed.ts';
import { YoungGarbage } from '../shards/collect-garbage.ts';
import { TarReader, type FileSink, type OnMember } from './tar.ts';

/** No data set for this network is larger; a small file that unpacks to more is an attack or an accident. */
const unpackedBytesMax = 2 ** 31;
const chunkBytes = 256 * 1024;

/** Where bytes lie in a file: from `start` up to but not including `end`. */
interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const wholeFile: ByteRange = { start: 0, end: Infinity };

/** @throws RidgelineError DATASET_INVALID, DATASET_MISSING */
export async function streamFile(path: string, sink: FileSink): Promise<void> {
  await stream(path, 'plain', sink);
}

/** @param packing `deflate`: without the header that a gzip file has */
export async function streamRange(
  path: string,
  range: ByteRange,
  packing: 'plain' | 'deflate',
  sink: FileSink,
): Promise<void> {
  await stream(path, packing, sink, range);
}

/** @throws RidgelineError DATASET_INVALID, DATASET_MISSING */
export async function streamGzip(path: string, sink: FileSink): Promise<void> {
  await stream(path, 'gzip', sink);
}

/** Reads the archive to its end, so that its checksum is verified whatever members are wanted. */
export async function streamTarGz(path: string, onMember: OnMember): Promise<void> {
  const tar = new TarReader(path, onMember);
  await stream(path, 'gzip', { write: (chunk) => tar.push(chunk), end: () => tar.end() });
}

/** A file's bytes in order; each chunk is overwritten by the next, so that reading makes no garbage. */
export async function* fileChunks(
  path: string,
  { start, end }: ByteRange = wholeFile,
): AsyncGenerator<Uint8Array> {
  await using file = await open(path, toRead);
  const buffer = new Uint8Array(chunkBytes);
  for (let at = start; at < end;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield chunk.slice();
}

async function stream(
  path: string,
  packing: 'plain' | 'gzip' | 'deflate',
  sink: FileSink,
  range = wholeFile,
): Promise<void> {
  let bytes = 0;
  const garbage = new YoungGarbage();
  const consume = async (source: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > unpackedBytesMax) {
        throw malformed(
          path,
          `unpacks to more than ${unpackedBytesMax} bytes, which no data set here needs.`,
        );
      }
      sink.write(chunk);
      garbage.passed(chunk.length);
    }
    sink.end();
  };
  try {
    if (packing === 'plain') await consume(fileChunks(path, range));
    else {
      // Streams keep what they were given for a while: they get copies.
      const packed = Readable.from(copies(fileChunks(path, range)), { highWaterMark: 2 });
      const unpack = packing === 'gzip' ? createGunzip : createInflateRaw;
      await pipeline(packed, unpack({ chunkSize: chunkBytes }), consume);
    }
  } catch (error) {
    throw explained(path, packing, bytes, error);
  }
}

function explained(path: string, packing: string, bytes: number, error: unknown): unknown {
  if (error instanceof RidgelineError || !(error instanceof Error) || !('code' in error))
    return error;
  const options = { cause: error };
  switch (error.code) {
    case 'Z_BUF_ERROR':
      return malformed(
        path,
        `is cut off: its ${packing} data end in mid-stream, after ${bytes} unpacked bytes.`,
        undefined,
        options,
      );
    case 'Z_DATA_ERROR':
      return malformed(
        path,
        `is no ${packing} ${packing === 'gzip' ? 'file' : 'data'} or a damaged one (${messageOf(error)}, after ${bytes} unpacked bytes).`,
        undefined,
        options,
      );
    default:
      return unreadable(path, error);
  }
}

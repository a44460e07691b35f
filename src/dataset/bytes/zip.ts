/**
 * Zip reader: reads archives as numpy writes them (`.npz`), with the library `yauzl`. Each member is
 * streamed; it must unpack to the size and the checksum that the archive's directory states.
 */
import { crc32 } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { ChunkGarbage } from './collect-garbage.ts';
import { openToRead } from './disk.ts';
import { explainErrors, passChunks, readError, type FileEntry } from './file-stream.ts';
import { malformed } from './malformed.ts';

const directoryBytesMax = 1024 * 1024;
/** Highest compression ratio of Deflate, which packs at most 258 bytes into two bits. */
const deflateRatioMax = 1032;

/**
 * Opens an archive and calls `use` with its members, which can be streamed until `use` ends.
 *
 * @throws RidgelineError DATASET_INVALID, DATASET_MISSING; errors of `use`
 */
export async function readZip<T>(
  path: string,
  use: (members: readonly FileEntry[]) => Promise<T>,
): Promise<T> {
  const { fromFdPromise } = await import('yauzl');
  await using file = await openToRead(path);
  const zip = await fromFdPromise(file.fd, { strictFileNames: true }).catch((error: unknown) => {
    throw readError(path, error);
  });
  const members = new Map<string, FileEntry>();
  let directoryBytes = 0;
  for await (const entry of explainErrors(path, zip.eachEntry())) {
    const { fileName, fileNameLength, extraFieldLength, fileCommentLength } = entry;
    directoryBytes += fileNameLength + extraFieldLength + fileCommentLength;
    if (directoryBytes > directoryBytesMax) {
      throw malformed(path, `has a directory of more than ${directoryBytesMax} bytes.`);
    }
    if (members.has(fileName)) throw malformed(path, `contains ${fileName} twice.`);
    members.set(fileName, toMember(path, zip, entry));
  }
  return await use([...members.values()]);
}

function toMember(path: string, zip: ZipFile, entry: Entry): FileEntry {
  const { fileName: name, compressedSize, uncompressedSize: bytes } = entry;
  const shown = JSON.stringify(name.slice(0, 100));
  if (!entry.canDecodeFileData()) {
    const problem = entry.isEncrypted()
      ? 'encrypted'
      : `packed by method ${entry.compressionMethod}`;
    throw malformed(
      path,
      `has a member ${shown} that is ${problem}; only methods 0 and 8 are supported.`,
    );
  }
  if (bytes > compressedSize * deflateRatioMax) {
    throw malformed(
      path,
      `has a member ${shown} of ${bytes} bytes, but its ${compressedSize} packed bytes cannot unpack to that.`,
    );
  }
  const file = `${path}, member ${name},`;
  const stream: FileEntry['stream'] = (sink) => passChunks(memberChunks(file, zip, entry), sink);
  return { name, file, size: async () => bytes, stream };
}

async function* memberChunks(file: string, zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  const bytes = await zip.openReadStreamPromise(entry).catch((error: unknown) => {
    throw readError(file, error);
  });
  const garbage = new ChunkGarbage();
  let sum = 0;
  for await (const chunk of explainErrors<Uint8Array>(file, bytes)) {
    sum = crc32(chunk, sum);
    yield chunk;
    garbage.add(chunk.length);
  }
  if (sum !== entry.crc32)
    throw malformed(file, 'has another checksum (CRC-32) than the archive states.');
}

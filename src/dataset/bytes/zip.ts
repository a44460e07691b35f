/**
 * Zip archives as numpy writes them (`.npz`): members stored or deflated, found by the directory at the
 * archive's end. Each member is streamed; what it unpacks to is as long as the directory says, or refused.
 *
 * No encryption, no volumes, nothing beyond 4 GiB: no data set here needs them.
 * Source: PKWARE's APPNOTE.TXT 6.3.
 */
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { openToRead, sizeOf, unreadable } from './disk.ts';
import { streamRange } from './file-stream.ts';
import { malformed } from './malformed.ts';
import type { FileSink } from './tar.ts';

export interface ZipMember {
  readonly name: string;
  /** Unpacked. */
  readonly bytes: number;
  readonly packedBytes: number;
  readonly isDeflated: boolean;
  readonly crc32: number;
  /** Where its local header starts. */
  readonly offset: number;
}

const endBytes = 22;
const commentBytesMax = 65_535;
const directoryBytesMax = 1024 * 1024;
const entryBytes = 46;
const localBytes = 30;
/** Deflate cannot do better: one bit for 258 bytes, and a little. */
const deflateRatioMax = 1032;

/** @throws RidgelineError DATASET_INVALID, DATASET_MISSING */
export async function readZipDirectory(path: string): Promise<readonly ZipMember[]> {
  await using file = await openToRead(path);
  const size = await sizeOf(path);
  const tail = await readAt(file, path, Math.max(0, size - endBytes - commentBytesMax), size);
  const at = endRecordAt(tail);
  if (at === -1) {
    throw malformed(path, 'has no directory at its end, so it was cut off or is no zip archive.');
  }
  const end = size - tail.length + at;
  const count = tail.readUInt16LE(at + 10);
  const bytes = tail.readUInt32LE(at + 12);
  const start = tail.readUInt32LE(at + 16);
  if (tail.readUInt16LE(at + 4) !== 0 || count === 0xffff || start === 0xffffffff) {
    throw malformed(
      path,
      'is a zip archive of several volumes or beyond 4 GiB, which is not read.',
    );
  }
  if (start + bytes !== end || bytes > directoryBytesMax) {
    throw malformed(
      path,
      `has a damaged directory: ${bytes} bytes from byte ${start} do not end at byte ${end}.`,
    );
  }
  return readEntries(path, await readAt(file, path, start, end), start, count);
}

/** The last record that reaches exactly to the end. */
function endRecordAt(tail: Buffer): number {
  for (let at = tail.length - endBytes; at >= 0; at--) {
    const isSignature = tail.readUInt32LE(at) === 0x06054b50;
    if (isSignature && at + endBytes + tail.readUInt16LE(at + 20) === tail.length) return at;
  }
  return -1;
}

function readEntries(
  path: string,
  directory: Buffer,
  start: number,
  count: number,
): readonly ZipMember[] {
  const members: ZipMember[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const isWhole = at + entryBytes <= directory.length;
    if (!isWhole || directory.readUInt32LE(at) !== 0x02014b50) {
      throw malformed(path, `has a damaged directory entry at byte ${start + at}.`);
    }
    const next =
      at +
      entryBytes +
      directory.readUInt16LE(at + 28) +
      directory.readUInt16LE(at + 30) +
      directory.readUInt16LE(at + 32);
    if (next > directory.length) {
      throw malformed(path, `has a directory entry cut off at byte ${start + at}.`);
    }
    members.push(readEntry(path, directory.subarray(at, next), start));
    at = next;
  }
  const names = members.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw malformed(path, `holds ${twice} twice.`);
  return members;
}

function readEntry(path: string, entry: Buffer, directoryStart: number): ZipMember {
  const name = entry.toString('utf8', entryBytes, entryBytes + entry.readUInt16LE(28));
  const shown = JSON.stringify(name.slice(0, 100));
  if (/^[/\\]|\\|\0/.test(name) || name.split('/').includes('..')) {
    throw malformed(path, `has a member ${shown} that would lie outside the archive's own folder.`);
  }
  if ((entry.readUInt16LE(8) & 1) === 1) throw malformed(path, `has an encrypted member ${shown}.`);
  const method = entry.readUInt16LE(10);
  if (method !== 0 && method !== 8) {
    throw malformed(path, `has a member ${shown} packed by method ${method}; 0 and 8 are read.`);
  }
  const member = {
    name,
    bytes: entry.readUInt32LE(24),
    packedBytes: entry.readUInt32LE(20),
    isDeflated: method === 8,
    crc32: entry.readUInt32LE(16),
    offset: entry.readUInt32LE(42),
  };
  const isPossible = member.isDeflated
    ? member.bytes <= member.packedBytes * deflateRatioMax
    : member.bytes === member.packedBytes;
  if (!isPossible) {
    throw malformed(
      path,
      `has a member ${shown} whose ${member.packedBytes} packed bytes cannot unpack to the ${member.bytes} that its directory says.`,
    );
  }
  if (member.offset + localBytes + member.packedBytes > directoryStart) {
    throw malformed(path, `has a member ${shown} that reaches into the directory.`);
  }
  return member;
}

/** Hands the member's unpacked bytes to `sink`. @throws as `readZipDirectory`, and what the sink throws */
export async function streamZipMember(
  path: string,
  member: ZipMember,
  sink: FileSink,
): Promise<void> {
  const what = `${path}, member ${member.name},`;
  const start = await bodyStart(path, member, what);
  let bytes = 0;
  let sum = 0;
  await streamRange(
    path,
    { start, end: start + member.packedBytes },
    member.isDeflated ? 'deflate' : 'plain',
    {
      write: (chunk) => {
        bytes += chunk.length;
        if (bytes > member.bytes) {
          throw malformed(what, `unpacks to more than the ${member.bytes} bytes that it should.`);
        }
        sum = crc32(chunk, sum);
        sink.write(chunk);
      },
      end: () => {
        if (bytes !== member.bytes) {
          throw malformed(what, `unpacks to ${bytes} bytes instead of ${member.bytes}.`);
        }
        if (sum !== member.crc32) throw malformed(what, 'does not have its checksum (CRC-32).');
        sink.end();
      },
    },
  );
}

/** Behind the local header, which must tell the same name as the directory. */
async function bodyStart(path: string, member: ZipMember, what: string): Promise<number> {
  await using file = await openToRead(path);
  const nameBytes = Buffer.byteLength(member.name);
  const header = await readAt(file, path, member.offset, member.offset + localBytes + nameBytes);
  const isSame =
    header.readUInt32LE(0) === 0x04034b50 &&
    header.readUInt16LE(26) === nameBytes &&
    header.toString('utf8', localBytes) === member.name;
  if (!isSame) throw malformed(what, `has no header at byte ${member.offset}.`);
  return member.offset + header.length + header.readUInt16LE(28);
}

async function readAt(file: FileHandle, path: string, start: number, end: number): Promise<Buffer> {
  const buffer = Buffer.alloc(end - start);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, start).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (bytesRead !== buffer.length) {
    throw malformed(path, `ends at byte ${start + bytesRead} while it is read.`);
  }
  return buffer;
}

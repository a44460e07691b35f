/**
 * Log check: finds damage in the write-ahead log before SQLite reads it.
 *
 * SQLite uses the log up to the first frame with a wrong checksum and silently drops the rest, because
 * a crash leaves such a log: it cuts off the last transaction. A crash cannot cut off more, since the
 * disk has confirmed every earlier transaction. If two or more transactions end after the first bad
 * frame, the log is damaged, and SQLite would drop acknowledged commits.
 *
 *     good  good  BAD  …  end of a transaction  …  end of a transaction      damaged
 *     good  good  BAD  …  end of a transaction                               cut off by a crash
 *
 * Damage in the last transaction cannot be distinguished from a crash, and that transaction is lost.
 * The format: https://www.sqlite.org/fileformat2.html#walformat
 */
import { closeSync, openSync, readSync } from 'node:fs';

const headerBytes = 32;
const frameHeaderBytes = 24;
/** First word of a log whose checksums are of little-endian words; `magic + 1` means big-endian words. */
const magic = 0x377f0682;

/** @returns a description of the damage, or null */
export function logDamage(logFile: string): string | null {
  let handle: number;
  try {
    handle = openSync(logFile, 'r');
  } catch {
    return null; // No log: everything is in the database.
  }
  try {
    return findDamage((offset, bytes) => {
      const buffer = Buffer.alloc(bytes);
      return readSync(handle, buffer, 0, bytes, offset) === bytes ? buffer : null;
    });
  } finally {
    closeSync(handle);
  }
}

/** @param read returns null if the file is too short */
function findDamage(read: (offset: number, bytes: number) => Buffer | null): string | null {
  const header = read(0, headerBytes);
  if (header === null) return null;
  const isBigEndian = header.readUInt32BE(0) === magic + 1;
  const pageBytes = header.readUInt32BE(8);
  const frameBytes = frameHeaderBytes + pageBytes;
  const sum = checksum([0, 0], header.subarray(0, 24), isBigEndian);
  const isKnown = isBigEndian || header.readUInt32BE(0) === magic;
  if (!isKnown || !isSum(header, 24, sum))
    return read(headerBytes, frameHeaderBytes) === null ? null : 'the header of its log is damaged';
  const salts = header.subarray(16, 24);
  let chain = sum;
  let firstBad: number | null = null;
  let endsAfter = 0;
  for (let frame = 1; ; frame++) {
    const bytes = read(headerBytes + (frame - 1) * frameBytes, frameBytes);
    if (bytes === null) break;
    // Old frames that are not overwritten yet have other salts.
    const isCurrent = bytes.subarray(8, 16).equals(salts);
    if (firstBad === null) {
      chain = checksum(chain, bytes.subarray(0, 8), isBigEndian);
      chain = checksum(chain, bytes.subarray(frameHeaderBytes), isBigEndian);
      if (isCurrent && isSum(bytes, 16, chain)) continue;
      firstBad = frame;
    }
    if (isCurrent && bytes.readUInt32BE(4) !== 0) endsAfter += 1;
  }
  return endsAfter < 2
    ? null
    : `its log is damaged in frame ${firstBad}, before ${endsAfter} later commits`;
}

type Sum = readonly [number, number];

/** SQLite's checksum: two running sums over pairs of words. */
function checksum([first, second]: Sum, bytes: Buffer, isBigEndian: boolean): Sum {
  let [a, b] = [first, second];
  for (let at = 0; at < bytes.length; at += 8) {
    const [x, y] = isBigEndian
      ? [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]
      : [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
    a = (a + x + b) >>> 0;
    b = (b + y + a) >>> 0;
  }
  return [a, b];
}

function isSum(bytes: Buffer, at: number, [a, b]: Sum): boolean {
  return bytes.readUInt32BE(at) === a && bytes.readUInt32BE(at + 4) === b;
}

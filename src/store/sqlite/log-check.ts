/**
 * Whether the store's write-ahead log is whole, before SQLite reads it.
 *
 * SQLite takes the log up to the first frame whose checksum is wrong, and drops the rest without a
 * word: it cannot tell a write that a crash cut off from a disk that rots. This tells them apart. A
 * crash can only cut off the last transaction, since the one before was confirmed by the disk; so
 * where two or more transactions end behind the first bad frame, acknowledged ones would be lost.
 *
 *     whole  whole  BAD  …  end of a transaction  …  end of a transaction      damaged
 *     whole  whole  BAD  …  end of a transaction                               cut off by a crash
 *
 * What rots in the last transaction itself looks like the second case, and is lost like it.
 * The format: https://www.sqlite.org/fileformat2.html#walformat
 */
import { closeSync, openSync, readSync } from 'node:fs';

const headerBytes = 32;
const frameHeaderBytes = 24;
/** With the checksums in little-endian words; the next number is for big-endian ones. */
const magic = 0x377f0682;

/** @returns what is wrong with it, or null */
export function logDamage(logFile: string): string | null {
  let handle: number;
  try {
    handle = openSync(logFile, 'r');
  } catch {
    return null; // There is none: everything is in the database.
  }
  try {
    return damageIn((offset, bytes) => {
      const buffer = Buffer.alloc(bytes);
      return readSync(handle, buffer, 0, bytes, offset) === bytes ? buffer : null;
    });
  } finally {
    closeSync(handle);
  }
}

/** @param read null where the file ends before */
function damageIn(read: (offset: number, bytes: number) => Buffer | null): string | null {
  const header = read(0, headerBytes);
  if (header === null) return null;
  const isBigEndian = header.readUInt32BE(0) === magic + 1;
  const pageBytes = header.readUInt32BE(8);
  const frameBytes = frameHeaderBytes + pageBytes;
  const sum = checksum([0, 0], header.subarray(0, 24), isBigEndian);
  const isKnown = isBigEndian || header.readUInt32BE(0) === magic;
  if (!isKnown || !isSum(header, 24, sum))
    return read(headerBytes, frameHeaderBytes) === null ? null : 'the head of its log is damaged';
  const salts = header.subarray(16, 24);
  let chain = sum;
  let firstBad: number | null = null;
  let endsBehind = 0;
  for (let frame = 1; ; frame++) {
    const bytes = read(headerBytes + (frame - 1) * frameBytes, frameBytes);
    if (bytes === null) break;
    // Frames of an earlier life of the log, which this one has not yet overwritten, have other salts.
    const isOurs = bytes.subarray(8, 16).equals(salts);
    if (firstBad === null) {
      chain = checksum(chain, bytes.subarray(0, 8), isBigEndian);
      chain = checksum(chain, bytes.subarray(frameHeaderBytes), isBigEndian);
      if (isOurs && isSum(bytes, 16, chain)) continue;
      firstBad = frame;
    }
    if (isOurs && bytes.readUInt32BE(4) !== 0) endsBehind += 1;
  }
  return endsBehind < 2
    ? null
    : `its log is damaged in frame ${firstBad}, with ${endsBehind} later commits behind it`;
}

type Sum = readonly [number, number];

/** SQLite's: two running sums over pairs of words. */
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

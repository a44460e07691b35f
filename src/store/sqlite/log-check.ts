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
 * Frames that are gone without a trace are found by `progress-mark.ts`.
 * The format: https://www.sqlite.org/fileformat2.html#walformat
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';

/** What a log contains. */
export interface LogState {
  /** A description of the damage, or null. */
  readonly damage: string | null;
  /** The random numbers of the log's header, which SQLite renews when it starts the log over; null without a header. */
  readonly salts: string | null;
  /** Number of frames up to the end of the last whole transaction. */
  readonly frames: number;
}

const headerBytes = 32;
const frameHeaderBytes = 24;
/** First word of a log whose checksums are of little-endian words; `magic + 1` means big-endian words. */
const magic = 0x377f0682;
const noLog: LogState = { damage: null, salts: null, frames: 0 };

/** Without a log, everything is in the database. */
export function readLog(logFile: string): LogState {
  return withFile(logFile, noLog, examine);
}

/** The salts of a log, without reading its frames; null without a header. */
export function readSalts(logFile: string): string | null {
  return withFile(logFile, null, (handle) => {
    const header = readBytes(handle, 0, headerBytes);
    return header === null ? null : header.toString('hex', 16, 24);
  });
}

function withFile<T>(file: string, missing: T, use: (handle: number) => T): T {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return missing;
  }
  try {
    return use(handle);
  } finally {
    closeSync(handle);
  }
}

/** Null if the file is too short. The memory of `into` is used if it is given. */
function readBytes(handle: number, offset: number, bytes: number, into?: Buffer): Buffer | null {
  const buffer = into ?? Buffer.alloc(bytes);
  return readSync(handle, buffer, 0, bytes, offset) === bytes ? buffer : null;
}

function examine(handle: number): LogState {
  // Words are read from a whole ArrayBuffer, which is aligned.
  const header = readBytes(handle, 0, headerBytes, Buffer.from(new ArrayBuffer(headerBytes)));
  if (header === null) return noLog;
  const isBigEndian = header.readUInt32BE(0) === magic + 1;
  const pageBytes = header.readUInt32BE(8);
  const isPageSize = pageBytes >= 512 && pageBytes <= 65_536 && pageBytes % 8 === 0;
  const sum = checksum([0, 0], header.subarray(0, 24), isBigEndian);
  const isKnown = isPageSize && (isBigEndian || header.readUInt32BE(0) === magic);
  if (!isKnown || !isSum(header, 24, sum)) {
    const isCutOff = fstatSync(handle).size < headerBytes + frameHeaderBytes;
    return { ...noLog, damage: isCutOff ? null : 'the header of its log is damaged' };
  }
  const salts = header.subarray(16, 24);
  let chain = sum;
  let [firstBad, endsAfter, frames] = [null as number | null, 0, 0];
  const frameBytes = frameHeaderBytes + pageBytes;
  const frameBuffer = Buffer.from(new ArrayBuffer(frameBytes));
  for (let frame = 1; ; frame++) {
    const bytes = readBytes(
      handle,
      headerBytes + (frame - 1) * frameBytes,
      frameBytes,
      frameBuffer,
    );
    if (bytes === null) break;
    // Old frames that are not overwritten yet have other salts.
    const isCurrent = bytes.subarray(8, 16).equals(salts);
    const isEnd = bytes.readUInt32BE(4) !== 0;
    if (firstBad === null) {
      chain = checksum(chain, bytes.subarray(0, 8), isBigEndian);
      chain = checksum(chain, bytes.subarray(frameHeaderBytes), isBigEndian);
      if (isCurrent && isSum(bytes, 16, chain)) {
        if (isEnd) frames = frame;
        continue;
      }
      firstBad = frame;
    }
    if (isCurrent && isEnd) endsAfter += 1;
  }
  const isDamaged = endsAfter >= 2;
  return {
    damage: isDamaged
      ? `its log is damaged in frame ${firstBad}, before ${endsAfter} later commits`
      : null,
    salts: salts.toString('hex'),
    frames,
  };
}

type Sum = readonly [number, number];

/** SQLite's checksum: two running sums over pairs of words. */
function checksum([first, second]: Sum, bytes: Buffer, isBigEndian: boolean): Sum {
  let [a, b] = [first | 0, second | 0];
  if (isBigEndian !== (endianness() === 'BE')) bytes = Buffer.from(bytes).swap32();
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  for (let at = 0; at < words.length; at += 2) {
    a = (a + (words[at] ?? 0) + b) | 0;
    b = (b + (words[at + 1] ?? 0) + a) | 0;
  }
  return [a >>> 0, b >>> 0];
}

function isSum(bytes: Buffer, at: number, [a, b]: Sum): boolean {
  return bytes.readUInt32BE(at) === a && bytes.readUInt32BE(at + 4) === b;
}

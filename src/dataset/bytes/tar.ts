/**
 * A tar reader that touches nothing: bytes are pushed in as they come, wanted members are pushed out.
 * Nothing is buffered but headers, so an archive of any size costs a few hundred bytes.
 *
 * Reads what tar writes today: ustar, GNU long names and base-256 sizes, pax paths and sizes.
 * A data set has no use for links, devices, absolute paths or `..`: whoever sends them is refused.
 *
 * Sources: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
 */
import { malformed } from './malformed.ts';

/** Takes the bytes of one file in order. */
export interface FileSink {
  write(chunk: Uint8Array): void;
  /** After the last byte. */
  end(): void;
}

/** @returns where the member's bytes go, or null to skip them */
export type OnMember = (path: string, bytes: number) => FileSink | null;

const blockBytes = 512;
/** Long names and pax records; real ones have a few hundred bytes. */
const extensionBytesMax = 64 * 1024;

type Target =
  | { readonly kind: 'file'; readonly sink: FileSink | null }
  | { readonly kind: 'extension'; readonly type: string; readonly chunks: Uint8Array[] };

export class TarReader {
  readonly #file: string;
  readonly #onMember: OnMember;
  readonly #header = new Uint8Array(blockBytes);
  #headerBytes = 0;
  /** What the bytes being read belong to; null between members. */
  #target: Target | null = null;
  #bytesLeft = 0;
  #paddingLeft = 0;
  /** Bytes pushed so far, for messages. */
  #offset = 0;
  #path = '';
  #ended = false;
  /** What an extension header said about the next member. */
  #longPath: string | null = null;
  #longBytes: number | null = null;

  /** @param file the archive's name, for messages */
  constructor(file: string, onMember: OnMember) {
    this.#file = file;
    this.#onMember = onMember;
  }

  /** @throws RidgelineError DATASET_INVALID, or what a sink throws */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#ended) {
      const rest = chunk.subarray(at);
      const taken = this.#target === null ? this.#takeHeader(rest) : this.#takeBody(rest);
      at += taken;
      this.#offset += taken;
    }
  }

  /** After the last chunk: refuses an archive that was cut off. */
  end(): void {
    if (this.#ended) return;
    const inside = this.#target === null ? 'before its end mark' : `inside ${this.#path}`;
    throw this.#refuse(`is cut off ${inside}, after ${this.#offset} unpacked bytes.`);
  }

  #takeHeader(rest: Uint8Array): number {
    const taken = Math.min(rest.length, blockBytes - this.#headerBytes);
    this.#header.set(rest.subarray(0, taken), this.#headerBytes);
    this.#headerBytes += taken;
    if (this.#headerBytes === blockBytes) {
      this.#headerBytes = 0;
      if (this.#header.every((byte) => byte === 0)) this.#ended = true;
      else this.#open();
    }
    return taken;
  }

  #takeBody(rest: Uint8Array): number {
    const bytes = Math.min(rest.length, this.#bytesLeft);
    const target = this.#target!;
    if (bytes > 0) {
      const chunk = rest.subarray(0, bytes);
      if (target.kind === 'file') target.sink?.write(chunk);
      else target.chunks.push(chunk.slice());
      this.#bytesLeft -= bytes;
    }
    const padding = Math.min(rest.length - bytes, this.#paddingLeft);
    if (this.#bytesLeft === 0) this.#paddingLeft -= padding;
    if (this.#bytesLeft === 0 && this.#paddingLeft === 0) this.#close(target);
    return bytes + padding;
  }

  #open(): void {
    const header = this.#header;
    this.#verifyChecksum();
    const type = header[156] === 0 ? '0' : String.fromCharCode(header[156]!);
    const bytes = this.#longBytes ?? this.#number(124, 12);
    this.#path = this.#longPath ?? this.#shortPath();
    if (type === 'L' || type === 'x' || type === 'g' || type === 'K') {
      const own = this.#number(124, 12);
      if (own > extensionBytesMax) throw this.#refuse(`has a header of ${own} bytes.`);
      this.#start(own, { kind: 'extension', type, chunks: [] });
      return;
    }
    this.#longPath = null;
    this.#longBytes = null;
    this.#refuseUnsafe(type);
    const isFile = type === '0' || type === '7';
    this.#start(isFile ? bytes : 0, {
      kind: 'file',
      sink: isFile ? this.#onMember(this.#path, bytes) : null,
    });
  }

  #start(bytes: number, target: Target): void {
    this.#target = target;
    this.#bytesLeft = bytes;
    this.#paddingLeft = (blockBytes - (bytes % blockBytes)) % blockBytes;
    if (bytes === 0) this.#close(target);
  }

  #close(target: Target): void {
    this.#target = null;
    if (target.kind === 'file') target.sink?.end();
    else this.#applyExtension(target.type, Buffer.concat(target.chunks));
  }

  #applyExtension(type: string, body: Buffer): void {
    if (type === 'L') this.#longPath = untilNull(body);
    if (type !== 'x') return; // A global header or a link's name says nothing about a file's bytes.
    // Records are "LENGTH KEY=VALUE\n", LENGTH in bytes and counting itself.
    for (let at = 0; at < body.length;) {
      const length = Number.parseInt(body.toString('latin1', at, at + 20), 10);
      if (!(length > 0) || at + length > body.length)
        throw this.#refuse('has a damaged pax header.');
      const record = body.toString('utf8', at, at + length - 1);
      const value = record.slice(record.indexOf('=') + 1);
      const key = record.slice(record.indexOf(' ') + 1, record.indexOf('='));
      if (key === 'path') this.#longPath = value;
      if (key === 'size') {
        if (!/^\d{1,15}$/.test(value)) throw this.#refuse(`has a pax header with size "${value}".`);
        this.#longBytes = Number(value);
      }
      at += length;
    }
  }

  #refuseUnsafe(type: string): void {
    const path = JSON.stringify(this.#path);
    if (type !== '0' && type !== '7' && type !== '5') {
      const kind = { '1': 'a hard link', '2': 'a symbolic link' }[type] ?? `of type "${type}"`;
      throw this.#refuse(`has a member ${path} that is ${kind}: a data set consists of files.`);
    }
    if (this.#path.startsWith('/') || this.#path.split('/').includes('..')) {
      throw this.#refuse(`has a member ${path} that would lie outside the archive's own folder.`);
    }
  }

  #shortPath(): string {
    const field = (start: number, length: number): string =>
      untilNull(Buffer.from(this.#header.subarray(start, start + length)));
    const isUstar = field(257, 6).startsWith('ustar') && this.#header[262] === 0;
    const prefix = isUstar ? field(345, 155) : '';
    return prefix === '' ? field(0, 100) : `${prefix}/${field(0, 100)}`;
  }

  /** Octal text, or base 256 where the first bit is set (GNU, for sizes from 8 GiB). */
  #number(start: number, length: number): number {
    const field = this.#header.subarray(start, start + length);
    if (field[0]! >= 0x80) {
      const value = field.reduce((sum, byte, i) => sum * 256 + (i === 0 ? byte & 0x7f : byte), 0);
      if (!Number.isSafeInteger(value)) throw this.#refuse(`has a number too large, ${value}.`);
      return value;
    }
    const text = untilNull(Buffer.from(field)).trim();
    if (!/^[0-7]*$/.test(text)) {
      throw this.#refuse(
        `has ${JSON.stringify(text)} where a number belongs, at unpacked byte ${this.#offset}, so it is no tar or a damaged one.`,
      );
    }
    return text === '' ? 0 : Number.parseInt(text, 8);
  }

  #verifyChecksum(): void {
    const stored = this.#number(148, 8);
    const sum = this.#header.reduce((s, byte, i) => s + (i >= 148 && i < 156 ? 32 : byte), 0);
    if (stored !== sum) {
      throw this.#refuse(
        `has no valid tar header at unpacked byte ${this.#offset}, so it is no tar or a damaged one.`,
      );
    }
  }

  #refuse(problem: string): Error {
    return malformed(this.#file, problem);
  }
}

function untilNull(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

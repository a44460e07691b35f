/**
 * A parser of bytes that come in pieces, written as if they were all there: a generator that asks for
 * what it needs next and is resumed once that has come. Nothing is held but what was asked for, and large
 * bodies go straight to where they belong.
 *
 *     const header = yield 8;                        // a view of 8 bytes, valid until the next request
 *     const line = yield { lineBytesMax: 128 };      // up to a line feed, without it
 *     const piece = yield { pieceBytes: 1024 };      // the same in pieces; the last one is shorter
 *     yield target;                                  // fills an array of the parser's own
 *     return value;                                  // what the bytes were
 */
import { assert } from '../../base/assert.ts';
import { malformed } from './malformed.ts';
import type { FileSink } from './tar.ts';

export type ByteRequest =
  number | { readonly lineBytesMax: number } | { readonly pieceBytes: number } | Uint8Array;

export type ByteParser<Value> = Generator<ByteRequest, Value, Uint8Array>;

/** Where the parser is, for messages: the offset of the byte behind what it was given last. */
export interface Cursor {
  readonly offset: number;
}

/** Requests that are staged; larger ones bring their own array. */
const stagedBytesMax = 64 * 1024;
const lineFeed = 10;

export class ParserSink<Value> implements FileSink {
  readonly #file: string;
  readonly #parser: ByteParser<Value>;
  readonly #cursor = { offset: 0 };
  /** Null once the parser has ended. */
  #request: ByteRequest | null = 0;
  #result: { readonly value: Value } | null = null;
  #staged = new Uint8Array(256);
  /** Bytes of the request that have come. */
  #filled = 0;

  /** @param file what messages call it */
  constructor(file: string, parser: (cursor: Cursor) => ByteParser<Value>) {
    this.#file = file;
    this.#parser = parser(this.#cursor);
    this.#resume(new Uint8Array(), 0);
  }

  /** @throws what the parser throws; RidgelineError DATASET_INVALID for bytes behind its end */
  write(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) at += this.#take(chunk.subarray(at));
  }

  /** @throws RidgelineError DATASET_INVALID where the parser still waits */
  end(): void {
    const request = this.#request;
    if (request === null) return;
    const wanted = request instanceof Uint8Array ? request.length : request;
    const more = typeof wanted === 'number' ? `: ${wanted - this.#filled} more belong there` : '';
    throw malformed(
      this.#file,
      `is cut off after ${this.#cursor.offset + this.#filled} bytes${more}.`,
    );
  }

  /** What the parser made of the bytes; after `end`. */
  value(): Value {
    assert(this.#result !== null, 'a value is there once all of its bytes have come');
    return this.#result.value;
  }

  /** @returns how many bytes of `rest` were taken */
  #take(rest: Uint8Array): number {
    const request = this.#request;
    if (request === null) {
      throw malformed(this.#file, `goes on behind its end, at byte ${this.#cursor.offset}.`);
    }
    if (request instanceof Uint8Array) {
      const taken = rest.subarray(0, request.length - this.#filled);
      request.set(taken, this.#filled);
      this.#filled += taken.length;
      if (this.#filled === request.length) this.#resume(request, request.length);
      return taken.length;
    }
    if (typeof request === 'number') {
      const taken = rest.subarray(0, request - this.#filled);
      const isWhole = taken.length === request;
      if (!isWhole) this.#stage(taken);
      if (isWhole) this.#resume(taken, request);
      else if (this.#filled === request) this.#resume(this.#staged.subarray(0, request), request);
      return taken.length;
    }
    return 'pieceBytes' in request
      ? this.#takePiece(rest, request.pieceBytes)
      : this.#takeLine(rest, request.lineBytesMax);
  }

  #takeLine(rest: Uint8Array, bytesMax: number): number {
    const end = rest.indexOf(lineFeed);
    const taken = end === -1 ? rest : rest.subarray(0, end);
    if (this.#filled + taken.length > bytesMax) {
      throw malformed(
        this.#file,
        `has a line of more than ${bytesMax} bytes, at byte ${this.#cursor.offset}.`,
      );
    }
    this.#stage(taken);
    if (end === -1) return taken.length;
    this.#resume(this.#staged.subarray(0, this.#filled), this.#filled + 1);
    return taken.length + 1;
  }

  /** A line feed ends the last piece, which may be empty. */
  #takePiece(rest: Uint8Array, pieceBytes: number): number {
    const taken = rest.subarray(0, pieceBytes - this.#filled);
    const end = taken.indexOf(lineFeed);
    this.#stage(end === -1 ? taken : taken.subarray(0, end));
    if (end === -1 && this.#filled < pieceBytes) return taken.length;
    const feed = end === -1 ? 0 : 1;
    this.#resume(this.#staged.subarray(0, this.#filled), this.#filled + feed);
    return end === -1 ? taken.length : end + 1;
  }

  #stage(bytes: Uint8Array): void {
    const needed = this.#filled + bytes.length;
    if (needed > this.#staged.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#staged.length));
      grown.set(this.#staged.subarray(0, this.#filled));
      this.#staged = grown;
    }
    this.#staged.set(bytes, this.#filled);
    this.#filled = needed;
  }

  #resume(bytes: Uint8Array, consumed: number): void {
    this.#cursor.offset += consumed;
    this.#filled = 0;
    let next = this.#parser.next(bytes);
    // Nothing is waited for where nothing was asked for.
    while (next.done !== true && isEmpty(next.value)) next = this.#parser.next(new Uint8Array());
    if (next.done === true) {
      this.#request = null;
      this.#result = { value: next.value };
      return;
    }
    this.#request = next.value;
    const isSmall = typeof next.value !== 'number' || next.value <= stagedBytesMax;
    assert(isSmall, 'large bodies go to arrays of the parser');
  }
}

function isEmpty(request: ByteRequest): boolean {
  return request instanceof Uint8Array ? request.length === 0 : request === 0;
}

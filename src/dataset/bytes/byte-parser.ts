/**
 * Byte parser: a generator that requests the bytes it needs next and resumes when they have arrived. It
 * reads a stream as if all bytes were in memory, but holds only what it requested; large bodies go
 * straight to their destination.
 *
 *     const header = yield 8;                        // a view of 8 bytes, valid until the next request
 *     const line = yield { lineBytesMax: 128 };      // up to a line feed, without it; or 128 bytes of a line
 *     yield target;                                  // fills an array that the parser owns
 *     return value;                                  // the parsed value
 */
import { assert } from '../../base/assert.ts';
import type { FileSink } from './file-stream.ts';
import { malformed } from './malformed.ts';

type ByteRequest = number | { readonly lineBytesMax: number } | Uint8Array;

export type ByteParser<Value> = Generator<ByteRequest, Value, Uint8Array>;

/** The parser's position, for messages: the offset of the byte after the last request. */
export interface Cursor {
  readonly offset: number;
}

/** Longest request that is copied to a buffer; for more bytes, a parser yields its own array. */
const stagedBytesMax = 64 * 1024;
const lineFeed = 10;

export class ParserSink<Value> implements FileSink {
  readonly #file: string;
  readonly #parser: ByteParser<Value>;
  readonly #cursor = { offset: 0 };
  /** Null after the parser has ended. */
  #request: ByteRequest | null = 0;
  #result: { readonly value: Value } | null = null;
  readonly #staged = new Uint8Array(stagedBytesMax);
  /** Bytes of the current request that have arrived. */
  #filled = 0;

  /** @param file the file's name in messages */
  constructor(file: string, parser: (cursor: Cursor) => ByteParser<Value>) {
    this.#file = file;
    this.#parser = parser(this.#cursor);
    this.#resume(new Uint8Array(), 0);
  }

  /** @throws RidgelineError DATASET_INVALID for bytes after the parser's end; errors of the parser */
  write(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) at += this.#take(chunk.subarray(at));
  }

  /** The rest of an array that the parser owns. */
  target(): Uint8Array | null {
    const request = this.#request;
    return request instanceof Uint8Array ? request.subarray(this.#filled) : null;
  }

  /** @throws RidgelineError errors of the parser */
  wrote(bytes: number): void {
    const request = this.#request;
    assert(request instanceof Uint8Array, 'bytes are written to a target');
    this.#filled += bytes;
    if (this.#filled === request.length) this.#resume(request, request.length);
  }

  /** @throws RidgelineError DATASET_INVALID if the parser needs more bytes */
  end(): void {
    const request = this.#request;
    if (request === null) return;
    const wanted = request instanceof Uint8Array ? request.length : request;
    const more = typeof wanted === 'number' ? `: ${wanted - this.#filled} more are missing` : '';
    const bytes = this.#cursor.offset + this.#filled;
    throw malformed(this.#file, `is cut off after ${bytes} bytes${more}.`);
  }

  /** The parsed value; call it after `end`. */
  value(): Value {
    assert(this.#result !== null, 'the value exists after the last byte');
    return this.#result.value;
  }

  /** @returns how many bytes of `rest` were used */
  #take(rest: Uint8Array): number {
    const request = this.#request;
    if (request === null) {
      throw malformed(this.#file, `has extra bytes after its end, at byte ${this.#cursor.offset}.`);
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
      if (taken.length === request) this.#resume(taken, request);
      else {
        this.#stage(taken);
        if (this.#filled === request) this.#resume(this.#staged.subarray(0, request), request);
      }
      return taken.length;
    }
    const part = rest.subarray(0, request.lineBytesMax - this.#filled);
    const end = part.indexOf(lineFeed);
    const taken = end === -1 ? part : part.subarray(0, end);
    this.#stage(taken);
    const feed = end === -1 ? 0 : 1;
    const isComplete = feed === 1 || this.#filled === request.lineBytesMax;
    if (isComplete) this.#resume(this.#staged.subarray(0, this.#filled), this.#filled + feed);
    return taken.length + feed;
  }

  #stage(bytes: Uint8Array): void {
    this.#staged.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  #resume(bytes: Uint8Array, consumed: number): void {
    this.#cursor.offset += consumed;
    this.#filled = 0;
    let next = this.#parser.next(bytes);
    // A request for zero bytes is complete at once.
    while (next.done !== true && isEmpty(next.value)) next = this.#parser.next(new Uint8Array());
    if (next.done === true) {
      this.#request = null;
      this.#result = { value: next.value };
      return;
    }
    this.#request = next.value;
    const isSmall = typeof next.value !== 'number' || next.value <= stagedBytesMax;
    assert(isSmall, 'the parser brings its own array for a large body');
  }
}

function isEmpty(request: ByteRequest): boolean {
  return request instanceof Uint8Array ? request.length === 0 : request === 0;
}

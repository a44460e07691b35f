/**
 * Reads the pickles in which CIFAR-10's Python version comes, and refuses all else. A pickle is a
 * program that may name any function of Python; this machine has the few names that a numpy array needs
 * (`pickle-values.ts`) and runs none of them, not even Python's.
 *
 * Protocols 0 to 5, as Python 2, Python 3 and numpy write them. One large body, the pixels, goes straight
 * to its place in memory; everything else is small, or refused.
 *
 * Source: Python's `pickletools`, which documents every opcode.
 */
import type { ByteParser, Cursor } from '../bytes/byte-parser.ts';
import { PickleStack } from './pickle-stack.ts';
import { EscapesToLatin1, Utf8ToLatin1, type TextDecoderStep } from './pickle-text.ts';
import {
  allowedGlobal,
  asText,
  build,
  isKind,
  reduce,
  smallBytesMax,
  type PickleValue,
} from './pickle-values.ts';
import type { PixelMemory } from '../shards/pixel-memory.ts';

const pieceBytes = 32 * 1024;
const lineBytesMax = 1024;
/** A long whole number may be as long as a counter of 64 bits. */
const longBytesMax = 8;

export interface UnpickleOptions {
  /** For messages. */
  readonly file: string;
  /** The file's size: no body is longer than what is left of it. */
  readonly bytes: number;
  readonly memory: PixelMemory;
}

/** What the pickle holds. @throws RidgelineError DATASET_INVALID for what is damaged, and for what is not allowed */
export function* unpickle(options: UnpickleOptions, cursor: Cursor): ByteParser<PickleValue> {
  const machine = new Machine(options, cursor);
  for (;;) {
    const [opcode = 0] = yield 1;
    if (opcode === 0x2e) break; // STOP
    yield* machine.step(opcode);
  }
  return machine.result();
}

class Machine {
  readonly #options: UnpickleOptions;
  readonly #cursor: Cursor;
  readonly #stack: PickleStack;
  #hasLarge = false;

  constructor(options: UnpickleOptions, cursor: Cursor) {
    this.#options = options;
    this.#cursor = cursor;
    this.#stack = new PickleStack(options.file, cursor);
  }

  result(): PickleValue {
    return this.#stack.last();
  }

  *step(opcode: number): ByteParser<void> {
    const text = String.fromCharCode(opcode);
    switch (opcode) {
      case 0x80: {
        const [protocol = 0] = yield 1;
        if (protocol > 5) throw this.#refuse(`has protocol ${protocol}; 0 to 5 are read`);
        return;
      }
      case 0x95: // FRAME: how many bytes follow together, which nothing here needs.
        yield 8;
        return;
      default:
    }
    if ('JKMIL\u008a'.includes(text)) yield* this.#number(text);
    else if ('CB\u008e\u0096TUX\u008c\u008d'.includes(text)) yield* this.#counted(text);
    else if ('SV'.includes(text)) yield* this.#line(text);
    else if ('pqrghj\u0094'.includes(text)) yield* this.#memorize(text);
    else if (text === 'c') {
      const module = latin1(yield { lineBytesMax });
      this.#global(module, latin1(yield { lineBytesMax }));
    } else this.#compute(text);
  }

  *#number(text: string): ByteParser<void> {
    if (text === 'J') this.#stack.push(view(yield 4).getInt32(0, true));
    else if (text === 'K') this.#stack.push((yield 1)[0]!);
    else if (text === 'M') this.#stack.push(view(yield 2).getUint16(0, true));
    else if (text === '\u008a') {
      const [length = 0] = yield 1;
      if (length > longBytesMax) throw this.#refuse(`has a number of ${length} bytes`);
      this.#stack.push(littleEndian(yield length));
    } else {
      const line = latin1(yield { lineBytesMax });
      if (text === 'I' && (line === '00' || line === '01')) this.#stack.push(line === '01');
      else if (/^-?\d{1,16}L?$/.test(line)) this.#stack.push(Number.parseInt(line, 10));
      else throw this.#refuse(`has ${JSON.stringify(line.slice(0, 40))} where a number belongs`);
    }
  }

  /** Bytes or text whose length stands before it. */
  *#counted(text: string): ByteParser<void> {
    const lengthBytes = 'CU\u008c'.includes(text) ? 1 : 'BTX'.includes(text) ? 4 : 8;
    const length = unsigned(yield lengthBytes);
    const isText = 'X\u008c\u008d'.includes(text);
    const left = this.#options.bytes - this.#cursor.offset;
    if (length > left) throw this.#refuse(`announces ${length} bytes where ${left} are left`);
    if (length > smallBytesMax) {
      if (isText) yield* this.#large(length, new Utf8ToLatin1());
      else {
        const target = this.#claimLarge(length);
        yield target;
        this.#stack.push(target);
      }
      return;
    }
    const body = yield length;
    this.#stack.countSmall(length);
    this.#stack.push(isText ? Buffer.from(body).toString('utf8') : body.slice());
  }

  /** Text too long for a string; `length` bytes of it in the file. */
  *#large(length: number, decoder: TextDecoderStep): ByteParser<void> {
    let latin = this.#claimLarge(0);
    for (let left = length; left > 0;) {
      const piece = yield Math.min(left, pieceBytes);
      left -= piece.length;
      latin = this.#append(latin, decoder, piece);
    }
    this.#endText(decoder);
    this.#stack.push({ kind: 'large-text', latin1: latin });
  }

  /** Protocol 0: a text up to the line's end. */
  *#line(text: string): ByteParser<void> {
    const isBytes = text === 'S';
    const decoder = new EscapesToLatin1(isBytes ? 'repr' : 'raw-unicode');
    let piece = yield { pieceBytes };
    if (piece.length < pieceBytes) {
      const decoded = decoder.decode(piece);
      if (typeof decoded === 'string') throw this.#refuse(decoded);
      this.#endText(decoder);
      this.#stack.countSmall(decoded.length);
      this.#stack.push(isBytes ? decoded.slice() : latin1(decoded));
      return;
    }
    let latin = this.#claimLarge(0);
    for (;;) {
      latin = this.#append(latin, decoder, piece);
      if (piece.length < pieceBytes) break;
      piece = yield { pieceBytes };
    }
    this.#endText(decoder);
    this.#stack.push(isBytes ? latin : { kind: 'large-text', latin1: latin });
  }

  *#memorize(text: string): ByteParser<void> {
    if (text === '\u0094') return this.#stack.memorize(null);
    const index = 'pg'.includes(text)
      ? Number(latin1(yield { lineBytesMax }))
      : unsigned(yield 'qh'.includes(text) ? 1 : 4);
    if ('pqr'.includes(text)) this.#stack.memorize(index);
    else this.#stack.recall(index);
  }

  /** Everything that has no argument in the file. */
  #compute(text: string): void {
    switch (text) {
      case '(':
        return this.#stack.pushMark();
      case 'N':
        return this.#stack.push(null);
      case '\u0088':
      case '\u0089':
        return this.#stack.push(text === '\u0088');
      case '0':
        this.#stack.pop();
        return;
      case ')':
        return this.#stack.push({ kind: 'tuple', items: [] });
      case '\u0085':
      case '\u0086':
      case '\u0087':
        return this.#stack.push({
          kind: 'tuple',
          items: this.#stack.popMany(text.charCodeAt(0) - 0x84),
        });
      case 't':
        return this.#stack.push({ kind: 'tuple', items: this.#stack.popToMark() });
      case ']':
        return this.#stack.push([]);
      case 'l':
        return this.#stack.push(this.#stack.popToMark());
      case 'a':
        return this.#appendAll([this.#stack.pop()]);
      case 'e':
        return this.#appendAll(this.#stack.popToMark());
      case '}':
        return this.#stack.push({ kind: 'dict', entries: new Map() });
      case 'd': {
        const items = this.#stack.popToMark();
        this.#stack.push({ kind: 'dict', entries: new Map() });
        return this.#setAll(items);
      }
      case 's':
        return this.#setAll(this.#stack.popMany(2));
      case 'u':
        return this.#setAll(this.#stack.popToMark());
      default:
        return this.#call(text);
    }
  }

  /** Names, what is called by them, and the state of what that made. */
  #call(text: string): void {
    if (text === '\u0093') {
      const [module, name] = this.#stack.popMany(2);
      this.#global(asText(module) ?? '', asText(name) ?? '');
    } else if (text === 'R') {
      const [called, args] = this.#stack.popMany(2);
      const result = isKind(args, 'tuple')
        ? reduce(called, args.items)
        : 'calls a function without arguments';
      if (typeof result === 'string') throw this.#refuse(result);
      const { value } = result;
      // A text may be encoded again and again: each time it is other bytes.
      if (value instanceof Uint8Array && value.length <= smallBytesMax)
        this.#stack.countSmall(value.length);
      this.#stack.push(value);
    } else if (text === 'b') {
      const state = this.#stack.pop();
      const problem = build(this.#stack.top(), state);
      if (problem !== null) throw this.#refuse(problem);
    } else {
      const code = text.charCodeAt(0).toString(16).padStart(2, '0');
      throw this.#refuse(`uses opcode 0x${code}, which no data set needs, or is no pickle`);
    }
  }

  #global(module: string, name: string): void {
    const allowed = allowedGlobal(module, name);
    if (allowed === null) {
      throw this.#refuse(
        `names ${JSON.stringify(`${module}.${name}`.slice(0, 80))}, which is not allowed: only numpy arrays of numbers are read, and nothing is run`,
      );
    }
    this.#stack.push(allowed);
  }

  #appendAll(items: readonly PickleValue[]): void {
    const list = this.#stack.top();
    if (!Array.isArray(list)) throw this.#refuse('appends to what is no list');
    for (const item of items) list.push(item);
    this.#stack.count(items.length);
  }

  #setAll(items: readonly PickleValue[]): void {
    const dict = this.#stack.top();
    if (!isKind(dict, 'dict') || items.length % 2 === 1)
      throw this.#refuse('sets entries of what is no dictionary');
    for (let i = 0; i < items.length; i += 2) {
      const key = asText(items[i]);
      if (key === null) throw this.#refuse('has a dictionary key that is no text');
      this.#stack.countSmall(key.length);
      dict.entries.set(key, items[i + 1]!);
    }
    this.#stack.count(items.length);
  }

  #claimLarge(bytes: number): Uint8Array {
    if (this.#hasLarge) throw this.#refuse(`has a second body of more than ${smallBytesMax} bytes`);
    this.#hasLarge = true;
    return this.#options.memory.take(bytes);
  }

  #append(latin: Uint8Array, decoder: TextDecoderStep, piece: Uint8Array): Uint8Array {
    const decoded = decoder.decode(piece);
    if (typeof decoded === 'string') throw this.#refuse(decoded);
    const extended = this.#options.memory.extend(latin, decoded.length);
    extended.set(decoded, latin.length);
    return extended;
  }

  #endText(decoder: TextDecoderStep): void {
    const problem = decoder.end();
    if (problem !== null) throw this.#refuse(problem);
  }

  #refuse(problem: string): Error {
    return this.#stack.refuse(problem);
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function unsigned(bytes: Uint8Array): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
}

/** Two's complement of up to 8 bytes; inexact beyond 2^53, where no count or label lies. */
function littleEndian(bytes: Uint8Array): number {
  const isNegative = (bytes.at(-1) ?? 0) >= 0x80;
  return unsigned(bytes) - (isNegative ? 256 ** bytes.length : 0);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

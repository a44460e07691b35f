/**
 * Unpickler: reads the pickles of CIFAR-10's Python version, and refuses all others. A pickle is a program
 * that may call any function of Python. This machine knows only the few names that a numpy array needs
 * (`pickle-values.ts`), and runs no code.
 *
 * Reads protocols 0 to 5, as Python 2, Python 3 and numpy write them. One large body, the pixels, goes
 * straight to its destination; all other values must be small.
 *
 * Source: Python's `pickletools`, which documents every opcode.
 */
import type { ByteParser, Cursor } from '../bytes/byte-parser.ts';
import { toSigned, toUnsigned } from '../bytes/integers.ts';
import type { PixelMemory } from '../bytes/pixel-memory.ts';
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

const pieceBytes = 32 * 1024;
const lineBytesMax = 1024;
/** Longest whole number: 64 bits. */
const longBytesMax = 8;

export interface UnpickleOptions {
  /** The file's name in messages. */
  readonly file: string;
  /** The file's size, which limits the length of a body. */
  readonly bytes: number;
  readonly memory: PixelMemory;
}

/** Returns the pickled value. @throws RidgelineError DATASET_INVALID if the pickle is damaged or not allowed */
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
      case 0x95: // FRAME: the number of bytes that follow, which is not needed.
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
    if (text === 'J') this.#stack.push(toSigned(yield 4));
    else if (text === 'K') this.#stack.push((yield 1)[0]!);
    else if (text === 'M') this.#stack.push(toUnsigned(yield 2));
    else if (text === '\u008a') {
      const [length = 0] = yield 1;
      if (length > longBytesMax) throw this.#refuse(`has a number of ${length} bytes`);
      this.#stack.push(toSigned(yield length));
    } else {
      const line = latin1(yield { lineBytesMax });
      if (text === 'I' && (line === '00' || line === '01')) this.#stack.push(line === '01');
      else if (/^-?\d{1,16}L?$/.test(line)) this.#stack.push(Number.parseInt(line, 10));
      else throw this.#refuse(`has ${JSON.stringify(line.slice(0, 40))} instead of a number`);
    }
  }

  /** Bytes or text after their length. */
  *#counted(text: string): ByteParser<void> {
    const lengthBytes = 'CU\u008c'.includes(text) ? 1 : 'BTX'.includes(text) ? 4 : 8;
    const length = toUnsigned(yield lengthBytes);
    const isText = 'X\u008c\u008d'.includes(text);
    const left = this.#options.bytes - this.#cursor.offset;
    if (length > left) throw this.#refuse(`announces ${length} bytes, but only ${left} follow`);
    if (length > smallBytesMax) {
      if (isText) return yield* this.#largeText(length);
      const target = this.#claimLarge(length);
      yield target;
      return this.#stack.push(target);
    }
    const body = yield length;
    this.#stack.countSmall(length);
    this.#stack.push(isText ? Buffer.from(body).toString('utf8') : body.slice());
  }

  /** Text that is too long for a string; it has `length` bytes in the file. */
  *#largeText(length: number): ByteParser<void> {
    const decoder = new Utf8ToLatin1();
    let latin = this.#claimLarge(0);
    for (let left = length; left > 0;) {
      const piece = yield Math.min(left, pieceBytes);
      left -= piece.length;
      latin = this.#append(latin, decoder, piece);
    }
    this.#endText(decoder);
    this.#stack.push({ kind: 'large-text', latin1: latin });
  }

  /** Protocol 0: text up to the end of the line. */
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
      : toUnsigned(yield 'qh'.includes(text) ? 1 : 4);
    if ('pqr'.includes(text)) this.#stack.memorize(index);
    else this.#stack.recall(index);
  }

  /** Opcodes without an argument in the file. */
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
        return this.#pushTuple([]);
      case '\u0085':
      case '\u0086':
      case '\u0087':
        return this.#pushTuple(this.#stack.popMany(text.charCodeAt(0) - 0x84));
      case 't':
        return this.#pushTuple(this.#stack.popToMark());
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

  #pushTuple(items: readonly PickleValue[]): void {
    this.#stack.push({ kind: 'tuple', items });
  }

  /** Opcodes that name, call and build objects. */
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
      // Each encoding of a text makes new bytes.
      if (value instanceof Uint8Array && value.length <= smallBytesMax)
        this.#stack.countSmall(value.length);
      this.#stack.push(value);
    } else if (text === 'b') {
      const state = this.#stack.pop();
      const problem = build(this.#stack.top(), state);
      if (problem !== null) throw this.#refuse(problem);
    } else {
      const code = text.charCodeAt(0).toString(16).padStart(2, '0');
      throw this.#refuse(`uses opcode 0x${code}, which no data set needs, or is not a pickle`);
    }
  }

  #global(module: string, name: string): void {
    const allowed = allowedGlobal(module, name);
    if (allowed === null) {
      throw this.#refuse(
        `names ${JSON.stringify(`${module}.${name}`.slice(0, 80))}, which is not allowed: only numpy arrays of numbers are read, and no code is run`,
      );
    }
    this.#stack.push(allowed);
  }

  #appendAll(items: readonly PickleValue[]): void {
    const list = this.#stack.top();
    if (!Array.isArray(list)) throw this.#refuse('appends to a value that is not a list');
    for (const item of items) list.push(item);
    this.#stack.count(items.length);
  }

  #setAll(items: readonly PickleValue[]): void {
    const dict = this.#stack.top();
    if (!isKind(dict, 'dict') || items.length % 2 === 1)
      throw this.#refuse('sets entries of a value that is not a dictionary');
    for (let i = 0; i < items.length; i += 2) {
      const key = asText(items[i]);
      if (key === null) throw this.#refuse('has a dictionary key that is not text');
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

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

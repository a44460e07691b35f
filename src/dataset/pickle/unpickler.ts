/**
 * Unpickler: reads the pickles of CIFAR-10's Python version in protocols 0 to 5, and refuses all others.
 *
 * A pickle is a program that may call any function of Python. This machine allows only the few names that
 * a numpy array needs (`pickle-values.ts`), and runs no code. One large body, the pixels, goes straight to
 * its destination; all other values must be small. Opcodes: Python's `pickletools`.
 */
import type { ByteParser, Cursor } from '../bytes/byte-parser.ts';
import { toSigned, toUnsigned } from '../bytes/integers.ts';
import type { PixelMemory } from '../bytes/pixel-memory.ts';
import { PickleStack } from './pickle-stack.ts';
import { rawUnicodeDecoder, reprDecoder, toLatin1, utf8Decoder } from './pickle-text.ts';
import { allowedGlobal, asText, build, reduce } from './pickle-values.ts';
import { smallBytesMax, type PickleValue } from './pickle-values.ts';

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
  return machine.stack.last();
}

/** Opcodes without an argument in the file. */
const simpleOpcodes: Readonly<Record<string, (stack: PickleStack) => void>> = {
  '(': (stack) => stack.pushMark(),
  N: (stack) => stack.push(null),
  '\u0088': (stack) => stack.push(true),
  '\u0089': (stack) => stack.push(false),
  '0': (stack) => void stack.pop(),
  ')': (stack) => stack.pushTuple([]),
  '\u0085': (stack) => stack.pushTuple(stack.popMany(1)),
  '\u0086': (stack) => stack.pushTuple(stack.popMany(2)),
  '\u0087': (stack) => stack.pushTuple(stack.popMany(3)),
  t: (stack) => stack.pushTuple(stack.popToMark()),
  ']': (stack) => stack.push([]),
  l: (stack) => stack.push(stack.popToMark()),
  a: (stack) => stack.appendAll([stack.pop()]),
  e: (stack) => stack.appendAll(stack.popToMark()),
  '}': (stack) => stack.pushDict([]),
  d: (stack) => stack.pushDict(stack.popToMark()),
  s: (stack) => stack.setAll(stack.popMany(2)),
  u: (stack) => stack.setAll(stack.popToMark()),
  '\u0093': (stack) => {
    const [module, name] = stack.popMany(2);
    stack.push(allowedGlobal(`${asText(module) ?? ''}.${asText(name) ?? ''}`, stack.refuse));
  },
  R: (stack) => {
    const [called, args] = stack.popMany(2);
    const value = reduce(called, args, stack.refuse);
    // Each encoding of a text makes new bytes.
    const isSmall = value instanceof Uint8Array && value.length <= smallBytesMax;
    stack.pushSmall(value, isSmall ? value.length : 0);
  },
  b: (stack) => {
    const state = stack.pop();
    build(stack.top(), state, stack.refuse);
  },
};

class Machine {
  readonly stack: PickleStack;
  readonly #options: UnpickleOptions;
  readonly #cursor: Cursor;
  #hasLarge = false;

  constructor(options: UnpickleOptions, cursor: Cursor) {
    this.#options = options;
    this.#cursor = cursor;
    this.stack = new PickleStack(options.file, cursor);
  }

  *step(opcode: number): ByteParser<void> {
    const text = String.fromCharCode(opcode);
    if (text === '\u0080') {
      const [protocol = 0] = yield 1;
      if (protocol > 5)
        throw this.stack.refuse(`has protocol ${protocol}; protocols 0 to 5 are supported`);
    } else if (text === '\u0095') {
      yield 8; // FRAME: the number of bytes that follow, which is not needed.
    } else if ('JKMIL\u008a'.includes(text)) this.stack.push(yield* this.#number(text));
    else if ('CB\u008e\u0096TUX\u008c\u008d'.includes(text)) yield* this.#counted(text);
    else if ('SV'.includes(text)) yield* this.#line(text === 'S');
    else if ('pqrghj\u0094'.includes(text)) yield* this.#memorize(text);
    else if (text === 'c') {
      const module = yield* this.#readLine();
      const name = yield* this.#readLine();
      this.stack.push(allowedGlobal(`${module}.${name}`, this.stack.refuse));
    } else {
      const compute = simpleOpcodes[text];
      const code = opcode.toString(16).padStart(2, '0');
      if (compute !== undefined) compute(this.stack);
      else
        throw this.stack.refuse(
          `uses opcode 0x${code}, which no data set needs, or is not a pickle`,
        );
    }
  }

  *#number(text: string): ByteParser<number | boolean> {
    if (text === 'J') return toSigned(yield 4);
    if (text === 'K') return toUnsigned(yield 1);
    if (text === 'M') return toUnsigned(yield 2);
    if (text === '\u008a') {
      const [length = 0] = yield 1;
      if (length > longBytesMax) throw this.stack.refuse(`has a number of ${length} bytes`);
      return toSigned(yield length);
    }
    const line = yield* this.#readLine();
    if (text === 'I' && (line === '00' || line === '01')) return line === '01';
    if (/^-?\d{1,16}L?$/.test(line)) return Number.parseInt(line, 10);
    throw this.stack.refuse(`has ${JSON.stringify(line.slice(0, 40))} instead of a number`);
  }

  /** Bytes or text after their length. */
  *#counted(text: string): ByteParser<void> {
    const lengthBytes = 'CU\u008c'.includes(text) ? 1 : 'BTX'.includes(text) ? 4 : 8;
    const length = toUnsigned(yield lengthBytes);
    const isText = 'X\u008c\u008d'.includes(text);
    const left = this.#options.bytes - this.#cursor.offset;
    if (length > left)
      throw this.stack.refuse(`announces ${length} bytes, but only ${left} follow`);
    if (length <= smallBytesMax) {
      const body = yield length;
      const value = isText ? Buffer.from(body).toString('utf8') : body.slice();
      return this.stack.pushSmall(value, length);
    }
    if (isText) return yield* this.#largeText(length);
    const target = this.#claimLarge(length);
    yield target;
    this.stack.push(target);
  }

  /** Text that is too long for a string; it has `length` bytes in the file. */
  *#largeText(length: number): ByteParser<void> {
    const decode = utf8Decoder(this.stack.refuse);
    let latin1 = this.#claimLarge(0);
    for (let left = length; left > 0;) {
      const piece = yield Math.min(left, pieceBytes);
      left -= piece.length;
      latin1 = this.#append(latin1, decode(piece));
    }
    decode();
    this.stack.push({ kind: 'large-text', latin1 });
  }

  /** Protocol 0: bytes or text up to the end of the line. */
  *#line(isBytes: boolean): ByteParser<void> {
    const decode = (isBytes ? reprDecoder : rawUnicodeDecoder)(this.stack.refuse);
    let piece = yield { lineBytesMax: pieceBytes };
    if (piece.length < pieceBytes) {
      const bytes = Uint8Array.from(Buffer.concat([decode(piece), decode()]));
      return this.stack.pushSmall(isBytes ? bytes : toLatin1(bytes), bytes.length);
    }
    let latin1 = this.#append(this.#claimLarge(0), decode(piece));
    while (piece.length === pieceBytes) {
      piece = yield { lineBytesMax: pieceBytes };
      latin1 = this.#append(latin1, decode(piece));
    }
    latin1 = this.#append(latin1, decode());
    this.stack.push(isBytes ? latin1 : { kind: 'large-text', latin1 });
  }

  *#memorize(text: string): ByteParser<void> {
    if (text === '\u0094') return this.stack.memorize(null);
    const index = 'pg'.includes(text)
      ? Number(yield* this.#readLine())
      : toUnsigned(yield 'qh'.includes(text) ? 1 : 4);
    if ('pqr'.includes(text)) this.stack.memorize(index);
    else this.stack.recall(index);
  }

  *#readLine(): ByteParser<string> {
    const line = yield { lineBytesMax };
    if (line.length < lineBytesMax) return toLatin1(line);
    throw this.stack.refuse(`has a line of ${lineBytesMax} bytes or more`);
  }

  /** Takes memory for the pixels. A pickle has one body of pixels. */
  #claimLarge(bytes: number): Uint8Array {
    if (this.#hasLarge)
      throw this.stack.refuse(`has a second body of more than ${smallBytesMax} bytes`);
    this.#hasLarge = true;
    return this.#options.memory.take(bytes);
  }

  #append(latin1: Uint8Array, decoded: Uint8Array): Uint8Array {
    const extended = this.#options.memory.extend(latin1, decoded.length);
    extended.set(decoded, latin1.length);
    return extended;
  }
}

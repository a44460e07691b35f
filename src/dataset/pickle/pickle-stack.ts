/**
 * Stack and memo of the pickle machine, with limits: as many values and bytes as the labels and file
 * names of more images than any batch has.
 */
import type { Cursor } from '../bytes/byte-parser.ts';
import { malformed } from '../bytes/malformed.ts';
import type { PickleValue } from './pickle-values.ts';

/** Labels and file names of 200,000 images; a value counts each time it is stored. */
const valuesMax = 2_000_000;
const smallTotalMax = 32 * 1024 * 1024;

const mark = Symbol('mark');

export class PickleStack {
  readonly #file: string;
  readonly #cursor: Cursor;
  readonly #stack: (PickleValue | typeof mark)[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #values = 0;
  #smallBytes = 0;

  constructor(file: string, cursor: Cursor) {
    this.#file = file;
    this.#cursor = cursor;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
    this.count(1);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === mark) throw this.refuse('takes a value that is missing');
    return value;
  }

  popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).toReversed();
  }

  top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === mark) throw this.refuse('uses a value that is missing');
    return value;
  }

  pushMark(): void {
    this.#stack.push(mark);
    this.count(1);
  }

  popToMark(): PickleValue[] {
    const start = this.#stack.lastIndexOf(mark);
    if (start === -1) throw this.refuse('ends a group that did not begin');
    return this.#stack.splice(start).filter((value) => value !== mark);
  }

  /** Returns the result: the only remaining value. */
  last(): PickleValue {
    const value = this.pop();
    if (this.#stack.length > 0) throw this.refuse('ends with more than one value');
    return value;
  }

  /** @param index null: the next one */
  memorize(index: number | null): void {
    this.#memo.set(index ?? this.#memo.size, this.top());
    this.count(1);
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.refuse(`refers to value ${index}, which it does not have`);
    this.push(value);
  }

  /** Counts stored values. */
  count(values: number): void {
    this.#values += values;
    if (this.#values > valuesMax) throw this.refuse(`has more than ${valuesMax} values`);
  }

  /** Counts bytes of text. */
  countSmall(bytes: number): void {
    this.#smallBytes += bytes;
    if (this.#smallBytes > smallTotalMax)
      throw this.refuse(`has more than ${smallTotalMax} bytes of text`);
  }

  refuse(problem: string): Error {
    return malformed(this.#file, `${problem}; at byte ${this.#cursor.offset}.`);
  }
}

/**
 * Pickle stack: the stack and memo of the unpickler, with limits on values and bytes that suffice for the
 * labels and file names of more images than any batch has.
 */
import type { Cursor } from '../bytes/byte-parser.ts';
import { malformed } from '../bytes/malformed.ts';
import { asText, isKind, type PickleValue } from './pickle-values.ts';

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

  /** Builds the error that refuses the pickle. */
  readonly refuse = (problem: string): Error =>
    malformed(this.#file, `${problem}; at byte ${this.#cursor.offset}.`);

  push(value: PickleValue): void {
    this.#stack.push(value);
    this.#count(1);
  }

  pushTuple(items: readonly PickleValue[]): void {
    this.push({ kind: 'tuple', items });
  }

  /** Pushes bytes or text whose length counts towards the limit. */
  pushSmall(value: PickleValue, bytes: number): void {
    this.#count(0, bytes);
    this.push(value);
  }

  /** Pushes a dictionary. @param items keys and values in turn */
  pushDict(items: readonly PickleValue[]): void {
    this.push({ kind: 'dict', entries: new Map() });
    this.setAll(items);
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
    this.#count(1);
  }

  popToMark(): PickleValue[] {
    const start = this.#stack.lastIndexOf(mark);
    if (start === -1) throw this.refuse('ends a group that did not begin');
    return this.#stack.splice(start).filter((value) => value !== mark);
  }

  /** Adds to the list on top. */
  appendAll(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.refuse('appends to a value that is not a list');
    for (const item of items) list.push(item);
    this.#count(items.length);
  }

  /** Sets entries of the dictionary on top. @param items keys and values in turn */
  setAll(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (!isKind(dict, 'dict') || items.length % 2 === 1)
      throw this.refuse('sets entries of a value that is not a dictionary');
    for (let i = 0; i < items.length; i += 2) {
      const key = asText(items[i]);
      if (key === null) throw this.refuse('has a dictionary key that is not text');
      this.#count(2, key.length);
      dict.entries.set(key, items[i + 1]!);
    }
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
    this.#count(1);
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.refuse(`refers to value ${index}, which it does not have`);
    this.push(value);
  }

  /** Counts stored values, and bytes of text. */
  #count(values: number, bytes = 0): void {
    this.#values += values;
    this.#smallBytes += bytes;
    if (this.#values > valuesMax) throw this.refuse(`has more than ${valuesMax} values`);
    if (this.#smallBytes > smallTotalMax)
      throw this.refuse(`has more than ${smallTotalMax} bytes of text`);
  }
}

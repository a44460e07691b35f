/**
 * Pickle values: plain data, and numpy arrays of plain numbers. There are no classes and no functions.
 * The few Python names that a pickled array needs have an equivalent here; no code is ever run.
 */

import { toLatin1, type Refuse } from './pickle-text.ts';

/** Longest bytes or text that count as small; longer ones are pixels. */
export const smallBytesMax = 32 * 1024;
/** Most axes of an array: the limit of numpy. */
const axesMax = 64;

/** Text is a string; bytes are a `Uint8Array`. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickleValue[]
  /** Text of single-byte characters, one byte each, that is too long for a string. Python 3 writes bytes this way. */
  | { readonly kind: 'large-text'; readonly latin1: Uint8Array }
  | { readonly kind: 'tuple'; readonly items: readonly PickleValue[] }
  /** Keys are strings, whether the file has them as text or as bytes. */
  | { readonly kind: 'dict'; readonly entries: Map<string, PickleValue> }
  | { readonly kind: 'global'; readonly name: AllowedGlobal }
  | PickleDtype
  | PickleArray;

interface PickleDtype {
  readonly kind: 'dtype';
  /** Kind and bytes of a number, such as `u1` or `i8`. */
  readonly code: string;
  byteOrder: string;
}

interface PickleArray {
  readonly kind: 'array';
  shape: readonly number[];
  dtype: PickleDtype | null;
  isColumnOrder: boolean;
  data: Uint8Array;
}

/** Old and new Python names of each allowed function or class. All other names are refused. */
const allowedGlobals: ReadonlyMap<string, AllowedGlobal> = new Map([
  ['numpy.core.multiarray._reconstruct', 'reconstruct'],
  ['numpy._core.multiarray._reconstruct', 'reconstruct'],
  ['numpy.core.numeric._frombuffer', 'frombuffer'],
  ['numpy._core.numeric._frombuffer', 'frombuffer'],
  ['numpy.ndarray', 'ndarray'],
  ['numpy.dtype', 'dtype'],
  ['_codecs.encode', 'encode'],
  ['__builtin__.bytes', 'bytes'],
  ['builtins.bytes', 'bytes'],
]);

type AllowedGlobal = 'reconstruct' | 'frombuffer' | 'ndarray' | 'dtype' | 'encode' | 'bytes';

export function allowedGlobal(fullName: string, refuse: Refuse): PickleValue {
  const name = allowedGlobals.get(fullName);
  if (name !== undefined) return { kind: 'global', name };
  const shown = JSON.stringify(fullName.slice(0, 80));
  throw refuse(
    `names ${shown}, which is not allowed: only numpy arrays of numbers are read, and no code is run`,
  );
}

export function isKind<Kind extends string>(
  value: PickleValue | undefined,
  kind: Kind,
): value is Extract<PickleValue, { readonly kind: Kind }> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}

function emptyArray(): PickleArray {
  return { kind: 'array', shape: [0], dtype: null, isColumnOrder: false, data: new Uint8Array() };
}

/** Evaluates a call of an allowed name. */
export function reduce(
  called: PickleValue | undefined,
  args: PickleValue | undefined,
  refuse: Refuse,
): PickleValue {
  if (!isKind(args, 'tuple')) throw refuse('calls a function without arguments');
  if (!isKind(called, 'global')) throw refuse('calls a value that is not a function');
  const [first, second, third, fourth] = args.items;
  switch (called.name) {
    case 'reconstruct':
      if (isKind(first, 'global') && first.name === 'ndarray') return emptyArray();
      throw refuse('makes an object that is not a numpy array');
    case 'frombuffer': {
      if (!(first instanceof Uint8Array))
        throw refuse('makes an array of a value that is not bytes');
      const items = [1, third ?? null, second ?? null, fourth === 'F', first];
      const array = emptyArray();
      build(array, { kind: 'tuple', items }, refuse);
      return array;
    }
    case 'dtype': {
      const code = asText(first);
      if (code !== null && /^[biufc]\d{1,2}$/.test(code))
        return { kind: 'dtype', code, byteOrder: '|' };
      throw refuse('has an array of values that are not plain numbers');
    }
    case 'encode':
      if (second !== 'latin1' && second !== 'latin-1')
        throw refuse('encodes text to another code than latin1');
      if (isKind(first, 'large-text')) return first.latin1;
      if (typeof first === 'string' && /^[\0-\u00ff]*$/.test(first))
        return Uint8Array.from(Buffer.from(first, 'latin1'));
      throw refuse('encodes a value that is not latin1 text');
    case 'bytes':
      if (first === undefined) return new Uint8Array();
      throw refuse('converts a value to bytes');
    case 'ndarray':
      throw refuse('makes a numpy array in a way that numpy does not write');
  }
}

/** Sets the state of an array or a number type. */
export function build(target: PickleValue, state: PickleValue, refuse: Refuse): void {
  const items = isKind(state, 'tuple') ? state.items : [];
  if (isKind(target, 'dtype')) {
    const order = asText(items[1]);
    if (order === null || !/^[<>|=]$/.test(order))
      throw refuse('has a number type without a byte order');
    target.byteOrder = order;
    return;
  }
  if (!isKind(target, 'array')) throw refuse('sets the state of a value that is not an array');
  const [, shape, dtype, isColumnOrder, data] = items;
  if (!isKind(shape, 'tuple') || !isKind(dtype, 'dtype'))
    throw refuse('has an array without a shape or type');
  if (!(data instanceof Uint8Array)) throw refuse('has an array whose values are not bytes');
  const sizes = shape.items.filter((size) => typeof size === 'number');
  const isPossible =
    shape.items.length <= axesMax &&
    sizes.length === shape.items.length &&
    sizes.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isPossible) throw refuse('has an array of an impossible shape');
  const bytes = sizes.reduce((product, size) => product * size, Number(dtype.code.slice(1)));
  if (data.length !== bytes) {
    const array = `${sizes.join('×')} ${dtype.code}`;
    throw refuse(`has an array of ${array} with ${data.length} bytes instead of ${bytes}`);
  }
  Object.assign(target, { shape: sizes, dtype, isColumnOrder: isColumnOrder === true, data });
}

/** Returns text, which Python 2 writes as bytes; null for other values. */
export function asText(value: PickleValue | undefined): string | null {
  if (typeof value === 'string') return value;
  const isSmall = value instanceof Uint8Array && value.length <= smallBytesMax;
  return isSmall ? toLatin1(value) : null;
}

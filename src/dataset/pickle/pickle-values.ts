/**
 * Pickle values: plain data, and numpy arrays of plain numbers. There are no classes and no functions.
 * The few Python names that a pickled array needs have an equivalent here; no code is ever run.
 */

/** Longer bodies are pixels. */
export const smallBytesMax = 32 * 1024;
/** The limit of numpy. */
const axesMax = 64;

/** Text is a string; bytes are a `Uint8Array`. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickleLargeText
  | PickleValue[]
  | PickleTuple
  | PickleDict
  | PickleGlobal
  | PickleDtype
  | PickleArray;

/** Text of single-byte characters that is too long for a string. Python 3 writes bytes this way. */
interface PickleLargeText {
  readonly kind: 'large-text';
  /** One byte per character. */
  readonly latin1: Uint8Array;
}

interface PickleTuple {
  readonly kind: 'tuple';
  readonly items: readonly PickleValue[];
}

/** Keys are strings, whether the file has them as text or as bytes. */
interface PickleDict {
  readonly kind: 'dict';
  readonly entries: Map<string, PickleValue>;
}

export interface PickleGlobal {
  readonly kind: 'global';
  readonly name: AllowedGlobal;
}

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
const allowedGlobals = {
  'numpy.core.multiarray._reconstruct': 'reconstruct',
  'numpy._core.multiarray._reconstruct': 'reconstruct',
  'numpy.core.numeric._frombuffer': 'frombuffer',
  'numpy._core.numeric._frombuffer': 'frombuffer',
  'numpy.ndarray': 'ndarray',
  'numpy.dtype': 'dtype',
  '_codecs.encode': 'encode',
  '__builtin__.bytes': 'bytes',
  'builtins.bytes': 'bytes',
} as const;

type AllowedGlobal = (typeof allowedGlobals)[keyof typeof allowedGlobals];

const globals = new Map<string, AllowedGlobal>(Object.entries(allowedGlobals));

/** @returns null for a name that is not allowed */
export function allowedGlobal(module: string, name: string): PickleGlobal | null {
  const allowed = globals.get(`${module}.${name}`);
  return allowed === undefined ? null : { kind: 'global', name: allowed };
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

/** Evaluates a call of an allowed name. @returns the value, or the problem as a text */
export function reduce(
  called: PickleValue | undefined,
  args: readonly PickleValue[],
): { readonly value: PickleValue } | string {
  if (!isKind(called, 'global')) return 'calls a value that is not a function';
  const [first, second, third, fourth] = args;
  switch (called.name) {
    case 'reconstruct':
      return isKind(first, 'global') && first.name === 'ndarray'
        ? { value: emptyArray() }
        : 'makes an object that is not a numpy array';
    case 'frombuffer': {
      if (!(first instanceof Uint8Array)) return 'makes an array of a value that is not bytes';
      const items = [1, third ?? null, second ?? null, fourth === 'F', first];
      const array = emptyArray();
      return build(array, { kind: 'tuple', items }) ?? { value: array };
    }
    case 'dtype': {
      const code = asText(first);
      return code !== null && /^[biufc]\d{1,2}$/.test(code)
        ? { value: { kind: 'dtype', code, byteOrder: '|' } }
        : 'has an array of values that are not plain numbers';
    }
    case 'encode': {
      if (second !== 'latin1' && second !== 'latin-1')
        return 'encodes text to another code than latin1';
      if (isKind(first, 'large-text')) return { value: first.latin1 };
      if (typeof first !== 'string' || Buffer.from(first, 'latin1').toString('latin1') !== first)
        return 'encodes a value that is not latin1 text';
      return { value: Uint8Array.from(Buffer.from(first, 'latin1')) };
    }
    case 'bytes':
      return args.length === 0 ? { value: new Uint8Array() } : 'converts a value to bytes';
    case 'ndarray':
      return 'makes a numpy array in a way that numpy does not write';
  }
}

/** Sets the state of an array or a number type. @returns the problem; null if there is none */
export function build(target: PickleValue | undefined, state: PickleValue): string | null {
  const items = isKind(state, 'tuple') ? state.items : [];
  if (isKind(target, 'dtype')) {
    const order = asText(items[1]);
    if (order === null || !/^[<>|=]$/.test(order)) return 'has a number type without a byte order';
    target.byteOrder = order;
    return null;
  }
  if (!isKind(target, 'array')) return 'sets the state of a value that is not an array';
  const [, shape, dtype, isColumnOrder, data] = items;
  if (!isKind(shape, 'tuple') || !isKind(dtype, 'dtype')) {
    return 'has an array without a shape or type';
  }
  if (!(data instanceof Uint8Array)) return 'has an array whose values are not bytes';
  const sizes = shape.items.filter((size) => typeof size === 'number');
  const isPossible =
    shape.items.length <= axesMax &&
    sizes.length === shape.items.length &&
    sizes.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isPossible) return 'has an array of an impossible shape';
  const bytes = sizes.reduce((product, size) => product * size, Number(dtype.code.slice(1)));
  if (data.length !== bytes) {
    return `has an array of ${sizes.join('×')} ${dtype.code} with ${data.length} bytes instead of ${bytes}`;
  }
  Object.assign(target, { shape: sizes, dtype, isColumnOrder: isColumnOrder === true, data });
  return null;
}

/** Returns text, which Python 2 writes as bytes; null for other values. */
export function asText(value: PickleValue | undefined): string | null {
  if (typeof value === 'string') return value;
  const isSmall = value instanceof Uint8Array && value.length <= smallBytesMax;
  return isSmall ? Buffer.from(value).toString('latin1') : null;
}

/**
 * What a pickle may hold here: plain data, and numpy arrays of plain numbers. There are no classes and no
 * functions; the few names that a pickled array needs stand for what they do, and nothing is ever run.
 */

/** Longer bodies are pixels. */
export const smallBytesMax = 32 * 1024;
/** As numpy itself. */
const axesMax = 64;

export type PickleValue =
  | null
  | boolean
  | number
  /** Text; bytes are `Uint8Array`s. */
  | string
  | Uint8Array
  | PickleLargeText
  | PickleValue[]
  | PickleTuple
  | PickleDict
  | PickleGlobal
  | PickleDtype
  | PickleArray;

/** Text of single-byte characters that was too long to be made a string: Python 3 writes bytes so. */
interface PickleLargeText {
  readonly kind: 'large-text';
  /** One byte a character. */
  readonly latin1: Uint8Array;
}

interface PickleTuple {
  readonly kind: 'tuple';
  readonly items: readonly PickleValue[];
}

/** Keys are texts, whether the file has them as text or as bytes. */
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
  /** Such as `u1` or `i8`: kind and bytes of a number. */
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

/** Python's name of each, old and new. Everything else is refused. */
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

/** One of the allowed functions, called. @returns what is wrong with the call, as a text, where it is */
export function reduce(
  called: PickleValue | undefined,
  args: readonly PickleValue[],
): { readonly value: PickleValue } | string {
  if (!isKind(called, 'global')) return 'calls what is no function';
  const [first, second, third, fourth] = args;
  switch (called.name) {
    case 'reconstruct':
      if (!isKind(first, 'global') || first.name !== 'ndarray')
        return 'makes something else than a numpy array';
      return {
        value: {
          kind: 'array',
          shape: [0],
          dtype: null,
          isColumnOrder: false,
          data: new Uint8Array(),
        },
      };
    case 'frombuffer': {
      if (!(first instanceof Uint8Array)) return 'makes an array of what are no bytes';
      const state = [1, third ?? null, second ?? null, fourth === 'F', first];
      const array: PickleArray = {
        kind: 'array',
        shape: [0],
        dtype: null,
        isColumnOrder: false,
        data: first,
      };
      return build(array, { kind: 'tuple', items: state }) ?? { value: array };
    }
    case 'dtype': {
      const code = asText(first);
      return code !== null && /^[biufc]\d{1,2}$/.test(code)
        ? { value: { kind: 'dtype', code, byteOrder: '|' } }
        : 'has an array of something else than plain numbers';
    }
    case 'encode': {
      if (second !== 'latin1' && second !== 'latin-1')
        return 'encodes text otherwise than as latin1';
      if (isKind(first, 'large-text')) return { value: first.latin1 };
      if (typeof first !== 'string' || Buffer.from(first, 'latin1').toString('latin1') !== first)
        return 'encodes what is no latin1 text';
      return { value: Uint8Array.from(Buffer.from(first, 'latin1')) };
    }
    case 'bytes':
      return args.length === 0 ? { value: new Uint8Array() } : 'makes bytes of something';
    case 'ndarray':
      return 'makes a numpy array in a way that numpy does not write';
  }
}

/** Sets the state of an array or a number type. @returns what is wrong with it */
export function build(target: PickleValue | undefined, state: PickleValue): string | null {
  const items = isKind(state, 'tuple') ? state.items : [];
  if (isKind(target, 'dtype')) {
    const order = asText(items[1]);
    if (order === null || !/^[<>|=]$/.test(order)) return 'has a number type of no byte order';
    target.byteOrder = order;
    return null;
  }
  if (!isKind(target, 'array')) return 'sets the state of what is no array';
  const [, shape, dtype, isColumnOrder, data] = items;
  if (!isKind(shape, 'tuple') || !isKind(dtype, 'dtype')) return 'has an array of no shape or type';
  if (!(data instanceof Uint8Array)) return 'has an array whose values are no bytes';
  if (shape.items.length > axesMax) return 'has an array of an impossible shape';
  const sizes = shape.items.filter((size) => typeof size === 'number');
  if (sizes.length !== shape.items.length || sizes.some((size) => !isSize(size)))
    return 'has an array of an impossible shape';
  const bytes = sizes.reduce((product, size) => product * size, Number(dtype.code.slice(1)));
  if (data.length !== bytes) {
    return `has an array of ${sizes.join('×')} ${dtype.code} with ${data.length} bytes instead of ${bytes}`;
  }
  target.shape = sizes;
  target.dtype = dtype;
  target.isColumnOrder = isColumnOrder === true;
  target.data = data;
  return null;
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

/** Python 2 writes texts as bytes. */
export function asText(value: PickleValue | undefined): string | null {
  if (typeof value === 'string') return value;
  const isSmall = value instanceof Uint8Array && value.length <= smallBytesMax;
  return isSmall ? Buffer.from(value).toString('latin1') : null;
}

/**
 * Native functions: what the addon exports, and a check that it has all of it. `kernel/native/network.h`
 * documents the functions.
 *
 * A network is in a memory that the caller allocates, of `networkBytes`. Images start at `record · D` in
 * `source`; `labels` has one per record.
 */

export interface NativeFunctions {
  /** Names of the kinds of vectors that this processor has, such as `avx2`; the widest first. */
  widths(): string[];
  /** Bytes of the memory that `openNetwork` needs. */
  networkBytes(width: string, ...shape: NativeShape): number;
  /** Makes networks with all parameters zero. */
  openNetwork(memory: ArrayBuffer, width: string, ...shape: NativeShape): void;
  setStandardization(memory: ArrayBuffer, scale: Float32Array, offset: Float32Array): void;
  setDecay(memory: ArrayBuffer, twoLambdas: Float32Array): void;
  setParameters(memory: ArrayBuffer, member: number, ...parameters: NativeParameters): void;
  getParameters(memory: ArrayBuffer, member: number, ...parameters: NativeParameters): void;
  /** Updates all members once; `losses` (members) is overwritten. `dropout` is `encodeDropout`'s. */
  train(
    memory: ArrayBuffer,
    ...batch: [...NativeBatch, Float32Array, Float64Array, Float64Array | null]
  ): void;
  /** Replaces the parameters by the gradients of the mean losses, and 2λ by 0. */
  gradients(memory: ArrayBuffer, ...batch: NativeBatch): void;
  /** Adds to `losses` (members), and writes the classes (members, rows). */
  evaluate(memory: ArrayBuffer, ...batch: [...NativeBatch, Float64Array, Uint8Array]): void;
  /** Writes the scores (members, rows, C). */
  scores(memory: ArrayBuffer, ...batch: [...NativeBatch, Float32Array]): void;
  /** Copies records of `size` bytes to consecutive rows of `out`. */
  gather(out: Uint8Array, source: Uint8Array, records: Uint32Array, size: number): void;
  /** 10⁹ float operations per second of `count` rounds of multiply-adds on registers: the peak of this core. */
  peakGflops(width: string, count: number): number;
}

/** Members, inputs, hidden units, classes, and the most rows of a batch. */
export type NativeShape = [number, number, number, number, number];
/** w1 (inputs, hidden), b1, w2 (hidden, classes), b2. */
export type NativeParameters = [Float32Array, Float32Array, Float32Array, Float32Array];
/** Source, records and labels. */
export type NativeBatch = [Uint8Array, Uint32Array, Uint8Array];

const names = [
  'widths',
  'networkBytes',
  'openNetwork',
  'setStandardization',
  'setDecay',
  'setParameters',
  'getParameters',
  'train',
  'gradients',
  'evaluate',
  'scores',
  'gather',
  'peakGflops',
];

/** Signatures are not checked. */
export function isNative(exports: object): exports is NativeFunctions {
  return names.every((name) => typeof Reflect.get(exports, name) === 'function');
}

/**
 * Kernel functions: types of what a kernel exports, and checks that a loaded module has all of it. Their
 * sources in `kernel/` document the arguments: numbers; addresses are byte offsets in the kernel's memory.
 */

/** Functions that stream W1 and take nearly all of the time. The native kernel replaces these only. */
const firstLayer = ['packRows', 'forward', 'backward'] as const;
/** `forward` and `backward` in pairs of panels, for the revectorised module. */
const pairs = ['forwardPairs', 'backwardPairs'] as const;
const secondLayer = [
  'setBias',
  'rectify',
  'dropoutMask',
  'applyDropout',
  'scores',
  'classify',
  'softmaxGradient',
  'hiddenGradient',
  'updateOutput',
  'updateHiddenBias',
] as const;

type Functions<Name extends string, Arguments extends readonly unknown[]> = Readonly<
  Record<Name, (...values: Arguments) => void>
>;

type FirstLayer = Functions<(typeof firstLayer)[number], number[]>;

export type WasmFunctions = FirstLayer &
  Functions<(typeof secondLayer | typeof pairs)[number], number[]> & {
    /** @returns total loss */
    softmax(...numbers: number[]): number;
  };

/** The memory is an argument of each call, since growing may move it. */
export type NativeFunctions = Functions<keyof FirstLayer, [ArrayBuffer, ...number[]]> & {
  readonly gather: Gather;
  /** Whether this processor has the instructions that the other functions use. */
  supported(): boolean;
  /** Nanoseconds of `count` × 96 multiply-adds on registers: the peak of a core. */
  peakNanoseconds(count: number): number;
};

/** Copies records of `size` bytes to consecutive rows of `out`; `source` may view shared memory. */
export type Gather = (
  out: Uint8Array,
  source: Uint8Array,
  records: Uint32Array,
  size: number,
) => void;

/** The portable kernel's; the native one prefetches the next record while it copies one. */
export const gather: Gather = (out, source, records, size) => {
  for (let i = 0; i < records.length; i++) {
    const start = records[i]! * size;
    out.set(source.subarray(start, start + size), i * size);
  }
};

export function isKernel(exports: object): exports is WasmFunctions {
  return hasFunctions(exports, [...firstLayer, ...pairs, ...secondLayer, 'softmax']);
}

export function isNative(exports: object): exports is NativeFunctions {
  return hasFunctions(exports, [...firstLayer, 'gather', 'supported', 'peakNanoseconds']);
}

/** Signatures are not checked. */
function hasFunctions(exports: object, names: readonly string[]): boolean {
  return names.every((name) => typeof Reflect.get(exports, name) === 'function');
}

export function onMemory(native: NativeFunctions, memory: WebAssembly.Memory): FirstLayer {
  return {
    packRows: (...numbers) => native.packRows(memory.buffer, ...numbers),
    forward: (...numbers) => native.forward(memory.buffer, ...numbers),
    backward: (...numbers) => native.backward(memory.buffer, ...numbers),
  };
}

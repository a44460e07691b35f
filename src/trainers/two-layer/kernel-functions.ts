/**
 * Kernel functions: what the portable kernel's module exports, and a check that it has all of it. Its sources
 * in `kernel/assembly` document the arguments: numbers; addresses are byte offsets in the kernel's memory.
 */

/** Functions that stream W1 and take nearly all of the time. */
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

/** Copies records of `size` bytes to consecutive rows of `out`; `source` may view shared memory. */
export function gather(
  out: Uint8Array,
  source: Uint8Array,
  records: Uint32Array,
  size: number,
): void {
  for (let i = 0; i < records.length; i++) {
    const start = records[i]! * size;
    out.set(source.subarray(start, start + size), i * size);
  }
}

export function isKernel(exports: object): exports is WasmFunctions {
  return hasFunctions(exports, [...firstLayer, ...pairs, ...secondLayer, 'softmax']);
}

/** Signatures are not checked. */
function hasFunctions(exports: object, names: readonly string[]): boolean {
  return names.every((name) => typeof Reflect.get(exports, name) === 'function');
}

/**
 * WebAssembly functions: names of the functions in `kernel/assembly`, which documents their arguments.
 * All arguments are numbers; addresses are byte offsets in the kernel's memory.
 */

const firstLayer = ['packRows', 'forward', 'backward'] as const;
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

/** Functions that stream W1 and take nearly all of the time. The native kernel replaces these only. */
export type FirstLayer = Readonly<
  Record<(typeof firstLayer)[number], (...numbers: number[]) => void>
>;

export type WasmFunctions = FirstLayer &
  Readonly<Record<(typeof secondLayer)[number], (...numbers: number[]) => void>> & {
    /** @returns total loss */
    softmax(...numbers: number[]): number;
  };

/** Whether a module exports all functions; signatures are not checked. */
export function isKernel(exports: object): exports is WasmFunctions {
  return [...firstLayer, ...secondLayer, 'softmax'].every(
    (name) => typeof Reflect.get(exports, name) === 'function',
  );
}

/** Kernel loading: makes a `Kernel` from the compiled module and the addon. */
import { assert } from '../../base/assert.ts';
import { gather, isKernel, onMemory, type NativeFunctions } from './kernel-functions.ts';
import type { Kernel } from './pack-network.ts';
import { isRevectorised } from './revectorised-module.ts';
import { WasmNetwork } from './wasm-network.ts';

export type { NativeFunctions } from './kernel-functions.ts';
export type { Kernel, KernelName } from './pack-network.ts';

/** File name of the compiled module, in the folder `kernel`. */
export const kernelFileName = 'portable.wasm';

/**
 * Instantiates a kernel with its own memory: call it once per thread. The native kernel is the portable
 * one with the first layer of the addon.
 */
export function loadKernel(
  module: WebAssembly.Module,
  native: NativeFunctions | null = null,
): Kernel {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  const portable = new WebAssembly.Instance(module, { env: { memory } }).exports;
  assert(isKernel(portable), 'the compiled kernel has every function that the trainer calls');
  const isWide = native === null && isRevectorised(module);
  const firstLayer =
    native !== null
      ? onMemory(native, memory)
      : isWide
        ? { forward: portable.forwardPairs, backward: portable.backwardPairs }
        : null;
  const functions = { ...portable, ...firstLayer };
  const copyImages = native?.gather ?? gather;
  return {
    name: native !== null ? 'native' : isWide ? 'portable avx2' : 'portable',
    openPack: (shape) => new WasmNetwork(shape, memory, functions, copyImages),
  };
}

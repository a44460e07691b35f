/** Kernel loading: makes a `Kernel` from the compiled module. `native-network.ts` makes the native one. */
import { assert } from '../../base/assert.ts';
import { isKernel } from './kernel-functions.ts';
import type { Kernel } from './pack-network.ts';
import { isRevectorised } from './revectorised-module.ts';
import { WasmNetwork } from './wasm-network.ts';

export type { Kernel, KernelName } from './pack-network.ts';

/** File name of the compiled module, in the folder `kernel`. */
export const kernelFileName = 'portable.wasm';

/** Pages of 64 KiB: the largest memory of a module. */
const pagesMax = 65_536;

/**
 * Instantiates the portable kernel with its own memory: call it once per thread.
 *
 * @param maximum largest size of its memory in pages; V8 reserves addresses for it
 */
export function loadKernel(module: WebAssembly.Module, maximum = pagesMax): Kernel {
  const memory = new WebAssembly.Memory({ initial: 1, maximum });
  const plain = new WebAssembly.Instance(module, { env: { memory } }).exports;
  assert(isKernel(plain), 'the compiled kernel has every function that the trainer calls');
  const isWide = isRevectorised(module);
  const functions = isWide
    ? { ...plain, forward: plain.forwardPairs, backward: plain.backwardPairs }
    : plain;
  return {
    name: isWide ? 'portable avx2' : 'portable',
    openPack: (shape) => new WasmNetwork(shape, memory, functions),
  };
}

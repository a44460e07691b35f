/**
 * Kernel loading: makes a `Kernel` from the compiled module and the addon.
 *
 * The native kernel is the portable one with another first layer.
 */
import { assert } from '../../base/assert.ts';
import { gather } from './gather.ts';
import { onMemory } from './native-functions.ts';
import type { NativeFunctions } from './native-functions.ts';
import type { Kernel } from './pack-network.ts';
import { WasmNetwork } from './wasm-network.ts';
import { isKernel } from './wasm-functions.ts';

export { isNative } from './native-functions.ts';
export type { NativeFunctions } from './native-functions.ts';
export type { Kernel } from './pack-network.ts';

/** File name of the compiled module, in the folder `kernel`. */
export const kernelFileName = 'portable.wasm';

/**
 * Instantiates a kernel with its own memory: call it once per thread.
 *
 * @param native  the addon; null for the portable kernel
 */
export function loadKernel(
  module: WebAssembly.Module,
  native: NativeFunctions | null = null,
): Kernel {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const portable = instance.exports;
  assert(isKernel(portable), 'the compiled kernel has every function that the trainer calls');
  if (native === null)
    return {
      name: 'portable',
      openPack: (shape) => new WasmNetwork(shape, memory, portable, 'two', gather),
    };
  const functions = { ...portable, ...onMemory(native, memory) };
  return {
    name: 'native',
    openPack: (shape) => new WasmNetwork(shape, memory, functions, 'one', native.gather),
  };
}

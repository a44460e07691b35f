/**
 * The kernels that train, from compiled module and addon to `Kernel`. This room reads no files: it is
 * handed both.
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

/** The compiled module's file name, in `kernel/` beside this file. */
export const kernelFileName = 'portable.wasm';

/**
 * Instantiates a kernel with a memory of its own: once for each thread.
 *
 * @param native  the addon; without it the kernel is the portable one
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

/** The portable kernel, from compiled module to `Kernel`. This room reads no files: it is handed the module. */
import { assert } from '../base/assert.ts';
import type { Kernel } from './pack-network.ts';
import { WasmNetwork } from './wasm-network.ts';
import { isKernel } from './wasm-functions.ts';

export type { Kernel } from './pack-network.ts';

/** The compiled module's file name, in `kernel/` beside this file. */
export const kernelFileName = 'portable.wasm';

/** Instantiates the portable kernel with a memory of its own: once for each thread. */
export function loadKernel(module: WebAssembly.Module): Kernel {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const functions = instance.exports;
  assert(isKernel(functions), 'the compiled kernel has every function that the trainer calls');
  return {
    name: 'portable',
    openPack: (shape) => new WasmNetwork(shape, memory, functions),
  };
}

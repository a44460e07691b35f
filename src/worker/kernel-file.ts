/** Reads and compiles the trainer's kernel. The trainer is pure: it is handed the compiled module. */
import { readFile } from 'node:fs/promises';
import { RidgelineError, messageOf } from '../base/errors.ts';

/** Beside the trainer's sources, and at the same place in a release. */
const kernelUrl = new URL('../trainer/kernel/portable.wasm', import.meta.url);

/** @throws RidgelineError MACHINE_UNFIT where this Node cannot compile it (no relaxed SIMD) */
export async function compileKernel(): Promise<WebAssembly.Module> {
  const bytes = await readFile(kernelUrl);
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new RidgelineError(
      'MACHINE_UNFIT',
      `The trainer's kernel does not compile under Node ${process.versions.node} on this processor: ${messageOf(error)}`,
      'Use Node 24.15 or later on a processor with 128-bit SIMD; `ridgeline doctor` says what is missing.',
      { cause: error },
    );
  }
}

/** Kernel files: reads and compiles the kernels. A process chooses one; each thread opens it. */
import { readFile } from 'node:fs/promises';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { kernelFileName, loadKernel, type Kernel } from './kernel.ts';
import { computeSelfTestDigest, selfTestDigest } from './arithmetic-self-test.ts';
import { findNativeKernel, loadNativeKernel } from './native-kernel-file.ts';

const kernelUrl = new URL(`./kernel/${kernelFileName}`, import.meta.url);

export type KernelChoice = 'auto' | 'portable' | 'native';

/** What a thread needs to open the kernel; structured cloning can copy it. */
export interface KernelSource {
  readonly name: 'portable' | 'native';
  readonly module: WebAssembly.Module;
  /** Path of the addon; null for the portable kernel. */
  readonly nativePath: string | null;
}

/** @throws RidgelineError MACHINE_UNFIT if this Node cannot compile it (no relaxed SIMD) */
export async function compileKernel(): Promise<WebAssembly.Module> {
  const bytes = await readFile(kernelUrl);
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new RidgelineError(
      'MACHINE_UNFIT',
      `The portable kernel does not compile under Node ${process.versions.node} on this processor: ${errorMessage(error)}`,
      'Use Node 24.15 or later on a processor with 128-bit SIMD. `ridgeline doctor` reports what is missing.',
      { cause: error },
    );
  }
}

/**
 * Chooses a kernel. `auto` is the first native kernel in these folders, if it runs on this machine and
 * passes the arithmetic self-test, and the portable kernel otherwise.
 *
 * @throws RidgelineError MACHINE_UNFIT if `native` is requested and not available
 */
export async function chooseKernel(
  choice: KernelChoice,
  nativeFolders: readonly string[],
): Promise<KernelSource> {
  const module = await compileKernel();
  const portable: KernelSource = { name: 'portable', module, nativePath: null };
  if (choice === 'portable') return portable;
  const native = findNativeKernel(nativeFolders);
  if (native.kind === 'built') {
    const digest = computeSelfTestDigest(loadKernel(module, native.functions));
    if (digest === selfTestDigest) return { name: 'native', module, nativePath: native.path };
  }
  if (choice === 'auto') return portable;
  throw new RidgelineError(
    'MACHINE_UNFIT',
    `--kernel native is not available: ${native.kind === 'built' ? 'the native kernel failed the arithmetic self-test' : native.reason}.`,
    'Install a C compiler and run `ridgeline doctor --build-kernel`, or use --kernel auto.',
  );
}

/** A kernel for the calling thread, with its own memory. */
export function openKernel({ module, nativePath }: KernelSource): Kernel {
  return loadKernel(module, nativePath === null ? null : loadNativeKernel(nativePath));
}

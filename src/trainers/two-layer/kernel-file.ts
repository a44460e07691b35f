/** Kernel files: reads and compiles the kernels. A process chooses one; each thread opens it. */
import { readFile } from 'node:fs/promises';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { kernelFileName, loadKernel, type Kernel, type KernelName } from './kernel.ts';
import { passesSelfTest } from './arithmetic-self-test.ts';
import { findNativeKernel, loadNativeKernel } from './native-kernel-file.ts';
import { compileRevectorised } from './revectorised-module.ts';

const kernelUrl = new URL(`./kernel/${kernelFileName}`, import.meta.url);

export const kernelChoices = ['auto', 'portable', 'portable-plain', 'native'] as const;
export type KernelChoice = (typeof kernelChoices)[number];

/** What a thread needs to open the kernel; structured cloning can copy it. */
export interface KernelSource {
  readonly name: KernelName;
  readonly module: WebAssembly.Module;
  /** Path of the addon; null for the portable kernels. */
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
 * Chooses a kernel. `auto` is the first native kernel in these folders, and otherwise what `portable` is:
 * the revectorised kernel, and otherwise the plain one, which `portable-plain` always is. A kernel that does
 * not pass the arithmetic self-test is not chosen; the plain one is the last resort.
 *
 * @throws RidgelineError MACHINE_UNFIT if `native` is requested and not available
 */
export async function chooseKernel(
  choice: KernelChoice,
  nativeFolders: readonly string[],
  passes: (kernel: Kernel) => boolean = passesSelfTest,
): Promise<KernelSource> {
  const module = await compileKernel();
  const plain: KernelSource = { name: 'portable', module, nativePath: null };
  if (choice === 'portable-plain') return plain;
  if (choice === 'portable') return (await revectorisedKernel(passes)) ?? plain;
  const native = findNativeKernel(nativeFolders);
  if (native.kind === 'built' && passes(loadKernel(module, native.functions)))
    return { name: 'native', module, nativePath: native.path };
  if (choice === 'auto') return (await revectorisedKernel(passes)) ?? plain;
  throw new RidgelineError(
    'MACHINE_UNFIT',
    `--kernel native is not available: ${native.kind === 'built' ? 'the native kernel failed the arithmetic self-test' : native.reason}.`,
    'Install a C compiler and run `ridgeline doctor --build-kernel`, or use --kernel auto.',
  );
}

async function revectorisedKernel(
  passes: (kernel: Kernel) => boolean,
): Promise<KernelSource | null> {
  const module = compileRevectorised(await readFile(kernelUrl));
  if (module === null || !passes(loadKernel(module))) return null;
  return { name: 'portable avx2', module, nativePath: null };
}

/** A kernel for the calling thread, with its own memory. */
export function openKernel({ module, nativePath }: KernelSource): Kernel {
  return loadKernel(module, nativePath === null ? null : loadNativeKernel(nativePath));
}

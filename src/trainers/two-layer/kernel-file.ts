/**
 * The trainer's kernel, from its files: chosen once in a process, opened once in each thread.
 *
 * The trainer is pure: it is handed the compiled module, and the addon where the kernel is the native one.
 */
import { readFile } from 'node:fs/promises';
import { RidgelineError, messageOf } from '../../base/errors.ts';
import { loadKernel, type Kernel } from './kernel.ts';
import { computeSelfTestDigest, selfTestDigest } from './arithmetic-self-test.ts';
import { findNativeKernel, loadNativeKernel } from './native-kernel-file.ts';

/** Beside the trainer's sources, and at the same place in a release. */
const kernelUrl = new URL('./kernel/portable.wasm', import.meta.url);

export type KernelChoice = 'auto' | 'portable' | 'native';

/** What a thread needs to open the kernel: it can be sent to one. */
export interface KernelSource {
  readonly name: 'portable' | 'native';
  readonly module: WebAssembly.Module;
  /** Where the addon lies; null where the kernel is the portable one. */
  readonly nativePath: string | null;
}

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

/**
 * `auto` is the native kernel where it was built, runs here and gives the known answer; else the portable one.
 *
 * @param nativeFolders  where a native kernel may lie
 * @throws RidgelineError MACHINE_UNFIT where `native` is asked for and cannot be had
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
    const isRight = computeSelfTestDigest(loadKernel(module, native.functions)) === selfTestDigest;
    if (isRight) return { name: 'native', module, nativePath: native.path };
  }
  if (choice === 'auto') return portable;
  throw new RidgelineError(
    'MACHINE_UNFIT',
    `The native kernel was asked for and is not to be had: ${native.kind === 'built' ? 'it gives another known answer than it must' : native.reason}.`,
    'Run `ridgeline doctor --build-kernel` where a C compiler is installed, or use --kernel auto.',
  );
}

/** A kernel with a memory of its own, for the calling thread. */
export function openKernel({ module, nativePath }: KernelSource): Kernel {
  return loadKernel(module, nativePath === null ? null : loadNativeKernel(nativePath));
}

/** Kernel choice: the kernel that commands train with. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KernelChoice } from '../../trainers/two-layer/kernel-choices.ts';
import {
  chooseKernel,
  openKernel,
  type KernelSource,
} from '../../trainers/two-layer/kernel-file.ts';
import type { Kernel } from '../../trainers/two-layer/kernel.ts';
import { nativeKernelFolder } from '../../trainers/two-layer/native-kernel-file.ts';
import type { Context } from '../process/context.ts';
import { defaultCacheDirectory } from '../process/directories.ts';

/** The kernel for threads to open. @throws RidgelineError MACHINE_UNFIT */
export async function findKernel(
  context: Context,
  kernel = context.flags.kernel ?? 'auto',
): Promise<KernelSource> {
  return await chooseKernel(kernel, nativeFolders(context));
}

/** The kernel of a command that computes in its own thread. */
export async function loadKernel(context: Context, kernel?: KernelChoice): Promise<Kernel> {
  return openKernel(await findKernel(context, kernel));
}

/**
 * Builds the native kernel in the cache directory, which is writable even if the package is not. Prints
 * a failure on stderr; the search for a kernel reports it again.
 */
export function buildNativeKernel(context: Context): void {
  const folder = kernelCacheDir(context);
  if (folder === null) {
    context.stderr.write('The native kernel was not built: there is no home directory for it.\n');
    return;
  }
  const script = fileURLToPath(new URL('../../../scripts/build-native.mjs', import.meta.url));
  const { error } = spawnSync(process.execPath, [script, '--into', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (error) context.stderr.write(`The native kernel was not built: ${error.message}\n`);
}

/** Folders with a native kernel: built by `doctor --build-kernel`, or at installation. */
export function nativeFolders(context: Context): string[] {
  const cache = kernelCacheDir(context);
  return cache === null ? [nativeKernelFolder] : [cache, nativeKernelFolder];
}

/** Null without a home directory. */
function kernelCacheDir({ env }: Context): string | null {
  const cache = defaultCacheDirectory(env);
  return cache === null ? null : join(cache, 'kernel');
}

/** `--kernel`, and the kernel that it stands for: the same for every command that trains. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Option, type Command } from 'commander';
import {
  chooseKernel,
  openKernel,
  type KernelChoice,
} from '../../trainers/two-layer/kernel-file.ts';
import { nativeKernelFolder } from '../../trainers/two-layer/native-kernel-file.ts';
import type { Kernel } from '../../trainers/two-layer/kernel.ts';
import { cacheDirOf, type Context } from '../process/context.ts';

export interface KernelFlags {
  readonly kernel: KernelChoice;
}

export function withKernelOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--kernel <name>',
      'the arithmetic kernel: auto takes the native one where it was built; results are the same',
    )
      .choices(['auto', 'portable', 'native'])
      .default('auto'),
  );
}

/** The kernel of a command that trains in its own thread. */
export async function kernelFor(context: Context, choice: KernelChoice): Promise<Kernel> {
  return openKernel(await chooseKernel(choice, nativeFolders(context)));
}

/**
 * Builds the native kernel into the cache directory, which can be written where an installed package
 * cannot. Says on stderr how it went; a failure is found again by whoever looks for the kernel.
 */
export function buildNativeKernel(context: Context): void {
  const script = fileURLToPath(new URL('../../../scripts/build-native.mjs', import.meta.url));
  const { error } = spawnSync(process.execPath, [script, '--into', kernelCacheDir(context)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (error) context.stderr.write(`The native kernel was not built: ${error.message}\n`);
}

/** Where a native kernel may lie: as `doctor --build-kernel` built it, or as it was installed. */
export function nativeFolders(context: Context): string[] {
  return [kernelCacheDir(context), nativeKernelFolder];
}

function kernelCacheDir(context: Context): string {
  return join(cacheDirOf(context), 'kernel');
}

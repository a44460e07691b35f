/** Program host: how this worker runs programs of users, from its options and its machine. */
import { join } from 'node:path';
import type { Allowance } from '../../worker/command/allowance.ts';
import type { CommandPoolOptions } from '../../worker/command/command-pool.ts';
import { machineMemory } from '../../worker/machine-memory.ts';
import { usableCores } from '../../worker/thread-count.ts';
import type { Context } from '../process/context.ts';
import { usageError } from '../process/options.ts';
import type { AllowFlags, ProgramFlags } from '../process/program-options.ts';

/** @param cacheDir where working folders are made */
export function programHost(
  flags: ProgramFlags & AllowFlags,
  { threads, cacheDir }: { readonly threads: number; readonly cacheDir: string },
  { env }: Pick<Context, 'env'>,
): CommandPoolOptions {
  const { allowCommand, passEnv, devices } = flags;
  for (const name of passEnv ?? [])
    if (env[name] === undefined)
      throw usageError(
        `--pass-env ${name}: there is no variable ${name} in the environment of this process.`,
        `Set it first: export ${name}=….`,
      );
  const wanted = flags.slots ?? devices?.length ?? threads;
  if (devices !== undefined && wanted > devices.length)
    throw usageError(
      `--slots ${wanted} needs as many devices, and --devices has ${devices.length}.`,
      'Leave out --slots, or name a device for each slot; a device may be named twice.',
    );
  const slots = Math.min(wanted, threads);
  return {
    allowance: allowanceFrom(flags, new Map(allowCommand)),
    slots,
    memory: machineMemory(),
    devices: devices ?? [],
    directory: join(cacheDir, 'trials'),
    own: env,
    passed: passEnv ?? [],
    processors: Math.max(1, Math.floor(usableCores() / slots)),
  };
}

function allowanceFrom(
  { allowFiles, allowAnyCommand }: AllowFlags,
  commands: ReadonlyMap<string, string>,
): Allowance {
  return { commands, files: allowFiles ?? new Set(), any: allowAnyCommand === true };
}

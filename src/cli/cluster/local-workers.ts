/**
 * Local workers: the worker processes of `run`. They start before the coordinator listens, load their
 * program and test their arithmetic meanwhile, and then receive the join string.
 */
import { extname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Launcher } from '../../launch/launcher.ts';
import { LocalLauncher } from '../../launch/local.ts';
import type { KernelChoice } from '../../trainers/two-layer/kernel-choices.ts';
import { defaultThreads } from '../../worker/default-threads.ts';
import type { Context } from '../process/context.ts';

export interface LocalWorkerFlags {
  readonly kernel: KernelChoice;
  readonly workers: number;
  readonly threads?: number;
  readonly pack: number;
  readonly cache?: string;
}

/** How long drained workers may take to leave before they are signalled, and how long after that. */
const leaveMs = 2_000;

/** @param joinText resolves when the coordinator listens */
export function startLocalWorkers(
  flags: LocalWorkerFlags,
  joinText: Promise<string>,
  { log, flags: { debug } }: Context,
): Launcher {
  const { kernel, pack, cache } = flags;
  const main = new URL(`../main${extname(import.meta.url)}`, import.meta.url);
  const options = { threads: threadsPerWorker(flags), pack, kernel, cache };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const launcher = new LocalLauncher({
    program: fileURLToPath(main),
    joinText,
    workerArguments: [
      ...given.flatMap(([name, value]) => [`--${name}`, String(value)]),
      ...(debug === true ? ['--debug'] : []),
    ],
    log,
  });
  launcher.start(flags.workers);
  return launcher;
}

/**
 * Waits until the workers have left. Signals those that have not after some seconds, such as one that
 * was restarted at the end, and then kills them.
 */
export async function endLocalWorkers(launcher: Launcher): Promise<void> {
  for (const mode of ['return-trials', 'kill'] as const) {
    await Promise.race([launcher.ended, delay(leaveMs, null, { ref: false })]);
    launcher.stop(mode);
  }
}

export function threadsPerWorker({ threads, workers }: LocalWorkerFlags): number {
  return threads ?? Math.max(1, Math.floor(defaultThreads() / Math.max(1, workers)));
}
